"""Times in a sentence about sounds: when each is said to begin, and perhaps to end.

A sentence is read as a row of names and times. Where a name comes first, each time belongs to the name before it, where
a time does, to the name after it. How long something lasts, and how much later something is, are no times.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from audio_cogito.answers.naming import MARK
from audio_cogito.answers.numbers import WORDS

SPELLED = "|".join(word for word, value in WORDS.items() if 0 < value <= 20)
NUMBER = rf"(?:(?:\d+:)?\d+(?:\.\d+)?|(?:{SPELLED})(?=[\s-]+seconds?\b))"
UNIT = r"(?:[\s-]*(?:s|secs?|seconds?)\b)"
VALUE = (
    rf"(?:(?:the\s+)?(?P<{{0}}>{NUMBER}){UNIT}?(?:\s+(?:mark|point))?"
    r"|(?P<{0}half>(?:the\s+)?half[\s-](?:a\s+)?second(?:\s+mark)?)|second\s+(?P<{0}th>\d+)\b)"
)
ABOUT = r"(?:(?:about|around|roughly|approximately|nearly|just (?:before|after)|~|t\s*=|the|close to|near)\s*)*"
HOW_LONG = re.compile(
    rf"\b(?:lasts?|lasting|held for|goes on for|takes?|for)\s+(?:about|almost|nearly|roughly|some)?\s*"
    rf"(?:{NUMBER}|half a|a){UNIT}"
    rf"|(?:{NUMBER}|half a|a){UNIT}\s+(?:later|earlier|long|apart|of silence|(?:after|before) (?:that|this|it))",
    re.I,
)
TO = r"\s*(?:to|until|till|through|-|–|—)\s*"
NOT_UNTIL = re.compile(r"\b(?:does not|doesn't|do not|don't) (?:start|begin|set in|come in|enter) until\b", re.I)
TOKEN = re.compile(
    rf"(?P<name>{MARK})"
    rf"|(?P<until>\b(?:until|till|ends? at|stops? at|over by|out by|fades? by)\s+{ABOUT}{VALUE.format('u')})"
    rf"|(?P<between>\bbetween\s+{ABOUT}{VALUE.format('c')}\s+and\s+{ABOUT}{VALUE.format('d')})"
    rf"|(?P<range>(?:\b(?:from|at)\s+|[\[(]\s*)?{ABOUT}{VALUE.format('a')}{TO}{ABOUT}{VALUE.format('b')})"
    rf"|(?P<time>(?P<cue>\b(?:at|from|around|about|near|by|to|begins?|starts?|about|approximately|roughly|t\s*=)\s+|@\s*|[\[(|]\s*|\A\W*)?"
    rf"{ABOUT}{VALUE.format('t')}(?P<after>\s+in(?:to)?\b|\s*[:|\])→])?)",
    re.I,
)
BARE = re.compile(r"[\W_]*(?:and\s+)?")
"""What may stand before a time without a word that says so: `bell: 0.5`, `at 0.5, 2 and 6`."""


class Moment(NamedTuple):
    """A time that is said of a sound, by the number of its label; and where in the sentence."""

    number: int
    start: float
    end: float | None
    begin: int
    stop: int


class _Token(NamedTuple):
    kind: str
    number: int
    start: float
    end: float | None
    begin: int
    stop: int


def moments(sentence: str) -> Iterator[Moment]:
    """What a sentence says of when, sound by sound."""
    told = HOW_LONG.sub(lambda match: "_" * len(match[0]), sentence)
    told = NOT_UNTIL.sub(lambda match: "at".rjust(len(match[0])), told)
    tokens = list(_refined(list(_tokens(told))))
    kinds = [token.kind for token in tokens if token.kind != "until"]
    if "name" not in kinds or "time" not in kinds:
        return
    yield from (_named_first if kinds[0] == "name" else _timed_first)(tokens)


def _named_first(tokens: list[_Token]) -> Iterator[Moment]:
    for at, token in enumerate(tokens):
        if token.kind != "time":
            continue
        before = [one for one in tokens[:at] if one.kind == "name"]
        if before:
            yield _moment(before[-1], token, tokens[at + 1 :])


def _timed_first(tokens: list[_Token]) -> Iterator[Moment]:
    """A time belongs to the next name; several times before one name all do; one after the last, to that."""
    for at, token in enumerate(tokens):
        if token.kind != "time":
            continue
        before, after = ([one for one in side if one.kind == "name"] for side in (tokens[:at], tokens[at + 1 :]))
        if after or before:
            yield _moment(after[0] if after else before[-1], token, tokens[at + 1 :])


def _moment(name: _Token, time: _Token, rest: list[_Token]) -> Moment:
    end = time.end
    following = next((one for one in rest if one is not name), None)
    if end is None and following is not None and following.kind == "until":
        end = following.start
    return Moment(name.number, time.start, end, min(name.begin, time.begin), max(name.stop, time.stop))


def _tokens(sentence: str) -> Iterator[_Token]:
    last = 0
    for match in TOKEN.finditer(sentence):
        begin, stop = match.span()
        if match["name"]:
            yield _Token("name", int(match[2]), 0.0, None, begin, stop)
        elif match["until"]:
            yield _Token("until", 0, _value(match, "u"), None, begin, stop)
        elif match["between"]:
            yield _Token("time", 0, _value(match, "c"), _value(match, "d"), begin, stop)
        elif match["range"]:
            yield _Token("time", 0, _value(match, "a"), _value(match, "b"), begin, stop)
        elif match["cue"] or match["after"] or BARE.fullmatch(sentence, last, begin):
            yield _Token("time", 0, _value(match, "t"), None, begin, stop)
        else:
            continue
        last = stop


def _refined(tokens: list[_Token]) -> Iterator[_Token]:
    """Of "just before one second (0.9 s)" the second is meant: a time that another follows with nothing between."""
    for one, other in pairwise([*tokens, tokens[0]] if tokens else []):
        close = one.kind == other.kind == "time" and 0 <= other.begin - one.stop <= 2
        if not (close and abs(other.start - one.start) <= 1):
            yield one


def _value(match: re.Match[str], group: str) -> float:
    if match[f"{group}half"]:
        return 0.5
    said = match[group] or match[f"{group}th"]
    minutes, _, seconds = said.rpartition(":")
    value = float(WORDS[seconds.casefold()]) if seconds.casefold() in WORDS else float(seconds)
    return 60 * int(minutes or 0) + value
