"""The answer against the key."""

from __future__ import annotations

import pytest

from audio_cogito import checks
from audio_cogito.checks import consistent
from audio_cogito.types import Trace, Verdict
from made import make_question, make_trace


async def checked(trace: Trace) -> Verdict:
    return await consistent.check(trace, models={}, prompts={}, settings=consistent.Settings())


def test_keeps_the_contract() -> None:
    assert checks.faults(consistent) == []


@pytest.mark.parametrize("answer", ["Dog", "dog."])
async def test_answer_that_is_the_key_passes(answer: str) -> None:
    verdict = await checked(make_trace(answer=answer))
    assert (verdict.outcome, verdict.findings, verdict.by) == ("pass", (), None)


async def test_other_answer_fails_and_is_quoted() -> None:
    verdict = await checked(make_trace(answer="Cat"))
    assert (verdict.outcome, verdict.reason) == ("fail", "wrong_answer")
    assert (verdict.findings[0].kind, verdict.findings[0].quote) == ("wrong_answer", "Cat")


async def test_unreadable_answer_fails_as_none_not_as_wrong() -> None:
    verdict = await checked(make_trace(text="I cannot tell.", answer=None))
    assert (verdict.outcome, verdict.reason) == ("fail", "no_answer")


async def test_number_is_compared_by_value() -> None:
    question = make_question(answer="three", type="number")
    assert (await checked(make_trace(question, answer="3"))).outcome == "pass"
    assert (await checked(make_trace(question, answer="4"))).outcome == "fail"
