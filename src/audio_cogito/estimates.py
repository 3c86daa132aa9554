"""What a sample says of the whole, with 95 % intervals.

The sample is stratified: of each source so many recordings were taken, by hash. A recording, not a trace, is the unit:
what comes of one clip hangs together, and an interval that takes three chains of a clip for three witnesses is too
narrow. Totals are expanded source by source (each recording stands for N/n of its source's); ratios are of such totals,
their variance by linearisation (Cochran, Sampling Techniques, 1977, chapters 5A and 6); both with the correction for a
finite whole. Shares take Wilson's interval at the effective number of cases, so that "none of 200" is no certainty.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from audio_cogito.types import Record

Z = 1.96


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
    value = sum(stratum.weight * y for stratum in strata for y, _ in stratum.values)
    half = Z * math.sqrt(sum(stratum.variance(0.0) for stratum in strata))
    return Estimate(value=value, low=max(seen, value - half), high=value + half)


def ratio(strata: Iterable[Stratum]) -> Estimate | None:
    """The sum of y over that of x; None where there is no x."""
    strata = _sampled(strata)
    below = sum(stratum.weight * x for stratum in strata for _, x in stratum.values)
    if not below:
        return None
    value = sum(stratum.weight * y for stratum in strata for y, _ in stratum.values) / below
    half = Z * math.sqrt(sum(stratum.variance(value) for stratum in strata)) / below
    return Estimate(value=value, low=max(0.0, value - half), high=value + half)


def share(strata: Iterable[Stratum]) -> Estimate | None:
    """The ratio of a part to the whole it is of; None where there is no x."""
    strata = _sampled(strata)
    found = ratio(strata)
    if found is None:
        return None
    below = sum(stratum.weight * x for stratum in strata for _, x in stratum.values)
    variance = sum(stratum.variance(found.value) for stratum in strata) / below**2
    cases = below**2 / sum(stratum.weight**2 * x for stratum in strata for _, x in stratum.values)
    spread = found.value * (1 - found.value)
    return wilson(found.value, min(cases, spread / variance) if variance > 0 and spread > 0 else cases)


def wilson(value: float, cases: float) -> Estimate:
    """A share seen in so many independent cases (Wilson, 1927)."""
    centre = (value + Z * Z / (2 * cases)) / (1 + Z * Z / cases)
    half = Z * math.sqrt(value * (1 - value) / cases + Z * Z / (4 * cases * cases)) / (1 + Z * Z / cases)
    return Estimate(value=value, low=max(0.0, min(value, centre - half)), high=min(1.0, max(value, centre + half)))


def _sampled(strata: Iterable[Stratum]) -> list[Stratum]:
    return [stratum for stratum in strata if stratum.sample]
