"""The judge of Audio-Reasoner: True passes, False fails, and anything else is its own failure."""

from __future__ import annotations

import json
from typing import Any

import pytest

from audio_cogito import prompts
from audio_cogito.checks import judge_simple
from audio_cogito.errors import CallFailed
from audio_cogito.models.scripted import Scripted
from audio_cogito.types import Facts, Statement, Verdict
from made import make_clip, make_question, make_trace

PROMPTS = {"judge_simple": prompts.load("judge_simple")}
CLIP = make_clip(facts=Facts(labels=(Statement(text="kennel", origin="tool"),)))
TRACE = make_trace(make_question("a dog", "a cat", clips=(CLIP,), caption="A dog barks."), thinking="It barks.")


async def judged(model: Scripted, **settings: Any) -> Verdict:
    return await judge_simple.check(
        TRACE, models={"auditor": model}, prompts=PROMPTS, settings=judge_simple.Settings(**settings)
    )


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        ("All is heard.\n<True>", "pass"),
        ("<False>", "fail"),
        ("True", "unscored"),
        ("", "unscored"),
        ("It is <True> that it barks, yet <False>.", "unscored"),
    ],
)
async def test_only_the_word_asked_for_counts(said: str, outcome: str) -> None:
    verdict = await judged(Scripted(lambda *_: said))
    assert (verdict.outcome, verdict.by) == (outcome, "scripted@1")


async def test_analysis_that_is_cut_is_unscored() -> None:
    cut = {"message": {"content": "<True>"}, "finish_reason": "length"}
    assert (await judged(Scripted(lambda *_: cut))).outcome == "unscored"


async def test_call_that_cannot_be_had_is_unscored() -> None:
    def script(asked: bytes, draw: int, attempt: int) -> str:
        raise CallFailed("no_answer", "500")

    assert (await judged(Scripted(script))).outcome == "unscored"


async def test_it_hears_the_clip_and_reads_caption_facts_key_and_chain_and_facts_can_be_withheld() -> None:
    model = Scripted(lambda *_: "<True>")
    await judged(model)
    body = json.loads(model.requests[0])
    assert body["messages"][1]["content"][0] == {"type": "audio", "clip": CLIP.id}
    words = body["messages"][1]["content"][1]["text"]
    for expected in ("Description: A dog barks.", "kennel", "Key: a dog", "<chain>\nIt barks.\n</chain>"):
        assert expected in words
    await judged(model, facts=False)
    assert "kennel" not in model.requests[1].decode()
    assert "A dog barks." not in model.requests[1].decode()
