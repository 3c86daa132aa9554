"""How sure a share is that was counted on a few."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np

Z95 = 1.959964
"""The normal quantile of a two-sided interval of 95 %."""


RESAMPLES = 10_000
RANDOM_SEED = 0
"""Of the bootstrap: the same answers give the same interval."""

Floats = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


def resampled(counts: Floats, resamples: int = RESAMPLES, random_seed: int = RANDOM_SEED) -> Floats:
    """How often each of some things that came so often comes in as many draws with replacement, one row a resample.

    A multinomial draw of each distinct thing says the same as a table of indices, and is small.
    """
    n = int(counts.sum())
    drawn: Floats = np.random.default_rng(random_seed).multinomial(n, counts / n, size=resamples).astype(np.float64)
    return drawn


def middle(values: Floats) -> tuple[float, float]:
    """The 95 % percentile interval of what resamples came to."""
    low, high = np.percentile(values, (2.5, 97.5))
    return float(low), float(high)


def wilson(hits: float, of: float, z: float = Z95) -> tuple[float, float] | None:
    """The score interval (Wilson 1927) of a share, 0 to 1; None where nothing was counted."""
    if of == 0:
        return None
    share, square = hits / of, z * z
    middle = (share + square / (2 * of)) / (1 + square / of)
    half = z / (1 + square / of) * math.sqrt(share * (1 - share) / of + square / (4 * of * of))
    return (0.0 if hits == 0 else max(0.0, middle - half), 1.0 if hits == of else min(1.0, middle + half))


def beside(share: float, n: int, published: float) -> Literal["tie", "higher", "lower"]:
    """How a share stands to a published one over as many items, of which nothing else is known.

    Items that both got right by the same means cannot be paired here, so that a real difference may be called a tie;
    `cogito compare` pairs two runs item by item.
    """
    error = math.sqrt((share * (1 - share) + published * (1 - published)) / n)
    if abs(share - published) <= Z95 * error:
        return "tie"
    return "higher" if share > published else "lower"
