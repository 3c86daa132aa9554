"""Whether a question needs its sound: what is asked, and what is made of the answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from audio_cogito import audio, checks, prompts
from audio_cogito.audio import Sounds
from audio_cogito.checks import blind
from audio_cogito.errors import CallFailed
from audio_cogito.messages import Sampling
from audio_cogito.models.scripted import Script, Scripted
from audio_cogito.stages.think import render_question
from audio_cogito.types import Question, Verdict
from made import make_clip, make_question

QUESTION = make_question("a dog", "a cat", clips=(make_clip(seconds=4.2),))
PROMPTS = {"think": prompts.load("think")}


async def asked(
    script: Script, folder: Path, question: Question = QUESTION, **settings: Any
) -> tuple[Verdict, list[dict[str, Any]], Sounds]:
    model, sounds, chosen = Scripted(script), Sounds(folder), blind.Settings(**settings)
    prepared = blind.prepare(chosen, sounds=sounds, pool=())
    verdict = await blind.check(
        question, models={"thinker": model}, prompts=PROMPTS, settings=chosen, prepared=prepared
    )
    return verdict, [json.loads(request) for request in model.requests], sounds


def hearing_silence(request: bytes) -> bool:
    return b'"audio"' in request


def test_keeps_the_contract() -> None:
    assert checks.faults(blind) == []


async def test_thinker_is_asked_in_the_same_words_three_times_without_audio_and_three_with_silence(
    tmp_path: Path,
) -> None:
    _, requests, sounds = await asked(lambda *_: "a cat", tmp_path)
    words = render_question(QUESTION, PROMPTS["think"])
    told = [request["messages"][0]["content"] for request in requests]
    assert told[:3] == [words] * 3
    for silence, text in told[3:]:
        assert text == {"type": "text", "text": words}
        assert silence["clip"] != QUESTION.clips[0].id
        assert np.array_equal(sounds.samples(silence["clip"]), np.zeros(5 * audio.RATE, dtype=np.int16))
    assert len(told) == 6


async def test_score_is_the_share_of_right_answers_and_the_rest_is_the_sounds_contribution(tmp_path: Path) -> None:
    def script(request: bytes, draw: int, attempt: int) -> str:
        return "a dog" if hearing_silence(request) and draw < 2 else "a cat"

    verdict, _, _ = await asked(script, tmp_path)
    assert (verdict.outcome, verdict.advisory, verdict.by) == ("pass", True, "scripted@1")
    assert verdict.score == pytest.approx(2 / 6, abs=1e-4)
    assert verdict.reason == "audio_contribution 0.67: 0 of 3 right without audio, 2 of 3 right with silence"


async def test_question_that_is_mostly_answered_blind_is_tagged_and_stays(tmp_path: Path) -> None:
    verdict, _, _ = await asked(lambda *_: "a dog", tmp_path)
    assert (verdict.outcome, verdict.score, verdict.advisory) == ("fail", 1.0, True)
    assert verdict.findings[0].kind == "answered_blind"


@pytest.mark.parametrize(("drop_above", "outcome"), [(0.5, "pass"), (0.4, "fail")])
async def test_limit_decides_where_one_is_set(tmp_path: Path, drop_above: float, outcome: str) -> None:
    verdict, _, _ = await asked(
        lambda request, *_: "a dog" if hearing_silence(request) else "a cat", tmp_path, drop_above=drop_above
    )
    assert (verdict.outcome, verdict.score, verdict.advisory) == (outcome, 0.5, False)


async def test_refusing_to_guess_is_no_right_answer(tmp_path: Path) -> None:
    verdict, _, _ = await asked(lambda *_: "I cannot tell without hearing it.", tmp_path)
    assert (verdict.outcome, verdict.score) == ("pass", 0.0)


async def test_answers_cut_in_the_middle_of_thinking_are_no_guesses(tmp_path: Path) -> None:
    cut = {"message": {"role": "assistant", "content": "<think>It could be a dog"}, "finish_reason": "length"}
    verdict, _, _ = await asked(lambda *_: cut, tmp_path)
    assert (verdict.outcome, verdict.score) == ("unscored", None)
    assert "6 of 6 blind answers were cut" in verdict.reason
    verdict, _, _ = await asked(lambda request, draw, _: cut if draw == 0 else "a dog", tmp_path)
    assert (verdict.outcome, verdict.score) == ("fail", 1.0)


async def test_call_that_cannot_be_had_is_unscored(tmp_path: Path) -> None:
    def script(request: bytes, draw: int, attempt: int) -> str:
        raise CallFailed("no_answer", "500")

    assert (await asked(script, tmp_path))[0].outcome == "unscored"


async def test_open_question_that_code_cannot_hold_against_its_key_is_unscored(tmp_path: Path) -> None:
    question = make_question(answer="a slammed door", type="open")
    verdict, _, _ = await asked(lambda *_: "a gate", tmp_path, question)
    assert verdict.outcome == "unscored"


async def test_silence_can_be_left_out(tmp_path: Path) -> None:
    _, requests, sounds = await asked(lambda *_: "a cat", tmp_path, silence=False)
    assert len(requests) == 3
    assert list(sounds.root.iterdir()) == []


async def test_clip_longer_than_the_longest_silence_is_stood_in_for_by_that(tmp_path: Path) -> None:
    question = make_question("a dog", "a cat", clips=(make_clip(seconds=95),))
    _, requests, sounds = await asked(lambda *_: "a cat", tmp_path, question, draws=1)
    silence = requests[1]["messages"][0]["content"][0]["clip"]
    assert len(sounds.samples(silence)) == blind.LONGEST_SILENCE * audio.RATE


def test_greedy_with_more_than_one_draw_is_refused() -> None:
    with pytest.raises(ValueError, match="temperature"):
        blind.Settings(sampling=Sampling(max_tokens=64, temperature=0.0))
