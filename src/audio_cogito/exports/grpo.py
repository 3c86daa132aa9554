"""GRPO-style training in ms-swift: a prompt with its sounds, and columns for reward functions; no reply to imitate.

`messages` holds the user's turn alone, `audios` its sounds, one for each `<audio>`. The other columns (`_rewarded`)
reach the reward functions by name: "GRPO will pass through all additional field content to the ORM"
(docs/source_en/Customization/Custom-dataset.md). `rewards.py` beside the rows has two to begin with. A row stands for a
question: leave `export.per_question` at 1, or the same prompt comes again with another reference chain.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import msgspec

from audio_cogito.exports import Carried, FormatInfo, Sample, _rewarded, json_lines, read_json_lines
from audio_cogito.exports._rewarded import Rewarded, rewarded
from audio_cogito.exports.swift import SwiftMessage
from audio_cogito.tags import AUDIO

INFO = FormatInfo(
    summary="prompts for ms-swift's GRPO, with key, choices, rubric and reference chain",
    suffix=".jsonl",
    audio=("reference", "once"),
)


class GrpoRow(Rewarded):
    """A row in ms-swift's format for reinforcement learning."""

    messages: tuple[SwiftMessage, ...]
    audios: tuple[str, ...]


def writer(path: Path, carried: Carried) -> AbstractContextManager[Callable[[Sample], None]]:
    return json_lines(path, lambda sample: row(sample, carried))


def faults(path: Path, carried: Carried) -> Iterator[list[str]]:
    for found in read_json_lines(path, GrpoRow):
        yield [found] if isinstance(found, str) else faults_of(found, carried.file)


def beside(splits: tuple[str, ...]) -> dict[str, bytes]:
    return _rewarded.beside()


def row(sample: Sample, carried: Carried) -> GrpoRow:
    clips = sample.trace.question.clips
    return GrpoRow(
        messages=(SwiftMessage(role="user", content=AUDIO * len(clips) + sample.user),),
        audios=tuple(carried.carry(clip.id) for clip in clips),
        **msgspec.structs.asdict(rewarded(sample)),
    )


def faults_of(row: GrpoRow, file: Callable[[str], Path] = Path) -> list[str]:
    """What is wrong with a row as it was read back; `file` says where a sound that it names lies."""
    if [message.role for message in row.messages] != ["user"]:
        return ["not one user message alone"]
    (user,) = (message.content for message in row.messages)
    found = _rewarded.faults_of(row)
    if not row.audios or user.count(AUDIO) != len(row.audios) or not user.startswith(AUDIO * len(row.audios)):
        found.append(f"{user.count(AUDIO)} audio tags for {len(row.audios)} sounds")
    return found + [f"{path} is not there" for path in row.audios if not file(path).is_file()]
