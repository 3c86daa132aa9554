"""AudioSet: ten-second clips of YouTube videos, each with the classes that people heard in it, without times.

The folder holds the segments (balanced_train_segments.csv, unbalanced_train_segments.csv, eval_segments.csv, as
published or re-saved), class_labels_indices.csv or ontology.json, and the clips under any name that
`reading.youtube` knows, in tar or zip too, or as parquet (agkphysics/AudioSet). Parquet without segments is read
by itself: it knows no times. A copy that a spreadsheet opened, with ids that have become #NAME?, is refused, since
those clips cannot be found again.

With an ontology each clip's domains follow its classes. Many clips are gone from YouTube: a row without a sound is a
`Failure`. The labels are CC BY 4.0 as the homepage states; the sounds belong to those who published them.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from audio_cogito.errors import SetupError
from audio_cogito.hearing.sound import NotInstalled, Undecodable
from audio_cogito.ledger import Failure
from audio_cogito.reading import disk, ontology, rows, tables, youtube
from audio_cogito.reading.ontology import Classes
from audio_cogito.sources import SourceInfo
from audio_cogito.types import Facts, Record, Recording, Statement

LICENCE = "CC-BY-4.0 (labels; the sounds are their uploaders')"
INFO = SourceInfo(
    title="AudioSet",
    homepage="https://research.google.com/audioset/",
    licence=f"{LICENCE}; ontology CC-BY-SA-4.0",
    citation="Gemmeke et al., Audio Set: An ontology and human-labeled dataset for audio events, ICASSP 2017",
    counts={"balanced_train": 22160, "unbalanced_train": 2041789, "eval": 20371},
    domains=("sound",),
    skill="sound events",
)

SEGMENTS = r"(?:.*[_-])?{}_segments\.csv"

Split = Literal["balanced_train", "unbalanced_train", "eval"]
TRAINING: tuple[Split, ...] = ("balanced_train", "unbalanced_train")
SPLITS: dict[Split, str] = {"balanced_train": "train", "unbalanced_train": "train", "eval": "test"}
"""Our names for the road, where "train" and "test" mean something."""
SHARDS: dict[Split, tuple[str, ...]] = {
    "balanced_train": ("bal_train", "balanced_train"),
    "unbalanced_train": ("unbal_train", "unbalanced_train"),
    "eval": ("eval",),
}
"""The folders of the parquet files."""


class Settings(disk.Lying, kw_only=True):
    splits: tuple[Split, ...] | None = None
    """None: the training splits that are there."""
    paths: bool = False
    """Whether a label says its place in the ontology too, "Animal > Dog > Bark": one label for each way there is."""


class Segment(Record):
    """A row of a segments file."""

    video: str
    start: float
    end: float
    mids: tuple[str, ...]


def expected(settings: Settings) -> int:
    return sum(INFO.counts[split] for split in settings.splits or _training(settings))


def _training(settings: Settings) -> list[Split]:
    """The training splits that are there, as segments or else as parquet."""
    places = disk.folders(settings)
    found = {split for split in SPLITS if disk.find(places, SEGMENTS.format(split))} or set(_tables(settings.path))
    return [split for split in TRAINING if split in found]


def recordings(settings: Settings) -> Iterator[Recording | Failure]:
    places = disk.folders(settings)
    classes = ontology.read(places)
    if settings.paths and not classes.parents:
        raise SetupError(f"paths = true needs ontology.json near {places[0]}")
    found = {split: path for split in SPLITS if (path := disk.find(places, SEGMENTS.format(split)))}
    if not found and (shards := _tables(settings.path)):
        kept = disk.chosen(settings.splits, shards, TRAINING, "parquet in bal_train, unbal_train or eval")
        return _of_tables(kept, classes, settings)
    wanted = f"balanced_train_segments.csv and the like near {places[0]}"
    files = disk.chosen(settings.splits, found, TRAINING, wanted)
    for path in files.values():
        _refuse_destroyed(path)
    return _of_segments(files, classes, settings)


def segments(path: Path) -> Iterator[tuple[str, Segment | Failure]]:
    """The rows of a segments file, however its labels are quoted."""
    for where, line in tables.lines(path):
        if isinstance(line, Failure):
            yield where, line
        elif not line.startswith("#") and not line.upper().startswith("YTID"):
            try:
                yield where, _segment(line)
            except (*rows.UNREADABLE, csv.Error) as error:
                yield where, rows.failure(where, error)


def _segment(line: str) -> Segment:
    # A blank stands between the comma and the quote; copies spread the labels over columns or quote their quotes.
    cells = next(csv.reader([line.rstrip("\r\n")], skipinitialspace=True))
    if len(cells) < 4:
        raise ValueError(f"{len(cells)} cells where a segment has four")
    mids = tuple(mid for mid in ",".join(cells[3:]).replace('"', "").replace(" ", "").split(",") if mid)
    if not youtube.ID.fullmatch(cells[0]):
        raise ValueError(f"no YouTube id: {cells[0]!r}")
    if strange := [mid for mid in mids if not ontology.MID.fullmatch(mid)] or ([] if mids else ["nothing"]):
        raise ValueError(f"no class: {strange[0]!r}")
    start, end = float(cells[1]), float(cells[2])
    if not 0 <= start < end < float("inf"):
        raise ValueError(f"no times of a segment: {cells[1]} to {cells[2]}")
    return Segment(video=cells[0], start=start, end=end, mids=mids)


def _refuse_destroyed(path: Path) -> None:
    for where, line in tables.lines(path):
        if isinstance(line, str) and line.lstrip('"').startswith("#NAME?"):
            raise SetupError(
                f"{where}: a spreadsheet has turned ids that begin with - into #NAME?: get {path.name} anew"
            )


def _of_segments(files: dict[Split, Path], classes: Classes, settings: Settings) -> Iterator[Recording | Failure]:
    clips = youtube.clips(settings.path)
    yield from clips.failures
    for split, path in files.items():
        for where, segment in segments(path):
            if isinstance(segment, Failure):
                yield segment
            elif place := clips.find(segment.video, segment.start):
                yield _recording(where, segment.video, segment, place, split, classes, settings)
            else:
                yield rows.failure(where, clips.why_none(segment.video), "missing")


def _of_tables(files: dict[Split, list[str]], classes: Classes, settings: Settings) -> Iterator[Recording | Failure]:
    for split, path in ((split, path) for split, paths in files.items() for path in paths):
        try:
            for video, member, row in youtube.table(path):
                where, mids = f"{path}:{member}", row.get("labels")
                if isinstance(mids, list) and all(isinstance(mid, str) for mid in mids):
                    place = youtube.Place(path, member, None)
                    yield _recording(where, video, tuple(mids), place, split, classes, settings)
                else:
                    yield rows.failure(where, f"labels are no list of classes: {mids!r}")
        except (Undecodable, OSError) as error:
            yield rows.failure(path, error, "undecodable")
        except NotInstalled as error:
            yield rows.failure(path, error, "not_installed")


def _recording(
    where: str,
    video: str,
    said: Segment | tuple[str, ...],
    place: youtube.Place,
    split: Split,
    classes: Classes,
    settings: Settings,
) -> Recording | Failure:
    mids = said.mids if isinstance(said, Segment) else said
    try:
        names = [name for mid in mids for name in (classes.paths(mid) if settings.paths else [classes.name(mid)])]
    except ValueError as error:
        return rows.failure(where, error)
    return Recording(
        source="audioset",
        path=place.path,
        member=place.member,
        source_id=video,
        source_time=said.start if isinstance(said, Segment) else None,
        group=f"youtube:{video}",
        split=SPLITS[split],
        licence=LICENCE,
        domains=classes.domains(mids),
        facts=Facts(labels=tuple(Statement(text=name, origin="human") for name in dict.fromkeys(names))),
    )


def _tables(folder: str) -> dict[Split, list[str]]:
    """The parquet files of each split, by the names of their folders."""
    paths = youtube.tables(folder)
    found = {split: [path for path in paths if Path(path).parent.name in names] for split, names in SHARDS.items()}
    return {split: shards for split, shards in found.items() if shards}
