"""A scene as data: which sound, when, how long, how loud, how high, over which background, in which room.

`compose` (composing.py) draws it, `render` makes it heard, `questions` asks about it. Two kinds (Audio-Reasoner,
appendix B.1):

    temporal     short sounds one after the other, a few of them more than once
    composite    long tracks that overlap, each another sound, of domains that are asked for (`mixtures`)

Everything is drawn from a hash of the random seed and the scene's index, so scene i is the same whatever else is made.
Loudness is that of ITU-R BS.1770 (K-weighted, its loudest 0.4 s), in dB relative to full scale before the whole scene
is turned down where it would clip: differences count.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Literal

import numpy as np

from audio_cogito.synth.library import BACKGROUNDS, DOMAINS, Pitch
from audio_cogito.synth.waves import Draw
from audio_cogito.types import Domain, Record

Form = Literal["temporal", "composite"]


class Placed(Record):
    """A sound in its place."""

    kind: str
    """A name of the library, or the label of a recording."""
    start: float
    seconds: float
    level_db: float
    random_seed: int = 0
    """What the details of its samples are drawn from."""
    pitch: Pitch | None = None
    hertz: float | None = None
    recording: str | None = None
    """The file that it is cut from, for a sound that is no voice of the library."""
    skip: float = 0.0
    """Seconds into the recording."""
    domain: Domain = "sound"

    @property
    def end(self) -> float:
        return self.start + self.seconds


class Room(Record):
    """Reverberation: noise that dies away by 60 dB in `seconds`, so far below the direct sound."""

    seconds: float
    below_db: float
    random_seed: int


class Band(Record):
    """What a line or a small speaker lets through, in hertz."""

    low: float
    high: float


class Scene(Record):
    """A score. Events stand in order of their start."""

    random_seed: int
    index: int
    form: Form
    seconds: float
    events: tuple[Placed, ...]
    split: str = "train"
    background: str | None = None
    background_seed: int = 0
    snr_db: float | None = None
    """By how much the background lies below the quietest event; None without a background."""
    front: str | None = None
    """In a mixture of domains, the sound that stands in front of the others."""
    front_db: float | None = None
    """By how much its level lies above that of the other tracks taken together, of their powers summed."""
    room: Room | None = None
    band: Band | None = None
    codec: Literal["ulaw", "mp3", "vorbis"] | None = None

    @property
    def id(self) -> str:
        return f"{self.random_seed}-{self.index:07d}"

    @property
    def made_from(self) -> tuple[str, ...]:
        """The recordings that are in it."""
        return tuple(sorted({event.recording for event in self.events if event.recording}))

    @property
    def domains(self) -> tuple[Domain, ...]:
        """In the order sound, speech, music."""
        there = {event.domain for event in self.events} | ({BACKGROUNDS[self.background]} if self.background else set())
        return tuple(domain for domain in DOMAINS if domain in there)

    @property
    def modality(self) -> str:
        """As MMAR calls it: `sound`, or `mix-sound-music-speech` where there are several domains."""
        there = [domain for domain in ("sound", "music", "speech") if domain in self.domains]
        return "-".join(["mix", *there] if len(there) > 1 else there)

    @property
    def background_db(self) -> float:
        """The level of the background."""
        return min(event.level_db for event in self.events) - (self.snr_db or 0.0)


def draw_for(random_seed: int, index: int, purpose: str = "scene") -> Draw:
    """The generator of one scene for one purpose: neither shifts what another draws."""
    digest = blake2b(f"{random_seed}\n{index}\n{purpose}".encode(), digest_size=16).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest, "big")))
