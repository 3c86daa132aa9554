"""Unaided: a chain that betrays its help fails; one that hears, weighs and answers passes."""

from __future__ import annotations

import time

import pytest

from audio_cogito.checks import unaided
from audio_cogito.types import Verdict
from made import make_trace


async def checked(thinking: str, text: str = "The answer is a bell.") -> Verdict:
    trace = make_trace(thinking=thinking, text=text)
    return await unaided.check(trace, models={}, prompts={}, settings=unaided.Settings())


@pytest.mark.parametrize(
    ("thinking", "quote"),
    [
        ("This agrees with the given answer.", "the given answer"),
        ("Since the correct answer is a bell, I look for one.", "Since the correct answer is"),
        ("Given that the answer is a bell, the ring must be metal.", "Given that the answer is"),
        ("Knowing the answer is a bell, I listen for it.", "Knowing the answer is"),
        ("We already know the correct answer, so it rings.", "know the correct answer"),
        ("I was told the answer beforehand.", "told the answer"),
        ("The reference answer says so.", "The reference answer"),
        ("It is in the answer key.", "the answer key"),
        ("The answer provided is a bell.", "The answer provided"),
        ("This fits the ground truth.", "ground truth"),
        ("This leads to the provided correct answer.", "the provided correct answer"),
        ("由于正确答案是钟声，我们去听。", "由于正确答案是"),
        ("这与给定的答案一致。", "给定的答案"),
        ("既然我们知道答案是钟声，就选它。", "既然我们知道答案是"),
        ("参考答案也这么说。", "参考答案"),
    ],
)
async def test_mention_of_a_given_answer_fails_with_its_words(thinking: str, quote: str) -> None:
    verdict = await checked(thinking)
    assert verdict.outcome == "fail"
    assert {finding.kind for finding in verdict.findings} == {"mentions_given_answer"}
    assert any(quote in finding.quote for finding in verdict.findings)


@pytest.mark.parametrize(
    "thinking",
    [
        "As the caption says, a bell rings.",
        "The description mentions a bell.",
        "According to the description, a bell rings.",
        "Based on the provided audio description, it rings.",
        "The caption provided tells of a bell.",
        "As stated in the labels, it is metal.",
        "From the metadata, this is a church.",
        "The transcript indicates that he left.",
        "根据提供的描述，有钟声。",
        "描述中提到了钟声。",
        "正如字幕所说，有人走过。",
    ],
)
async def test_mention_of_a_caption_or_notes_fails(thinking: str) -> None:
    verdict = await checked(thinking)
    assert (verdict.outcome, verdict.reason) == ("fail", "mentions_caption")


@pytest.mark.parametrize(
    "thinking",
    [
        "A bell rings twice, then a door. So the correct answer is a bell.",
        "Among the given options, a bell fits best; the provided choices leave no other.",
        "The given answer choices name two metals.",
        "Of the choices provided, only a bell is metal. The right answer must be a bell.",
        "The guide's description of the house is slow; she gives a description of each room.",
        "According to the description given by the speaker, the house is old.",
        "The notes clearly rise, and the notes indicate a minor key; from the notes alone, it is sad.",
        "The speaker notes that the captions are late.",
        "The answer given by the woman is short: no.",
        "<PLANNING>Find the bell.</PLANNING>\n<CAPTION>A bell rings.</CAPTION>\n<SUMMARY>A bell.</SUMMARY>",
        "As heard in the caption section, it rings.",
        "She asks, and he answers: it is a bell.",
        "声音是金属的，所以正确答案是钟声。",
        "在给出的选项中，钟声最合适。",
        "说话人描述了一座房子。",
        "",
    ],
)
async def test_chain_that_hears_weighs_and_answers_passes(thinking: str) -> None:
    verdict = await checked(thinking)
    assert (verdict.outcome, verdict.findings) == ("pass", ())


async def test_final_text_is_read_too() -> None:
    assert (await checked("It rings.", "The given answer is a bell.")).outcome == "fail"


async def test_chain_in_another_script_is_unscored() -> None:
    verdict = await checked("Звонит колокол, затем хлопает дверь.", "колокол")
    assert (verdict.outcome, verdict.reason) == ("unscored", "a chain in Cyrillic script cannot be read here")


async def test_long_chain_is_read_in_a_moment() -> None:
    began = time.process_time()
    await checked("the given the provided based on the as in the according to " * 2000)
    assert time.process_time() - began < 1.0
