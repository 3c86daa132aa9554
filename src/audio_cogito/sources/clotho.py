"""Clotho 2.1: sounds of Freesound, 15 to 30 s, with five captions each.

The folder holds clotho_captions_development.csv and the like, clotho_metadata_development.csv (keywords, Freesound ids
and a licence for each sound, in Latin-1), and the sounds in `development`, `validation` and `evaluation`, or under
`clotho_audio_files`. Names are taken as they are: blanks at their ends and `&amp;` in them are real, and four stand in
two splits. Without the metadata the captions alone are read, and no licence is known. The test split has no captions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from audio_cogito.errors import SetupError
from audio_cogito.ledger import Failure
from audio_cogito.reading import disk, rows, tables
from audio_cogito.reading.disk import Holdings
from audio_cogito.reading.tables import Dialect, Line
from audio_cogito.sources import SourceInfo
from audio_cogito.types import Facts, Recording, Statement

INFO = SourceInfo(
    title="Clotho 2.1",
    homepage="https://zenodo.org/records/4783391",
    licence="each sound its own Creative Commons licence; captions: Tampere University, non-commercial, attribution",
    citation="Drossos et al., Clotho: An Audio Captioning Dataset, ICASSP 2020",
    counts={"development": 3839, "validation": 1045, "evaluation": 1045},
    domains=("sound",),
    skill="captions of sounds",
)
CAPTIONS = tuple(f"caption_{number}" for number in range(1, 6))
COLUMNS = ("file_name", "keywords", "sound_id", "start_end_samples", "license")
RATE = 44100
"""Samples in a second of `start_end_samples`."""
SAMPLES = re.compile(r"\[([0-9]+), [0-9]+\]")

Split = Literal["development", "validation", "evaluation"]
SPLITS: dict[Split, str] = {"development": "train", "validation": "dev", "evaluation": "test"}


class Settings(disk.Lying, kw_only=True):
    splits: tuple[Split, ...] = ("development",)


def recordings(settings: Settings) -> Iterator[Recording | Failure]:
    places = disk.folders(settings)
    found = {split: path for split in SPLITS if (path := disk.find(places, f"clotho_captions_{split}.csv"))}
    wanted = f"clotho_captions_development.csv near {places[0]}"
    files = disk.chosen(settings.splits, found, (), wanted)
    captions = {split: tables.delimited(path, ("file_name", *CAPTIONS)) for split, path in files.items()}
    said = {split: _metadata(disk.find(places, f"clotho_metadata_{split}.csv")) for split in files}
    folders, held = {split: _sounds(Path(settings.path), split) for split in files}, Holdings()
    return (
        line if isinstance(line, Failure) else _recording(line, said[split], folders[split], split, held)
        for split, lines in captions.items()
        for line in lines
    )


def _metadata(path: Path | None) -> dict[str, dict[str, str]]:
    """By name of the file. Raises SetupError for a row that cannot be read: its sound would lose its licence."""
    found = tables.certain(path, COLUMNS, Dialect(encoding="latin-1")) if path else ()
    return {row["file_name"]: row for row in found}


def _sounds(root: Path, split: Split) -> Path:
    """The folder of a split's sounds: the nearest of its name."""
    if (found := disk.place(root, split, f"clotho_audio_{split}")) is None:
        raise SetupError(f"there is no folder {split} with the sounds near {root}")
    return found


def _recording(
    line: Line, metadata: dict[str, dict[str, str]], folder: Path, split: Split, held: Holdings
) -> Recording | Failure:
    name = line.cells["file_name"]
    try:
        named = disk.below(folder, name)
        said = metadata.get(name, {})
        captions = [caption for column in CAPTIONS if (caption := line.cells[column].strip())]
        if not captions:
            raise ValueError("has no caption")
        started = _started(said.get("start_end_samples", ""))
    except ValueError as error:
        return rows.failure(line.where, error)
    if isinstance(path := held.there(line.where, named), Failure):
        return path
    sound = said.get("sound_id", "")
    known = sound.isascii() and sound.isdecimal()
    keywords = [word.strip() for word in said.get("keywords", "").split(";")]
    return Recording(
        source="clotho",
        path=str(path),
        source_id=sound if known else None,
        source_time=started if known else None,
        group=f"freesound:{sound}" if known else None,
        split=SPLITS[split],
        licence=said.get("license") or None,
        domains=INFO.domains,
        facts=Facts(
            captions=tuple(Statement(text=caption, origin="human", language="en") for caption in captions),
            labels=tuple(Statement(text=word, origin="human") for word in keywords if word),
        ),
    )


def _started(samples: str) -> float | None:
    """Seconds into the original sound; None where nothing is said."""
    if not samples:
        return None
    found = SAMPLES.fullmatch(samples)
    if not found:
        raise ValueError(f"start_end_samples are no two numbers: {samples!r}")
    return int(found[1]) / RATE
