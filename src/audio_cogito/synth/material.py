"""Recordings that scenes are made of: cut to what sounds in them, by label and split.

A label has to say all that is heard in its recording and to exclude every other label: a recording with several labels
is not taken, nor one whose label other recordings bear in another domain, since a scene's truth would not be exact.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import msgspec
import numpy as np

from audio_cogito import audio, shards
from audio_cogito.errors import SetupError
from audio_cogito.hearing import decoding
from audio_cogito.hearing.sound import Undecodable
from audio_cogito.run import Run
from audio_cogito.synth.library import Kind
from audio_cogito.synth.settings import SHORTEST
from audio_cogito.synth.waves import Draw, Wave
from audio_cogito.types import Clip, Domain, Record

LEAST_LABELS = 5
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
        takes = [take for take in self.all if take.split == split]
        return Material(takes) if takes else None

    @property
    def all(self) -> Iterator[Take]:
        return (take for found in self.takes.values() for take in found)

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
    return audio.rounded(audio.mix(decoding.decode(Path(path)))).astype(np.float32) / np.float32(32768)


def sounding(heard: Wave) -> tuple[float, float]:
    """Where a recording begins to sound, and for how long; in seconds."""
    frame = audio.RATE // 100
    power = np.add.reduceat(heard**2, np.arange(0, len(heard), frame))
    loud = np.flatnonzero(power > power.max() * 10 ** (SOUNDING_DB / 10))
    first, last = int(loud[0]) * frame, min(len(heard), (int(loud[-1]) + 1) * frame)
    return first / audio.RATE, (last - first) / audio.RATE


BUNDLED = Path(__file__).parent / "recordings"


def takes(name: str) -> tuple[Take, ...]:
    """The takes of the bundled recordings, or of a run's clips. Raises SetupError where there are too few."""
    found = _of_one_domain(_bundled() if name == "bundled" else _of_run(Path(name)))
    kinds = {take.label for take in found}
    if len(kinds) < LEAST_LABELS:
        raise SetupError(
            f"{name} holds {len(kinds)} labels with recordings of their own, and wrong choices need {LEAST_LABELS} "
            "(taken are clips of 0.25 s and more with one label, which is of one domain)"
        )
    return tuple(sorted(found, key=lambda take: (take.label, take.path)))


def _of_one_domain(found: Sequence[Take]) -> list[Take]:
    """Without labels that name a sound here and speech there ("household")."""
    domains: dict[str, set[Domain]] = {}
    for take in found:
        domains.setdefault(take.label, set()).add(take.domain)
    return [take for take in found if len(domains[take.label]) == 1]


def _bundled() -> list[Take]:
    rows = [msgspec.json.decode(line) for line in (BUNDLED / "manifest.jsonl").read_bytes().splitlines()]
    found = (_take(row["label"], str(BUNDLED / row["path"]), row["domain"], row["split"], "CC0-1.0") for row in rows)
    return [take for take in found if take is not None]


def _of_run(folder: Path) -> list[Take]:
    """What a run collected and selected: `cogito build RECIPE --only collect`."""
    run = Run(folder)
    sounds = audio.Sounds(Path(run.record.recipe["store"]) / "audio")
    found = []
    for _, clips in shards.inputs(run.stage("select"), Clip):
        for clip in clips:
            labels, domains = clip.recording.facts.labels, clip.recording.domains
            if len(labels) == 1 and len(domains) == 1:
                path, licence = str(sounds.path(clip.id)), clip.recording.licence
                found.append(_take(labels[0].text, path, domains[0], clip.split, licence))
    return [take for take in found if take is not None]


def _take(label: str, path: str, domain: Domain, split: str, licence: str | None) -> Take | None:
    """None for what is too short to be an event, or cannot be read any more."""
    try:
        skip, seconds = sounding(samples(path))
    except (Undecodable, OSError):
        return None
    if seconds < SHORTEST:
        return None
    return Take(label=label, path=path, domain=domain, split=split, skip=skip, seconds=seconds, licence=licence)
