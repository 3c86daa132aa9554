"""The answer against the key."""

from __future__ import annotations

import json
from typing import Any

import pytest

from audio_cogito import checks, prompts
from audio_cogito.checks import consistent
from audio_cogito.errors import CallFailed
from audio_cogito.models.scripted import Scripted
from audio_cogito.types import Finding, Trace, Verdict
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


OPEN = make_trace(make_question(answer="a slammed door", type="open"), answer="somebody shuts a gate")
PROMPTS = {"equivalent": prompts.load("equivalent")}


async def asked(said: Any, trace: Trace = OPEN) -> tuple[Verdict, Scripted]:
    model = Scripted(lambda *_: said if isinstance(said, str) else json.dumps(said))
    settings = consistent.Settings(model="judge")
    return await consistent.check(trace, models={"judge": model}, prompts=PROMPTS, settings=settings), model


async def test_other_wording_of_an_open_answer_is_unscored_where_no_model_is_named() -> None:
    verdict = await checked(OPEN)
    assert (verdict.outcome, verdict.findings, verdict.by) == ("unscored", (), None)
    assert "checks.consistent.model" in verdict.reason


@pytest.mark.parametrize(
    ("said", "outcome", "reason"),
    [
        ("equivalent", "pass", ""),
        ("partial", "fail", "partial_answer"),
        ("contradicts", "fail", "wrong_answer"),
        ("unreadable", "fail", "no_answer"),
    ],
)
async def test_only_an_equivalent_answer_passes(said: str, outcome: str, reason: str) -> None:
    verdict, _ = await asked({"agreement": said})
    assert (verdict.outcome, verdict.reason, verdict.by) == (outcome, reason, "scripted@1")


@pytest.mark.parametrize("said", ["", "yes", '{"agreement": "same"}', '{"agreement": "equivalent", "score": 1}', "{}"])
async def test_reply_that_cannot_be_read_is_unscored(said: str) -> None:
    verdict, model = await asked(said)
    assert verdict.outcome == "unscored"
    assert len(model.requests) == 3


async def test_call_that_cannot_be_had_is_unscored() -> None:
    def script(request: bytes, draw: int, attempt: int) -> str:
        raise CallFailed("no_answer", "500")

    settings = consistent.Settings(model="judge")
    verdict = await consistent.check(OPEN, models={"judge": Scripted(script)}, prompts=PROMPTS, settings=settings)
    assert verdict.outcome == "unscored"


async def test_model_reads_question_key_and_answer_and_hears_nothing() -> None:
    _, model = await asked({"agreement": "partial"})
    (request,) = model.requests
    assert b'"audio"' not in request
    for words in (OPEN.question.text, "a slammed door", "somebody shuts a gate"):
        assert words.encode() in request
    assert OPEN.thinking.encode() not in request


@pytest.mark.parametrize(
    "trace",
    [
        make_trace(answer="Cat"),
        make_trace(make_question(answer="3", type="number"), answer="4"),
        make_trace(make_question(answer="a slammed door", type="open"), answer="A slammed door."),
        make_trace(make_question(answer="please close it", type="translation"), answer="Please close it!"),
        make_trace(OPEN.question, answer=None),
    ],
)
async def test_model_is_not_asked_what_code_can_tell(trace: Trace) -> None:
    verdict, model = await asked("", trace)
    assert verdict.outcome in ("pass", "fail")
    assert model.requests == []


async def test_chain_that_concludes_another_answer_is_unfaithful() -> None:
    verdict = await checked(make_trace(thinking="It purrs. So the answer is cat.", answer="Dog"))
    assert (verdict.outcome, verdict.reason) == ("fail", "unfaithful")
    assert verdict.findings == (
        Finding(kind="unfaithful", quote="Cat", detail="the chain concludes this, and the answer is 'Dog'"),
    )


async def test_wrong_answer_that_the_chain_does_not_conclude_is_both() -> None:
    verdict = await checked(make_trace(thinking="It barks. So the answer is Dog.", answer="Cat"))
    assert verdict.reason == "wrong_answer, unfaithful"


@pytest.mark.parametrize("thinking", ["It barks. So the answer is dog.", "It barks.", "The answer is cat or dog."])
async def test_chain_that_concludes_its_answer_or_nothing_is_faithful(thinking: str) -> None:
    assert (await checked(make_trace(thinking=thinking))).outcome == "pass"


async def test_faithfulness_need_not_be_asked_for() -> None:
    trace = make_trace(thinking="So the answer is cat.")
    settings = consistent.Settings(unfaithful=False)
    assert (await consistent.check(trace, models={}, prompts={}, settings=settings)).outcome == "pass"
