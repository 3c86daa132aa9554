"""The gate on a real model: a round that is trained on shuffled keys is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import shuffled
from audio_cogito import cli
from audio_cogito.rounds.walk import RESULT

pytest.importorskip("torch", reason="pip install 'audio-cogito[nano]'")


@pytest.mark.long
def test_round_trained_on_shuffled_keys_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Verified against shuffled keys, only wrong answers are accepted and taught."""
    recipe = shuffled.loop(tmp_path, train="nano", scenes=120, questions=120)
    assert cli.main(["loop", str(recipe)]) == 0
    outcome = json.loads((tmp_path / "loop" / RESULT).read_text())
    (one,) = outcome["rounds"]
    assert one["carried"] is False
    assert one["gate"]["difference"]["pairs"] == 120
    assert (tmp_path / "loop/data/1/rows/swift/train.jsonl").read_bytes().count(b"\n") > 20
    assert outcome["test"] is None
    assert "test set was not read" in capsys.readouterr().out
