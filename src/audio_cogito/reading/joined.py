"""Dialogues of which each turn is a file of its own: joined to one sound, with the times of the turns in it.

The joined sound is what models hear, 16 kHz mono FLAC, one turn after the other without gaps: the pauses of the real
dialogue are not known. It is made once, under a name that its turns' files give it; changed files make another.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
import soundfile

from audio_cogito import audio
from audio_cogito.errors import SetupError
from audio_cogito.hearing import decoding
from audio_cogito.hearing.sound import NotInstalled, Undecodable
from audio_cogito.store import write_whole
from audio_cogito.types import Record, Span, identity

LONGEST = 600.0
"""Seconds of a joined sound. A longer one has a turn that was cut wrongly."""


class Joined(Record):
    """Where the joined sound lies, and where in it each part is heard."""

    path: str
    spans: tuple[Span, ...]


class Unjoinable(Exception):
    """A part cannot be had; the message names it."""


def join(parts: Sequence[Path], folder: Path, name: str) -> Joined:
    """One sound of several, written below `folder` unless it is there. Raises Unjoinable; SetupError for the disk."""
    try:
        states = [part.stat() for part in parts]
    except OSError as error:
        raise Unjoinable(f"{error.filename}: {error.strerror}") from error
    mark = identity(*(f"{p}:{s.st_size}:{s.st_mtime_ns}" for p, s in zip(parts, states, strict=True)))[:12]
    target = folder / f"{name}-{mark}.flac"
    times = target.with_suffix(".json")
    if target.is_file() and times.is_file():
        return _remembered(target, times)
    sounds = [_heard(part) for part in parts]
    encoded = io.BytesIO()
    soundfile.write(encoded, np.concatenate(sounds), audio.RATE, format="FLAC", subtype="PCM_16")
    spans = _spans([len(sound) for sound in sounds])
    write_whole(target, encoded.getvalue())
    write_whole(times, msgspec.json.encode(spans))
    return Joined(path=str(target), spans=spans)


def _remembered(target: Path, times: Path) -> Joined:
    try:
        return Joined(path=str(target), spans=msgspec.json.decode(times.read_bytes(), type=tuple[Span, ...]))
    except (OSError, ValueError) as error:
        raise SetupError(f"{times} is damaged, remove it: {error}") from error


def _heard(part: Path) -> audio.Samples:
    try:
        if (seconds := decoding.duration(part)) > LONGEST:
            raise Unjoinable(f"{part}: {seconds:.0f} s, more than a turn")
        return audio.resample(decoding.decode(part))
    except (Undecodable, NotInstalled, OSError) as error:
        raise Unjoinable(f"{part}: {error}") from error


def _spans(lengths: Sequence[int]) -> tuple[Span, ...]:
    ends = np.cumsum(lengths)
    starts = ends - np.asarray(lengths)
    return tuple(
        Span(start=float(start) / audio.RATE, end=float(end) / audio.RATE)
        for start, end in zip(starts, ends, strict=True)
    )
