"""MMAR-Rubrics: the published prompt bit for bit, its parse rules, and a judge that does not do its work."""

from __future__ import annotations

import json
import re
import time
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio_cogito import benchmarks, prompts
from audio_cogito.benchmarks import Criterion, Item, mmar
from audio_cogito.errors import CallFailed, EndpointLost, Unreadable
from audio_cogito.grading import rubrics, scores
from audio_cogito.grading.predictions import Prediction, Predictions
from audio_cogito.grading.scores import Graded
from audio_cogito.models.cache import Remembered
from audio_cogito.models.scripted import Scripted
from audio_cogito.store import Replies
from benchmark_rows import shared, write_mmar

PROMPT = prompts.load(rubrics.PROMPT)
RUBRIC = tuple(Criterion(name=f"Criterion {k}", scoring_point="", choices=(0, 1)) for k in range(1, 6))


def says(*points: Any, name: str = "Criterion") -> str:
    return json.dumps([{"name": f"{name} {k}", "score": p, "justification": "[]"} for k, p in enumerate(points, 1)])


def text(item: Item, prediction: Prediction) -> str:
    _, user = rubrics.request(item, prediction, PROMPT)
    return user.parts[0].text  # type: ignore[union-attr]


# --- the prompt -------------------------------------------------------------------------------------------------------


def test_system_message_is_the_published_one() -> None:
    words = PROMPT.text("system")
    assert len(words) == 250
    assert sha256(words.encode()).hexdigest() == "0a214b10b76b2fb9a64adcb36c5a7e9825c56ce214b19e3599a40ae4d7587827"


def test_requests_about_the_real_items_have_the_published_hashes() -> None:
    metadata = benchmarks.read("mmar", mmar, shared("mmar/MMAR-meta.jsonl"))
    spaced = Prediction(answer="Open Grassland",
                        thinking="  I hear throat singing.\n\n   It sounds like a long song.  ")  # fmt: skip
    first = text(metadata.items[0], spaced)
    assert len(first) == 3402
    assert sha256(first.encode()).hexdigest() == "7ea5b19ca513b7919751eadf87a56aab1ff323a03b070c40293fb7dc1f9a1a98"
    whole = sha256()
    for item in metadata.items:
        whole.update(text(item, Prediction(answer=item.answer, thinking=item.reasoning)).encode())
    assert whole.hexdigest() == "c71a7da95cd3d2899bce3cdbdb1956c96a8e67342698f86b21041f775e4e9810"


def test_request_about_a_made_up_item_is_what_it_was(tmp_path: Path) -> None:
    """The words are held where the real items are not at hand, too."""
    item = benchmarks.read("mmar", mmar, write_mmar(tmp_path, 1)).items[0]
    said = text(item, Prediction(answer="A wooden door", thinking="\n  A hinge\u2028\tand {{ wood }}.\n"))
    assert said.endswith("- Model's Reasoning:\n\nA hinge\nand {{ wood }}.\nThe answer is A wooden door.")
    assert "- Score Options: [0, 1]\n" in said
    assert 'from [0, 1]],\n"justification"' in said
    assert PROMPT.ref.digest == "b7745a642d186ae593e993ef00cdd0af"


def test_judge_is_asked_greedily_with_a_seed_and_without_a_limit() -> None:
    model = Scripted(lambda *_: "")
    body = json.loads(model.canonical((), rubrics.SAMPLING))
    assert body == {"model": "scripted", "messages": [], "temperature": 0.0}
    assert rubrics.BODY == {"seed": 42}


# --- reading a judgement ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "points"),
    [
        (says(1, 0, 1, 0, 1), (1, 0, 1, 0, 1)),
        (f"Here it is:\n```json\n{says(1, 1, 1, 1, 0)}\n```", (1, 1, 1, 1, 0)),
        (says(1.0, True, False, 0.0, 1), (1, 1, 0, 0, 1)),
        (says(1, 1, 0, 0, 0, name="Another name"), (1, 1, 0, 0, 0)),
    ],
)
def test_judgement_is_read_as_the_official_script_reads_it(content: str, points: tuple[float, ...]) -> None:
    assert rubrics.read_judgement(content, RUBRIC) == points


@pytest.mark.parametrize(
    "content",
    [
        "", "no", "null", "1", "[]", "[" * 100_000, says(1, 1, 1, 1), says(1, 1, 1, 1, 1, 1), says(1, 1, 1, 1, 0.5),
        says(1, 1, 1, 1, "1"), says(1, 1, 1, 1, None), says(1, 1, 1, 1, 2), says(1, 1, 1, 1, float("nan")),
        json.dumps([1, 1, 1, 1, 1]), json.dumps([{"name": "x"}] * 5), json.dumps([{"score": 1}] * 5),
        f"{says(1, 1, 1, 1, 1)} and again {says(1, 1, 1, 1, 1)}", says(1, 1, 1, 1, 1)[:-10],
    ],
)  # fmt: skip
def test_judgement_out_of_form_is_refused(content: str) -> None:
    with pytest.raises(Unreadable):
        rubrics.read_judgement(content, RUBRIC)


@given(st.text("[]{} \n,x", max_size=14))
def test_list_in_a_reply_is_what_the_published_pattern_finds(content: str) -> None:
    found = re.search(r"\[\s*\{.*\}\s*\]", content, re.DOTALL)
    assert rubrics.listed(content) == (found[0] if found else content)


def test_judge_that_repeats_itself_for_megabytes_is_read_at_once() -> None:
    began = time.process_time()
    for said in ("[{ " * 10**6, "[{}" * 10**6, "[ " * 10**6, "} " * 10**6):
        with pytest.raises(Unreadable):
            rubrics.read_judgement(said, ())
    assert time.process_time() - began < 5


@pytest.mark.parametrize(
    ("shares", "mean"),
    [((0.0, 0.2, 0.4, 0.6, 1.0), 0.4), ((1.0, 1.0, 1.0, 1.0, 0.0), 1.0), ((0.0, 0.0, 0.0, 0.0, 1.0), 0.0)],
)
def test_lowest_and_highest_are_dropped(shares: tuple[float, ...], mean: float) -> None:
    assert rubrics.trimmed_mean(shares) == pytest.approx(mean)


# --- one item ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def item(tmp_path: Path) -> Item:
    return benchmarks.read("mmar", mmar, write_mmar(tmp_path, 1)).items[0]


async def judged(item: Item, model: Any, answer: str = "A wooden door", thinking: str | None = "A hinge.") -> Graded:
    metadata = benchmarks.Metadata(benchmark="mmar", sha256="", version=None, items=(item,), unwinnable=())
    said = Prediction(answer=answer, thinking=thinking)
    (graded,) = scores.grade(metadata, Predictions({item.id: said}), mmar.grader, mmar.INFO.unread)
    (scored,) = await rubrics.judge([graded], [item], [said], model=model, prompt=PROMPT, on_item=lambda: None)
    return scored


async def test_right_answer_has_the_mean_of_the_middle_three_of_five(item: Item) -> None:
    given = [says(1, 0, 0, 0, 0), says(1, 1, 1, 1, 1), says(1, 1, 0, 0, 0), says(0, 0, 0, 0, 0), says(1, 1, 1, 0, 0)]
    model = Scripted(lambda _, draw, attempt: given[draw])
    scored = await judged(item, model)
    assert scored.rubric == pytest.approx((0.2 + 0.4 + 0.6) / 3)
    assert (scored.outcome, len(scored.points), scored.judge) == ("scored", 5, "scripted@1")
    assert len(set(model.requests)) == 1
    assert len(model.requests) == 5


async def test_wrong_answer_has_zero_and_costs_no_call(item: Item) -> None:
    model = Scripted(lambda *_: says(1, 1, 1, 1, 1))
    scored = await judged(item, model, answer="A car door")
    assert (scored.rubric, scored.outcome, model.requests) == (0.0, "scored", [])


async def test_right_answer_may_have_zero(item: Item) -> None:
    scored = await judged(item, Scripted(lambda *_: says(0, 0, 0, 0, 0)))
    assert (scored.correct, scored.rubric, scored.outcome) == (1, 0.0, "scored")


async def test_reply_out_of_form_is_asked_for_again(item: Item) -> None:
    model = Scripted(lambda _, draw, attempt: says(1, 1, 1, 1, 1) if attempt == draw else "I cannot say.")
    scored = await judged(item, model)
    assert (scored.rubric, len(model.requests)) == (1.0, 1 + 2 + 3 + 4 + 5)


async def test_judge_failure_is_unscored_not_zero(item: Item) -> None:
    model = Scripted(lambda _, draw, attempt: says(1, 1, 1, 1, 1) if draw < 4 else "I cannot say.")
    scored = await judged(item, model)
    assert (scored.correct, scored.rubric, scored.outcome) == (1, None, "unscored")
    assert "judgement 5: 20 replies out of form" in scored.reason
    assert len(model.requests) == 4 + rubrics.ATTEMPTS


async def test_refused_call_is_unscored(item: Item) -> None:
    def refuse(*_: object) -> str:
        raise CallFailed("refused", "status 400: too long")

    scored = await judged(item, Scripted(refuse))
    assert (scored.rubric, scored.outcome, scored.reason) == (None, "unscored", "refused: status 400: too long")


async def test_lost_judge_ends_it(item: Item) -> None:
    def lose(*_: object) -> str:
        raise EndpointLost("gone")

    with pytest.raises(EndpointLost, match="gone"):
        await judged(item, Scripted(lose))


async def test_prediction_without_chain_or_with_half_a_character_is_unscored(item: Item, tmp_path: Path) -> None:
    model = Scripted(lambda *_: says(1, 1, 1, 1, 1))
    for thinking, reason in ((None, "no chain"), ("\ud800", "no request can carry")):
        scored = await judged(item, model, thinking=thinking)
        assert (scored.rubric, scored.outcome) == (None, "unscored")
        assert reason in scored.reason
    assert (await judged(item, model, thinking="")).rubric == 1.0


async def test_thinking_judge_is_read_after_its_thinking(item: Item) -> None:
    said = f"<think>[{{maybe}}] all are met</think>\n{says(1, 1, 1, 1, 0)}"
    assert (await judged(item, Scripted(lambda *_: said))).rubric == pytest.approx(0.8)


async def test_judged_again_nothing_is_asked(item: Item, tmp_path: Path) -> None:
    replies = Replies(tmp_path / "store")
    model = Scripted(lambda _, draw, attempt: says(1, 1, 1, 1, draw % 2) if attempt else "?")
    first = await judged(item, Remembered(model, replies))
    asked = len(model.requests)
    assert (asked, await judged(item, Remembered(model, replies)), len(model.requests)) == (10, first, asked)
    replies.close()


# --- averages ---------------------------------------------------------------------------------------------------------


def graded(correct: Any, rubric: float | None, outcome: Any = "scored") -> Graded:
    return Graded(id="", correct=correct, rubric=rubric, outcome=outcome, groups={}, said="")


def test_unscored_items_leave_rubrics_and_crs_but_not_avg() -> None:
    said = scores.summarise(
        "mmar",
        [graded(1, 0.8), graded(1, 0.4), graded(0, 0.0), graded(1, None, "unscored"), graded(None, None, "missing")],
        {},
    )
    assert said.avg == pytest.approx(75.0)
    assert said.avg_strict == pytest.approx(60.0)
    assert said.rubrics == pytest.approx(40.0)
    assert said.crs == pytest.approx(0.6)
    assert (said.items, said.missing, said.unscored) == (5, 1, 1)


def test_crs_is_rubrics_over_avg_where_all_are_scored() -> None:
    said = scores.summarise("mmar", [graded(1, 0.8), graded(1, 0.4), graded(0, 0.0)], {})
    assert said.rubrics is not None
    assert said.avg is not None
    assert said.crs == pytest.approx(said.rubrics / said.avg)


def test_nothing_right_has_no_crs() -> None:
    said = scores.summarise("mmar", [graded(0, 0.0), graded(0, 0.0)], {})
    assert (said.rubrics, said.crs) == (0.0, None)
