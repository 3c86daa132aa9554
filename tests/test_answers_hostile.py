"""Answers of models that loop, or write what only looks like a choice or a number."""

from __future__ import annotations

import time

import pytest

from audio_cogito.answers import LONGEST, read_answer
from made import make_question

HOSTILE = ("#", "`", "> ", "_a ", "*_", "<answer>", "answer: ", "\\boxed{", "not ", "a dog ")


@pytest.mark.parametrize("unit", HOSTILE)
def test_looping_answer_is_passed_over_in_less_than_a_second(unit: str) -> None:
    question = make_question("a dog barks", "a cat purrs")
    started = time.process_time()
    assert read_answer(unit * (LONGEST // len(unit)), question) is None
    assert read_answer(unit * 100_000, question) is None
    assert time.process_time() - started < 1


@pytest.mark.parametrize("text", ["9" * 400, "9" * 5000, "1/" + "9" * 400])
def test_digits_without_end_are_no_number(text: str) -> None:
    assert read_answer(text, make_question(answer="9", type="number")) is None


def test_bullet_is_taken_off_the_start_of_a_line_alone() -> None:
    assert read_answer("- low high", make_question("low high", "high low")) == "low high"
    assert read_answer("low > high", make_question("low high", "high low")) is None
