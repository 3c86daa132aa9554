"""How well a checkpoint of the built-in model's kind answers questions about scenes it was never shown.

The answer counts as the pipeline would read it. `lists` is the share of chains that name every event of the scene, in
order and no other; `onsets` by how many seconds the times in those lists are off, which are said to half a second.
"""

from __future__ import annotations

import re
from collections import defaultdict
from statistics import fmean

from tokenizers import Tokenizer

from audio_cogito.answers import read_answer
from audio_cogito.messages import Sampling
from audio_cogito.nano.hearing import log_mel, tokens
from audio_cogito.nano.lessons import I_CANNOT_TELL, SKILLS, WORLD, Lesson, lesson, scene_of
from audio_cogito.nano.network import Thinker
from audio_cogito.nano.schedule import EXAM_SEED
from audio_cogito.nano.speaking import Prompt, speak
from audio_cogito.nano.vocabulary import id_of
from audio_cogito.parsing import CLOSE
from audio_cogito.synth.render import quantised, render
from audio_cogito.synth.scenes import draw_for
from audio_cogito.types import Question, Record

AT_ONCE = 64
LONGEST_REPLY = 200
EVENT = re.compile(rf"(?:^| |,)({'|'.join(WORLD.kinds)})(?: at (\d+\.\d))?")


class Result(Record, omit_defaults=False):
    """Shares from 0 to 1; `right` is the mean over the questions of its world, in even parts of each skill."""

    questions: int
    right: float
    chance: float
    lists: float
    onsets: float
    """Seconds, mean absolute."""
    strange: float
    """Of questions outside its world, how many it says it cannot tell."""
    shied: float
    """Of questions of its world, how many it says it cannot tell."""
    skills: dict[str, float]
    lengths: dict[str, float]
    """Right, by the number of events in the scene."""


class Paper(Record):
    """One question and what was written."""

    lesson: Lesson
    reply: str

    @property
    def text(self) -> str:
        return self.reply.rpartition(CLOSE)[2].strip()

    @property
    def right(self) -> bool:
        asked = self.lesson
        if asked.skill == "strange":
            return self.text.startswith(I_CANNOT_TELL)
        question = Question(
            id="", clips=(), type="choice", text=asked.question, choices=asked.choices, answer=asked.answer
        )
        return read_answer(self.text, question) == asked.answer

    @property
    def listed(self) -> list[tuple[str, str]]:
        """Names and times of the timeline."""
        timeline = self.reply.partition(" Background:")[0].partition(CLOSE)[0]
        return EVENT.findall(timeline)

    @property
    def named_all(self) -> bool:
        return [name for name, _ in self.listed] == [event.kind for event in self.lesson.scene.events]


def examine(thinker: Thinker, tokenizer: Tokenizer, count: int, random_seed: int = EXAM_SEED) -> Result:
    return result(write(thinker, tokenizer, papers(count, random_seed)))


def papers(count: int, random_seed: int) -> list[Lesson]:
    """So many questions, one a scene, as many of each skill; one in eighteen is strange."""
    skills, index = (*SKILLS, "strange"), 0
    asked: list[Lesson] = []
    while len(asked) < count:
        scene, wanted = scene_of(random_seed, index), skills[len(asked) % len(skills)]
        found = lesson(scene, draw_for(random_seed, index, "exam"), skill=wanted, exam=True)
        asked += [found] if found else []
        index += 1
    return asked


def write(thinker: Thinker, tokenizer: Tokenizer, asked: list[Lesson]) -> list[Paper]:
    """Greedy replies."""
    ordered = sorted(asked, key=lambda one: one.scene.seconds)
    pad, end = id_of(tokenizer, "<|audio_pad|>"), id_of(tokenizer, "<|im_end|>")
    written = []
    for start in range(0, len(ordered), AT_ONCE):
        part = ordered[start : start + AT_ONCE]
        said = speak(thinker, [_prompt(one, tokenizer, pad) for one in part], audio=pad, ends=frozenset({end}))
        texts = [tokenizer.decode(one.ids, skip_special_tokens=True) for one in said]
        written += [Paper(lesson=one, reply=text) for one, text in zip(part, texts, strict=True)]
    return written


def result(papers: list[Paper]) -> Result:
    own = [paper for paper in papers if paper.lesson.skill != "strange"]
    by_skill, by_length = defaultdict(list), defaultdict(list)
    for paper in own:
        by_skill[paper.lesson.skill].append(paper.right)
        by_length[str(len(paper.lesson.scene.events))].append(paper.right)
    off = [
        abs(float(said) - event.start)
        for paper in own
        if paper.named_all
        for (_, said), event in zip(paper.listed, paper.lesson.scene.events, strict=True)
        if said
    ]
    return Result(
        questions=len(own),
        right=_mean([paper.right for paper in own]),
        chance=_mean([1 / len(paper.lesson.choices) for paper in own]),
        lists=_mean([paper.named_all for paper in papers]),
        onsets=_mean(off),
        strange=_mean([paper.right for paper in papers if paper.lesson.skill == "strange"]),
        shied=_mean([I_CANNOT_TELL in paper.text for paper in own]),
        skills={skill: _mean(right) for skill, right in sorted(by_skill.items())},
        lengths={length: _mean(right) for length, right in sorted(by_length.items())},
    )


def spelled(words: str, audio_tokens: int) -> str:
    """A question as the chat template writes it."""
    sound = "<|audio_pad|>" * audio_tokens
    return f"<|im_start|>user\n<|audio_start|>{sound}<|audio_end|>{words}<|im_end|>\n<|im_start|>assistant\n"


def _prompt(asked: Lesson, tokenizer: Tokenizer, pad: int) -> Prompt:
    mel = log_mel(quantised(render(asked.scene)))
    ids = tokenizer.encode(spelled(asked.words, tokens(mel.shape[1])), add_special_tokens=False).ids
    return Prompt(tuple(ids), (mel,), Sampling(max_tokens=LONGEST_REPLY, temperature=0))


def _mean(values: list[float] | list[bool]) -> float:
    return round(fmean(values), 4) if values else 0.0
