"""Which videos a benchmark hears, and which seconds of them: the exact rule of decontamination.

MMAR publishes the YouTube and Bilibili addresses of its sounds with times. `mmar-videos.tsv` holds these facts alone, a
line for each video: a digest of its name, from which nobody can read the name, and the seconds that are heard. So the
rule holds for everyone, and the package is no list of a benchmark's sounds (docs/decisions/029).
"""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from audio_cogito.errors import SetupError
from audio_cogito.reading import youtube
from audio_cogito.types import Recording, identity

SHIPPED = {"mmar": Path(__file__).with_name("mmar-videos.tsv")}
"""Tables that lie in the package, by benchmark."""
ADDRESSES = (
    ("youtube", re.compile(r"(?:[?&]v=|youtu\.be/|/shorts/)([A-Za-z0-9_-]{11})(?![A-Za-z0-9_-])")),
    ("bilibili", re.compile(r"/video/(BV[A-Za-z0-9]{10})(?![A-Za-z0-9])")),
)
NAMED = re.compile(r"(BV[A-Za-z0-9]{10}|[A-Za-z0-9_-]{11})_")
"""How the ids of MMAR's items begin: an address may be shortened so that it does not say the video."""
STEM = re.compile(r"Y?([A-Za-z0-9_-]{11})(?:_.*)?")
CLOCK = re.compile(r"(?:(\d+):)?(\d{1,2}):(\d{2})")
CLIP_SECONDS = 10.0
"""How long the clips of AudioCaps are, whose tables say the start alone."""

Heard = tuple[tuple[float, float], ...]
"""Seconds of a video; none where they are not known."""
Videos = dict[str, Heard]
"""What a benchmark hears, by the digest of the video's name."""


def digest(name: str) -> str:
    """What stands for a video, such as `youtube:a3RfULw7aAY`."""
    return identity("video", name)[:16]


@cache
def shipped(benchmark: str) -> Mapping[str, Heard]:
    """The table in the package; empty for a benchmark that has none."""
    path = SHIPPED.get(benchmark)
    return loads(path.read_text("ascii")) if path else {}


def loads(text: str) -> Videos:
    lines = (line.split("\t") for line in text.splitlines() if not line.startswith("#"))
    return {video: tuple(_span(span) for span in spans.split(",") if span) for video, spans in lines}


def dumps(videos: Videos) -> str:
    return "".join(
        f"{video}\t{','.join(f'{start:g}-{end:g}' for start, end in spans)}\n"
        for video, spans in sorted(videos.items())
    )


def _span(text: str) -> tuple[float, float]:
    start, _, end = text.partition("-")
    return float(start), float(end)


def of_rows(rows: Iterable[Mapping[str, Any]]) -> Videos:
    """The videos of metadata that have `url` and `timestamp` as MMAR's do; rows without them say nothing."""
    found: Videos = {}
    for row in rows:
        for name, heard in _of_row(row):
            found[digest(name)] = tuple(sorted({*found.get(digest(name), ()), *heard}))
    return found


def _of_row(row: Mapping[str, Any]) -> Iterator[tuple[str, Heard]]:
    """One for each address; of several, which stand on lines of their own, each has its line of times."""
    url, times, id_ = row.get("url"), row.get("timestamp"), row.get("id")
    if not isinstance(url, str):
        return
    addresses, lines = url.strip().split("\n"), times.split("\n") if isinstance(times, str) else []
    begins = NAMED.match(id_) if isinstance(id_, str) and len(addresses) == 1 else None
    for number, address in enumerate(addresses):
        name = _name(address) or (begins and _with_site(begins[1]))
        if name:
            yield name, _heard(lines[number]) if number < len(lines) else ()


def _name(address: str) -> str | None:
    return next((f"{site}:{found[1]}" for site, form in ADDRESSES if (found := form.search(address))), None)


def _with_site(video: str) -> str:
    return f"bilibili:{video}" if len(video) == 12 else f"youtube:{video}"


def _heard(times: str) -> Heard:
    """`0:12,0:42;1:05,1:10` as seconds; none where one of them cannot be read, or ends before it begins."""
    found = []
    for span in times.split(";"):
        clocks = [CLOCK.fullmatch(clock.strip()) for clock in span.split(",")]
        if len(clocks) != 2 or not (clocks[0] and clocks[1]):
            return ()
        start, end = (_seconds(clock) for clock in clocks if clock)
        if start >= end:
            return ()
        found.append((start, end))
    return tuple(found)


def _seconds(clock: re.Match[str]) -> float:
    hours, minutes, seconds = (int(part or 0) for part in clock.groups())
    return float(hours * 3600 + minutes * 60 + seconds)


def of_table(path: Path) -> Videos:
    """The videos of AudioCaps' tables (`youtube_id,start_time`) and AudioSet's (`# YTID, start_seconds, end_seconds`).

    Raises SetupError where there are none.
    """
    found: Videos = {}
    try:
        with path.open(encoding="utf-8", newline="") as file:
            for name, heard in _of_lines(file):
                found[digest(name)] = tuple(sorted({*found.get(digest(name), ()), heard}))
    except (OSError, ValueError, csv.Error) as error:
        raise SetupError(f"{path} cannot be read as a table of videos: {error}") from error
    if not found:
        raise SetupError(f"{path} is no table of videos: it needs youtube_id and start_time, or AudioSet's columns")
    return found


def _of_lines(lines: Iterable[str]) -> Iterator[tuple[str, tuple[float, float]]]:
    header: list[str] = []
    for cells in csv.reader(lines, skipinitialspace=True):
        if "youtube_id" in cells and "start_time" in cells:
            header = cells
        elif header and len(cells) == len(header):
            row = dict(zip(header, cells, strict=True))
            start = float(row["start_time"])
            yield f"youtube:{row['youtube_id']}", (start, start + CLIP_SECONDS)
        elif len(cells) >= 4 and youtube.ID.fullmatch(cells[0]):
            yield f"youtube:{cells[0]}", (float(cells[1]), float(cells[2]))


def names(recording: Recording) -> Iterator[str]:
    """The videos that a recording may be of: as its source says, and as its file's name does."""
    if recording.group is not None and recording.group.startswith(("youtube:", "bilibili:")):
        yield recording.group
    stem = os.path.splitext(os.path.basename(recording.member or recording.path))[0]  # noqa: PTH119, PTH122
    said = STEM.fullmatch(stem)
    for video in (recording.source_id, said[1] if said else None):
        if video is not None and youtube.ID.fullmatch(video):
            yield f"youtube:{video}"
    if stem.startswith("BV") and (found := NAMED.match(f"{stem}_")):
        yield _with_site(found[1])
