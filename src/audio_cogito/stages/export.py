"""Rows for training: each accepted trace as what the thinker saw, its reasoning, and the bare answer.

`--to swift` writes ms-swift's format: one JSON object a line with `messages` and `audios`. The user text is byte for
byte what the thinker was sent (`think.render_question`), the reasoning stands in think tags exactly once, and the
response is the bare text of the choice, which is what MMAR's scorer counts. Beside each file of rows,
`*.provenance.jsonl` says line by line which trace and question a row came of. What was written is read again and held
to all this before the files get their names.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from itertools import groupby
from pathlib import Path
from typing import IO, Annotated, Literal, NamedTuple

import msgspec

from audio_cogito import shards
from audio_cogito.audio import Sounds
from audio_cogito.errors import SetupError
from audio_cogito.parsing import CLOSE, OPEN
from audio_cogito.prompts import Prompt
from audio_cogito.run import Run
from audio_cogito.stages import verify
from audio_cogito.stages.think import render_question
from audio_cogito.types import Record, Trace, identity

AUDIO = "<audio>"
RESERVED = (OPEN, CLOSE, AUDIO)
"""What a text must not hold: ms-swift would read it as a tag."""


class Settings(Record, omit_defaults=False):
    prompt: Literal["as seen", "bare"] = "as seen"
    """"bare" leaves out the line `Select one option from the provided choices:`, on purpose unlike what was seen."""
    per_question: Annotated[int, msgspec.Meta(ge=1)] = 1
    """Most rows of one question, chosen among its accepted traces by hash."""


class SwiftMessage(Record):
    role: Literal["user", "assistant"]
    content: str


class SwiftRow(Record):
    """A row in ms-swift's format."""

    messages: tuple[SwiftMessage, ...]
    audios: tuple[str, ...]


class Provenance(Record):
    """Where a row came from."""

    trace: str
    question: str
    clips: tuple[str, ...]
    licences: tuple[str | None, ...]


class Exported(NamedTuple):
    """Which files were written, with their rows, and what was left out for which reason."""

    files: dict[Path, int]
    left_out: Counter[str]


class _Files(NamedTuple):
    rows: IO[bytes]
    provenance: IO[bytes]


def swift(run: Run, *, sounds: Sounds, prompt: Prompt, settings: Settings, random_seed: int) -> Exported:
    """Write RUN/rows/swift/SPLIT.jsonl for every split that has accepted traces."""
    folder = run.rows / "swift"
    folder.mkdir(parents=True, exist_ok=True)
    left_out: Counter[str] = Counter()
    files: dict[str, _Files] = {}
    counts: Counter[str] = Counter()
    with ExitStack() as stack:
        for trace in chosen(traces(run), settings.per_question, random_seed, left_out):
            split = trace.question.clips[0].split
            if split not in files:
                files[split] = _Files(*(stack.enter_context(path.open("wb")) for path in _parts(folder, split)))
            row = swift_row(trace, sounds, render_question(trace.question, prompt, instruct=settings.prompt != "bare"))
            files[split].rows.write(msgspec.json.encode(row) + b"\n")
            files[split].provenance.write(msgspec.json.encode(_provenance(trace)) + b"\n")
            counts[split] += 1
    published = {_publish(folder, split, counts[split]): counts[split] for split in sorted(files)}
    _remove_others(folder, set(files))
    return Exported(published, left_out)


def traces(run: Run) -> Iterator[Trace]:
    """The run's verified traces, in order; raises SetupError where it has none."""
    paths = shards.paths(run.stage(verify.STAGE))
    if not paths:
        raise SetupError(f"{run.folder} has no verified traces yet: run `cogito build` to its end")
    for path in paths:
        yield from shards.read(path, Trace)


def chosen(found: Iterable[Trace], per_question: int, random_seed: int, left_out: Counter[str]) -> Iterator[Trace]:
    """Of each question's accepted traces the first `per_question` by hash, counting what is left out and why."""
    for _, group in groupby(found, key=lambda trace: trace.question.id):
        accepted: list[Trace] = []
        for trace in group:
            reason = _reason_to_leave(trace)
            if reason:
                left_out[reason] += 1
            else:
                accepted.append(trace)
        accepted.sort(key=lambda trace: identity("export", str(random_seed), trace.id))
        left_out["beyond export.per_question"] += max(0, len(accepted) - per_question)
        yield from accepted[:per_question]


def _reason_to_leave(trace: Trace) -> str | None:
    if trace.standing != "accepted":
        return trace.standing
    if not trace.answer:
        return "no readable answer"
    texts = (trace.thinking, trace.answer, trace.question.text, *trace.question.choices)
    if any(tag in text for text in texts for tag in RESERVED):
        return "a reserved tag within a text"
    return None


def swift_row(trace: Trace, sounds: Sounds, text: str) -> SwiftRow:
    clips = trace.question.clips
    response = f"{OPEN}\n{trace.thinking}\n{CLOSE}\n\n{trace.answer}"
    return SwiftRow(
        messages=(
            SwiftMessage(role="user", content=AUDIO * len(clips) + text),
            SwiftMessage(role="assistant", content=response),
        ),
        audios=tuple(str(sounds.path(clip.id).absolute()) for clip in clips),
    )


def faults_of(row: SwiftRow) -> list[str]:
    """What is wrong with a row as it was read back; nothing, one hopes."""
    if [message.role for message in row.messages] != ["user", "assistant"]:
        return ["not one user message and one assistant message"]
    user, response = (message.content for message in row.messages)
    found = [f"{tag} stands {response.count(tag)} times" for tag in (OPEN, CLOSE) if response.count(tag) != 1]
    if not response.startswith(OPEN) or not response.partition(CLOSE)[2].strip():
        found.append("the response is not reasoning in tags, then an answer")
    if user.count(AUDIO) != len(row.audios) or not user.startswith(AUDIO * len(row.audios)):
        found.append(f"{user.count(AUDIO)} audio tags for {len(row.audios)} sounds")
    return found + [f"{path} is not there" for path in row.audios if not Path(path).is_file()]


def _provenance(trace: Trace) -> Provenance:
    clips = trace.question.clips
    return Provenance(
        trace=trace.id,
        question=trace.question.id,
        clips=tuple(clip.id for clip in clips),
        licences=tuple(clip.recording.licence for clip in clips),
    )


def _names(split: str) -> tuple[str, str]:
    return f"{split}.jsonl", f"{split}.provenance.jsonl"


def _parts(folder: Path, split: str) -> tuple[Path, Path]:
    rows, provenance = _names(split)
    return folder / f".{rows}.part", folder / f".{provenance}.part"


def _publish(folder: Path, split: str, count: int) -> Path:
    """Read the part files again, then give them their names. Raises SetupError for a row that is not as it must be."""
    read = 0
    with _parts(folder, split)[0].open("rb") as file:
        for read, line in enumerate(file, start=1):
            faults = faults_of(msgspec.json.decode(line, type=SwiftRow))
            if faults:
                raise SetupError(f"row {read} of split {split!r} is not fit for training: {'; '.join(faults)}")
    if read != count:
        raise SetupError(f"split {split!r}: {count} rows were written and {read} read back")
    for part, name in zip(_parts(folder, split), _names(split), strict=True):
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.replace(folder / name)
    return folder / _names(split)[0]


def _remove_others(folder: Path, splits: set[str]) -> None:
    """Rows of a split that an earlier export had and this one has not."""
    ours = {name for split in splits for name in _names(split)}
    for path in folder.glob("*.jsonl"):
        if path.name not in ours:
            path.unlink()
