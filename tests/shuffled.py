"""A loop of one round over composed scenes whose keys were shuffled: only wrong answers are accepted and taught."""

from __future__ import annotations

from pathlib import Path

from audio_cogito.demo.domain import making
from audio_cogito.synth import dataset

SOURCE = '''"""Composed scenes whose keys were shuffled: another choice is called right."""

from collections.abc import Iterator

import msgspec

from audio_cogito.ledger import Failure
from audio_cogito.sources import complex_audio
from audio_cogito.sources.complex_audio import INFO, Settings, poses
from audio_cogito.types import Posed, Recording


def recordings(settings: Settings) -> Iterator[Recording | Failure]:
    return map(_turned, complex_audio.recordings(settings))


def _turned(found: Recording | Failure) -> Recording | Failure:
    if isinstance(found, Failure):
        return found
    return msgspec.structs.replace(found, posed=tuple(map(_shuffled, found.posed)))


def _shuffled(posed: Posed) -> Posed:
    place = posed.choices.index(posed.answer)
    return msgspec.structs.replace(posed, answer=posed.choices[place - 1], distractors=())
'''


def loop(folder: Path, *, train: str, scenes: int, questions: int) -> Path:
    """The loop's recipe, with all that it names; `train` as it stands there."""
    for name, seed, count in (("scenes", 1, scenes), ("dev", 2, questions), ("test", 3, 10)):
        for _ in dataset.make(folder / name, count, making(0.0, random_seed=seed, questions=1, split="train")):
            pass
    (folder / "mine/sources").mkdir(parents=True)
    (folder / "mine/sources/shuffled.py").write_text(SOURCE)
    (folder / "build.toml").write_text(
        'plugins = ["mine"]\n[sources.shuffled]\npath = "scenes"\n[models.thinker]\nname = "nano"\n'
        "[think]\ndraws = 6\n[think.sampling]\ntemperature = 1.3\ntop_k = 0\ntop_p = 1.0\nmax_tokens = 200\n"
        '[verify]\nchecks = ["complete", "consistent"]\n[collect]\nprocesses = 0\n'
        "[guards]\nmax_rejected = 1.0\nmax_unscored = 1.0\nmax_truncated = 1.0\nmax_looping = 1.0\n"
    )
    (folder / "loop.toml").write_text(
        f'run = "loop"\nrounds = 1\nbuild = "build.toml"\ntrain = "{train}"\n[models.thinker]\nname = "nano"\n'
        '[development]\nbenchmark = "scenes"\ndata = "dev"\n[test]\nbenchmark = "scenes"\ndata = "test"\n'
    )
    return folder / "loop.toml"
