"""Whether the answer is right by the string match of MMAR and MMAU (`grading/string_match.py`).

The benchmarks' grader as a check: its rate stands in the funnel of an evaluation. An answer that was not found is no
right one; what the published scorer makes of the text as written is for `cogito evaluate` to say.
"""

from __future__ import annotations

from collections.abc import Mapping

from audio_cogito.checks import CheckInfo
from audio_cogito.grading.string_match import string_match
from audio_cogito.messages import Model
from audio_cogito.prompts import Prompt
from audio_cogito.types import Record, Trace, Verdict

INFO = CheckInfo(takes="trace", summary="an answer that MMAR's and MMAU's string match calls right")


class Settings(Record, omit_defaults=False):
    pass


async def check(
    trace: Trace, *, models: Mapping[str, Model], prompts: Mapping[str, Prompt], settings: Settings
) -> Verdict:
    if trace.answer is None:
        return Verdict(check="string_match", outcome="fail", reason="no answer found")
    right = string_match(trace.question.answer, trace.answer, trace.question.choices)
    return Verdict(check="string_match", outcome="pass" if right else "fail")
