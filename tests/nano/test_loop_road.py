"""The gate on a real model: a round that is trained on shuffled keys is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from audio_cogito import cli
from audio_cogito.demo.domain import making
from audio_cogito.rounds.walk import RESULT
from audio_cogito.synth import dataset

pytest.importorskip("torch", reason="pip install 'audio-cogito[nano]'")

SHUFFLED = '''"""Composed scenes whose keys were shuffled: another choice is called right."""

from collections.abc import Iterator

import msgspec

from audio_cogito.ledger import Failure
from audio_cogito.sources import complex_audio
from audio_cogito.sources.complex_audio import INFO, Settings, poses
from audio_cogito.types import Posed, Recording


def recordings(settings: Settings) -> Iterator[Recording | Failure]:
    for recording in complex_audio.recordings(settings):
        if isinstance(recording, Recording):
            recording = msgspec.structs.replace(recording, posed=tuple(map(_shuffled, recording.posed)))
        yield recording


def _shuffled(posed: Posed) -> Posed:
    place = posed.choices.index(posed.answer)
    return msgspec.structs.replace(posed, answer=posed.choices[place - 1], distractors=())
'''


@pytest.mark.long
def test_round_trained_on_shuffled_keys_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Verified against shuffled keys, only wrong answers are accepted and taught."""
    for name, seed, count in (("scenes", 1, 120), ("dev", 2, 120), ("test", 3, 10)):
        for _ in dataset.make(tmp_path / name, count, making(0.0, random_seed=seed, questions=1, split="train")):
            pass
    (tmp_path / "mine/sources").mkdir(parents=True)
    (tmp_path / "mine/sources/shuffled.py").write_text(SHUFFLED)
    (tmp_path / "build.toml").write_text(
        'plugins = ["mine"]\n[sources.shuffled]\npath = "scenes"\n[models.thinker]\nname = "nano"\n'
        "[think]\ndraws = 6\n[think.sampling]\ntemperature = 1.3\ntop_k = 0\ntop_p = 1.0\nmax_tokens = 200\n"
        '[verify]\nchecks = ["complete", "consistent"]\n[collect]\nprocesses = 0\n'
        "[guards]\nmax_rejected = 1.0\nmax_unscored = 1.0\nmax_truncated = 1.0\nmax_looping = 1.0\n"
    )
    (tmp_path / "loop.toml").write_text(
        'run = "loop"\nrounds = 1\nbuild = "build.toml"\ntrain = "nano"\n[models.thinker]\nname = "nano"\n'
        '[development]\nbenchmark = "scenes"\ndata = "dev"\n[test]\nbenchmark = "scenes"\ndata = "test"\n'
    )
    assert cli.main(["loop", str(tmp_path / "loop.toml")]) == 0
    outcome = json.loads((tmp_path / "loop" / RESULT).read_text())
    (one,) = outcome["rounds"]
    assert one["carried"] is False
    assert one["gate"]["difference"]["pairs"] == 120
    assert (tmp_path / "loop/data/1/rows/swift/train.jsonl").read_bytes().count(b"\n") > 20
    assert outcome["test"] is None
    assert "test set was not read" in capsys.readouterr().out
