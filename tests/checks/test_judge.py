"""The judge: code derives the outcome from its findings, and its own failure is unscored."""

from __future__ import annotations

import json
from typing import Any

import pytest

from audio_cogito import prompts
from audio_cogito.checks import judge
from audio_cogito.errors import CallFailed
from audio_cogito.messages import Sampling
from audio_cogito.models.scripted import Scripted
from audio_cogito.types import Facts, Statement, Trace, Verdict
from made import make_clip, make_question, make_trace

PROMPTS = {"judge": prompts.load("judge")}
TRACE = make_trace(thinking="Two barks, close by.\nSo it is a dog.")


async def judged(said: Any, trace: Trace = TRACE, **settings: Any) -> tuple[Verdict, Scripted]:
    model = Scripted(lambda *_: said if isinstance(said, str) else json.dumps(said))
    verdict = await judge.check(trace, models={"auditor": model}, prompts=PROMPTS, settings=judge.Settings(**settings))
    return verdict, model


def claim(quote: str, heard: str) -> dict[str, Any]:
    return {"claims": [{"quote": quote, "heard": heard}], "faults": []}


async def test_chain_without_findings_passes() -> None:
    verdict, _ = await judged(claim("Two barks", "supported"))
    assert (verdict.outcome, verdict.findings, verdict.by) == ("pass", (), "scripted@1")


@pytest.mark.parametrize("heard", ["contradicted", "inaudible"])
async def test_contradicted_or_inaudible_claim_fails_the_chain_with_its_words(heard: str) -> None:
    verdict, _ = await judged(claim("Two barks", heard))
    assert verdict.outcome == "fail"
    assert (verdict.findings[0].kind, verdict.findings[0].quote) == (heard, "Two barks")


async def test_claim_that_cannot_be_told_is_no_finding() -> None:
    assert (await judged(claim("Two barks", "cannot tell")))[0].outcome == "pass"


async def test_fault_fails_the_chain() -> None:
    fault = {"quote": "so IT is  a dog.", "kind": "logic", "why": "a seal barks too"}
    verdict, _ = await judged({"claims": [], "faults": [fault]})
    assert verdict.outcome == "fail"


@pytest.mark.parametrize("quote", ["Three barks", "", "   "])
async def test_finding_whose_quotation_is_not_in_the_chain_is_void(quote: str) -> None:
    verdict, _ = await judged(claim(quote, "contradicted"))
    assert verdict.outcome == "pass"
    assert "1 findings" in verdict.reason


@pytest.mark.parametrize(
    "said", ["", "I think it passes.", '{"claims": []', '{"claims": [], "faults": [], "verdict": "pass"}', "[]"]
)
async def test_judge_failure_is_unscored_not_fail(said: str) -> None:
    verdict, model = await judged(said)
    assert verdict.outcome == "unscored"
    assert len(model.requests) == 3


async def test_call_that_cannot_be_had_is_unscored() -> None:
    def script(asked: bytes, draw: int, attempt: int) -> str:
        raise CallFailed("no_answer", "500")

    verdict = await judge.check(TRACE, models={"auditor": Scripted(script)}, prompts=PROMPTS, settings=judge.Settings())
    assert verdict.outcome == "unscored"


async def test_judge_hears_the_clip_and_reads_key_facts_chain_and_answer() -> None:
    clip = make_clip(facts=Facts(labels=(Statement(text="kennel", origin="tool"),)))
    trace = make_trace(make_question("a dog", "a cat", clips=(clip,)), thinking="It barks.")
    _, model = await judged(claim("It barks", "supported"), trace)
    body = json.loads(model.requests[0])
    assert body["messages"][1]["content"][0] == {"type": "audio", "clip": clip.id}
    words = body["messages"][1]["content"][1]["text"]
    for expected in ("kennel", "- a cat", "Key: a dog", "<chain>\nIt barks.\n</chain>", "Answer: a dog"):
        assert expected in words


async def test_judge_is_greedy_with_2048_tokens() -> None:
    assert judge.Settings().asking.sampling == Sampling(temperature=0.0, max_tokens=2048)
