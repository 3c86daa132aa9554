"""Tasks: what is known of a clip decides the angle from which it is asked about."""

from __future__ import annotations

from typing import get_args

import pytest

from audio_cogito.prompts.tasks import Task, task_of
from audio_cogito.types import Attribute, Event, Facts, Statement, Turn

SAID = Statement(text="said", origin="human")


def attributes(*keys: str) -> Facts:
    return Facts(attributes=tuple(Attribute(key=key, value="x", origin="human") for key in keys))


def turns(*emotions: str | None) -> Facts:
    return Facts(turns=tuple(Turn(text="well", origin="human", emotion=emotion) for emotion in emotions))


def composed(count: int) -> Facts:
    return Facts(events=tuple(Event(label="bark", start=i, end=i + 1.0, origin="composed") for i in range(count)))


CASES: list[tuple[Facts, Task | None]] = [
    (attributes("sarcasm", "emotion"), "sarcasm"),
    (Facts(transcript=SAID, translation=SAID), "translation"),
    (turns("joy", None), "dialogue"),
    (turns("joy"), "emotion"),
    (attributes("sentiment"), "emotion"),
    (composed(2), "complex"),
    (composed(1), "event"),
    (attributes("instruments", "genre"), "instrument"),
    (attributes("genre", "mood"), "genre"),
    (Facts(captions=(SAID,), labels=(SAID,)), "caption"),
    (Facts(labels=(SAID,)), "event"),
    (Facts(transcript=SAID), None),
    (Facts(), None),
]


@pytest.mark.parametrize(("facts", "task"), CASES)
def test_most_telling_fact_decides_the_task(facts: Facts, task: Task | None) -> None:
    assert task_of(facts) == task


def test_every_task_can_be_had() -> None:
    assert {task for _, task in CASES if task} == set(get_args(Task))
