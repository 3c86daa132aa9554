"""What is asked about composed scenes, and what a chain about one is worth, by the pipeline's own checks."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

from audio_cogito.answers import read_answer
from audio_cogito.audio import RATE
from audio_cogito.checks import complete, consistent, events
from audio_cogito.nano.lessons import think_prompt
from audio_cogito.parsing import CLOSE, OPEN
from audio_cogito.stages.think import render_question
from audio_cogito.synth import dataset
from audio_cogito.synth.asking import Asked
from audio_cogito.synth.facts import facts
from audio_cogito.synth.scenes import Scene
from audio_cogito.types import Clip, Facts, Measurements, Question, Record, Recording, Trace, Verdict, identity

WHOLE_LIST = events.Settings(whole=True)


class Item(Record):
    """One question about one scene, and where its sound lies."""

    scene: Scene
    asked: Asked
    sound: Path

    @property
    def words(self) -> str:
        """As the thinker is sent them."""
        return render_question(question(self), think_prompt())


class Chain(Record):
    """What was said to one question, and what it is worth by the key and the events that it was held against."""

    item: int
    draw: int
    reply: str
    ended: bool
    """Not cut at max_tokens."""
    answer: str | None
    right: bool
    answered: bool
    """It passes `complete` and `consistent`: it is whole and concludes the key."""
    listed: bool
    """It passes `events`: the list is exactly that of the scene."""


def items(folder: Path) -> Iterator[Item]:
    """The questions of a dataset, in order."""
    for one in dataset.composed(folder):
        for asked in one.asked:
            yield Item(scene=one.scene, asked=asked, sound=(folder / one.path).absolute())


def question(item: Item, *, known: Facts | None = None, key: str | None = None) -> Question:
    """An item's question; with other facts or another key than the score's where they are given."""
    scene, asked = item.scene, item.asked
    recording = Recording(source="complex_audio", path=str(item.sound), source_id=scene.id, facts=known or facts(scene))
    measured = Measurements(
        seconds=scene.seconds, sample_rate=RATE, channels=1, peak_db=0.0, rms_db=0.0, silent=0.0, clipped=0.0
    )
    clip = Clip(id=scene.id, recording=recording, measurements=measured)
    return Question(
        id=identity(scene.id, asked.text, *asked.choices),
        clips=(clip,),
        type=asked.type,
        text=asked.text,
        choices=asked.choices,
        answer=asked.answer if key is None else key,
        skill=asked.skill,
    )


def judged(about: Question, reply: str, *, ended: bool, item: int, draw: int) -> Chain:
    """A reply held against a question's key and its clip's events."""
    thinking, close, text = reply.partition(CLOSE)
    answer = read_answer(text.strip(), about) if close else None
    trace = Trace(
        id="",
        question=about,
        draw=draw,
        prompt=think_prompt().ref,
        author="",
        thinking=thinking.strip().removeprefix(OPEN).strip(),
        text=text.strip(),
        answer=answer,
        finish="stop" if ended else "length",
        closed=bool(close),
    )
    whole, agrees, told = asyncio.run(_verdicts(trace))
    return Chain(
        item=item,
        draw=draw,
        reply=reply,
        ended=ended,
        answer=answer,
        right=answer == about.answer,
        answered=whole.outcome == agrees.outcome == "pass",
        listed=told.reason == "exact",
    )


async def _verdicts(trace: Trace) -> tuple[Verdict, Verdict, Verdict]:
    return (
        await complete.check(trace, models={}, prompts={}, settings=complete.Settings()),
        await consistent.check(trace, models={}, prompts={}, settings=consistent.Settings()),
        await events.check(trace, models={}, prompts={}, settings=WHOLE_LIST),
    )
