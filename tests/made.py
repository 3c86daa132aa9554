"""Records for tests, made of as few words as a test needs to say."""

from __future__ import annotations

from functools import cache
from typing import Any

from audio_cogito import prompts
from audio_cogito.seeds import Seed
from audio_cogito.types import (
    AnswerType,
    Clip,
    Facts,
    Measurements,
    PromptRef,
    Question,
    Recording,
    Trace,
    identity,
    question_id,
)


def make_clip(name: str = "a", seconds: float = 5.0, facts: Facts | None = None, **changes: Any) -> Clip:
    return Clip(
        id=identity("clip", name),
        recording=Recording(source="made", path=f"{name}.wav", facts=facts or Facts(), **changes),
        measurements=Measurements(
            seconds=seconds, sample_rate=16000, channels=1, peak_db=-3.0, rms_db=-20.0, silent=0.0, clipped=0.0
        ),
    )


def make_question(
    *choices: str,
    answer: str | None = None,
    type: AnswerType = "choice",
    text: str = "What is nearest?",
    clips: tuple[Clip, ...] = (),
    **changes: Any,
) -> Question:
    """A question; its key is the first choice unless told."""
    key = answer if answer is not None else (choices[0] if choices else "")
    clips = clips or (make_clip(),)
    identifier = question_id(clips, type, text, choices, key)
    return Question(id=identifier, clips=clips, type=type, text=text, answer=key, choices=choices, **changes)


@cache
def _sent() -> PromptRef:
    return prompts.load("think").ref


def make_trace(question: Question | None = None, **changes: Any) -> Trace:
    """A whole trace that answers right."""
    question = question or make_question("Dog", "Cat")
    given: dict[str, Any] = {
        "draw": 0,
        "prompt": _sent(),
        "author": "scripted@1",
        "thinking": "Two barks, close by, dry: a yard, not a hall.",
        "text": question.answer,
        "answer": question.answer,
        "finish": "stop",
    } | changes
    return Trace(id=identity(question.id, str(given["draw"]), given["text"]), question=question, **given)


def make_seed(text: str, **changes: Any) -> Seed:
    stated: dict[str, Any] = {
        "domain": "sound",
        "skill": "echo",
        "difficulty": "easy",
        "form": "open",
        "language": "en",
        "provenance": "a test",
    }
    return Seed(text=text, **stated | changes)
