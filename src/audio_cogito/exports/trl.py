"""TRL: a conversational `prompt` with audio parts and its `completion`, and the columns for reward functions.

SFTTrainer reads `prompt` and `completion` and trains on the completion alone; GRPOTrainer reads `prompt` and hands the
other columns (`_rewarded`) to the reward functions (docs/source/dataset_formats.md). An audio part has its file under
`audio`, where transformers' processors and qwen-omni-utils both look. Needs datasets 4.7 (as TRL 1 does): older ones
give every part every part's keys, and Qwen's template takes a text with an empty `audio` for a sound.

Two things the rows cannot mend, both for the one who trains (docs/rows.md): TRL 1.16 trains on no sound by itself, and
Qwen3-Omni's chat template takes the chain out of the completion, since the prompt's content is a list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import msgspec

from audio_cogito import tags
from audio_cogito.exports import Carried, FormatInfo, Sample, _rewarded, json_lines, read_json_lines
from audio_cogito.exports._rewarded import Rewarded, rewarded
from audio_cogito.exports.openai import AssistantMessage, TextPart
from audio_cogito.types import Record

INFO = FormatInfo(
    summary="prompts and completions for TRL's SFTTrainer and GRPOTrainer", suffix=".jsonl", audio=("reference", "once")
)


class AudioPart(Record, tag_field="type", tag="audio"):
    audio: str
    """The file."""


class UserMessage(Record, tag_field="role", tag="user"):
    content: tuple[AudioPart | TextPart, ...]


class TrlRow(Rewarded):
    """A row in TRL's conversational prompt-completion format."""

    prompt: tuple[UserMessage]
    completion: tuple[AssistantMessage]


def writer(path: Path, carried: Carried) -> AbstractContextManager[Callable[[Sample], None]]:
    return json_lines(path, lambda sample: row(sample, carried))


def faults(path: Path, carried: Carried) -> Iterator[list[str]]:
    for found in read_json_lines(path, TrlRow):
        yield [found] if isinstance(found, str) else faults_of(found, carried.file)


def beside(splits: tuple[str, ...]) -> dict[str, bytes]:
    return _rewarded.beside()


def row(sample: Sample, carried: Carried) -> TrlRow:
    sounds = tuple(AudioPart(audio=carried.carry(clip.id)) for clip in sample.trace.question.clips)
    return TrlRow(
        prompt=(UserMessage(content=(*sounds, TextPart(text=sample.user))),),
        completion=(AssistantMessage(content=sample.response),),
        **msgspec.structs.asdict(rewarded(sample)),
    )


def faults_of(row: TrlRow, file: Callable[[str], Path] = Path) -> list[str]:
    """What is wrong with a row as it was read back; `file` says where a sound that it names lies."""
    found = _rewarded.faults_of(row) + tags.faults(row.completion[0].content)
    *sounds, last = row.prompt[0].content or (None,)
    if not sounds or not isinstance(last, TextPart) or any(isinstance(part, TextPart) for part in sounds):
        return [*found, "the prompt is not sounds, then one text"]
    if not last.text.strip():
        found.append("the question is empty")
    paths = [part.audio for part in sounds if isinstance(part, AudioPart)]
    return found + [f"{path} is not there" for path in paths if not file(path).is_file()]
