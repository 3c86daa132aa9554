"""Holding an answer against the key, by the type of the question.

What code can tell, it tells: a choice by its text, a number and a time within a tolerance, an order item by item, a
translation by chrF where it is very near or very far. The rest is `undecided`, and no tolerance is stretched to avoid
that: another wording of an open answer is for a model to judge (`checks/consistent`).
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

import msgspec

from audio_cogito.answers import times
from audio_cogito.answers.chrf import chrf
from audio_cogito.answers.numbers import equal
from audio_cogito.answers.text import alike, bare, normalise
from audio_cogito.types import Question, Record

Agreement = Literal["equivalent", "contradicts", "unreadable", "undecided"]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]

STEP = re.compile(r"\s*(?:[-=]?>|→|;|\n|,)\s*|\s+(?=then\b)")
STEP_HEAD = re.compile(r"\A(?:(?:and|then|first|finally|lastly)\b[\s,]*|\d{1,2}[.)]\s*|[-*•]\s+)+")


class Near(Record, omit_defaults=False):
    """How near to the key an answer has to be."""

    number: Share = 0.0
    """How far a number may lie from the key, as a share of the key; 0 asks for the very number."""
    seconds: Annotated[float, msgspec.Meta(ge=0)] = 0.5
    """How far a time, or each end of a stretch, may lie from the key's."""
    translation: Share = 0.7
    """chrF (0 to 1) from which on a translation is the key's. Set on the safe side, not calibrated by people."""
    translation_other: Share = 0.2
    """chrF below which a translation is another one; between the two it is undecided."""

    def __post_init__(self) -> None:
        if self.translation_other > self.translation:
            raise ValueError("translation_other lies above translation: no translation could be undecided")


AS_A_RULE = Near()
"""The defaults."""


def compare(answer: str | None, question: Question, near: Near = AS_A_RULE) -> Agreement:
    """Whether an answer is the key, as far as code can tell.

    Where two choices differ in case alone ("C", "c"), the case has to be right.
    """
    if answer is None:
        return "unreadable"
    key = question.answer
    if answer.strip() == key.strip():
        return "equivalent"
    match question.type:
        case "choice" | "yesno":
            return _told(_same_choice(answer, question))
        case "number":
            return _told(equal(answer, key, near.number))
        case "time":
            return _told(times.near(answer, key, near.seconds))
        case "order":
            return _told(_steps(answer) == _steps(key))
        case "translation":
            return _translated(bare(answer), bare(key), near)
        case "open":
            return "equivalent" if alike(answer, key) else "undecided"


def _told(same: bool) -> Agreement:
    return "equivalent" if same else "contradicts"


def _same_choice(answer: str, question: Question) -> bool:
    key = normalise(question.answer)
    return normalise(answer) == key and sum(normalise(choice) == key for choice in question.choices) < 2


def _steps(text: str) -> list[str]:
    """The items of an order, however they are strung together: by arrows, commas, lines, numbers or "then"."""
    steps = (bare(STEP_HEAD.sub("", step.strip())) for step in STEP.split(text.strip().casefold()))
    return [step for step in steps if step]


def _translated(answer: str, key: str, near: Near) -> Agreement:
    if answer == key:
        return "equivalent"
    score = chrf(answer, key)
    if score >= near.translation:
        return "equivalent"
    return "contradicts" if score < near.translation_other else "undecided"
