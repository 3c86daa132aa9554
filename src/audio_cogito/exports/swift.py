"""ms-swift: one JSON object a line with `messages` and `audios`, an `<audio>` in the user text for each sound.

With `export.audio = "once"` the paths are relative: ms-swift takes them from the folder it is started in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Literal

from audio_cogito import tags
from audio_cogito.exports import Carried, FormatInfo, Sample, json_lines, read_json_lines
from audio_cogito.tags import AUDIO
from audio_cogito.types import Record

INFO = FormatInfo(summary="rows for ms-swift", suffix=".jsonl", audio=("reference", "once"))


class SwiftMessage(Record):
    role: Literal["user", "assistant"]
    content: str


class SwiftRow(Record):
    """A row in ms-swift's format."""

    messages: tuple[SwiftMessage, ...]
    audios: tuple[str, ...]


def writer(path: Path, carried: Carried) -> AbstractContextManager[Callable[[Sample], None]]:
    return json_lines(path, lambda sample: row(sample, carried))


def faults(path: Path, carried: Carried) -> Iterator[list[str]]:
    for found in read_json_lines(path, SwiftRow):
        yield [found] if isinstance(found, str) else faults_of(found, carried.file)


def beside(splits: tuple[str, ...]) -> dict[str, bytes]:
    return {}


def row(sample: Sample, carried: Carried) -> SwiftRow:
    clips = sample.trace.question.clips
    return SwiftRow(
        messages=(
            SwiftMessage(role="user", content=AUDIO * len(clips) + sample.user),
            SwiftMessage(role="assistant", content=sample.response),
        ),
        audios=tuple(carried.carry(clip.id) for clip in clips),
    )


def faults_of(row: SwiftRow, file: Callable[[str], Path] = Path) -> list[str]:
    """What is wrong with a row as it was read back; `file` says where a sound that it names lies."""
    if [message.role for message in row.messages] != ["user", "assistant"]:
        return ["not one user message and one assistant message"]
    user, response = (message.content for message in row.messages)
    found = tags.faults(response)
    if user.count(AUDIO) != len(row.audios) or not user.startswith(AUDIO * len(row.audios)):
        found.append(f"{user.count(AUDIO)} audio tags for {len(row.audios)} sounds")
    return found + [f"{path} is not there" for path in row.audios if not file(path).is_file()]
