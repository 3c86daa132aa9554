"""Medley-solos-DB: three seconds of one of eight instruments, playing alone.

The folder holds Medley-solos-DB_metadata.csv and the sounds, in itself or in a folder below it, as
`Medley-solos-DB_validation-3_UUID.wav`: 32-bit floating-point samples, one channel, 2.972 s.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from audio_cogito.errors import SetupError
from audio_cogito.ledger import Failure
from audio_cogito.reading import disk, rows, tables
from audio_cogito.reading.disk import Holdings
from audio_cogito.reading.tables import Line
from audio_cogito.sources import SourceInfo
from audio_cogito.types import Attribute, Facts, Recording

LICENCE = "CC-BY-4.0"
INFO = SourceInfo(
    title="Medley-solos-DB",
    homepage="https://zenodo.org/records/3464194",
    licence=LICENCE,
    citation="Lostanlen and Cella, Deep convolutional networks on the pitch spiral for musical instrument recognition, "
    "ISMIR 2016",
    counts={"training": 5841, "validation": 3494, "test": 12236},
    domains=("music",),
    skill="instruments",
)
"""The counts are of mirdata's index of version 1.2."""
COLUMNS = ("subset", "instrument", "instrument_id", "song_id", "uuid4")
INSTRUMENTS = (
    "clarinet", "distorted electric guitar", "female singer", "flute", "piano", "tenor saxophone", "trumpet", "violin",
)  # fmt: skip
"""By `instrument_id`."""

Split = Literal["training", "validation", "test"]
SPLITS: dict[str, str] = {"training": "train", "validation": "dev", "test": "test"}


class Settings(disk.Lying, kw_only=True):
    splits: tuple[Split, ...] = ("training",)


def recordings(settings: Settings) -> Iterator[Recording | Failure]:
    places = disk.folders(settings)
    path = disk.find(places, r"Medley-solos-DB_metadata\.csv")
    if path is None:
        raise SetupError(f"there is no Medley-solos-DB_metadata.csv near {places[0]}")
    sounds = disk.folders(disk.Lying(path=settings.path))
    return _recordings(tables.delimited(path, COLUMNS), sounds, settings)


def _recordings(
    lines: Iterator[Line | Failure], places: list[Path], settings: Settings
) -> Iterator[Recording | Failure]:
    held = Holdings()
    for line in lines:
        if isinstance(line, Failure):
            yield line
        elif line.cells["subset"] not in SPLITS:
            yield rows.failure(line.where, f"no subset: {line.cells['subset']!r}")
        elif line.cells["subset"] in settings.splits:
            try:
                yield _recording(line.where, line.cells, places, held)
            except ValueError as error:
                yield rows.failure(line.where, error)


def _recording(where: str, row: dict[str, str], places: list[Path], held: Holdings) -> Recording | Failure:
    instrument, number = row["instrument"], row["instrument_id"]
    if number not in map(str, range(len(INSTRUMENTS))) or INSTRUMENTS[int(number)] != instrument:
        raise ValueError(f"instrument {number!r} is not {instrument!r}")
    if not row["uuid4"] or not row["song_id"]:
        raise ValueError("has no uuid4 or no song_id")
    name = f"Medley-solos-DB_{row['subset']}-{number}_{row['uuid4']}.wav"
    path = next((path for place in places if (path := held.find(disk.below(place, name)))), None)
    if path is None:
        return rows.failure(where, f"there is no audio file {name}", "missing")
    return Recording(
        source="medley_solos_db",
        path=str(path),
        source_id=row["uuid4"],
        group=f"medley_solos_db:song:{row['song_id']}",
        split=SPLITS[row["subset"]],
        licence=LICENCE,
        domains=INFO.domains,
        facts=Facts(attributes=(Attribute(key="instruments", value=instrument, origin="human"),)),
    )
