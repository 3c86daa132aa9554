"""How a question about a scene is written: its words, its key, and the wrong choices that mislead."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from audio_cogito.synth.library import Vocabulary, clashes
from audio_cogito.synth.scenes import Placed, Scene
from audio_cogito.synth.waves import Draw
from audio_cogito.synth.wordings import QUESTIONS
from audio_cogito.types import AnswerType, Distractor, Record

CHOICES = 4
NOTHING = "nothing"


class Asked(Record):
    """A question about a scene, before there is a clip."""

    skill: str
    text: str
    choices: tuple[str, ...]
    answer: str
    type: AnswerType = "choice"
    distractors: tuple[Distractor, ...] = ()
    x: str | None = None
    """The sounds that it is about, and the place in the order."""
    y: str | None = None
    n: str | None = None
    other: int | None = None
    """For a question about two recordings, the index of the second scene."""
    by: str | None = None
    """The model whose words these are; None for the composer's own."""


@dataclass(frozen=True)
class Asking:
    """What one scene's questions are written with."""

    scene: Scene
    draw: Draw
    vocabulary: Vocabulary
    wordings: int

    @property
    def events(self) -> tuple[Placed, ...]:
        return self.scene.events

    @property
    def names(self) -> list[str]:
        return [event.kind for event in self.scene.events]

    @property
    def once(self) -> list[int]:
        """The events whose kind is there once, so that the name alone says which is meant."""
        counts = Counter(self.names)
        return [i for i, name in enumerate(self.names) if counts[name] == 1]

    @property
    def absent(self) -> list[str]:
        """The sounds of the vocabulary that are not there for certain."""
        known = self.vocabulary.kinds.values()
        return [kind.name for kind in known if kind.name not in self.names and not clashes(self.scene.background, kind)]

    def text(self, skill: str, **words: str) -> str:
        known = QUESTIONS[skill][: self.wordings]
        return known[int(self.draw.integers(len(known)))].format(**words)

    def asked(self, skill: str, answer: str, wrong: Sequence[tuple[str, str]], type_: AnswerType = "choice",
              **words: str) -> Asked:  # fmt: skip
        """A question with its key and wrong choices, each with the confusion that it is made for, shuffled."""
        choices = [answer, *(text for text, _ in wrong)]
        shuffled = tuple(choices[i] for i in self.draw.permutation(len(choices)))
        distractors = tuple(Distractor(text=text, confusion=confusion) for text, confusion in wrong)
        return Asked(
            skill=skill,
            text=self.text(skill, **words),
            choices=shuffled,
            answer=answer,
            type=type_,
            distractors=distractors,
            x=words.get("x"),
            y=words.get("y"),
            n=words.get("n"),
        )

    def number(self, skill: str, count: int, low: int, high: int, **words: str) -> Iterator[Asked]:
        """A question for a count, with four numbers in a row of those that scenes may have; none where it is beyond."""
        rows = [range(least, least + CHOICES) for least in range(low, max(low, high - CHOICES + 1) + 1)]
        holding = [row for row in rows if count in row]
        if holding:
            row = holding[int(self.draw.integers(len(holding)))]
            wrong = [(str(one), "one off" if abs(one - count) == 1 else "miscounted") for one in row if one != count]
            yield self.asked(skill, str(count), wrong, "choice", **words)

    def wrong_names(self, answer: str, *not_: str, present: bool = True) -> list[tuple[str, str]]:
        """Names that are wrong: those that are there, and relatives of the key and of wrong ones alike.

        Were only the key given a relative, two of a family would give it away.
        """
        others = [name for name in self.shuffled(self.names) if name not in (answer, *not_)] if present else []
        told = dict.fromkeys(others[: CHOICES - 1], "is there, at another place")
        absent = self.shuffled([name for name in self.absent if name != answer])
        if not told and absent:
            told[absent[0]] = "is not there"
        for name in self.shuffled([answer, *told])[: CHOICES - 1 - len(told)]:
            told |= self.relative(name, [one for one in absent if one not in told])
        return list(told.items())

    def relative(self, name: str, absent: Sequence[str]) -> dict[str, str]:
        """A sound of the same family among those that are not there, else any of them, with its confusion."""
        family = self.vocabulary.family(name)
        related = [one for one in absent if self.vocabulary.family(one) == family]
        if related:
            return {related[0]: "a sound of the same family"}
        return dict.fromkeys(absent[:1], "is not there")

    def shuffled(self, names: Sequence[str]) -> list[str]:
        distinct = list(dict.fromkeys(names))
        return [distinct[i] for i in self.draw.permutation(len(distinct))]


Skill = Callable[[Asking], Iterator[Asked]]
