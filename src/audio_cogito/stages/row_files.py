"""The files of an export: part files for each split, read again and held to their format before they get their names.

Beside each file of rows, `*.provenance.jsonl` says line by line which trace and question a row came of. Nothing half
done stays behind, and what an earlier export wrote stays until this one is whole.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO, NamedTuple

import msgspec

from audio_cogito import exports
from audio_cogito.card.counted import Counted
from audio_cogito.errors import SetupError
from audio_cogito.exports import AUDIO_FOLDER, Carried, Format, Sample
from audio_cogito.store import write_whole
from audio_cogito.types import PromptRef, Record

PROVENANCE = ".provenance.jsonl"
CARD = "README.md"


class Provenance(Record):
    """Where a row came from."""

    trace: str
    question: str
    clips: tuple[str, ...]
    licences: tuple[str | None, ...]
    drawn_with: PromptRef
    """The prompt that the thinker was sent; another than the row's where it was shown the answer."""
    weight: float | None = None


class _Split(NamedTuple):
    """One split's files while they are written."""

    write: Callable[[Sample], None]
    provenance: IO[bytes]


def write(samples: Iterable[Sample], format: Format, carried: Carried, counted: Counted) -> Counter[str]:
    """The part files, a split's when its first row comes; returns the rows of each split."""
    splits: dict[str, _Split] = {}
    counts: Counter[str] = Counter()
    with ExitStack() as stack:
        for sample in samples:
            split = sample.trace.question.clips[0].split
            if split not in splits:
                rows, provenance = _parts(carried.folder, split, format)
                splits[split] = _Split(
                    stack.enter_context(format.writer(rows, carried)), stack.enter_context(provenance.open("wb"))
                )
            splits[split].write(sample)
            splits[split].provenance.write(msgspec.json.encode(_provenance(sample)) + b"\n")
            counts[split] += 1
            counted.add(sample, split)
    return counts


def _provenance(sample: Sample) -> Provenance:
    clips = sample.trace.question.clips
    return Provenance(
        trace=sample.trace.id,
        question=sample.trace.question.id,
        clips=tuple(clip.id for clip in clips),
        licences=tuple(clip.recording.licence for clip in clips),
        drawn_with=sample.trace.prompt,
        weight=sample.weight,
    )


def names(split: str, format: Format) -> tuple[str, str]:
    return f"{split}{format.INFO.suffix}", f"{split}{PROVENANCE}"


def _parts(folder: Path, split: str, format: Format) -> tuple[Path, Path]:
    rows, provenance = names(split, format)
    return folder / f".{rows}.part", folder / f".{provenance}.part"


def check(format: Format, carried: Carried, counts: Counter[str]) -> None:
    """Read the part files again. Raises SetupError for a row that is not as it must be, or not there."""
    for split, count in sorted(counts.items()):
        read = 0
        for read, faults in enumerate(format.faults(_parts(carried.folder, split, format)[0], carried), start=1):
            if faults:
                raise SetupError(f"row {read} of split {split!r} is not fit for training: {'; '.join(faults)}")
        if read != count:
            raise SetupError(f"split {split!r}: {count} rows were written and {read} read back")


def publish(format: Format, carried: Carried, counts: Counter[str]) -> dict[Path, int]:
    """Give the files their names, sounds before the rows that name them, and remove those of an earlier export."""
    folder, kept = carried.folder, set[str]()
    _publish_sounds(folder)
    for split in sorted(counts):
        for part, name in zip(_parts(folder, split, format), names(split, format), strict=True):
            with part.open("rb") as file:
                os.fsync(file.fileno())
            part.replace(folder / name)
            kept.add(name)
    beside = format.beside(tuple(sorted(counts))) if counts else {}
    for name, data in beside.items():
        write_whole(folder / name, data)
    for path in (*folder.glob("*.jsonl"), *folder.glob(f"*{format.INFO.suffix}"), *(() if counts else [folder / CARD])):
        if path.name not in kept:
            path.unlink(missing_ok=True)
    return {folder / names(split, format)[0]: counts[split] for split in sorted(counts)}


def _publish_sounds(folder: Path) -> None:
    """The copies of this export stand in for those of the last: a sound that no row names must not stay behind."""
    staged, place = folder / exports.STAGED_AUDIO, folder / AUDIO_FOLDER
    if place.exists():
        place.rename(folder / ".replaced.part")
    if staged.exists():
        staged.rename(place)


@contextmanager
def parts_removed(folder: Path) -> Iterator[None]:
    """The folder, made, in which nothing half done stays behind."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _remove_parts(folder)
        try:
            yield
        finally:
            _remove_parts(folder)
    except OSError as error:
        raise SetupError(f"{folder} cannot be written: {error.strerror or error}") from error


def _remove_parts(folder: Path) -> None:
    for part in folder.glob(".*.part"):
        if part.is_dir():
            shutil.rmtree(part)
        else:
            with suppress(FileNotFoundError):
                part.unlink()
