"""The letter rule of AIR-Bench's foundation part (`score_foundation.py`), which MMSU took over.

What is said loses the blanks around it and every line break. Its first character is the letter if it is one of A to D,
else its last but one ("The answer is B."); else nothing is read. So "Apple" says A, "(B)" says B and "b" says nothing.
"""

from __future__ import annotations

from audio_cogito.benchmarks import LETTERS, Item

READ = frozenset("ABCD")


def letter(said: str) -> str | None:
    """The letter that is said; None = none is read."""
    text = said.strip().replace("\n", "")
    if text[:1] in READ:
        return text[0]
    return text[-2] if len(text) > 1 and text[-2] in READ else None


def key(item: Item) -> str:
    """The letter of the first choice that is the answer."""
    return LETTERS[item.choices.index(item.answer)]


def graded(said: str, item: Item) -> bool | None:
    """Whether the key's letter is said; None where none is read."""
    found = letter(said)
    return None if found is None else found == key(item)
