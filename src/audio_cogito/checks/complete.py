"""Whether a chain came to its end: not cut, not looping, its thinking closed, with an answer that can be read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from audio_cogito.checks import CheckInfo
from audio_cogito.messages import Model
from audio_cogito.prompts import Prompt
from audio_cogito.types import Finding, Record, Trace, Verdict

INFO = CheckInfo(takes="trace", summary="a chain that is whole: thought through, ended, with a readable answer")
REPEATS = 4
"""A unit that stands this many times in a row is a loop, where the run also covers LOOP_CHARACTERS at the end."""
LOOP_CHARACTERS = 200
LOOP_INSIDE = 400
"""Characters that a run has to cover where the text goes on after it, since a transcript may count for a while."""
LONGEST_UNIT = 1000
"""Characters of the longest unit that is looked for."""
PROBE = 32
"""Characters whose next occurrence tells the length of the unit."""


class Settings(Record, omit_defaults=False):
    thinking_required: bool = True
    """Fail a trace without any reasoning."""


async def check(
    trace: Trace, *, models: Mapping[str, Model], prompts: Mapping[str, Prompt], settings: Settings
) -> Verdict:
    findings = tuple(_findings(trace, settings))
    reason = ", ".join(finding.kind for finding in findings)
    return Verdict(check="complete", outcome="fail" if findings else "pass", reason=reason, findings=findings)


def _findings(trace: Trace, settings: Settings) -> Iterator[Finding]:
    if trace.finish == "length":
        yield Finding(kind="truncated", detail="cut at max_tokens")
    if not trace.closed:
        yield Finding(kind="unclosed", detail="the thinking does not end")
    for text in (trace.thinking, trace.text):
        if unit := looping(text):
            yield Finding(kind="looping", quote=unit[:200], detail="said over and over")
    if settings.thinking_required and not trace.thinking:
        yield Finding(kind="no_thinking")
    if trace.answer is None:
        yield Finding(kind="no_answer", quote=trace.text[-200:])


def looping(text: str) -> str | None:
    """The unit that a text repeats at its end, or over a longer run anywhere; None when it does not loop.

    The characters at a place are looked for further on: the distance is the unit's length. A run may begin and end in
    the middle of a unit, since a chain is cut anywhere.
    """
    text = text.rstrip()
    backwards = text[: -REPEATS * LONGEST_UNIT - 1 : -1]
    if unit := _run(backwards, 0):
        return unit[::-1]
    runs = (_run(text, start, LOOP_INSIDE) for start in range(0, len(text) - LOOP_INSIDE, LOOP_INSIDE))
    return next((unit for unit in runs if unit), None)


def _run(text: str, start: int, characters: int = LOOP_CHARACTERS) -> str | None:
    """The unit of the run of at least so many characters that begins at `start`."""
    probe, at = text[start : start + PROBE], start
    while (at := text.find(probe, at + 1, start + LONGEST_UNIT + PROBE)) >= 0:
        period = at - start
        end = start + max(characters, REPEATS * period)
        if end <= len(text) and text[at:end] == text[start : end - period]:
            return text[start:at]
    return None
