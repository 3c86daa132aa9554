"""Several whole runs of one model over a benchmark: what each came to, and the middle of them.

The second protocol of MMAR-Rubrics, in the words of the Audio-Cogito paper: the evaluation is run five times and the
middle three totals are averaged. (The challenge's script trims the judgements of each item instead, see `rubrics`; here
that is done within each run besides.) It says something only where answers are sampled.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from audio_cogito.grading.scores import Summary
from audio_cogito.types import Record

LEAST = 3
"""Runs from which on there is a middle."""


class Total(Record, omit_defaults=False):
    """One number over the runs: each run's, the mean of all, and the mean without the lowest and the highest."""

    runs: tuple[float, ...]
    mean: float
    middle: float | None
    """None below three runs."""


class Repeats(Record, omit_defaults=False):
    """runs.json: totals over all runs; None where a run has no such number."""

    avg: Total | None
    avg_strict: Total | None
    rubrics: Total | None
    crs: Total | None


def repeats(summaries: Sequence[Summary]) -> Repeats:
    def total(of: Callable[[Summary], float | None]) -> Total | None:
        found = [value for value in map(of, summaries) if value is not None]
        return _total(found) if len(found) == len(summaries) else None

    return Repeats(
        avg=total(lambda one: one.avg),
        avg_strict=total(lambda one: one.avg_strict),
        rubrics=total(lambda one: one.rubrics),
        crs=total(lambda one: one.crs),
    )


def _total(values: Sequence[float]) -> Total:
    middle = sorted(values)[1:-1]
    return Total(
        runs=tuple(values),
        mean=sum(values) / len(values),
        middle=sum(middle) / len(middle) if len(values) >= LEAST else None,
    )


def lines(found: Repeats) -> list[str]:
    totals = (("Avg", found.avg), ("strict", found.avg_strict), ("Rubrics", found.rubrics), ("CRS", found.crs))
    return [_line(name, total) for name, total in totals if total is not None]


def _line(name: str, total: Total) -> str:
    middle = f", the middle {len(total.runs) - 2} {total.middle:.3f}" if total.middle is not None else ""
    return f"{name} of {len(total.runs)} runs {' '.join(f'{v:.3f}' for v in total.runs)}: mean {total.mean:.3f}{middle}"
