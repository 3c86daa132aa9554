"""AudioSet-strong: clips of AudioSet whose sounds people marked from when to when.

The folder holds audioset_train_strong.tsv or audioset_eval_strong.tsv, mid_to_display_name.tsv (74 of the classes are
in no table of AudioSet's own), and the clips under any name of `reading.youtube`. Times count from the start of
the clip, which `segment_id` says in milliseconds of the video. The framewise table (posneg) is another thing and not
read.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from audio_cogito.ledger import Failure
from audio_cogito.reading import disk, ontology, rows, tables, youtube
from audio_cogito.reading.ontology import Classes
from audio_cogito.reading.tables import TABBED, Line
from audio_cogito.sources import SourceInfo
from audio_cogito.sources.audioset import LICENCE
from audio_cogito.types import Event, Facts, Recording, Statement

INFO = SourceInfo(
    title="AudioSet, temporally strong labels",
    homepage="https://research.google.com/audioset/download_strong.html",
    licence=LICENCE,
    citation="Hershey et al., The Benefit of Temporally-Strong Labels in Audio Event Classification, ICASSP 2021",
    counts={"train": 103463, "eval": 16996},
    domains=("sound",),
    skill="sound events in time",
)
COLUMNS = ("segment_id", "start_time_seconds", "end_time_seconds", "label")

Split = Literal["train", "eval"]
SPLITS: dict[Split, str] = {"train": "train", "eval": "test"}


class Settings(disk.Lying, kw_only=True):
    splits: tuple[Split, ...] = ("train",)


Marked = tuple[float, float, str]
"""Start and end in seconds, and the class."""


def recordings(settings: Settings) -> Iterator[Recording | Failure]:
    places = disk.folders(settings)
    classes = ontology.read(places)
    found = {split: path for split in SPLITS if (path := disk.find(places, rf"(?:.*[_-])?{split}_strong\.tsv"))}
    files = disk.chosen(settings.splits, found, (), f"audioset_train_strong.tsv near {places[0]}")
    said = {split: tables.delimited(path, COLUMNS, TABBED) for split, path in files.items()}
    return _recordings(files, said, classes, settings)


def _recordings(
    files: dict[Split, Path], said: dict[Split, Iterator[Line | Failure]], classes: Classes, settings: Settings
) -> Iterator[Recording | Failure]:
    clips = youtube.clips(settings.path)
    yield from clips.failures
    for split, lines in said.items():
        segments: dict[str, list[Marked]] = {}
        for line in lines:
            if failure := line if isinstance(line, Failure) else _mark(segments, line.where, line.cells, classes):
                yield failure
        for segment, marked in segments.items():
            yield _recording(f"{files[split]}:{segment}", segment, marked, clips, split, classes)


def _mark(segments: dict[str, list[Marked]], where: str, row: dict[str, str], classes: Classes) -> Failure | None:
    try:
        start, end = float(row["start_time_seconds"]), float(row["end_time_seconds"])
        if not 0 <= start < end < float("inf"):
            raise ValueError(f"no times of an event: {start:g} to {end:g}")
        _video_and_start(row["segment_id"])
        classes.name(row["label"])
    except rows.UNREADABLE as error:
        return rows.failure(where, error)
    segments.setdefault(row["segment_id"], []).append((start, end, row["label"]))
    return None


def _video_and_start(segment: str) -> tuple[str, float]:
    video, _, milliseconds = segment.rpartition("_")
    if not (youtube.ID.fullmatch(video) and milliseconds.isascii() and milliseconds.isdecimal()):
        raise ValueError(f"no segment, an id and milliseconds: {segment!r}")
    return video, int(milliseconds) / 1000


def _recording(
    where: str, segment: str, marked: list[Marked], clips: youtube.Clips, split: Split, classes: Classes
) -> Recording | Failure:
    video, start = _video_and_start(segment)
    place = clips.find(video, start)
    if place is None:
        return rows.failure(where, clips.why_none(video), "missing")
    mids = tuple(dict.fromkeys(mid for _, _, mid in marked))
    return Recording(
        source="audioset_strong",
        path=place.path,
        member=place.member,
        source_id=video,
        source_time=start,
        group=f"youtube:{video}",
        split=SPLITS[split],
        licence=LICENCE,
        domains=classes.domains(mids),
        facts=Facts(
            labels=tuple(Statement(text=classes.name(mid), origin="human") for mid in mids),
            events=tuple(
                Event(label=classes.name(mid), start=begins, end=ends, origin="human")
                for begins, ends, mid in sorted(marked)
            ),
        ),
    )
