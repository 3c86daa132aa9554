"""Names of sounds in a text, each replaced by a mark, in whatever form of the word they stand.

"Glass break" is found in "glass is breaking" and "glass breaks", "drip" in "dripping", "rattle" in "rattled".
"""

from __future__ import annotations

import re
from collections.abc import Mapping

MARK = r"\x01(\d+)\x02"
"""A name of a sound, once found: its number in the list of labels."""
NAMED = re.compile(MARK)
BETWEEN = r"\s+(?:(?:is|was|are|were|has|starts?|begins?|keeps?|can be heard|heard)\s+)?"
"""What may stand between the words of a name: "phone is ringing"."""


def marked(text: str, numbers: Mapping[str, int]) -> str:
    """The text with every name replaced by its mark, the longest names first."""
    if not numbers:
        return text
    names = sorted(numbers, key=len, reverse=True)
    found = re.compile("|".join(rf"(\b{_forms(name)}\b(?!'))" for name in names), re.I)
    return found.sub(lambda match: f"\x01{numbers[names[(match.lastindex or 1) - 1]]}\x02", text)


def _forms(name: str) -> str:
    *words, last = name.split() or [name]
    if last.endswith("e") and last.isalpha():
        last = rf"{re.escape(last[:-1])}(?:e[sd]?|ing)"
    elif last[-1:].isalpha():
        last = rf"{re.escape(last)}(?:e?s|{last[-1]}?(?:ing|ed))?"
    else:
        last = re.escape(last)
    return BETWEEN.join([*map(re.escape, words), last])
