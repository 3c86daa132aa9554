"""Whether a chain came to its end: not cut, not looping, its thinking closed, with an answer that can be read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from audio_cogito.checks import CheckInfo
from audio_cogito.prompts import Prompt
from audio_cogito.types import Finding, Model, Record, Trace, Verdict

INFO = CheckInfo(takes="trace", summary="a chain that is whole: thought through, ended, with a readable answer")
REPEATS = 4
"""A unit that stands this many times in a row at the end is a loop, where the run also covers LOOP_CHARACTERS."""
LOOP_CHARACTERS = 200
PROBE = 32
"""Characters at the end whose earlier occurrence tells the length of the unit."""


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
            yield Finding(kind="looping", quote=unit[:200], detail="said over and over at the end")
    if settings.thinking_required and not trace.thinking:
        yield Finding(kind="no_thinking")
    if trace.answer is None:
        yield Finding(kind="no_answer", quote=trace.text[-200:])


def looping(text: str) -> str | None:
    """The unit that a text repeats at its end, or None.

    The last characters are looked for before themselves: the distance is the unit's length. The run may begin and end
    in the middle of a unit, since a chain is cut anywhere.
    """
    text = text.rstrip()
    if len(text) < LOOP_CHARACTERS:
        return None
    start = len(text) - PROBE
    before = text.rfind(text[start:], max(0, start - len(text) // REPEATS), len(text) - 1)
    if before < 0:
        return None
    period = start - before
    covered = max(LOOP_CHARACTERS, REPEATS * period)
    if len(text) < covered:
        return None
    tail = text[-covered:]
    return tail[-period:] if tail[period:] == tail[:-period] else None
