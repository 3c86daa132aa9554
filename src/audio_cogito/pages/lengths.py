"""How long chains are, those that hold beside the others, as columns of a plot."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from audio_cogito.types import Record

COLUMNS = 24
USUAL_PERCENT = 99


class Column(Record):
    """Chains of `low` to `high` words, and how high their bars are in percent of the highest."""

    low: int
    high: int
    good: int
    bad: int
    good_percent: float
    bad_percent: float


def columns(words: Mapping[bool, Counter[int]]) -> tuple[Column, ...]:
    """Of how many words there are how many chains, of the good (True) and of the bad; none where no chain has a word.

    They reach to the length that all but one in a hundred keep to; the last column holds those too, so that one endless
    chain flattens nobody.
    """
    if not any(count for counted in words.values() for count in counted):
        return ()
    width = -(-(_usual(words) + 1) // COLUMNS)
    counts: Counter[tuple[int, bool]] = Counter()
    for good, counted in words.items():
        for count, chains in counted.items():
            counts[min(count // width, COLUMNS - 1), good] += chains
    most = max(counts[at, True] + counts[at, False] for at in range(COLUMNS))
    return tuple(
        Column(
            low=at * width,
            high=(at + 1) * width - 1,
            good=counts[at, True],
            bad=counts[at, False],
            good_percent=round(100 * counts[at, True] / most, 1),
            bad_percent=round(100 * counts[at, False] / most, 1),
        )
        for at in range(COLUMNS)
    )


def _usual(words: Mapping[bool, Counter[int]]) -> int:
    """The least length that at least USUAL_PERCENT in a hundred do not pass."""
    lengths = sorted(length for counted in words.values() for length in counted.elements())
    return lengths[-(-USUAL_PERCENT * len(lengths) // 100) - 1]
