"""LibriSpeech: English audiobooks, an utterance a FLAC, with transcripts in capitals and without punctuation.

The folder is LibriSpeech, as unpacked: `train-clean-100/SPEAKER/CHAPTER/SPEAKER-CHAPTER-0000.flac` with
`SPEAKER-CHAPTER.trans.txt` beside, and SPEAKERS.TXT where it is kept, for whether a reader is a woman or a man. Parts
of the small corpus (train-clean-5, dev-clean-2) are parts as well. A part is of the split that its name begins with.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from audio_cogito.errors import SetupError
from audio_cogito.ledger import Failure
from audio_cogito.reading import disk, rows
from audio_cogito.reading.disk import Holdings
from audio_cogito.sources import SourceInfo
from audio_cogito.types import Attribute, Facts, Record, Recording, Statement

INFO = SourceInfo(
    title="LibriSpeech: read English from audiobooks",
    homepage="https://www.openslr.org/12",
    licence="CC-BY-4.0",
    citation="Panayotov et al., LibriSpeech, ICASSP 2015",
    counts={"train": 281_241, "dev": 5_567, "test": 5_559},
    domains=("speech",),
    skill="transcription",
)
SPLITS = ("train", "dev", "test")
PARTS = {
    "train-clean-100": 28_539, "train-clean-360": 104_014, "train-other-500": 148_688,
    "dev-clean": 2_703, "dev-other": 2_864, "test-clean": 2_620, "test-other": 2_939,
}  # fmt: skip
"""Utterances as published; the parts of the small corpus are not among them."""
SEXES = {"F": "female", "M": "male"}
LONGEST_LINE = 2**16


class Settings(Record, omit_defaults=False, kw_only=True):
    path: str
    """The folder that holds the parts."""
    splits: tuple[str, ...] = ("train",)
    """Of train, dev and test."""
    parts: tuple[str, ...] = ()
    """Only these, such as train-clean-100; none: all of the splits."""


def expected(settings: Settings) -> int | None:
    asked = settings.parts or [part for part in PARTS if _split(part) in settings.splits]
    return sum(PARTS[part] for part in asked) if set(asked) <= set(PARTS) else None


def recordings(settings: Settings) -> Iterator[Recording | Failure]:
    folder = disk.folder_of(settings.path)
    disk.check_splits(settings.splits, SPLITS)
    there = [part.name for part in disk.subfolders(folder) if _split(part.name) in settings.splits]
    for part in settings.parts:
        if part not in there:
            hint = rows.nearest(part, there) if there else "no part is there"
            raise SetupError(f"{folder} holds no part {part!r} of {', '.join(settings.splits)}; {hint}")
    if not there:
        raise SetupError(f"{folder} holds no part of {', '.join(settings.splits)}, such as train-clean-100")
    return _recordings(folder, list(settings.parts) or there, readers(folder / "SPEAKERS.TXT"))


def _split(part: str) -> str:
    return part.partition("-")[0]


def readers(path: Path) -> dict[str, str]:
    """By the number of a reader, "female" or "male"; nothing where the table is not there.

    Comments begin with `;`. A name may hold the `|` that parts the columns.
    """
    if not path.is_file():
        return {}
    lines = path.read_text("utf-8", errors="replace").splitlines()
    cells = [line.split("|", 4) for line in lines if not line.startswith(";")]
    return {row[0].strip(): SEXES[row[1].strip()] for row in cells if len(row) == 5 and row[1].strip() in SEXES}


def _recordings(folder: Path, parts: list[str], sexes: dict[str, str]) -> Iterator[Recording | Failure]:
    held = Holdings()
    for part in parts:
        for speaker in disk.subfolders(folder / part):
            for chapter in disk.subfolders(speaker):
                yield from _chapter(chapter, part, sexes.get(speaker.name), held)


def _chapter(chapter: Path, part: str, sex: str | None, held: Holdings) -> Iterator[Recording | Failure]:
    table = chapter / f"{chapter.parent.name}-{chapter.name}.trans.txt"
    try:
        file = table.open(encoding="utf-8", errors="surrogateescape")
    except OSError as error:
        yield rows.failure(str(table), f"the transcripts cannot be read: {error.strerror}", "missing")
        return
    with file:
        number = 0
        while line := file.readline(LONGEST_LINE):
            number += 1
            if line.strip():
                yield _recording(line.rstrip("\r\n"), f"{table}:{number}", chapter, part, sex, held)


def _recording(line: str, where: str, chapter: Path, part: str, sex: str | None, held: Holdings) -> Recording | Failure:
    id, _, text = line.partition(" ")
    speaker = chapter.parent.name
    if not id.startswith(f"{speaker}-{chapter.name}-") or not text.strip() or not text.isprintable():
        return rows.failure(where, f"is no transcript of this chapter: {line[:60]!a}")
    if isinstance(path := held.there(where, chapter / f"{id}.flac"), Failure):
        return path
    return Recording(
        source="librispeech",
        path=str(path),
        source_id=f"librispeech:{id}",
        group=f"librispeech:{speaker}",
        split=_split(part),
        licence=INFO.licence,
        domains=INFO.domains,
        facts=Facts(
            transcript=Statement(text=text.strip(), origin="human", language="en"),
            attributes=(Attribute(key="speaker", value=f"{sex} reader", origin="human"),) if sex else (),
        ),
    )
