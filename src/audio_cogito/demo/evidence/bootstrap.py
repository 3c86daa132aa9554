"""How certain a difference is: items and random seeds are both drawn again, crossed, since each alone says too little.

The interval over questions of one taught model does not say what another random seed would have given; that over seeds
alone does not say what other questions would have. So each resample takes as many questions and as many seeds as there
are, with replacement, every seed with the same questions (a percentile bootstrap; 10,000 resamples).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from audio_cogito.types import Record

RESAMPLES = 10_000
RANDOM_SEED = 0
Table = npt.NDArray[np.float64]
"""Seeds x items: 1 where it is right."""


class Effect(Record):
    """B minus A in percentage points over the same questions and seeds."""

    a: float
    b: float
    difference: float
    low: float
    high: float
    by_seed: tuple[float, ...]


def effect(a: Sequence[Sequence[bool]], b: Sequence[Sequence[bool]]) -> Effect:
    """`a` and `b`: by random seed, whether each question was right. A seed's two are paired question by question."""
    before, after = (np.array(rows, dtype=np.float64) * 100 for rows in (a, b))
    if before.shape != after.shape or not before.size:
        raise ValueError(f"{before.shape} answers are not beside {after.shape} others")
    differences = after - before
    low, high = interval(differences)
    return Effect(
        a=float(before.mean()),
        b=float(after.mean()),
        difference=float(differences.mean()),
        low=low,
        high=high,
        by_seed=tuple(float(mean) for mean in differences.mean(axis=1)),
    )


def interval(differences: Table) -> tuple[float, float]:
    """95 % percentile interval of the mean over items and seeds, both resampled."""
    seeds, items = differences.shape
    by_seed = _drawn(items, 1) @ differences.T.astype(np.float32)
    means = (by_seed * _drawn(seeds, 2)).sum(axis=1) / (items * seeds)
    low, high = np.percentile(means, (2.5, 97.5))
    return float(low), float(high)


@lru_cache(maxsize=8)
def _drawn(count: int, stream: int) -> npt.NDArray[np.float32]:
    """Resamples x things: how often each of so many is drawn; the same for every difference."""
    rng = np.random.default_rng((RANDOM_SEED, stream))
    return rng.multinomial(count, np.full(count, 1 / count), size=RESAMPLES).astype(np.float32)
