"""Answers held against the key by type, and what a chain concludes."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from audio_cogito.answers import Near, compare, conclusion, matches, read_answer
from audio_cogito.answers.agreement import Agreement
from audio_cogito.types import AnswerType
from made import make_question
from paces import paces

WIDE = Near(number=0.04, seconds=0.5)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("12.5", "12.5 s"),
        ("12.5 seconds", "12.5 s"),
        ("at 0:12.5", "12.5 s"),
        ("1:05", "65 s"),
        ("1:00:05", "3605 s"),
        ("1 min 5 s", "65 s"),
        ("1 minute and 5 seconds", "65 s"),
        ("2 minutes", "120 s"),
        ("about 3 s", "3 s"),
        ("The answer is **7 s**.", "7 s"),
        ("from 3 to 4.5 s", "3 s to 4.5 s"),
        ("between 3 and 4.5 seconds", "3 s to 4.5 s"),
        ("0:03–0:05", "3 s to 5 s"),
        ("3 to 4 minutes", None),
        ("5 to 3 s", None),
        ("3 or 4 s", None),
        ("soon", None),
        ("", None),
        ("-3 s", None),
        ("1:75", None),
        ("3 s to 4 s to 5 s", None),
        ("It starts when the door shuts", None),
        ("Answer: 3 s\nAnswer: 4 s", None),
    ],
)
def test_time_is_read_strictly(text: str, read: str | None) -> None:
    assert read_answer(text, make_question(answer="3 s", type="time")) == read


@pytest.mark.parametrize(
    ("answer", "key", "type", "said"),
    [
        ("12.5 s", "12 s", "time", "equivalent"),
        ("12.0 s", "0:12.5", "time", "equivalent"),
        ("12.6 s", "12 s", "time", "contradicts"),
        ("3 s to 4.5 s", "3.4 s to 4.1 s", "time", "equivalent"),
        ("3 s to 5 s", "3 s to 4 s", "time", "contradicts"),
        ("3 s", "3 s to 4 s", "time", "contradicts"),
        ("124 bpm", "120 bpm", "number", "equivalent"),
        ("125 bpm", "120 bpm", "number", "contradicts"),
        ("120 hertz", "120 bpm", "number", "contradicts"),
        ("dog -> cat -> bell", "dog, cat, bell", "order", "equivalent"),
        ("1. Dog\n2. Cat\n3. Bell", "dog, cat, bell", "order", "equivalent"),
        ("first a dog, then a cat", "a dog, a cat", "order", "equivalent"),
        ("cat, dog, bell", "dog, cat, bell", "order", "contradicts"),
        ("dog, cat", "dog, cat, bell", "order", "contradicts"),
        ("It purrs", "it purrs.", "open", "equivalent"),
        ("It purrs loudly", "it purrs", "open", "undecided"),
        ("他说：“你好，世界”！", "他说你好世界", "open", "equivalent"),
        ("気温は−5度。", "気温は5度", "open", "undecided"),
        ("増加は50%です", "増加は50です", "open", "undecided"),
        ("version 1.5です", "version 15です", "open", "undecided"),
        ("ＡＢＣ東京", "abc東京", "open", "equivalent"),
        ("Please close the window.", "please close the window", "translation", "equivalent"),
        ("Please close the windows now", "please close the window", "translation", "equivalent"),
        ("Shut the window, would you", "please close the window", "translation", "undecided"),
        ("Xylophon", "please close the window", "translation", "contradicts"),
        ("请把窗户关上", "请把窗户关上。", "translation", "equivalent"),
        (None, "it purrs", "open", "unreadable"),
        (None, "3", "number", "unreadable"),
    ],
)
def test_answer_is_held_against_the_key_by_type(
    answer: str | None, key: str, type: AnswerType, said: Agreement
) -> None:
    assert compare(answer, make_question(answer=key, type=type), WIDE) == said


def test_number_has_to_be_exact_unless_told() -> None:
    assert not matches("121", make_question(answer="120", type="number"))


def test_tolerances_that_leave_nothing_undecided_are_refused() -> None:
    with pytest.raises(ValueError, match="translation_other"):
        Near(translation=0.3, translation_other=0.4)


def test_chinese_choice_is_read_whatever_its_punctuation() -> None:
    question = make_question("你好，世界", "再见，世界")
    assert read_answer("你好世界。", question) == "你好，世界"
    assert read_answer("你好", question) is None
    assert read_answer("你好世界？", question) is None


def test_chinese_choices_that_differ_in_punctuation_alone_are_not_told_apart_by_it() -> None:
    question = make_question("你，好", "你好！吗")
    assert read_answer("你好", make_question("你，好", "你、好")) is None
    assert read_answer("你 好", question) == "你，好"


CHOICES = make_question("a dog", "a cat", "two dogs")


@pytest.mark.parametrize(
    ("thinking", "concluded"),
    [
        ("It barks. So the answer is a dog.", "a dog"),
        ("It barks. So the answer is **a dog**.", "a dog"),
        ("The answer is a cat. No: it barks twice.\nSo the answer is two dogs.", "two dogs"),
        ("Thus \\boxed{a cat}", "a cat"),
        ("<answer>a cat</answer>", "a cat"),
        ("The answer must be option B.", "a cat"),
        ("It barks, so a dog.", None),
        ("The answer is a dog, or maybe a cat.", None),
        ("The answer is a dog. Wait, no, it is a cat.", None),
        ("If it purred the answer would be clear.", None),
        ("So the answer is a dog. " + "And so it goes on and on. " * 40, None),
        ("", None),
    ],
)
def test_chain_concludes_what_it_states_last(thinking: str, concluded: str | None) -> None:
    assert conclusion(thinking, CHOICES) == concluded


@pytest.mark.parametrize(
    ("type", "thinking", "concluded"),
    [
        ("number", "I count them. The answer is three. Let me write that down.", "3"),
        ("time", "So the answer is 0:12. That is when it shuts.", "12 s"),
        ("open", "So the answer is rain.", None),
        ("order", "So the answer is rain, thunder.", None),
    ],
)
def test_numbers_and_times_are_concluded_and_free_wordings_are_not(
    type: AnswerType, thinking: str, concluded: Any
) -> None:
    assert conclusion(thinking, make_question(answer="3", type=type)) == concluded


def test_conclusion_costs_little_where_it_is_said_plainly_or_not_at_all() -> None:
    for end in ("So the answer is a dog.", "So much for that."):
        thinking = "I hear two barks, then a door. " * 100 + end
        assert paces(partial(conclusion, thinking, CHOICES)) < 2
