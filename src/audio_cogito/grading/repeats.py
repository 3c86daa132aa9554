"""Several whole runs of one model over a benchmark: what each came to, and the middle of them.

The second protocol of MMAR-Rubrics, in the words of the Audio-Cogito paper: the evaluation is run five times and the
middle three totals are averaged. (The challenge's script trims the judgements of each item instead, see `rubrics`; here
that is done within each run besides.) It says something only where answers are sampled.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations

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


class Sway(Record, omit_defaults=False):
    """How far the order of the choices moves a score."""

    orders: tuple[float, ...]
    """The average of each order, over its draws: percent, the published order first."""
    moved: float
    """Of two orders, the share of items that are right in one and wrong in the other, 0 to 1."""
    moved_by_chance: float | None
    """The same of two draws of one order, with which `moved` is to be compared; None where there is but one."""


class Repeats(Record, omit_defaults=False):
    """runs.json: totals over all runs; None where a run has no such number."""

    avg: Total | None
    avg_strict: Total | None
    rubrics: Total | None
    crs: Total | None
    sway: Sway | None = None
    """None for a single order of the choices."""


def repeats(summaries: Sequence[Summary], swayed: Sway | None = None) -> Repeats:
    def total(of: Callable[[Summary], float | None]) -> Total | None:
        found = [value for value in map(of, summaries) if value is not None]
        return _total(found) if len(found) == len(summaries) else None

    return Repeats(
        avg=total(lambda one: one.avg),
        avg_strict=total(lambda one: one.avg_strict),
        rubrics=total(lambda one: one.rubrics),
        crs=total(lambda one: one.crs),
        sway=swayed,
    )


Correct = Sequence[int | None]
"""Of every item whether it was answered rightly in one run; None where that is not known."""


def sway(runs: Sequence[Sequence[Correct]]) -> Sway | None:
    """Of the draws of each order of the choices; None where no item is known to be right or wrong in two of them."""
    moved = _moved([pair for one, other in combinations(runs, 2) for pair in zip(one, other, strict=True)])
    known = [[right for draw in draws for right in draw if right is not None] for draws in runs]
    if moved is None or not all(known):
        return None
    return Sway(
        orders=tuple(100 * sum(of_order) / len(of_order) for of_order in known),
        moved=moved,
        moved_by_chance=_moved([pair for draws in runs for pair in combinations(draws, 2)]),
    )


def _moved(pairs: Sequence[tuple[Correct, Correct]]) -> float | None:
    both = [(a, b) for one, other in pairs for a, b in zip(one, other, strict=True) if a is not None and b is not None]
    return sum(a != b for a, b in both) / len(both) if both else None


def _total(values: Sequence[float]) -> Total:
    middle = sorted(values)[1:-1]
    return Total(
        runs=tuple(values),
        mean=sum(values) / len(values),
        middle=sum(middle) / len(middle) if len(values) >= LEAST else None,
    )


def lines(found: Repeats) -> list[str]:
    totals = (("Avg", found.avg), ("strict", found.avg_strict), ("Rubrics", found.rubrics), ("CRS", found.crs))
    said = [_line(name, total) for name, total in totals if total is not None]
    return said if found.sway is None else [*said, swayed(found.sway)]


def swayed(found: Sway) -> str:
    averages = " ".join(f"{average:.2f}" for average in found.orders)
    chance = found.moved_by_chance
    beside = "" if chance is None else f"; two draws of one order differ in {chance:.1%}"
    return f"Avg by order of the choices {averages}: {found.moved:.1%} of items turn right or wrong with it{beside}"


def _line(name: str, total: Total) -> str:
    middle = f", the middle {len(total.runs) - 2} {total.middle:.3f}" if total.middle is not None else ""
    return f"{name} of {len(total.runs)} runs {' '.join(f'{v:.3f}' for v in total.runs)}: mean {total.mean:.3f}{middle}"
