"""Better or not: two models on the same development questions, paired question by question.

A round passes where it answers more of them and McNemar's exact test finds so uneven a split less likely than the level
divided by the number of rounds (Bonferroni): so a loop of many rounds is as rarely fooled as a single test.
"""

from __future__ import annotations

from pathlib import Path

from audio_cogito.errors import SetupError
from audio_cogito.grading import comparison
from audio_cogito.grading.comparison import Difference
from audio_cogito.types import Record


class Gate(Record, omit_defaults=False):
    """What the test found."""

    difference: Difference
    """After minus before."""
    needed: float
    """The probability that had to be undercut."""

    @property
    def passed(self) -> bool:
        p = self.difference.p
        return self.difference.difference > 0 and p is not None and p <= self.needed

    def __str__(self) -> str:
        found = self.difference
        said = "better" if self.passed else "not shown to be better"
        return (
            f"{said}: {found.a:.1f} to {found.b:.1f} % of {found.pairs:,} development questions "
            f"({found.difference:+.1f}, 95 % interval {found.low:+.1f} to {found.high:+.1f}; "
            f"p = {found.p:.2g}, needed {self.needed:.2g})"
        )


def gate(before: Path, after: Path, *, level: float, rounds: int) -> Gate:
    """Compare two evaluations of the same questions. Raises SetupError where they are of others."""
    found = comparison.accuracy(comparison.paired(comparison.load(before), comparison.load(after)))
    if found is None:
        raise SetupError(f"{before} and {after} have no question that both answered")
    return Gate(difference=found, needed=level / rounds)
