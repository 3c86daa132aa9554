"""Clips of YouTube videos on a disk, under the names that downloaders give them. There is no official one:

    ID.wav                        ESPnet; also ID/audio.wav
    YID.wav                       PANNs, WavCaps: Y because an id may begin with "-"
    ID_30.000.flac  ID_30.wav     AST; AudioCaps
    ID_30000_40000.flac           audiosetdl, in milliseconds; AudioSet-strong's ids are ID_30000
    ID_30-40.wav  ID_30.000_40.000.wav

An id is 11 characters of A-Z, a-z, 0-9, "_" and "-", so that a name is never split at "_"; one that begins with Y is
told from a prefix by what is left. The same names may stand in tar and zip. In parquet a column says the id.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from audio_cogito.hearing import archives
from audio_cogito.hearing.sound import NotInstalled, Undecodable
from audio_cogito.ledger import Failure
from audio_cogito.reading import columns, disk, rows

ID = re.compile(r"[A-Za-z0-9_-]{11}")
NAME = re.compile(r"([A-Za-z0-9_-]{11})(?:_([0-9]+(?:\.[0-9]+)?)(?:[_-][0-9]+(?:\.[0-9]+)?)?)?")
SLACK = 0.05
"""Seconds by which the start in a name and that in a row may differ: names are rounded."""
COLUMNS = ("video_id", "youtube_id")


class Place(NamedTuple):
    path: str
    member: str | None
    start: float | None
    """What the name says, in seconds or in milliseconds; None where it says nothing."""


class Clips(NamedTuple):
    """What was found, by the id of the video, in the order of reading."""

    places: dict[str, tuple[Place, ...]]
    failures: tuple[Failure, ...]

    def find(self, video: str, start: float) -> Place | None:
        """The clip that begins there: one whose name says so, else one whose name says no time."""
        found = self.places.get(video, ())
        stated = [place for place in found if place.start is not None and _same(place.start, start)]
        return next(iter(stated or [place for place in found if place.start is None]), None)

    def why_none(self, video: str) -> str:
        if found := self.places.get(video):
            return f"the only sound of {video} begins at another time: {found[0].path}"
        return f"there is no sound of {video}"


def parsed(stem: str) -> tuple[str, float | None] | None:
    """The id and the start that a file's name says, without its ending; None where it is no clip of a video."""
    found = NAME.fullmatch(stem) or (NAME.fullmatch(stem[1:]) if stem.startswith("Y") else None)
    if not found:
        return None
    return found[1], float(found[2]) if found[2] else None


def clips(folder: str) -> Clips:
    """All clips below a folder. Some 0.4 kB of memory for each."""
    places: dict[str, tuple[Place, ...]] = {}
    failures: list[Failure] = []
    for found in disk.sounds(folder):
        if isinstance(found, Failure):
            failures.append(found)
            continue
        for video, place in _of_file(found, failures):
            places[video] = (*places.get(video, ()), place)
    return Clips(places, tuple(failures))


def tables(folder: str) -> list[str]:
    return [path for path in disk.sounds(folder) if isinstance(path, str) and path.lower().endswith(".parquet")]


def table(path: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """The rows of a parquet file of clips: video, member and all that they say. Raises Undecodable, NotInstalled."""
    parquet = columns.Parquet(Path(path))
    sounds = parquet.columns()
    for number, row in enumerate(parquet.rows()):
        video = next((row[column] for column in COLUMNS if column in row), None)
        if len(sounds) != 1 or not isinstance(video, str):
            raise Undecodable("is no table of clips: it needs video_id and one column of sounds")
        yield video, f"{sounds[0]}/{number}", row


def _of_file(path: str, failures: list[Failure]) -> Iterator[tuple[str, Place]]:
    if not archives.is_archive(path):
        yield from _of_name(path, path, None)
        return
    try:
        if path.lower().endswith(".parquet"):
            for video, member, row in table(path):
                yield video, Place(path, member, _start(row))
        else:
            for name in archives.names(Path(path)):
                yield from _of_name(name, path, name)
    except (Undecodable, OSError) as error:
        failures.append(rows.failure(path, error, "undecodable"))
    except NotInstalled as error:
        failures.append(rows.failure(path, error, "not_installed"))


def _of_name(name: str, path: str, member: str | None) -> Iterator[tuple[str, Place]]:
    parent, base = os.path.split(name)
    stem = os.path.splitext(base)[0]  # noqa: PTH122
    if said := parsed(os.path.basename(parent) if stem == "audio" else stem):  # noqa: PTH119
        yield said[0], Place(path, member, said[1])


def _start(row: dict[str, Any]) -> float | None:
    said = row.get("start_time")
    return float(said) if isinstance(said, int | float) else None


def _same(stated: float, start: float) -> bool:
    return abs(stated - start) <= SLACK or abs(stated / 1000 - start) <= SLACK
