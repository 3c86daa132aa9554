"""In which order sounds are said to come, read from what stands between one name and the next."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from audio_cogito.answers.naming import MARK, NAMED

ARTICLE = r"(?:(?:an?|the|some|another|one|someone|something|somebody|people|there is|there's)\s+)*(?:[a-z]+\s+){0,2}?"
WORDS = r"(?:(?:an?|the|only|first|last|is|are|heard|there|i|we|you|hear|comes?|a|moment)\s+)*"
FORWARD = re.compile(
    r"\b(?:then|next|afterwards?|after (?:that|this|which|it)|subsequently|followed by|succeeded by|later|finally|"
    r"lastly|eventually|in turn|whereupon|gives? way to|leads? (?:in)?to|takes? over|precedes?|prior to|ahead of|"
    r"before (?!it\b|that\b|this\b|which\b)|to conclude|in response|dies (?:down|away|out)|last(?:ly)?\b)",
    re.I,
)
TURNED = re.compile(
    rf"\bbefore (?:it|that|this|which)\b|\b(?:(?:only|right|immediately|directly|just|shortly|soon)\s+)?"
    rf"(?:after|follow(?:s|ed|ing)?(?! by)|succeeds?|preceded by)\s+{WORDS}\Z",
    re.I,
)
TAIL = re.compile(
    r"\A[^,.;\x01]{0,25}?\b(?:comes? next|follows?\b(?! the)|afterwards?|comes? (?:last|after)\b(?! the)|returns?|"
    r"next up|at the end|comes? in after|has the last word|rounds|closes|joins)",
    re.I,
)
_AT_ONCE = r"(?:(?:right|just|immediately|directly|shortly)\s+)?"
LEAD = re.compile(
    rf"(?:\A|[.,;:\n]\s*){_AT_ONCE}(?:after|following|once|as soon as|when)\s+(?:an?|the)?\s*(?:[a-z]+\s+){{0,2}}?\Z",
    re.I,
)
LEAD_BEFORE = re.compile(rf"(?:\A|[.,;:\n]\s*){_AT_ONCE}before\s+(?:an?|the)?\s*(?:[a-z]+\s+){{0,2}}?\Z", re.I)
"""What opens a clause about a sound to which the next one stands: `Right after the bell comes a hiss`."""
NUMBERED = re.compile(r"\n\W*\d+[.)]\s*\W*\Z")
IN_ORDER = re.compile(
    r"\bin (?:this|that|the following|their)?\s?order\b|\bsequence\b|\border\s*(?:is|:)|alternat", re.I
)
GLUE = re.compile(r"\A\W*(?:(?:and|an?|the)\W+)*\W*\Z", re.I)
FARTHEST = 120
"""Characters between two names that still may say which comes first."""
FIRST = (
    re.compile(rf"\bfirst (?:sound|event|thing)(?: (?:i|we|you) (?:get|hear))?\s+(?:is|was)\s+{ARTICLE}{MARK}", re.I),
    re.compile(
        rf"(?:\A|[.;:!?,]\s*|\n\s*)(?:okay|so|hmm)?[\s,.]*(?:first(?:ly)?(?! to\b)|initially|to begin with|"
        rf"at (?:the )?(?:very )?(?:first|start|beginning|outset)|"
        rf"(?:it|the \w+|we|things) (?:starts?|begins?|opens?) with)\b"
        rf"[^\x01.\n]{{0,30}}{MARK}",
        re.I,
    ),
    re.compile(
        rf"{MARK}\s+(?:(?:comes|is|is heard|happens|plays|is playing|talks|speaks|rolls|begins|running)\s+)*"
        rf"(?:first\b(?! and)|at the (?:start|outset|beginning)\b|when the (?:clip|recording) begins)",
        re.I,
    ),
)
LAST = (
    re.compile(rf"\b(?:last|final|closing) (?:sound|event|thing)(?: (?:i|we|you) (?:get|hear))?\s+(?:is|was)\s+"
               rf"{ARTICLE}{MARK}", re.I),
    re.compile(rf"\b(?:finally|lastly|to conclude|(?:ends|finishes|closes|concludes) with)\b[^\x01.\n]{{0,30}}{MARK}",
               re.I),
    re.compile(
        rf"{MARK}[^\x01.\n,;]{{0,30}}?\b(?:comes? last\b|is heard last\b|is last\b|at the end\b|"
        rf"(?:rounds|closes|ends|finishes|concludes) (?:things|the (?:clip|recording|sequence))|has the last word|"
        rf"is the (?:last|final|closing) (?:sound|event|one))",
        re.I,
    ),
)  # fmt: skip
"""What says that a sound is the first, or the last, of all."""


class Mention(NamedTuple):
    number: int
    begin: int
    stop: int


class Pair(NamedTuple):
    """The numbers of two labels, the earlier first; and where the text says so."""

    earlier: int
    later: int
    begin: int
    stop: int


def pairs(text: str) -> Iterator[Pair]:
    """Every two neighbouring names of which the words around them say who comes first."""
    found = [Mention(int(match[1]), *match.span()) for match in NAMED.finditer(text)]
    for at, (one, other) in enumerate(pairwise(found)):
        if one.number == other.number or other.begin - one.stop > FARTHEST:
            continue
        before = text[found[at - 1].stop if at else 0 : one.begin]
        turned = _turned(text, before, one, other)
        if turned is not None:
            earlier, later = (other, one) if turned else (one, other)
            yield Pair(earlier.number, later.number, one.begin, other.stop)


def _turned(text: str, before: str, one: Mention, other: Mention) -> bool | None:
    """Whether the second name comes earlier; None where nothing says so."""
    gap, tail = text[one.stop : other.begin], text[other.stop : other.stop + FARTHEST]
    clause = re.search(r"[,;]|\s(?:comes|is heard|i hear|there is)\s", gap)
    if clause and LEAD.search(before):
        return False
    if clause and LEAD_BEFORE.search(before):
        return True
    if LEAD.search(gap) or LEAD_BEFORE.search(gap):
        return None
    if TURNED.search(gap):
        return True
    if FORWARD.search(gap) or NUMBERED.search(gap) or (re.search(r"[.,;\n]", gap) and TAIL.search(tail)):
        return False
    return False if GLUE.match(gap) and IN_ORDER.search(_around(text, one, other)) else None


def _around(text: str, one: Mention, other: Mention) -> str:
    """The sentence, and what is said on the line above a list."""
    begin = max(text.rfind(". ", 0, one.begin), text.rfind("? ", 0, one.begin), 0)
    end = text.find(". ", other.stop)
    return text[begin : end if end > 0 else len(text)]


def ends(patterns: Sequence[re.Pattern[str]], sentence: str) -> Iterator[re.Match[str]]:
    for pattern in patterns:
        yield from pattern.finditer(sentence)
