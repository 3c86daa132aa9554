"""The QA consistency check (Audio-Cogito, section 2.1.4): the answer that was reasoned to against the key."""

from __future__ import annotations

from collections.abc import Mapping

from audio_cogito.answers import matches
from audio_cogito.checks import CheckInfo
from audio_cogito.messages import Model
from audio_cogito.prompts import Prompt
from audio_cogito.types import Finding, Record, Trace, Verdict

INFO = CheckInfo(takes="trace", summary="a chain whose answer is the question's key")


class Settings(Record, omit_defaults=False):
    """Nothing can be set."""


async def check(
    trace: Trace, *, models: Mapping[str, Model], prompts: Mapping[str, Prompt], settings: Settings
) -> Verdict:
    if matches(trace.answer, trace.question):
        return Verdict(check="consistent", outcome="pass")
    kind = "no_answer" if trace.answer is None else "wrong_answer"
    finding = Finding(kind=kind, quote=trace.answer or "", detail=f"the key is {trace.question.answer!r}")
    return Verdict(check="consistent", outcome="fail", reason=kind, findings=(finding,))
