"""Annotations alone: everything said of a sound and where the sound comes from, without the sound.

This is the paper's form of release: who holds the sources puts the sounds back by source, source id and span.
A path is never written, only a file's name, since a folder's place says something of a machine and nothing of a sound.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

from audio_cogito import tags
from audio_cogito.exports import Carried, FormatInfo, Sample, json_lines, read_json_lines
from audio_cogito.types import Clip, Record

INFO = FormatInfo(
    summary="questions and chains with source, source id and span, no sound", suffix=".jsonl", audio=("none",)
)


class Place(Record, omit_defaults=False):
    """Where a sound comes from. `start` and `end` are seconds within the file, None for all of it."""

    id: str
    source: str
    source_id: str | None
    source_time: float | None
    """Seconds into the original work."""
    file: str
    member: str | None
    start: float | None
    end: float | None
    seconds: float
    group: str | None
    licence: str | None


class SoundlessRow(Record, omit_defaults=False):
    """One accepted trace with its question; absent is null."""

    id: str
    question_id: str
    clips: tuple[Place, ...]
    question: str
    choices: tuple[str, ...]
    answer: str
    """The key, which the chain reached."""
    type: str
    thinking: str
    prompt: str
    """The words that the thinker was sent."""
    response: str
    """The chain in tags, then the bare answer: what a model is to learn to say."""
    task: str | None
    domain: str | None
    skill: str | None
    difficulty: str | None
    language: str | None
    caption: str | None
    evidence: tuple[str, ...]
    annotator: str
    thinker: str
    checks: tuple[str, ...]
    """`check outcome`, in the order they were made."""
    pass_rate: float | None
    weight: float | None


def writer(path: Path, carried: Carried) -> AbstractContextManager[Callable[[Sample], None]]:
    return json_lines(path, row)


def faults(path: Path, carried: Carried) -> Iterator[list[str]]:
    for found in read_json_lines(path, SoundlessRow):
        yield [found] if isinstance(found, str) else faults_of(found)


def beside(splits: tuple[str, ...]) -> dict[str, bytes]:
    return {}


def row(sample: Sample) -> SoundlessRow:
    trace = sample.trace
    question = trace.question
    return SoundlessRow(
        id=trace.id,
        question_id=question.id,
        clips=tuple(_place(clip) for clip in question.clips),
        question=question.text,
        choices=question.choices,
        answer=trace.answer or "",
        type=question.type,
        thinking=trace.thinking,
        prompt=sample.user,
        response=sample.response,
        task=question.task,
        domain=question.domain,
        skill=question.skill,
        difficulty=question.difficulty,
        language=question.language,
        caption=question.caption,
        evidence=question.evidence,
        annotator=question.author,
        thinker=trace.author,
        checks=tuple(f"{verdict.check} {verdict.outcome}" for verdict in trace.verdicts),
        pass_rate=trace.pass_rate,
        weight=sample.weight,
    )


def _place(clip: Clip) -> Place:
    recording, span = clip.recording, clip.recording.span
    return Place(
        id=clip.id,
        source=recording.source,
        source_id=recording.source_id,
        source_time=recording.source_time,
        file=Path(recording.path).name,
        member=recording.member,
        start=span.start if span else None,
        end=span.end if span else None,
        seconds=clip.seconds,
        group=recording.group,
        licence=recording.licence,
    )


def faults_of(row: SoundlessRow) -> list[str]:
    """What is wrong with a row as it was read back."""
    found = tags.faults(row.response)
    found += [f"{name} is empty" for name in ("question", "answer", "thinking") if not getattr(row, name).strip()]
    if row.choices and row.answer not in row.choices:
        found.append("the answer is none of the choices")
    return found if row.clips else [*found, "no clip is named"]
