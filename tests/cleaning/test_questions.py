"""Whether a question is a benchmark's: measured on real ones, and what counts as a sign."""

from __future__ import annotations

import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio_cogito import seeds
from audio_cogito.cleaning.questions import Asked, Questions, overlaps
from audio_cogito.synth.composing import compose
from audio_cogito.synth.palette import vocabulary
from audio_cogito.synth.questions import questions
from audio_cogito.synth.settings import DIALS
from benchmark_rows import shared

LONG = Asked(text="Why does the second speaker laugh after the glass has fallen?", choices=("relief", "joy", "spite"))
SHORT = Asked(text="Where is this?", choices=("a harbour", "a station", "a market"))
COUNT = Asked(text="How many bells ring?", choices=("1", "2", "3", "4"))


def benchmark(*asked: Asked) -> Questions:
    found = Questions()
    found.add("exam", asked)
    return found


def is_hit(text: str, *choices: str, among: Questions | None = None) -> bool:
    return (among or benchmark(LONG, SHORT, COUNT)).overlap(Asked(text=text, choices=choices)) is not None


@pytest.mark.parametrize(
    "text",
    [
        LONG.text,
        "WHY DOES THE SECOND SPEAKER LAUGH, AFTER THE GLASS HAS FALLEN",
        f"Listen closely. {LONG.text} Answer in a word.",
        "Why does the second speaker laugh after the vase has fallen?",
    ],
)
def test_long_question_is_known_by_its_words_whatever_its_choices(text: str) -> None:
    assert is_hit(text, "other", "choices", "altogether")


def test_long_question_with_half_of_its_words_changed_is_another() -> None:
    assert not is_hit("Why does the second speaker cry while a dog is barking?", "other", "words")


def test_short_question_is_known_by_its_choices_too() -> None:
    assert not is_hit(SHORT.text, "a forest", "a beach", "a cave")
    assert not is_hit(SHORT.text, "a harbour", "a beach", "a cave"), "one choice of three may be chance"
    assert is_hit(SHORT.text, "a station", "A harbour.", "a cave")
    assert is_hit("Where is this now?", *SHORT.choices)


def test_numbers_are_no_sign_unless_every_word_is_there() -> None:
    assert not is_hit("How many bells are there?", *COUNT.choices)
    assert not is_hit("How many dogs bark?", *COUNT.choices)
    assert is_hit("How many bells ring?", *COUNT.choices)


def test_words_that_a_benchmark_asks_of_many_sounds_are_a_mould_and_count_by_choices() -> None:
    text = "Which of these words is the first one that is said aloud?"
    many = benchmark(*(Asked(text=text, choices=(f"word{i}", f"noun{i}", f"verb{i}")) for i in range(5)))
    assert not is_hit(text, "apple", "pear", "plum", among=many)
    assert is_hit(text, "word3", "noun3", "verb3", among=many)


def test_questions_that_are_not_told_from_each_other_are_left_out_and_counted() -> None:
    found = Questions()
    assert (
        found.add("exam", [Asked(text="What is the emotion of the speaker in this very clip?", choices=("a", "b"))] * 3)
        == 3
    )
    assert (
        found.overlap(Asked(text="What is the emotion of the speaker in this very clip?", choices=("a", "b"))) is None
    )


def test_chinese_is_compared_by_characters() -> None:
    among = benchmark(Asked(text="说话的人为什么在玻璃碎了以后才笑出来？", choices=("高兴", "害怕")))
    assert is_hit("请听：说话的人为什么在玻璃碎了以后才笑出来？", "别的", "回答", among=among)
    assert not is_hit("钟声一共响了几次，间隔是不是一样长？", "别的", "回答", among=among)


def test_rows_that_ask_a_benchmarks_question_are_named_with_what_they_overlap() -> None:
    rows = [Asked(text="Which bird is nearest?", choices=("a jay", "a crow")), LONG, SHORT]
    found = dict(overlaps(rows, benchmark(LONG, SHORT)))
    assert list(found) == [1, 2]
    assert found[1].benchmark == "exam"
    assert found[1].detail == f"100% of exam's question {LONG.text!r}, with 3 of its choices"


@given(st.lists(st.builds(Asked, text=st.text(max_size=30), choices=st.tuples(st.text(max_size=5))), max_size=5))
def test_any_text_is_compared_and_a_question_with_words_is_its_own(asked: list[Asked]) -> None:
    among = Questions()
    among.add("exam", asked)
    for one in asked:
        found = among.overlap(one)
        assert found is None or 0.5 <= found.share <= 1


# --- measured, see docs/decontamination.md ----------------------------------------------------------------------------


def items(name: str) -> list[Asked]:
    text = shared(name).read_text("utf-8")
    rows = json.loads(text) if text.startswith("[") else [json.loads(line) for line in text.splitlines()]
    return [Asked(text=row["question"], choices=tuple(row["choices"])) for row in rows]


REAL = ["mmar/MMAR-meta.jsonl", "mmau/mmau-test-mini.json"]


@pytest.mark.parametrize("name", REAL)
def test_no_seed_and_no_question_of_the_composer_is_a_benchmarks(name: str) -> None:
    among = benchmark(*items(name))
    composed = {
        (asked.text, asked.choices)
        for dial, settings in DIALS.items()
        for index in range(60)
        for asked in questions(compose(settings, 11, index), vocabulary=vocabulary(DIALS[dial]))
    }
    assert len(composed) > 1000
    asked = [Asked(text=text, choices=choices) for text, choices in composed]
    asked += [Asked(text=seed.text) for seed in seeds.load(())]
    assert dict(overlaps(asked, among)) == {}


def test_people_who_ask_alike_are_taken_for_a_benchmark_in_half_a_per_cent() -> None:
    mmar, mmau = map(items, REAL)
    assert len(dict(overlaps(mmau, benchmark(*mmar)))) <= 5
    assert len(dict(overlaps(mmar, benchmark(*mmau)))) == 0


@pytest.mark.parametrize(("name", "least"), [(REAL[0], 1.0), (REAL[1], 0.985)])
def test_copied_question_is_found_with_words_around_it_and_mostly_with_one_changed(name: str, least: float) -> None:
    asked, draw = items(name), random.Random(1)
    among = benchmark(*asked)

    def share(changed: list[Asked]) -> float:
        return len(dict(overlaps(changed, among))) / len(changed)

    def with_text(one: Asked, text: str) -> Asked:
        return Asked(text=text, choices=tuple(reversed(one.choices)))

    def one_changed(text: str) -> str:
        words = text.split()
        words[draw.randrange(len(words))] = "something"
        return " ".join(words)

    assert share([with_text(one, one.text.upper()) for one in asked]) >= least
    assert share([with_text(one, f"Listen well. {one.text} Choose one.") for one in asked]) >= least
    assert share([with_text(one, one_changed(one.text)) for one in asked]) >= 0.75
