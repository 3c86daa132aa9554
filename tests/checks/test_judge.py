"""The judge: code derives the outcome from its findings, and its own failure is unscored."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from audio_cogito import prompts
from audio_cogito.checks import judge
from audio_cogito.errors import CallFailed
from audio_cogito.messages import Sampling
from audio_cogito.models.scripted import Scripted
from audio_cogito.types import Facts, Finding, Statement, Trace, Verdict
from made import make_clip, make_question, make_trace

PROMPTS = {"judge": prompts.load("judge")}
TRACE = make_trace(thinking="Two barks, close by.\nSo it is a dog.")


async def judged(said: Any, trace: Trace = TRACE, **settings: Any) -> tuple[Verdict, Scripted]:
    model = Scripted(lambda *_: said if isinstance(said, str) else json.dumps(said))
    verdict = await judge.check(trace, models={"auditor": model}, prompts=PROMPTS, settings=judge.Settings(**settings))
    return verdict, model


def judgement(**changes: Any) -> dict[str, Any]:
    conclusion = {"quote": "So it is a dog", "equals": "yes"}
    found = {"claims": [], "steps": [], "conclusion": conclusion, "marks": [], "key_ok": "yes", "key_reason": ""}
    return found | changes


def claim(quote: str, heard: str) -> dict[str, Any]:
    return judgement(claims=[{"quote": quote, "heard": heard}])


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


async def test_step_that_does_not_follow_fails_the_chain() -> None:
    verdict, _ = await judged(judgement(steps=[{"quote": "so IT is  a dog.", "why": "a seal barks too"}]))
    assert verdict.outcome == "fail"
    assert verdict.findings == (Finding(kind="logic", quote="so IT is  a dog.", detail="a seal barks too"),)


@pytest.mark.parametrize(
    ("conclusion", "outcome"),
    [
        ({"quote": "So it is a dog", "equals": "no"}, "fail"),
        ({"quote": "So it is a cat", "equals": "no"}, "pass"),
        ({"quote": "So it is a dog", "equals": "yes"}, "pass"),
        ({"quote": "", "equals": "none"}, "pass"),
    ],
)
async def test_conclusion_in_the_chain_that_is_not_the_answer_fails_it(conclusion: Any, outcome: str) -> None:
    assert (await judged(judgement(conclusion=conclusion)))[0].outcome == outcome


@pytest.mark.parametrize(
    ("of", "kind"),
    [("caption", "mentions_caption"), ("metadata", "mentions_metadata"), ("given answer", "mentions_given_answer")],
)
async def test_mention_of_what_no_listener_has_fails_the_chain(of: str, kind: str) -> None:
    verdict, _ = await judged(judgement(marks=[{"quote": "close by", "of": of}]))
    assert (verdict.outcome, verdict.findings[0].kind) == ("fail", kind)


async def test_relistening_is_noted_and_fails_where_the_recipe_says_so() -> None:
    said = judgement(marks=[{"quote": "close by", "of": "relistening"}])
    verdict, _ = await judged(said)
    assert (verdict.outcome, verdict.findings[0].kind) == ("pass", "relistening")
    assert (await judged(said, relistening_fails=True))[0].outcome == "fail"


@pytest.mark.parametrize(("key_ok", "outcome"), [("yes", "pass"), ("unsure", "pass"), ("no", "fail")])
async def test_key_is_judged_apart_from_the_chain(key_ok: str, outcome: str) -> None:
    verdict, _ = await judged(judgement(key_ok=key_ok, key_reason="It is a seal."))
    assert verdict.outcome == outcome
    assert judge.has_bad_key(verdict) is (key_ok == "no")
    if key_ok == "no":
        assert verdict.findings == (Finding(kind="bad_key", detail="It is a seal."),)


async def test_question_whose_key_is_bad_leaves_no_accepted_trace() -> None:
    verdict, _ = await judged(judgement(key_ok="no"))
    assert make_trace(verdicts=(Verdict(check="complete", outcome="pass"), verdict)).standing == "rejected"


async def test_quotation_may_differ_in_punctuation_and_case_but_not_in_a_word() -> None:
    assert (await judged(claim("two barks - CLOSE by", "contradicted")))[0].outcome == "fail"
    assert (await judged(claim("two barks, very close by", "contradicted")))[0].outcome == "pass"


def examples() -> list[tuple[str, str]]:
    system = PROMPTS["judge"].text("system")
    return re.findall(r"<chain>\n(.*?)\n</chain>\nAnswer: [^\n]+\n(\{.*?\})(?=\n|\Z)", system, re.DOTALL)


@pytest.mark.parametrize(("number", "outcome"), [(0, "pass"), (1, "fail"), (2, "fail")])
async def test_worked_examples_are_read_as_the_prompt_says_and_quote_their_chain(number: int, outcome: str) -> None:
    chain, said = examples()[number]
    verdict, _ = await judged(said, make_trace(thinking=chain))
    assert (verdict.outcome, verdict.reason) == (outcome, "")
    whole = json.loads(said)
    quotes = [entry["quote"] for entry in (*whole["claims"], *whole["steps"], whole["conclusion"], *whole["marks"])]
    assert all(len(quote.split()) <= 15 and quote in " ".join(chain.split()) for quote in quotes)


def test_worked_examples_are_one_good_and_two_bad() -> None:
    assert len(examples()) == 3


def test_claims_are_written_before_whatever_follows_from_them() -> None:
    order = ["claims", "steps", "conclusion", "marks", "key_ok", "key_reason"]
    assert list(judge.SCHEMA.schema["properties"]) == order


@pytest.mark.parametrize("quote", ["Three barks", "", "   "])
async def test_finding_whose_quotation_is_not_in_the_chain_is_void(quote: str) -> None:
    verdict, _ = await judged(claim(quote, "contradicted"))
    assert verdict.outcome == "pass"
    assert "1 findings" in verdict.reason


@pytest.mark.parametrize(
    "said", ["", "I think it passes.", '{"claims": []', json.dumps(judgement(verdict="pass")), "[]"]
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
