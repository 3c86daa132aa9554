"""What two spellings of one answer share."""

from __future__ import annotations

import re
import unicodedata

LOOKALIKES = str.maketrans(
    {
        **dict.fromkeys("“”„‟«»「」『』〝〞", '"'),
        **dict.fromkeys("‘’‚‛‹›", "'"),
        **dict.fromkeys("‐‑‒–—―−", "-"),
        **dict.fromkeys("\u200b\u2060\ufeff\u00ad"),
        "♯": "#",
        "♭": "b",
        "⁄": "/",
    }
)
RAISED = re.compile("[⁰¹²³⁴-⁹]+")
FRACTION_AFTER_DIGIT = re.compile("(?<=[0-9])(?=[¼-¾⅐-⅞])")
EMPHASIS = re.compile(r"(?<![\w*])(\*{1,3}|__?|`{1,3})(?=[^\s*_`])([^\n]{0,500}?[^\s*_`])\1(?![\w*])")
QUOTED = re.compile(r"""\A(?:"+([^"]+)"+|'((?:[^']|(?<=\w)'(?=\w))+)')\Z""")
STOPS = ".,;:!。、 "
EASTERN = re.compile("[\u3041-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
"""A Chinese character or Japanese kana."""
MEANS = re.compile(r"[?%#&@/+]|-(?=\d)|(?<=\d)[-.:,](?=\d)")
"""Punctuation that says something: a sign, a decimal point, a share, a doubt."""


def normalise(text: str) -> str:
    """NFKC, case folded, spaces collapsed; emphasis, the quotes around it and the stops after it gone.

    Everything that tells choices apart stays: signs, sharps, units, powers, fractions, question marks. A text that
    shows anything is never emptied.
    """
    text = " ".join(plain(plain(text).casefold()).split())
    while (peeled := _peel(text)) != text:
        text = peeled
    return text


def plain(text: str) -> str:
    """One way to write quotes, dashes, accidentals, powers and fractions; no emphasis; case and lines are kept."""
    if not text.isascii():
        text = FRACTION_AFTER_DIGIT.sub(" ", RAISED.sub(r"^\g<0>", text))
        text = unicodedata.normalize("NFKC", text.translate(LOOKALIKES)).translate(LOOKALIKES)
    if "*" in text or "_" in text or "`" in text:
        while (bare := EMPHASIS.sub(r"\2", text)) != text:
            text = bare
    return text


def bare(text: str) -> str:
    """What is compared where the wording is free: for Chinese and Japanese the characters without punctuation and
    spaces, which their writers set as they please; else the text as `normalise` leaves it.
    """
    text = normalise(text)
    if not EASTERN.search(text):
        return text
    kept = (sign for at, sign in enumerate(text) if _tells(sign) or MEANS.match(text, at))
    return "".join(kept) or text


def alike(text: str, other: str) -> bool:
    """Whether two texts are one but for case, emphasis, quotes, stops and, in Chinese and Japanese, punctuation."""
    return bare(text) == bare(other)


def _tells(sign: str) -> bool:
    return not sign.isspace() and not unicodedata.category(sign).startswith("P")


def _peel(text: str) -> str:
    if text[-1:] in STOPS:
        text = text.rstrip(STOPS) or text
    if text[:1] in "\"'" and (quoted := QUOTED.match(text)):
        return (quoted[1] or quoted[2]).strip() or text
    return plain(text)
