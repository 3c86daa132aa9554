"""How sure a share is: 95 % intervals for what is counted."""

from __future__ import annotations

import math
from typing import Literal

Z = 1.959963984540054
"""Standard normal quantile of 0.975."""

Standing = Literal["tie", "higher", "lower"]


def wilson(right: float, n: int) -> tuple[float, float]:
    """Wilson's score interval of a share `right` / `n`, both ends from 0 to 1."""
    share, scale = right / n, 1 + Z * Z / n
    middle = (share + Z * Z / (2 * n)) / scale
    half = Z / scale * math.sqrt(share * (1 - share) / n + Z * Z / (4 * n * n))
    return max(0.0, middle - half), min(1.0, middle + half)


def beside(share: float, n: int, published: float) -> Standing:
    """How a share stands to a published one over as many items, of which nothing else is known.

    Items that both got right by the same means cannot be paired here, so that a real difference may be called a tie;
    `cogito compare` pairs two runs item by item.
    """
    error = math.sqrt((share * (1 - share) + published * (1 - published)) / n)
    if abs(share - published) <= Z * error:
        return "tie"
    return "higher" if share > published else "lower"
