"""Answers that are moments or stretches of a clip: `12.5 seconds`, `0:12.5`, `1 min 5 s`, `from 3 to 4.5 s`."""

from __future__ import annotations

import re

from audio_cogito.answers.statements import statements
from audio_cogito.answers.text import normalise

NEARLY = re.compile(r"\A(?:(?:at|around|about|approximately|roughly|from|between) |~ ?)+")
UNTIL = re.compile(r"\s*-\s*|\s+(?:to|until|till|through)\s+")
CLOCK = re.compile(r"(?:(\d{1,2}):)?(\d{1,3}):([0-5]\d(?:\.\d+)?)")
SPOKEN = re.compile(
    r"(?:(?P<minutes>\d{1,4}(?:\.\d+)?) ?(?:m|mins?|minutes?)(?:(?:,? and|,)? |\Z))?"
    r"(?:(?P<seconds>\d{1,6}(?:\.\d+)?)(?: ?(?P<unit>s|secs?|seconds?))?)?"
)
LONGEST = 80
"""Characters of a statement that may be a time."""


def read_time(text: str) -> str | None:
    """The one moment or stretch that a text states, in seconds: `12.5 s`, `3 s to 4.5 s`. Else None.

    A bare number counts seconds. "About 12 s" is read as 12 s: how near is near enough is settled with the key.
    """
    read = {seconds_of(statement) for statement in statements(text) or text.splitlines()[-1:]}
    times = read.pop() if len(read) == 1 else None
    return None if times is None else " to ".join(f"{time:.12g} s" for time in times)


def seconds_of(text: str) -> tuple[float, ...] | None:
    """One number for a moment, two for a stretch, None for what is neither."""
    flat = normalise(text)
    if len(flat) > LONGEST:
        return None
    stated = NEARLY.sub("", flat)
    ends = stated.split(" and ") if "between " in flat else UNTIL.split(stated)
    times = [_moment(end) for end in ends]
    # "3 to 4 minutes": the first end has borrowed its unit, and nothing says so.
    borrowed = len(ends) == 2 and ends[0].replace(".", "").isdigit() and "m" in ends[1]
    if len(times) > 2 or borrowed or (len(times) == 2 and None not in times and times[0] > times[1]):  # type: ignore[operator]
        return None
    return None if None in times else tuple(time for time in times if time is not None)


def near(answer: str, key: str, tolerance: float) -> bool:
    """Whether each end lies within so many seconds of the key's; a moment is never a stretch."""
    given, right = seconds_of(answer), seconds_of(key)
    if given is None or right is None or len(given) != len(right):
        return False
    # A millionth of a second, so that 12.0 and 12.5 lie within 0.5 however the decimals are held.
    return all(abs(one - other) <= tolerance + 1e-6 for one, other in zip(given, right, strict=True))


def _moment(text: str) -> float | None:
    if clock := CLOCK.fullmatch(text):
        hours, minutes, seconds = clock.groups(default="0")
        return int(hours) * 3600 + int(minutes) * 60 + float(seconds)
    spoken = SPOKEN.fullmatch(text)
    if not text or spoken is None:
        return None
    return float(spoken["minutes"] or 0) * 60 + float(spoken["seconds"] or 0)
