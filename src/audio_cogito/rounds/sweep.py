"""How much of an adapter is best: it is merged at several scales, and each is evaluated on the same held-out questions.

    OUT/scale-0.5/          an evaluation            OUT/sweep.json          what came of it

Each scale's weights are made, asked and removed again: a checkpoint of 60 GB need not lie there five times. The best of
several is a selection: on the questions that it was picked by, its score is too high by what luck gave it. So beside
every scale stands the paired difference to scale 1, its probability held to 0.05 divided by the scales tried, and the
report says that the picked one is to be measured on other questions.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import msgspec

from audio_cogito import nano
from audio_cogito.errors import SetupError
from audio_cogito.grading import comparison
from audio_cogito.grading.comparison import Difference
from audio_cogito.grading.scores import Graded
from audio_cogito.intervals import wilson
from audio_cogito.rounds import Held, Table
from audio_cogito.rounds.commands import WITH_FAILURES, Command, Stopped, evaluating, typed
from audio_cogito.run import Run
from audio_cogito.steps import claim, encoded
from audio_cogito.store import write_whole
from audio_cogito.train import merging
from audio_cogito.train.watching import Say
from audio_cogito.types import Record

RESULT, STAMP, WHOLE = "sweep.json", "settings.json", 1.0
LEVEL = 0.05
"""Probability of a false alarm over all scales together."""


class Settings(Record, omit_defaults=False, kw_only=True):
    training: str
    """The digest of what was trained."""
    held: Held
    serve: str | None
    """The command that serves `{dir}` at `{port}`; None: in this process."""


class Scaled(Record, omit_defaults=False):
    """One scale's evaluation."""

    scale: float
    right: int
    answered: int
    low: float
    """Wilson's 95 % interval of the share that is right, in percent."""
    high: float
    beside: Difference | None
    """This scale minus scale 1; None for scale 1 itself."""

    @property
    def share(self) -> float:
        return 100 * self.right / self.answered


class Sweep(Record, omit_defaults=False):
    """What `sweep.json` holds."""

    scales: tuple[Scaled, ...]
    best: float

    @property
    def needed(self) -> float:
        """The probability that a difference to scale 1 has to undercut."""
        return LEVEL / max(1, len(self.scales) - 1)


def sweep(training: Path, scales: Sequence[float], settings: Settings, out: Path, run: Command, say: Say) -> Sweep:
    """Evaluate every scale, scale 1 among them, that is not evaluated yet. Raises SetupError and Stopped."""
    wanted = sorted({*scales, WHOLE})
    claim(out, encoded(settings), stamp=STAMP, other="a sweep of another training or other questions")
    with Run(out).locked():
        for scale in wanted:
            _evaluate(training, scale, settings, out, run, say)
    graded = {scale: comparison.load(_place(out, scale)) for scale in wanted}
    found = tuple(_scaled(scale, graded) for scale in wanted)
    whole = Sweep(scales=found, best=picked(found))
    write_whole(out / RESULT, msgspec.json.format(msgspec.json.encode(whole), indent=1) + b"\n")
    return whole


def picked(found: Sequence[Scaled]) -> float:
    """The scale with the most right; of equal ones the nearest to 1, which needs no explanation."""
    return max(found, key=lambda one: (one.right, -abs(one.scale - WHOLE), -one.scale)).scale


def _evaluate(training: Path, scale: float, settings: Settings, out: Path, run: Command, say: Say) -> None:
    place, weights = _place(out, scale), out / f"weights-{scale:g}"
    done = out / f"done-{scale:g}"
    if done.exists():
        say(f"scale {scale:g}: done already")
        return
    merging.merge(training, weights, say, scale=scale)
    arguments = evaluating(settings.held, model(weights, settings.serve), out=place, store=out / "store")
    say(f"scale {scale:g}: {typed(arguments)}")
    code = run(arguments)
    if code not in (0, WITH_FAILURES):
        raise Stopped(code)
    done.touch()
    shutil.rmtree(weights)


def model(weights: Path, serve: str | None) -> Table:
    """The `[models.NAME]` table of merged weights."""
    if serve is None:
        return {"name": f"{nano.OTHER}{weights}"}
    return {"name": weights.name, "dir": str(weights), "serve": serve}


def _place(out: Path, scale: float) -> Path:
    return out / f"scale-{scale:g}"


def _scaled(scale: float, graded: dict[float, dict[str, Graded]]) -> Scaled:
    right = [one.correct for one in graded[scale].values() if one.correct is not None]
    interval = wilson(sum(right), len(right))
    if interval is None:
        raise SetupError(f"at scale {scale:g} no question was answered")
    pairs = comparison.paired(graded[WHOLE], graded[scale])
    return Scaled(
        scale=scale,
        right=sum(right),
        answered=len(right),
        low=100 * interval[0],
        high=100 * interval[1],
        beside=None if scale == WHOLE else comparison.accuracy(pairs),
    )
