"""What became of each item, and the averages over them.

    Avg       share of right answers among the items that were answered (as the official scripts)
    strict    the same with missing answers counted wrong
    Rubrics   mean rubric score, a wrong answer's being 0
    CRS       sum of rubric scores over number of right answers (Audio-Cogito, equation 7)

Rubrics and CRS leave out an item whose judge failed, since it has no score; Avg keeps it, since its answer was compared
all the same. A failure of the judge therefore never changes the accuracy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import msgspec

from audio_cogito import run
from audio_cogito.benchmarks import BenchmarkInfo, Item, Measure, Metadata
from audio_cogito.grading.predictions import Prediction, Predictions
from audio_cogito.store import write_whole
from audio_cogito.types import Record, identity

Grader = Callable[[Item], Callable[[str], bool | None]]
"""A benchmark's rule: bound to an item, it says of an answer whether it is right; None = it can say neither."""
Outcome = Literal["scored", "unscored", "missing"]
"""`missing`: no answer to grade. `unscored`: the rule could not read it, or the judge gave no score."""


LOCK = ".scoring"
WRITTEN = (
    "scores.jsonl", "graded.jsonl", "summary.json", "measures.json", "submission.jsonl", "submission.json",
    "evaluation.json", "runs.json", "report.html",
)  # fmt: skip
"""What only the process writes that grades into a folder, and so holds its lock."""


class Score(Record, omit_defaults=False):
    """A line of scores.jsonl."""

    id: str
    correct: Literal[0, 1] | None
    """Whether the answer is right; None for a missing one, one that the rule cannot read, and a translation."""
    rubric: float | None
    """Of the chain, 0 to 1; None without a judge, and where it failed."""
    outcome: Outcome


class Graded(Score, omit_defaults=False, kw_only=True):
    """A line of graded.jsonl: a score with what comparing runs needs."""

    groups: dict[str, str]
    said: str
    """Digest of answer and chain: two judges agree only about the same words."""
    reason: str = ""
    """Why it is missing or unscored."""
    judge: str | None = None
    """The model (name and revision) that judged chains in this run."""
    points: tuple[tuple[float, ...], ...] = ()
    """What each judgement gave for each criterion."""


class Averages(Record, omit_defaults=False):
    """Of a group of items: percentages, and how many items `avg` is over."""

    avg: float | None
    rubrics: float | None
    n: int


class Summary(Record, omit_defaults=False):
    """summary.json: percentages from 0 to 100, CRS from 0 to 1; None where there is nothing to average."""

    benchmark: str
    avg: float | None
    avg_strict: float | None
    """With what is missing or not read counted wrong; None where no answer is right or wrong."""
    rubrics: float | None
    crs: float | None
    items: int
    missing: int
    unscored: int
    groups: dict[str, dict[str, Averages]]


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Alone grade into a folder. Raises RunLocked where another process does."""
    with run.held(folder, LOCK, WRITTEN):
        yield


def grade(metadata: Metadata, predictions: Predictions, grader: Grader, unread: str) -> list[Graded]:
    """Every item graded, in the metadata's order; no judge asked yet. `unread` is why one is unscored."""
    return [_graded(item, predictions.by_id.get(item.id), grader, unread) for item in metadata.items]


def _graded(item: Item, prediction: Prediction | None, grader: Grader, why: str) -> Graded:
    if prediction is None or prediction.answer is None:
        reason = "no prediction" if prediction is None else "no readable answer"
        return Graded(
            id=item.id, correct=None, rubric=None, outcome="missing", groups=item.groups, said="", reason=reason
        )
    right = grader(item)(prediction.answer)
    unread = right is None and item.type != "translation"
    return Graded(
        id=item.id,
        correct=None if right is None else 1 if right else 0,
        rubric=None,
        outcome="unscored" if unread else "scored",
        groups=item.groups,
        said=_digest(prediction),
        reason=why if unread else "",
    )


def _digest(prediction: Prediction) -> str:
    said = (prediction.answer or "", prediction.thinking or "")
    # A lone surrogate, which JSON can hold, is no UTF-8.
    return identity(*(text.encode("utf-8", "backslashreplace").decode() for text in said))


def summarise(benchmark: str, graded: Sequence[Score], groups: dict[str, dict[str, list[Score]]]) -> Summary:
    whole = averages(graded)
    return Summary(
        benchmark=benchmark,
        avg=whole.avg,
        avg_strict=_strict(graded),
        rubrics=whole.rubrics,
        crs=crs(graded),
        items=len(graded),
        missing=sum(score.outcome == "missing" for score in graded),
        unscored=sum(score.outcome == "unscored" for score in graded),
        groups={kind: {name: averages(members) for name, members in named.items()} for kind, named in groups.items()},
    )


def _strict(graded: Sequence[Score]) -> float | None:
    if all(score.correct is None for score in graded):
        return None
    return 100 * sum(score.correct or 0 for score in graded) / len(graded)


def averages(scores: Iterable[Score]) -> Averages:
    scores = list(scores)
    correct = [score.correct for score in scores if score.correct is not None]
    rubrics = [score.rubric for score in scores if score.rubric is not None]
    return Averages(
        avg=100 * sum(correct) / len(correct) if correct else None,
        rubrics=100 * sum(rubrics) / len(rubrics) if rubrics else None,
        n=len(correct),
    )


def crs(scores: Iterable[Score]) -> float | None:
    judged = [(score.rubric, score.correct) for score in scores if score.rubric is not None and score.correct]
    return sum(rubric for rubric, _ in judged) / len(judged) if judged else None


def grouped(graded: Sequence[Graded], info: BenchmarkInfo) -> dict[str, dict[str, list[Score]]]:
    """The items of every group of each kind; the first kind's groups in the published order, others as they come."""
    kinds = dict.fromkeys((*info.groups, *(kind for one in graded[:1] for kind in one.groups)))
    found: dict[str, dict[str, list[Score]]] = {kind: {} for kind in kinds}
    found[info.groups[0]] = {name: [] for name in info.columns}
    for one in graded:
        for kind in kinds:
            found[kind].setdefault(one.groups[kind], []).append(one)
    return {kind: {name: members for name, members in named.items() if members} for kind, named in found.items()}


def write(folder: Path, graded: Sequence[Graded], summary: Summary, measures: tuple[Measure, ...] = ()) -> None:
    """scores.jsonl, graded.jsonl and summary.json, each whole or not at all; measures.json where there are measures.

    An earlier run's measures go first: they never stand beside other scores. Raises SetupError.
    """
    encoder = msgspec.json.Encoder()
    (folder / "measures.json").unlink(missing_ok=True)
    scores = (Score(id=one.id, correct=one.correct, rubric=one.rubric, outcome=one.outcome) for one in graded)
    write_whole(folder / "graded.jsonl", encoder.encode_lines(graded))
    write_whole(folder / "scores.jsonl", encoder.encode_lines(scores))
    write_whole(folder / "summary.json", msgspec.json.format(encoder.encode(summary), indent=2) + b"\n")
    if measures:
        write_whole(folder / "measures.json", msgspec.json.format(encoder.encode(measures), indent=2) + b"\n")
