"""QA construction (Audio-Cogito, section 2.1.2): the annotator hears a clip and writes 1 to 3 questions in one call.

It is shown what is known of the clip, with who says so, and seed questions as examples, without answers. How many
questions it is asked for is drawn from the clip's id and the random seed. What it writes is parsed strictly and checked
in code; the choices are put in an order of our own, so that keys fall evenly whatever the model's habit.
`facts = false` and `seeds = 0` are the paper's ablations (its table 3). `style = "cota"` asks as Audio-Reasoner does
(appendix A.1): a caption richer than the facts, then three questions from plain to hard, open or with four choices.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, partial
from hashlib import blake2b
from typing import Annotated, ClassVar, Literal

import msgspec

from audio_cogito.answers import normalise
from audio_cogito.errors import CallFailed, Unreadable
from audio_cogito.ledger import Drop, DropReason, Failure
from audio_cogito.messages import Model, Sampling, Schema
from audio_cogito.models.ask import Asking, ask
from audio_cogito.parsing import Reading, read_json, schema_of
from audio_cogito.prompts import Prompt, facts
from audio_cogito.prompts.tasks import Task, task_of
from audio_cogito.seeds import Draw, Seed
from audio_cogito.types import Clip, Distractor, Question, Record, question_id

STAGE = "construct"
Style = Literal["cogito", "cota"]
PROGRESSION = 3
"""Questions in the style of CoTA: from plain to hard."""


class Settings(Record, omit_defaults=False):
    model: str = "annotator"
    style: Style = "cogito"
    """"cota" is stage 1 of Audio-Reasoner: three questions, each open or with four choices; no seeds, no task."""
    facts: bool = True
    """Show what is known of the clip, its domain and task. False is the ablation "without meta information"."""
    seeds: int = 20
    """How many seed questions to show. 0 is the paper's ablation "without seed questions"."""
    most: Annotated[int, msgspec.Meta(ge=1, le=8)] = 3
    """Questions asked for: 1 to this many, drawn for each clip."""
    asking: Asking = Asking(sampling=Sampling(temperature=0.7, top_p=0.8, top_k=20, max_tokens=4096))

    @property
    def prompt(self) -> str:
        """The file of prompts/ that says the style's words; a recipe's own file of that name stands in."""
        return {"cogito": "construct", "cota": "cota"}[self.style]


class WrittenQuestion(Record):
    """A question as the annotator writes it; the order of fields is the order of writing."""

    question: Annotated[str, msgspec.Meta(min_length=1)]
    skill: str
    difficulty: Literal["easy", "medium", "hard"]
    choices: Annotated[tuple[str, ...], msgspec.Meta(min_length=4, max_length=4)]
    answer: str
    distractors: Annotated[tuple[Distractor, ...], msgspec.Meta(min_length=3, max_length=3)]


class Annotation(Record):
    """The annotator's whole reply."""

    caption: str
    evidence: tuple[str, ...]
    questions: tuple[WrittenQuestion, ...]
    reason: str


class ProgressiveQuestion(Record):
    """A question in the style of CoTA: open where it has no choices."""

    question: Annotated[str, msgspec.Meta(min_length=1)]
    skill: str
    difficulty: Literal["easy", "medium", "hard"]
    choices: Annotated[tuple[str, ...], msgspec.Meta(max_length=4)]
    answer: Annotated[str, msgspec.Meta(min_length=1)]
    distractors: ClassVar[tuple[Distractor, ...]] = ()


class Progression(Record):
    """The annotator's whole reply in the style of CoTA."""

    caption: str
    evidence: tuple[str, ...]
    questions: tuple[ProgressiveQuestion, ...]
    reason: str


Written = WrittenQuestion | ProgressiveQuestion


class Shown(Record):
    """What the annotator was shown and asked for."""

    count: int
    seeds: tuple[Seed, ...] = ()
    facts: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    task: Task | None = None


async def construct(
    clip: Clip, *, model: Model, prompt: Prompt, draw: Draw, settings: Settings, random_seed: int
) -> list[Question | Drop | Failure]:
    """The clip's questions; a Drop for each that fails a check in code, one Failure when no reply can be read."""
    shown = _shown(clip, draw, settings, random_seed)
    messages = prompt.messages(
        (clip,),
        count=shown.count,
        seeds=[draw.line(seed) for seed in shown.seeds],
        facts=shown.facts,
        domains=shown.domains,
        task=shown.task,
    )
    read = partial(_read, style=settings.style, count=shown.count)
    try:
        annotation = await ask(model, messages, settings.asking, read, schema(shown.count, settings.style))
    except Unreadable as error:
        return [Failure(stage=STAGE, subject=clip.id, reason="unreadable", detail=str(error))]
    except CallFailed as error:
        return [Failure(stage=STAGE, subject=clip.id, reason=error.reason, detail=error.detail)]
    if not annotation.questions:
        return [Drop(stage=STAGE, subject=clip.id, reason="nothing_to_ask", detail=annotation.reason)]
    asked = [_question(clip, written, annotation, shown, model.author, random_seed) for written in annotation.questions]
    return distinct(asked)


def _shown(clip: Clip, draw: Draw, settings: Settings, random_seed: int) -> Shown:
    known = clip.recording.facts
    lines = tuple(facts.lines(known)) if settings.facts else ()
    if settings.style == "cota":
        return Shown(count=PROGRESSION, facts=lines)
    domains = clip.recording.domains if settings.facts else ()
    return Shown(
        count=questions_to_ask(clip.id, settings.most, random_seed),
        seeds=draw.draw(clip.id, settings.seeds, domain_of(domains)),
        facts=lines,
        domains=domains,
        task=task_of(known) if settings.facts else None,
    )


def domain_of(domains: tuple[str, ...]) -> str | None:
    """The seed domain of a clip: its own where it has one, `mixed` where it has several, None where none is known."""
    return domains[0] if len(domains) == 1 else "mixed" if domains else None


def distinct(asked: Sequence[Question | Drop | Failure]) -> list[Question | Drop | Failure]:
    """A question that is written twice, as an annotator may in one reply, is one question."""
    seen: set[str] = set()
    kept: list[Question | Drop | Failure] = []
    for entry in asked:
        if isinstance(entry, Question) and entry.id in seen:
            entry = Drop(
                stage=STAGE, subject=entry.clips[0].id, reason="duplicate", detail=f"asked twice: {entry.text}"
            )
        elif isinstance(entry, Question):
            seen.add(entry.id)
        kept.append(entry)
    return kept


def questions_to_ask(clip_id: str, most: int, random_seed: int) -> int:
    """1 to `most`, the same for a clip under a random seed whatever else is in the data."""
    return 1 + _hash("count", clip_id, str(random_seed)) % most


@cache
def schema(count: int, style: Style = "cogito") -> Schema:
    """The JSON schema of an annotation with at most `count` questions, for servers that can enforce one."""
    body = schema_of(Annotation if style == "cogito" else Progression)
    body["properties"]["questions"]["maxItems"] = count
    return Schema(name="questions", schema=body)


def _read(reading: Reading, style: Style, count: int) -> Annotation | Progression:
    annotation = read_json(reading, Annotation) if style == "cogito" else read_json(reading, Progression)
    if len(annotation.questions) > count:
        raise Unreadable(f"{len(annotation.questions)} questions where at most {count} were asked for")
    if any(len(written.choices) not in (0, 4) for written in annotation.questions):
        raise Unreadable("a question has neither no choices nor four")
    return annotation


def _question(
    clip: Clip, written: Written, annotation: Annotation | Progression, shown: Shown, author: str, random_seed: int
) -> Question | Drop:
    key = key_of(written)
    if isinstance(key, tuple):
        reason, detail = key
        return Drop(stage=STAGE, subject=clip.id, reason=reason, detail=f"{detail}: {written.question}")
    answer = written.answer if key is None else written.choices[key]
    choices = shuffled(written.choices, clip.id, written.question, random_seed)
    type_: Literal["choice", "open"] = "choice" if choices else "open"
    return Question(
        id=question_id((clip,), type_, written.question, choices, answer),
        clips=(clip,),
        type=type_,
        text=written.question,
        answer=answer,
        choices=choices,
        task=shown.task,
        domain="+".join(clip.recording.domains) or None,
        skill=written.skill,
        difficulty=written.difficulty,
        caption=annotation.caption,
        evidence=annotation.evidence,
        distractors=written.distractors,
        author=author,
        seeds=tuple(seed.id for seed in shown.seeds),
    )


def shuffled(choices: tuple[str, ...], clip_id: str, question: str, random_seed: int) -> tuple[str, ...]:
    """The choices by a hash of each with its question: which is right plays no part, so keys fall evenly."""
    return tuple(sorted(choices, key=lambda choice: _hash("order", clip_id, question, choice, str(random_seed))))


SWEEPING = re.compile(r"\b(all|none|both|neither|any) of (the|these|those)\b", re.IGNORECASE)


def key_of(written: Written) -> int | tuple[DropReason, str] | None:
    """Which choice is right (None for an open question), or why it is not worth asking, as far as code can tell."""
    if not written.choices:
        return None
    said, answer = [normalise(choice) for choice in written.choices], normalise(written.answer)
    if len(set(said)) < len(said) or "" in said:
        return "choices_repeat", "two choices say the same, or one says nothing"
    if answer not in said:
        return "key_missing", "the answer is not among the choices"
    if any(SWEEPING.search(choice) for choice in written.choices):
        return "key_stands_out", "a choice refers to the others"
    key = said.index(answer)
    return _stands_out(written.choices, key) or key


FORMS = {
    "a digit": re.compile(r"\d"),
    "a parenthesis": re.compile(r"\("),
    "a comma": re.compile(r","),
    "a full stop": re.compile(r"\.\s*\Z"),
    "a capital first letter": re.compile(r"\A[A-Z]"),
}
"""Marks of form; a key that alone has one, or alone lacks one, gives itself away."""
LENGTH_RATIO, LENGTH_MARGIN = 1.6, 12
"""A key that is this many times as long as the longest other choice, and longer by this many characters, stands out;
likewise one that is that much shorter than the shortest."""


def _stands_out(choices: tuple[str, ...], key: int) -> tuple[DropReason, str] | None:
    others = [len(choice) for i, choice in enumerate(choices) if i != key]
    if _much_longer(len(choices[key]), max(others)) or _much_longer(min(others), len(choices[key])):
        return "key_stands_out", "the key alone is much longer or shorter"
    for name, form in FORMS.items():
        has = [form.search(choice) is not None for choice in choices]
        if has.count(has[key]) == 1:
            return "key_stands_out", f"the key alone {'has' if has[key] else 'lacks'} {name}"
    return None


def _much_longer(length: int, other: int) -> bool:
    return length > other * LENGTH_RATIO and length - other >= LENGTH_MARGIN


def _hash(*parts: str) -> int:
    return int.from_bytes(blake2b("\n".join(parts).encode(), digest_size=8).digest(), "big")
