"""What a sample says of the whole, with 95 % intervals.

The sample is stratified: of each source so many recordings were taken, by hash. A recording, not a trace, is the unit:
what comes of one clip hangs together, and an interval that takes three chains of a clip for three witnesses is too
narrow. Totals are expanded source by source (each recording stands for N/n of its source's); ratios are of such totals,
their variance by linearisation (Cochran, Sampling Techniques, 1977, chapters 5A and 6); both with the correction for a
finite whole. Intervals of totals and ratios are even on the logarithm's scale, since few and large is how they come;
shares take Wilson's at the effective number of cases, so that "none of 200" is no certainty.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from audio_cogito import intervals
from audio_cogito.types import Record

Z = intervals.Z95
FEW = 20
"""With fewer units than this with any y, or without, their variance is not to be trusted: each is then one case."""


class Estimate(Record):
    """A number with the ends of its interval."""

    value: float
    low: float
    high: float


class Stratum(NamedTuple):
    """What was seen of one source: of `population` units `sample` were taken; those not among the values gave 0."""

    population: float
    sample: int
    values: Sequence[tuple[float, float]]
    """y and x of each unit, for the ratio y / x."""

    @property
    def weight(self) -> float:
        return self.population / self.sample

    def variance(self, slope: float) -> float:
        """Of the stratum's estimated total of y - slope * x."""
        residuals = [y - slope * x for y, x in self.values]
        mean = sum(residuals) / self.sample
        squares = sum((r - mean) ** 2 for r in residuals) + (self.sample - len(residuals)) * mean**2
        # A single unit tells no variance; its own square is taken, which is more than likely too much.
        spread = squares / (self.sample - 1) if self.sample > 1 else sum(r * r for r in residuals)
        return self.weight**2 * self.sample * max(0.0, 1 - self.sample / self.population) * spread


def total(strata: Iterable[Stratum]) -> Estimate:
    """The sum of y over the whole; never less than what was seen already."""
    strata = _sampled(strata)
    seen = sum(y for stratum in strata for y, _ in stratum.values)
    found = _around(_expanded(strata, 0), sum(stratum.variance(0.0) for stratum in strata))
    return Estimate(value=found.value, low=max(seen, found.low), high=found.high)


def ratio(strata: Iterable[Stratum]) -> Estimate | None:
    """The sum of y over that of x; None where there is no x."""
    strata = _sampled(strata)
    below = _expanded(strata, 1)
    if not below:
        return None
    value = _expanded(strata, 0) / below
    return _around(value, sum(stratum.variance(value) for stratum in strata) / below**2)


def share(strata: Iterable[Stratum]) -> Estimate | None:
    """The ratio of a part to the whole it is of; None where there is no x."""
    strata = _sampled(strata)
    found = ratio(strata)
    return None if found is None else wilson(found.value, _cases(strata, found.value))


def _cases(strata: list[Stratum], value: float) -> float:
    """As how many independent cases the sample counts, for a share of this value."""
    below = _expanded(strata, 1)
    variance = sum(stratum.variance(value) for stratum in strata) / below**2
    apart = below**2 / sum(stratum.weight**2 * x for stratum in strata for _, x in stratum.values)
    together = below**2 / sum(stratum.weight**2 * x**2 for stratum in strata for _, x in stratum.values)
    some = sum(0 < y < x or y == x > 0 for stratum in strata for y, x in stratum.values)
    none = sum(y < x for stratum in strata for y, x in stratum.values)
    if min(some, none) < FEW or not variance:
        return together
    return min(apart, value * (1 - value) / variance)


def _around(value: float, variance: float) -> Estimate:
    """An interval of the logarithm, for numbers that cannot be less than nothing."""
    if value <= 0:
        return Estimate(value=value, low=value, high=value)
    half = Z * math.sqrt(math.log1p(variance / value**2))
    return Estimate(value=value, low=value * math.exp(-half), high=value * math.exp(half))


def _expanded(strata: list[Stratum], which: int) -> float:
    return sum(stratum.weight * pair[which] for stratum in strata for pair in stratum.values)


def wilson(value: float, cases: float) -> Estimate:
    """A share seen in so many independent cases (Wilson, 1927)."""
    low, high = intervals.wilson(value * cases, cases) or (0.0, 1.0)
    return Estimate(value=value, low=low, high=high)


def _sampled(strata: Iterable[Stratum]) -> list[Stratum]:
    return [stratum for stratum in strata if stratum.sample]
