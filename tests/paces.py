"""How long something takes, counted in a pace: what splitting 4 kB of words takes on the same machine just then.

Microseconds differ twofold by machine and by hour, where others share it. A pace is some twenty of them.
"""

from __future__ import annotations

from collections.abc import Callable
from time import process_time
from timeit import timeit

PAGE = "the low bell rings again and a door closes far off " * 80
ROUNDS = 5


def paces(work: Callable[[], object], number: int = 200) -> float:
    """Of the processor; the least of a few rounds, in which both sides take turns."""
    rounds = [
        (timeit(work, number=number, timer=process_time), timeit(PAGE.split, number=number, timer=process_time))
        for _ in range(ROUNDS)
    ]
    return min(one for one, _ in rounds) / min(other for _, other in rounds)
