"""MusicBench: ten seconds of music from MusicCaps, and copies changed in pitch, tempo or level, all with captions.

The folder holds MusicBench_train.json and the like (JSON lines) and `datashare` as it is unpacked. Captions are
rewritten by a program in the training split, and tempo, key and chords are estimates of programs from the sound of the
row, so that a changed copy has those of its change: all of origin "tool". Copies share the group of their video. A row
that is flagged as part of AudioSet's eval is of the split `audioset_eval`, whatever file it stands in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import msgspec

from audio_cogito.ledger import Failure
from audio_cogito.reading import disk, rows, tables
from audio_cogito.reading.disk import Holdings
from audio_cogito.sources import SourceInfo
from audio_cogito.types import Attribute, Facts, Recording, Statement

LICENCE = "CC-BY-SA-3.0"
INFO = SourceInfo(
    title="MusicBench",
    homepage="https://huggingface.co/datasets/amaai-lab/MusicBench",
    licence=LICENCE,
    citation="Melechovsky et al., Mustango: Toward Controllable Text-to-Music Generation, NAACL 2024",
    counts={"train": 52768, "test_A": 400, "test_B": 400},
    domains=("music",),
    skill="captions of music, tempo, key, chords",
)
"""test_A and test_B have the same sounds, without and with sentences on tempo, key, chords and beats."""
NAME = re.compile(r"([A-Za-z0-9_-]{11})(?:_[0-9]+)?\.wav")

File = Literal["train", "test_A", "test_B"]
Split = Literal["train", "test_A", "test_B", "audioset_eval"]
FILES: tuple[File, ...] = ("train", "test_A", "test_B")


class Settings(disk.Lying, kw_only=True):
    splits: tuple[Split, ...] = ("train",)
    """audioset_eval: the flagged rows of the files that are there."""


class Row(msgspec.Struct):
    """A line as published; other fields are left alone, since the same things stand in them as sentences or times."""

    location: str
    main_caption: str | None = None
    alt_caption: str | None = None
    bpm: float | None = None
    key: list[str] | None = None
    chords: list[str] | None = None
    is_audioset_eval_mcaps: bool | None = None


def recordings(settings: Settings) -> Iterator[Recording | Failure]:
    places = disk.folders(settings)
    found = {file: path for file in FILES if (path := disk.find(places, rf"MusicBench_{file}\.json"))}
    wanted = f"MusicBench_train.json and the like near {places[0]}"
    named = tuple(file for file in FILES if file in settings.splits)
    files = disk.chosen(named, found, FILES, wanted)
    if "audioset_eval" in settings.splits:
        files = disk.chosen(None, found, FILES, wanted)
    root = Path(settings.path)
    return _recordings(files, disk.place(root, "datashare") or root, settings)


def _recordings(files: dict[File, Path], folder: Path, settings: Settings) -> Iterator[Recording | Failure]:
    held = Holdings()
    for file, line in ((file, line) for file, path in files.items() for line in tables.json_lines(path)):
        if isinstance(line, Failure):
            yield line
            continue
        try:
            row = msgspec.convert(line.cells, Row)
            split: Split = "audioset_eval" if row.is_audioset_eval_mcaps else file
            if split in settings.splits:
                yield _recording(line.where, row, folder, split, held)
        except rows.UNREADABLE as error:
            yield rows.failure(line.where, error)


def _recording(where: str, row: Row, folder: Path, split: Split, held: Holdings) -> Recording | Failure:
    named, name = disk.below(folder, row.location), NAME.fullmatch(row.location.rpartition("/")[2])
    if name is None:
        raise ValueError(f"the location names no video: {row.location!r}")
    if isinstance(path := held.there(where, named), Failure):
        return path
    captions = dict.fromkeys(text.strip() for text in (row.main_caption, row.alt_caption) if text and text.strip())
    return Recording(
        source="musicbench",
        path=str(path),
        source_id=name[1],
        group=f"youtube:{name[1]}",
        split="train" if split == "train" else "test",
        licence=LICENCE,
        domains=INFO.domains,
        facts=Facts(
            captions=tuple(Statement(text=text, origin="tool", language="en") for text in captions),
            attributes=tuple(_attributes(row)),
        ),
    )


def _attributes(row: Row) -> Iterator[Attribute]:
    if row.bpm is not None:
        yield Attribute(key="bpm", value=f"{row.bpm:g}", origin="tool")
    if row.key and all(row.key):
        yield Attribute(key="key", value=" ".join(row.key), origin="tool")
    if row.chords:
        yield Attribute(key="chords", value=" ".join(row.chords), origin="tool")
