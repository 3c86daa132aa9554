"""What the built-in model is taught: a scene's gold chain for a question in the very words that a recipe's think uses.

Its world: twelve kinds of sound and three backgrounds, one after the other in clips of up to ten seconds, and the
composer's questions about sequences, of SKILLS. Asked anything else, it lists what it hears and says that it cannot
tell. That is taught with seed questions, the composer's other skills and sounds that it does not know.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import TypeVar

import msgspec
import numpy as np

from audio_cogito import prompts, seeds
from audio_cogito.prompts import Prompt
from audio_cogito.stages.think import render_question
from audio_cogito.synth import library
from audio_cogito.synth.asking import Asked
from audio_cogito.synth.chains import chain, timeline
from audio_cogito.synth.composing import compose
from audio_cogito.synth.palette import vocabulary
from audio_cogito.synth.questions import questions
from audio_cogito.synth.scenes import Scene, draw_for
from audio_cogito.synth.settings import Settings
from audio_cogito.synth.waves import Draw
from audio_cogito.synth.wordings import CONCLUSIONS, ORDINALS, QUESTIONS, TIMELINES
from audio_cogito.types import Question, Record, identity

T = TypeVar("T")

SKILLS = (
    "first", "last", "nth", "after", "before", "order", "count", "total", "different", "moment", "longest", "loudest",
    "louder", "pitch", "higher", "background", "present",
)  # fmt: skip
OFTENER = {
    "higher": 8.0,
    "louder": 5.0,
    "loudest": 4.0,
    "longest": 4.0,
    "pitch": 3.0,
    "order": 2.0,
    "nth": 1.5,
    "after": 1.5,
}
"""Skills that few scenes allow are taken so many times as often where one does."""
UNTAUGHT = ("pause", "length", "at_once", "stops_first", "extract", "contains", "busier")
"""Skills of the composer that are outside its world."""
GRID = 0.5
"""Seconds to which its chains say a time."""
STRANGE, OPEN = 0.1, 0.08
"""The shares of lessons that ask for something outside its world, and of those without choices."""
LONGEST = 280
"""Bytes of a strange question: each may be a token."""
HELD_OUT = 5
"""One in so many strange questions is never taught, and asked in the exam alone."""
STRANGE_SOUNDS = (
    "piano", "violin", "car horn", "baby crying", "train", "helicopter", "cow", "thunder", "door", "footsteps",
    "trumpet", "flute", "saxophone", "frog", "chainsaw", "typewriter", "clock", "airplane", "cat", "choir", "harp",
    "applause", "keyboard", "bicycle", "whistle", "horse", "laugh", "cough", "speech", "gunshot",
)  # fmt: skip
CANNOT = ("That is nothing I was taught to hear", "I was not taught to tell this", "This is outside of what I know")
I_CANNOT_TELL = "I cannot tell"

WORLD = Settings(
    kinds=library.SMALL,
    backgrounds=library.SMALL_BACKGROUNDS,
    seconds=(3.0, 6.0),
    splits={"train": 1.0},
)
EASY = msgspec.structs.replace(WORLD, events=(1, 3))
LONG = msgspec.structs.replace(WORLD, seconds=(6.0, 10.0))
KNOWN = vocabulary(WORLD)


class Lesson(Record):
    """A question as it is asked, and the reply that is taught: timeline, conclusion, answer."""

    scene: Scene
    skill: str
    """`strange` for one outside its world."""
    question: str
    choices: tuple[str, ...]
    answer: str
    timeline: str
    conclusion: str

    @property
    def words(self) -> str:
        """The question as a recipe's think stage renders it."""
        asked = Question(id="", clips=(), type="open", text=self.question, choices=self.choices, answer="")
        return render_question(asked, think_prompt())

    @property
    def parts(self) -> tuple[str, str]:
        """The reply as it is written: what only lists, and what concludes and answers."""
        return f"<think>\n{self.timeline}", f" {self.conclusion}\n</think>\n\n{self.answer}"


@cache
def think_prompt() -> Prompt:
    return prompts.load("think")


def scene_of(random_seed: int, index: int) -> Scene:
    """One scene of the model's world: of four, one with few sounds, one long, two of the common kind."""
    settings = (EASY, WORLD, WORLD, LONG)[index % 4]
    return compose(settings, random_seed, index)


def lesson(scene: Scene, draw: Draw, *, skill: str | None = None, exam: bool = False) -> Lesson | None:
    """A lesson about a scene, every skill as likely; None where the skill that is asked for cannot be asked about it.

    `exam`: strange questions are those that are never taught.
    """
    if skill == "strange" or (skill is None and draw.random() < STRANGE):
        return _strange(scene, draw, exam)
    by_skill: dict[str, list[Asked]] = {}
    for asked in questions(scene, vocabulary=KNOWN):
        if asked.skill in SKILLS and (skill is None or asked.skill == skill):
            by_skill.setdefault(asked.skill, []).append(asked)
    if not by_skill:
        return None
    weights = np.array([OFTENER.get(skill, 1.0) for skill in by_skill])
    chosen = list(by_skill)[int(draw.choice(len(weights), p=weights / weights.sum()))]
    asked = _balanced(by_skill[chosen], draw)
    told = chain(scene, asked, grid=GRID)
    return Lesson(
        scene=scene,
        skill=asked.skill,
        question=asked.text,
        choices=() if skill is None and draw.random() < OPEN else asked.choices,
        answer=asked.answer,
        timeline=told.timeline,
        conclusion=told.conclusion,
    )


def corpus(random_seed: int, count: int) -> Iterator[str]:
    """Texts from which the tokenizer learns its words: every wording, and lessons."""
    for words in (*QUESTIONS.values(), *CONCLUSIONS.values()):
        yield from words
    yield from (*TIMELINES, *ORDINALS, *library.SMALL, *library.SMALL_BACKGROUNDS)
    for index in range(count):
        if told := lesson(scene_of(random_seed, index), draw_for(random_seed, index, "corpus"), exam=False):
            yield "".join((told.words, *told.parts))


def _balanced(asked: Sequence[Asked], draw: Draw) -> Asked:
    """Every answer as likely as any other that the scene has; greater numbers more often, since they are rare."""
    answers = sorted({one.answer for one in asked})
    weights = np.array([float(answer) ** 2 if answer.isdigit() else 1.0 for answer in answers])
    answer = answers[int(draw.choice(len(answers), p=weights / weights.sum()))]
    return _one_of(draw, [one for one in asked if one.answer == answer])


def _strange(scene: Scene, draw: Draw, exam: bool) -> Lesson:
    text, choices = _one_of(draw, strange_questions(exam)) if draw.random() < 0.5 else _about_the_unknown(draw, exam)
    opening = _one_of(draw, TIMELINES)
    return Lesson(
        scene=scene,
        skill="strange",
        question=text,
        choices=tuple(choices[i] for i in draw.permutation(len(choices))),
        answer=f"{I_CANNOT_TELL}.",
        timeline=timeline(scene, opening, GRID),
        conclusion=f"{_one_of(draw, CANNOT)}, so {I_CANNOT_TELL}.",
    )


@cache
def strange_questions(exam: bool) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Seed questions with their options; those that are taught, or those of the exam."""
    asked = [(seed.text, seed.options) for seed in seeds.load(()) if _held_out(seed.text) == exam]
    short = [(text, options if _bytes(text, *options) <= LONGEST else ()) for text, options in asked]
    return tuple((text, options) for text, options in short if _bytes(text) <= LONGEST)


def _bytes(*texts: str) -> int:
    return len("\n".join(texts).encode())


def _about_the_unknown(draw: Draw, exam: bool) -> tuple[str, tuple[str, ...]]:
    """A sound that it does not know in words that it does, or a skill that it was not taught."""
    unknown = [sound for sound in STRANGE_SOUNDS if _held_out(sound) == exam]
    x, known = _one_of(draw, unknown), [_one_of(draw, library.SMALL) for _ in range(3)]
    if draw.random() < 0.5:
        text = _one_of(draw, QUESTIONS[_one_of(draw, UNTAUGHT)])
        y = _one_of(draw, library.SMALL)
        return text.format(x=_one_of(draw, library.SMALL), y=y), _one_of(draw, (("1", "2", "3", "4"), (*known[:2], y)))
    skill = _one_of(draw, ("after", "before", "count", "moment", "louder", "pitch", "higher", "present"))
    text = _one_of(draw, QUESTIONS[skill]).format(x=x, y=known[0])
    numbers = ("1", "2", "3", "4") if skill == "count" else ("0.5 s", "1.5 s", "2.5 s", "4.0 s")
    choices = {"count": numbers, "moment": numbers, "louder": (x, known[0]), "higher": (x, known[0])}
    plain = {"present": ("Yes", "No"), "pitch": ("low", "middle", "high")}
    return text, (choices | plain).get(skill, tuple(dict.fromkeys(known)))


def _held_out(text: str) -> bool:
    return int(identity(text)[:8], 16) % HELD_OUT == 0


def _one_of(draw: Draw, among: Sequence[T]) -> T:
    return among[int(draw.integers(len(among)))]
