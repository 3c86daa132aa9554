"""Two runs over the same items, held beside each other item by item.

Pairing takes the items' difficulty out: two runs that each score 70 +- 3 may still differ beyond doubt, or not at all.
The difference of two averages has a 95 % percentile interval from a bootstrap over items; for accuracy there is
McNemar's exact test besides (the binomial probability of so uneven a split of the items that only one got right).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec
import numpy as np

from audio_cogito.errors import SetupError
from audio_cogito.grading.scores import Graded
from audio_cogito.intervals import middle, resampled
from audio_cogito.types import Record

TOO_FEW = 30
"""Pairs below which a group is too small to say anything."""


class Difference(Record, omit_defaults=False):
    """Run B minus run A over the pairs that both have, in percentage points."""

    pairs: int
    a: float
    b: float
    difference: float
    low: float
    high: float
    only_a: int | None = None
    """Items that A alone got right; None for rubrics."""
    only_b: int | None = None
    p: float | None = None
    """McNemar's exact two-sided probability; None for rubrics."""

    @property
    def verdict(self) -> str:
        if self.pairs < TOO_FEW:
            return "too few to say"
        tested = self.p is None or self.p < 0.05
        if self.low <= 0 <= self.high or not tested:
            return "tie"
        return "B is higher" if self.difference > 0 else "A is higher"


def load(folder: Path) -> dict[str, Graded]:
    """A run's graded items by id, from a folder that `cogito score` or `evaluate` wrote. Raises SetupError."""
    path = folder / "graded.jsonl"
    try:
        lines = path.read_bytes().splitlines()
        found = [msgspec.json.decode(line, type=Graded) for line in lines]
    except FileNotFoundError as error:
        raise SetupError(f"{folder} holds no graded.jsonl: score or evaluate a run into it first") from error
    except (OSError, msgspec.DecodeError) as error:
        raise SetupError(f"{path} cannot be read: {error}") from error
    if not found:
        raise SetupError(f"{path} holds no item")
    return {one.id: one for one in found}


def paired(a: Mapping[str, Graded], b: Mapping[str, Graded]) -> list[tuple[Graded, Graded]]:
    """The items of both runs, in A's order. Raises SetupError where they are not the same items."""
    if a.keys() != b.keys():
        only = len(a.keys() ^ b.keys())
        raise SetupError(f"the runs are not over the same items: {only:,} are in one of them alone")
    return [(one, b[id_]) for id_, one in a.items()]


def accuracy(pairs: Sequence[tuple[Graded, Graded]]) -> Difference | None:
    """Over the items that both answered; None where there is none."""
    both = [(a.correct, b.correct) for a, b in pairs if a.correct is not None and b.correct is not None]
    if not both:
        return None
    only_a, only_b = both.count((1, 0)), both.count((0, 1))
    return msgspec.structs.replace(_difference(both), only_a=only_a, only_b=only_b, p=mcnemar(only_a, only_b))


def rubrics(pairs: Sequence[tuple[Graded, Graded]]) -> Difference | None:
    """Over the items that one and the same judge scored in both; None where there is none, or two judges."""
    both = [(a.rubric, b.rubric) for a, b in pairs if a.rubric is not None and b.rubric is not None]
    return _difference(both) if both and len(judges(pairs)) == 1 else None


def judges(pairs: Sequence[tuple[Graded, Graded]]) -> set[str]:
    return {one.judge for pair in pairs for one in pair if one.judge is not None}


def _difference(both: Sequence[tuple[float, float]]) -> Difference:
    values = 100 * np.array(both, dtype=np.float64)
    low, high = interval(values[:, 1] - values[:, 0])
    a, b = (float(mean) for mean in values.mean(axis=0))
    return Difference(pairs=len(both), a=a, b=b, difference=b - a, low=low, high=high)


def interval(differences: np.ndarray[tuple[int], np.dtype[np.float64]]) -> tuple[float, float]:
    """95 % percentile interval of a mean, from resampled items."""
    values, counts = np.unique(differences, return_counts=True)
    return middle(resampled(counts.astype(np.float64)) @ values / len(differences))


def mcnemar(only_a: int, only_b: int) -> float:
    """Exact two-sided probability of a split at least as uneven, if both runs were equally good."""
    n, fewer = only_a + only_b, min(only_a, only_b)
    tail = sum(math.comb(n, k) for k in range(fewer + 1))
    return min(1.0, 2 * tail / (1 << n))


def by_group(
    pairs: Sequence[tuple[Graded, Graded]], measure: Callable[[Sequence[tuple[Graded, Graded]]], Difference | None]
) -> Iterator[tuple[str, str, Difference]]:
    """(kind, group, difference) for every group of A's items."""
    kinds = list(pairs[0][0].groups)
    for kind in kinds:
        named: dict[str, list[tuple[Graded, Graded]]] = {}
        for pair in pairs:
            named.setdefault(pair[0].groups[kind], []).append(pair)
        for name, members in named.items():
            if (found := measure(members)) is not None:
                yield kind, name, found
