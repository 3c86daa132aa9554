"""Construct: what the annotator is shown, what of its writing is kept, and where keys fall."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import msgspec
import pytest

from audio_cogito import prompts, seeds
from audio_cogito.errors import CallFailed
from audio_cogito.ledger import Drop, Failure
from audio_cogito.messages import Sampling
from audio_cogito.models.scripted import Scripted
from audio_cogito.seeds import Draw
from audio_cogito.stages import construct
from audio_cogito.stages.construct import Settings, WrittenQuestion, key_of, questions_to_ask, shuffled
from audio_cogito.types import Attribute, Clip, Distractor, Facts, Question, Statement
from made import make_clip

PROMPT = prompts.load("construct")
DRAW = Draw(seeds.load(()), 0)
CHOICES = ["a dog, then a bell", "a bell, then a dog", "a dog, then a horn", "a horn, then a dog"]


def written(**changes: Any) -> dict[str, Any]:
    return {
        "question": "In which order do the sounds come?",
        "skill": "order",
        "difficulty": "medium",
        "choices": CHOICES,
        "answer": CHOICES[0],
        "distractors": [{"text": choice, "confusion": "order"} for choice in CHOICES[1:]],
    } | changes


def annotation(*questions: dict[str, Any], **changes: Any) -> str:
    whole = {"caption": "A dog, a bell.", "evidence": ["bark at 1 s"], "questions": questions, "reason": ""}
    return json.dumps(whole | changes)


async def constructed(model: Scripted, clip: Clip | None = None, **settings: Any) -> list[Question | Drop | Failure]:
    return await construct.construct(
        clip or make_clip(), model=model, prompt=PROMPT, draw=DRAW, settings=Settings(**settings), random_seed=0
    )


def saying(text: str) -> Scripted:
    return Scripted(lambda asked, draw, attempt: text)


async def test_question_carries_what_was_written_and_shown() -> None:
    (question,) = await constructed(saying(annotation(written())))
    assert isinstance(question, Question)
    assert sorted(question.choices) == sorted(CHOICES)
    assert question.answer == CHOICES[0]
    assert question.caption == "A dog, a bell."
    assert question.author == "scripted@1"
    assert len(question.seeds) == 20
    assert question.distractors[0] == Distractor(text=CHOICES[1], confusion="order")


async def test_annotator_hears_the_clip_and_sees_facts_with_their_origin_and_bare_numbered_seeds() -> None:
    model = saying(annotation(written()))
    clip = make_clip(facts=Facts(captions=(Statement(text="a kennel", origin="tool"),)))
    (question,) = await constructed(model, clip)
    assert isinstance(question, Question)
    (request,) = model.requests
    body = json.loads(request)
    assert body["messages"][1]["content"][0] == {"type": "audio", "clip": clip.id}
    words = body["messages"][1]["content"][1]["text"]
    assert 'caption (a program\'s estimate): "a kennel"' in words
    pool = {seed.id: seed for seed in seeds.load(())}
    shown = [pool[id_].shown for id_ in question.seeds]
    assert any(pool[id_].options for id_ in question.seeds)
    assert "\n".join(f"{number}. {seed}" for number, seed in enumerate(shown, 1)) in words


async def test_stratified_seeds_follow_the_clips_domain_unless_facts_are_left_out() -> None:
    """Which seeds are shown would tell the domain, which the ablation "without meta information" must not."""
    pool = {seed.id: seed.domain for seed in seeds.load(())}
    draw = Draw(seeds.load(()), 0, seeds.Settings(draw="stratified"))

    async def own(domain: str, *domains: Any, facts: bool = True) -> int:
        model, settings = saying(annotation(written())), Settings(facts=facts)
        clip = make_clip(domains=domains)
        (question,) = await construct.construct(
            clip, model=model, prompt=PROMPT, draw=draw, settings=settings, random_seed=0
        )
        assert isinstance(question, Question)
        return sum(pool[id_] == domain for id_ in question.seeds)

    assert await own("music", "music") == 14
    assert await own("mixed", "music", "speech") == 14
    assert await own("music") == await own("music", "music", facts=False) == 5


async def test_ablation_switches_leave_facts_and_seeds_out() -> None:
    model = saying(annotation(written()))
    clip = make_clip(facts=Facts(captions=(Statement(text="a kennel", origin="human"),)), domains=("sound",))
    (question,) = await constructed(model, clip, facts=False, seeds=0)
    assert isinstance(question, Question)
    assert (question.seeds, question.task) == ((), None)
    words = json.loads(model.requests[0])["messages"][1]["content"][1]["text"]
    assert words.startswith("Write ")
    assert "kennel" not in words


async def test_annotator_is_told_domain_and_task_and_the_question_keeps_them() -> None:
    model = saying(annotation(written()))
    clip = make_clip(facts=Facts(attributes=(Attribute(key="genre", value="ska", origin="human"),)), domains=("music",))
    (question,) = await constructed(model, clip)
    assert isinstance(question, Question)
    assert (question.domain, question.task) == ("music", "genre")
    words = json.loads(model.requests[0])["messages"][1]["content"][1]["text"]
    assert words.startswith("Domain: music.\nTask: genre. Ask about style")


def test_reply_is_asked_for_in_the_order_in_which_it_is_thought() -> None:
    body = construct.schema(3).schema
    assert list(body["properties"]) == ["caption", "evidence", "questions", "reason"]
    question = body["properties"]["questions"]["items"]["properties"]
    assert list(question) == ["question", "skill", "difficulty", "choices", "answer", "distractors"]


async def test_wrong_choices_without_a_reason_each_are_unreadable() -> None:
    few = written(distractors=[{"text": CHOICES[1], "confusion": "order"}])
    (failure,) = await constructed(saying(annotation(few)))
    assert isinstance(failure, Failure)


def progression(*questions: tuple[str, list[str], str]) -> str:
    listed = [
        {"question": text, "skill": "order", "difficulty": "easy", "choices": choices, "answer": answer}
        for text, choices, answer in questions
    ]
    return json.dumps({"caption": "A dog, a bell.", "evidence": [], "questions": listed, "reason": ""})


async def test_cota_asks_three_questions_open_or_with_four_choices() -> None:
    model = saying(progression(("Which?", CHOICES, CHOICES[1]), ("Why?", [], "It is fed."), ("How?", CHOICES, "no")))
    plain, open_, dropped = await construct_cota(model)
    assert isinstance(plain, Question)
    assert isinstance(open_, Question)
    assert (plain.type, plain.answer, plain.seeds, plain.caption) == ("choice", CHOICES[1], (), "A dog, a bell.")
    assert (open_.type, open_.answer, open_.choices) == ("open", "It is fed.", ())
    assert isinstance(dropped, Drop)
    assert dropped.reason == "key_missing"
    assert "Design 3 questions" in model.requests[0].decode()


async def test_cota_question_with_two_choices_is_unreadable() -> None:
    (failure,) = await construct_cota(saying(progression(("Which?", CHOICES[:2], CHOICES[1]))))
    assert isinstance(failure, Failure)


async def construct_cota(model: Scripted) -> list[Question | Drop | Failure]:
    settings = Settings(style="cota")
    prompt = prompts.load(settings.prompt)
    return await construct.construct(
        make_clip(), model=model, prompt=prompt, draw=DRAW, settings=settings, random_seed=0
    )


async def test_schema_asks_for_at_most_the_drawn_number() -> None:
    model = saying(annotation(written()))
    clip = next(c for c in (make_clip(str(i)) for i in range(50)) if questions_to_ask(c.id, 3, 0) == 2)
    await constructed(model, clip)
    body = json.loads(model.requests[0])
    assert body["response_format"]["json_schema"]["schema"]["properties"]["questions"]["maxItems"] == 2
    assert "up to 2 questions" in body["messages"][1]["content"][1]["text"]


def test_number_of_questions_is_drawn_evenly_from_one_to_most() -> None:
    counts = Counter(questions_to_ask(make_clip(str(i)).id, 3, 0) for i in range(3000))
    assert sorted(counts) == [1, 2, 3]
    assert all(900 < count < 1100 for count in counts.values())


async def test_unreadable_reply_is_asked_again_cooler_and_then_fails() -> None:
    model = saying("no JSON at all")
    (failure,) = await constructed(model)
    assert isinstance(failure, Failure)
    assert failure.reason == "unreadable"
    assert [json.loads(request)["temperature"] for request in model.requests] == [0.7, 0.3, 0.3]


async def test_readable_reply_of_a_later_attempt_counts() -> None:
    model = Scripted(lambda asked, draw, attempt: annotation(written()) if attempt == 2 else "{")
    assert isinstance((await constructed(model))[0], Question)


async def test_more_questions_than_asked_for_is_unreadable() -> None:
    clip = next(c for c in (make_clip(str(i)) for i in range(50)) if questions_to_ask(c.id, 3, 0) == 1)
    (failure,) = await constructed(saying(annotation(written(), written(question="Another?"))), clip)
    assert isinstance(failure, Failure)


async def test_no_question_with_a_reason_is_a_drop_with_that_reason() -> None:
    (drop,) = await constructed(saying(annotation(reason="only hiss")))
    assert drop == Drop(stage="construct", subject=make_clip().id, reason="nothing_to_ask", detail="only hiss")


async def test_call_that_cannot_be_had_is_a_failure() -> None:
    def script(asked: bytes, draw: int, attempt: int) -> str:
        raise CallFailed("refused", "too long")

    (failure,) = await constructed(Scripted(script))
    assert failure == Failure(stage="construct", subject=make_clip().id, reason="refused", detail="too long")


def fault(**changes: Any) -> str | None:
    found = key_of(msgspec.convert(written(**changes), WrittenQuestion))
    return found[0] if isinstance(found, tuple) else None


def test_good_question_has_no_fault() -> None:
    assert fault() is None


@pytest.mark.parametrize(
    ("choices", "answer", "reason"),
    [
        (["a dog", "A DOG.", "a cat", "a cow"], "a cat", "choices_repeat"),
        (["a dog", " ", "a cat", "a cow"], "a cat", "choices_repeat"),
        (["a dog", "a pig", "a cat", "a cow"], "a hen", "key_missing"),
        (["a dog", "a pig", "a cat", "all of the above"], "a cat", "key_stands_out"),
        (["a dog", "a pig", "a large tabby cat that purrs", "a cow"], "a large tabby cat that purrs", "key_stands_out"),
        (["a barking dog outside", "a squealing pig indoors", "cat", "a lowing cow far off"], "cat", "key_stands_out"),
        (["a dog", "a pig", "a cat (near)", "a cow"], "a cat (near)", "key_stands_out"),
        (["A dog", "A pig", "a cat", "A cow"], "a cat", "key_stands_out"),
        (["2 dogs", "two pigs", "two cats", "two cows"], "2 dogs", "key_stands_out"),
        (["a dog.", "a pig", "a cat", "a cow"], "a dog.", "key_stands_out"),
    ],
)
def test_question_that_gives_itself_away_is_dropped(choices: list[str], answer: str, reason: str) -> None:
    assert fault(choices=choices, answer=answer) == reason


def test_distractor_that_stands_out_gives_nothing_away() -> None:
    assert fault(choices=["a dog", "a pig", "a cat (near)", "a cow"], answer="a cow") is None


async def test_fault_drops_the_question_and_keeps_its_sister() -> None:
    clip = next(c for c in (make_clip(str(i)) for i in range(50)) if questions_to_ask(c.id, 3, 0) == 3)
    bad = written(answer="a hen")
    good, dropped = await constructed(saying(annotation(written(), bad)), clip)
    assert isinstance(good, Question)
    assert isinstance(dropped, Drop)
    assert dropped.reason == "key_missing"


async def test_question_that_is_written_twice_is_asked_once() -> None:
    clip = next(c for c in (make_clip(str(i)) for i in range(50)) if questions_to_ask(c.id, 3, 0) == 3)
    first, second, third = await constructed(saying(annotation(written(), written(), written(question="Why?"))), clip)
    assert isinstance(first, Question)
    assert isinstance(third, Question)
    assert isinstance(second, Drop)
    assert second.reason == "duplicate"


def test_keys_fall_evenly_though_the_annotator_always_puts_them_first() -> None:
    places = Counter(shuffled(tuple(CHOICES), make_clip(str(i)).id, "Which?", 0).index(CHOICES[0]) for i in range(4000))
    expected = 1000
    chi_square = sum((places[place] - expected) ** 2 / expected for place in range(4))
    assert chi_square < 16.3  # 3 degrees of freedom, p = 0.001


def test_order_of_choices_is_the_same_again() -> None:
    assert shuffled(tuple(CHOICES), "id", "Which?", 7) == shuffled(tuple(reversed(CHOICES)), "id", "Which?", 7)


def test_defaults_are_those_of_the_issue() -> None:
    assert Settings().asking.sampling == Sampling(temperature=0.7, top_p=0.8, top_k=20, max_tokens=4096)
    assert Settings().asking.retry_temperature == 0.3
