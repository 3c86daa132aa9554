"""Answers that are numbers: digits, fractions or English words, with at most a unit."""

from __future__ import annotations

import re
from fractions import Fraction

from audio_cogito.answers.statements import statements
from audio_cogito.answers.text import normalise

DIGITS = re.compile(r"([-+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|[-+]?\.\d+|[-+]?\d+/\d*[1-9]\d*)\s*([^\d]*)")
UNIT = re.compile(r"(?:(?!(?:or|and|to|but|not|nor|if)\b)[^\W\d_]+ ?){0,2}|%|°[cf]?")
LONGEST = 80
"""Characters. A looping model writes digits without end, which are no number."""
SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
WORDS = {word: value for value, word in enumerate(SMALL.split())}
WORDS |= {word: 10 * tens for tens, word in enumerate(TENS.split(), 2)}


def read_number(text: str) -> str | None:
    """The one number that a text states, in digits, with its unit: `3`, `-5`, `1/3`, `2.5 seconds`. Else None."""
    read = {_quantity(statement) for statement in statements(text) or text.splitlines()[-1:]}
    quantity = read.pop() if len(read) == 1 else None
    if quantity is None:
        return None
    value, unit = quantity
    return f"{_written(value)} {unit}" if unit[:1].isalpha() else f"{_written(value)}{unit}"


def equal(answer: str, key: str, tolerance: float = 0.0) -> bool:
    """Same value, or one that lies within `tolerance` (a share of the key) of it, and no contradiction of units (one
    that is left out is none).
    """
    given, right = _quantity(answer), _quantity(key)
    if given is None or right is None or not _close(given[0], right[0], tolerance):
        return False
    return given[1] == right[1] or "" in (given[1], right[1])


def _close(value: Fraction, key: Fraction, tolerance: float) -> bool:
    return value == key or abs(value - key) <= Fraction(str(tolerance)) * abs(key)


def _written(value: Fraction) -> str:
    decimal = f"{float(value):.12g}"
    return decimal if Fraction(decimal) == value else str(value)


def _quantity(text: str) -> tuple[Fraction, str] | None:
    flat = normalise(text)
    if len(flat) > LONGEST:
        return None
    if number := DIGITS.fullmatch(flat):
        value, unit = Fraction(number[1].replace(",", "")), number[2].strip()
    else:
        words = flat.replace("-", " ").split()
        length = next((place for place, word in enumerate(words) if not _counts(word)), len(words))
        spelled, unit = _spelled(words[:length]), " ".join(words[length:])
        if spelled is None:
            return None
        value = Fraction(spelled)
    return (value, unit) if UNIT.fullmatch(unit) and not any(map(_counts, unit.split())) else None


def _counts(word: str) -> bool:
    return word in WORDS or word in ("hundred", "thousand", "and")


def _spelled(words: list[str]) -> int | None:
    """The value of an English number below a million; None for words that are not one ("three four")."""
    if words.count("thousand") > 1 or not words:
        return None
    if "thousand" in words:
        at = words.index("thousand")
        thousands, rest = _below_thousand(words[:at]), words[at + 1 :]
        below = _below_thousand(rest[1:] if rest[:1] == ["and"] else rest) if rest else 0
        return None if not thousands or below is None else 1000 * thousands + below
    return _below_thousand(words)


def _below_thousand(words: list[str]) -> int | None:
    match words:
        case [unit, "hundred"] if 0 < WORDS.get(unit, 0) < 10:
            return 100 * WORDS[unit]
        case [unit, "hundred", "and", *rest] | [unit, "hundred", *rest] if 0 < WORDS.get(unit, 0) < 10:
            below = _below_thousand(rest)
            return 100 * WORDS[unit] + below if below and below < 100 else None
        case [tens, unit] if WORDS.get(tens, 0) >= 20 and 0 < WORDS.get(unit, 0) < 10:
            return WORDS[tens] + WORDS[unit]
        case [word]:
            return WORDS.get(word)
    return None
