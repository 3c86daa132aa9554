"""Lhotse cuts: `cuts.jsonl` or `cuts.jsonl.gz`, a cut a line, with its recording and supervisions.

A MonoCut of a file with one channel is read; what is said in it are its supervisions, one as a transcript, several as
turns with their times. Everything else is a failure that says what it is: cuts of several channels, mixed and padding
cuts, cuts with features alone, and sounds that are no file. A recording whose source is a `command` asks to have a
shell run: it is never run. Lhotse itself is not needed; it would run the command and decode on its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from audio_cogito.ledger import Failure
from audio_cogito.reading import disk, rows, tables
from audio_cogito.reading.rows import Provenance
from audio_cogito.reading.tables import Line
from audio_cogito.sources import SourceInfo
from audio_cogito.types import Recording

INFO = SourceInfo(title="Lhotse cuts", homepage="https://lhotse.readthedocs.io", domains=("speech",))
WHOLE = 0.001
"""Seconds by which a cut may differ from its recording and be the whole of it."""


class Settings(Provenance, kw_only=True):
    path: str
    """The cuts, .jsonl or .jsonl.gz."""
    root: str | None = None
    """Where relative names of sounds start; none: at the folder of the cuts."""
    split: str | None = None
    """What these are the cuts of, such as "train"; none: splits are drawn by hash."""


class Source(msgspec.Struct, frozen=True):
    type: str
    channels: list[int]
    source: Any = None


class Recorded(msgspec.Struct, frozen=True):
    sources: list[Source]
    duration: float


class Supervision(msgspec.Struct, frozen=True):
    """Times are from the start of the cut."""

    start: float
    duration: float
    text: str | None = None
    language: str | None = None
    speaker: str | None = None


class Cut(msgspec.Struct, frozen=True):
    """What is used of a cut's line."""

    id: str
    type: str
    start: float = 0.0
    duration: float = 0.0
    recording: Recorded | None = None
    supervisions: list[Supervision] = []


def recordings(settings: Settings) -> Iterator[Recording | Failure]:
    rows.check_names(settings)
    cuts = Path(settings.path)
    root = disk.folder_of(settings.root) if settings.root else cuts.parent
    lines = tables.json_lines(cuts)
    return (line if isinstance(line, Failure) else _recording(line, root, settings) for line in lines)


def _recording(line: Line, root: Path, settings: Settings) -> Recording | Failure:
    try:
        cut = msgspec.convert(line.cells, Cut)
        path = root / _file(cut)
        said: dict[str, Any] = {"source_id": f"lhotse:{cut.id}"} | _times(cut) | _words(cut)
        if settings.split is not None:
            said["split"] = settings.split
        return rows.recording(said, str(path), "lhotse", settings)
    except rows.UNREADABLE as error:
        return rows.failure(line.where, error)


def _file(cut: Cut) -> str:
    if cut.type != "MonoCut":
        raise ValueError(f"a {cut.type} is not read: only MonoCut is")
    if cut.recording is None:
        raise ValueError("the cut has no recording, only features")
    if len(cut.recording.sources) != 1 or len(cut.recording.sources[0].channels) != 1:
        raise ValueError("one of several channels is not read: cut the channel out to a file of its own")
    source = cut.recording.sources[0]
    if source.type == "command":
        raise ValueError("its sound is made by a command, which is never run: write the sound to a file")
    if source.type != "file":
        raise ValueError(f"its sound is no file but of type {source.type!r}: write the sound to a file")
    if not isinstance(source.source, str) or not source.source or "\0" in source.source:
        raise ValueError(f"its sound has no file name: {source.source!r}")
    return source.source


def _times(cut: Cut) -> dict[str, float]:
    whole = cut.recording is not None and abs(cut.duration - cut.recording.duration) <= WHOLE and cut.start <= WHOLE
    return {} if whole else {"start": cut.start, "duration": cut.duration}


def _words(cut: Cut) -> dict[str, Any]:
    """One supervision is a transcript, several are turns; those that say nothing are none."""
    spoken = [one for one in cut.supervisions if one.text and one.text.strip()]
    if len(spoken) == 1 and _covers(spoken[0], cut):
        (one,) = spoken
        stated = {"transcript": one.text, "language": one.language, "speaker": one.speaker}
        return {name: value for name, value in stated.items() if value}
    return {"turns": [_turn(one, cut) for one in sorted(spoken, key=lambda one: one.start)]} if spoken else {}


def _covers(one: Supervision, cut: Cut) -> bool:
    """Whether all of it is in the cut: of a longer one only a part is heard."""
    return one.start >= -WHOLE and one.start + one.duration <= cut.duration + WHOLE


def _turn(one: Supervision, cut: Cut) -> dict[str, Any]:
    whole = _covers(one, cut)
    said = {
        "text": one.text.strip() if whole and one.text else "",
        "start": max(0.0, one.start),
        "end": min(cut.duration, one.start + one.duration),
        "speaker": one.speaker,
        "language": one.language,
    }
    return {name: value for name, value in said.items() if value is not None}
