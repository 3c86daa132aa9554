"""Recordings that scenes are made of: cut to what sounds in them, by label and split.

A label has to say all that is heard in its recording and to exclude every other label: a recording with several labels
is not taken, since a scene's truth would not be exact.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

import numpy as np

from audio_cogito import audio
from audio_cogito.synth.library import Kind
from audio_cogito.synth.voices import Draw, Wave
from audio_cogito.types import Domain, Record

LASTING = 1.5
"""Seconds from which on a recording can be a track."""
SOUNDING_DB = -40.0
"""A recording sounds from the first to the last 10 ms that lie less than this below its loudest 10 ms."""


class Take(Record):
    """One recording of a sound: what of it sounds."""

    label: str
    path: str
    domain: Domain
    split: str
    skip: float
    """Seconds of quiet before it."""
    seconds: float
    """How long it sounds."""
    licence: str | None = None


class Material:
    """Takes by label."""

    def __init__(self, takes: Iterable[Take]) -> None:
        self.takes: dict[str, list[Take]] = {}
        for take in takes:
            self.takes.setdefault(take.label, []).append(take)
        self.kinds: Mapping[str, Kind] = {label: _kind(label, found) for label, found in sorted(self.takes.items())}

    def within(self, split: str) -> Material | None:
        """What belongs to a split; None where that is nothing."""
        takes = [take for found in self.takes.values() for take in found if take.split == split]
        return Material(takes) if takes else None

    def take(self, label: str, draw: Draw) -> Take:
        found = self.takes[label]
        return found[int(draw.integers(len(found)))]


def _kind(label: str, takes: list[Take]) -> Kind:
    shortest = min(take.seconds for take in takes)
    longest = min(1.0, max(take.seconds for take in takes))
    domain = takes[0].domain
    return Kind(
        name=label, domain=domain, family=domain, seconds=(min(0.5, longest), longest), lasting=shortest >= LASTING
    )


@lru_cache(maxsize=512)
def samples(path: str) -> Wave:
    """A recording as the models would hear it, full scale at 1."""
    return audio.resample(audio.decode(Path(path))).astype(np.float32) / np.float32(32768)


def sounding(heard: Wave) -> tuple[float, float]:
    """Where a recording begins to sound, and for how long; in seconds."""
    frame = audio.RATE // 100
    power = np.add.reduceat(heard**2, np.arange(0, len(heard), frame))
    loud = np.flatnonzero(power > power.max() * 10 ** (SOUNDING_DB / 10))
    first, last = int(loud[0]) * frame, min(len(heard), (int(loud[-1]) + 1) * frame)
    return first / audio.RATE, (last - first) / audio.RATE
