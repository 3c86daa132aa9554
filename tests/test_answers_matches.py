"""Answers that are no choices, and answers held against the key."""

from __future__ import annotations

import pytest

from audio_cogito.answers import matches, read_answer
from audio_cogito.types import AnswerType
from made import make_question


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("3", "3"),
        ("three", "3"),
        ("Twenty-one.", "21"),
        ("one hundred and five", "105"),
        ("1,250", "1250"),
        ("-5", "-5"),
        ("1/3", "1/3"),
        ("2.50 seconds", "2.5 seconds"),
        ("50%", "50%"),
        ("The answer is **3**.", "3"),
        ("I count them.\n4", "4"),
        ("", None),
        ("three or four", None),
        ("3 or 4", None),
        ("3-4", None),
        ("three four", None),
        ("about 3", None),
        ("several", None),
        ("1/0", None),
        ("Answer: 3\nAnswer: 4", None),
    ],
)
def test_number_is_read_strictly(text: str, read: str | None) -> None:
    assert read_answer(text, make_question(answer="3", type="number")) == read


@pytest.mark.parametrize("type", ["open", "order", "translation"])
def test_free_answer_is_the_text_itself_unless_empty(type: AnswerType) -> None:
    question = make_question(answer="anything", type=type)
    assert read_answer("  It purrs,\nthen stops. ", question) == "It purrs,\nthen stops."
    assert read_answer(" \n ", question) is None


@pytest.mark.parametrize(
    ("answer", "key", "type", "right"),
    [
        ("Cat", "cat ", "choice", True),
        ("Dog", "Cat", "choice", False),
        (None, "Cat", "choice", False),
        ("C", "C#", "choice", False),
        ("3", "three", "number", True),
        ("3 seconds", "3", "number", True),
        ("3 seconds", "3 minutes", "number", False),
        ("0.5", "1/2", "number", True),
        ("3", "4", "number", False),
        ("It purrs.", "it purrs", "open", True),
        ("It purrs loudly", "it purrs", "open", False),
    ],
)
def test_answer_is_held_against_the_key(answer: str | None, key: str, type: AnswerType, right: bool) -> None:
    assert matches(answer, make_question(answer=key, type=type)) is right


def test_case_has_to_be_right_where_it_tells_choices_apart() -> None:
    question = make_question("c", "C", answer="c")
    assert matches("c", question)
    assert not matches("C", question)
