"""Which clips share seconds with a benchmark's sound, by fingerprints.

The fingerprints, and the index that compares them, come from elsewhere and are named here by what is asked of them.
What was found for a set of clips and sounds is remembered beside the prints, so that a rerun compares nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import blake2b
from typing import Protocol

import msgspec

from audio_cogito.types import Record

Clips = Callable[[], Iterator[str]]
"""Ids of clips, in order, to be gone through more than once."""


class Like(Record):
    """A benchmark's sound with which a clip has seconds in common."""

    clip: str
    sound: str
    """The clip id of the benchmark's sound."""
    seconds: float
    """How many they have in common."""


class Likeness(Protocol):
    """Whatever tells clips that are like some sounds."""

    def matches(self, sounds: Sequence[str], clips: Clips) -> Iterable[Like]:
        """For each clip that shares seconds with one of these sounds the most alike, by the order of clips."""


class Match(Protocol):
    """A recording that shares a stretch with the one that an index was asked about."""

    @property
    def id(self) -> str: ...
    @property
    def common(self) -> float:
        """Seconds that both have."""


class Index(Protocol):
    """Prints by id."""

    def add(self, id: str, print: bytes, /) -> None: ...
    def matches(self, print: bytes, /) -> Sequence[Match]:
        """The longest stretch first."""


class Prints(Protocol):
    """The prints of clips and sounds that were heard, and what was found of sets of them."""

    def of(self, ids: Iterable[str], /) -> Iterator[tuple[str, bytes]]: ...
    def alike(self, clips: str, /) -> bytes | None: ...
    def found_alike(self, clips: str, pairs: bytes, /) -> None: ...


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(list[Like]).decode


class ByPrint:
    """Likeness by fingerprints of one version."""

    def __init__(self, prints: Prints, index: Callable[[], Index], version: str) -> None:
        self._prints, self._index, self._version = prints, index, version

    def matches(self, sounds: Sequence[str], clips: Clips) -> list[Like]:
        key = self._key(sounds, clips)
        if (remembered := self._prints.alike(key)) is not None:
            return _decode(remembered)
        found = list(self._compared(sounds, clips))
        self._prints.found_alike(key, _encode(found))
        return found

    def _key(self, sounds: Sequence[str], clips: Clips) -> str:
        """A name for these sounds and these clips."""
        digest = blake2b(f"benchmarks\n{self._version}\n{len(sounds)}\n".encode(), digest_size=16)
        for id in (*sounds, *clips()):
            digest.update(f"{id}\n".encode())
        return digest.hexdigest()

    def _compared(self, sounds: Sequence[str], clips: Clips) -> Iterator[Like]:
        index = self._index()
        for id, print in self._prints.of(sounds):
            index.add(id, print)
        for id, print in self._prints.of(clips()):
            if found := index.matches(print):
                yield Like(clip=id, sound=found[0].id, seconds=found[0].common)
