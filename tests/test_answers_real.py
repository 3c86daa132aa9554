"""Answers among the choices of a real benchmark, where COGITO_SHARED_DATA names the folder that holds it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from audio_cogito.answers import normalise, read_answer
from made import make_question


@pytest.fixture(scope="module")
def real_choices() -> list[tuple[str, ...]]:
    path = Path(os.environ.get("COGITO_SHARED_DATA", "")) / "mmar" / "MMAR-meta.jsonl"
    if "COGITO_SHARED_DATA" not in os.environ or not path.exists():
        pytest.skip("COGITO_SHARED_DATA names no folder that holds mmar/MMAR-meta.jsonl")
    return [tuple(json.loads(line)["choices"]) for line in path.read_text("utf-8").splitlines()]


def test_choices_of_a_real_benchmark_stay_apart(real_choices: list[tuple[str, ...]]) -> None:
    alike = [choices for choices in real_choices if len({normalise(c) for c in choices}) < len(choices)]
    assert not alike


READ_OF_REAL = {
    "{choice}": 1.0, "{choice}.": 1.0, '"{choice}"': 0.99, "**{choice}**": 0.99, "Answer: {choice}": 1.0,
    "ANSWER: {choice}": 1.0, "{letter}. {choice}": 1.0, "({letter}) {choice}": 1.0, "{letter}) {choice}": 1.0,
    "{letter}: {choice}": 1.0,
    "The answer is {choice}.": 1.0, "The correct answer is {choice}": 1.0, "{letter}": 0.99, "Option {choice}": 0.9,
    "I think it is {choice} because of the audio": 0.9,
}  # fmt: skip
"""The least share of a benchmark's choices that each wrapper lets through; the rest is None."""


@pytest.mark.parametrize(("wrapper", "least"), READ_OF_REAL.items())
def test_wrapped_choice_of_a_real_benchmark_is_that_choice_or_none(
    wrapper: str, least: float, real_choices: list[tuple[str, ...]]
) -> None:
    pairs = []
    for choices in real_choices:
        question = make_question(*choices)
        texts = [wrapper.format(choice=choice, letter=chr(ord("A") + i)) for i, choice in enumerate(choices)]
        pairs += [(choice, read_answer(text, question)) for choice, text in zip(choices, texts, strict=True) if choice]
    assert all(read in (None, choice) for choice, read in pairs)
    assert sum(read is not None for _, read in pairs) >= least * len(pairs)
