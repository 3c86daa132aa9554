"""Which recordings are the same for three seconds or more: an index of fingerprints.

A frame of a print is looked up by its word of signs. Each place where the same word stands is looked at: do the frames
around it agree, too, where both are sure? Where they do, the two are laid over each other and compared whole. What is
common is what lies in windows of `shortest` seconds in which at most `MOST_WRONG` of the signs that both are sure of
differ. Copies differ in one of a hundred, strangers in every second.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from audio_cogito.hearing.fingerprint import HOP_SECONDS, SHORTEST, SPAN_SECONDS, Print, Words, read
from audio_cogito.types import Record

MOST_WRONG = 0.05
"""Share of the signs, of those that both are sure of."""
LEAST_SURE = 5.0
"""Signs a frame, on average over a window, that both are sure of; of 32. Less is silence or a held tone."""
TELLING = 12
"""Sure signs of a frame that is looked up."""
AROUND = 12
"""Frames on either side of a hit that are looked at first."""
MOST_PLACES = 4096
"""A word that stands in more places than this tells nothing and is not followed."""
AGAIN = range(5, 32)
"""Frames, up to a second, after which a hum, a trill or a ticking is what it was. A print that agrees with itself so
late says that something repeats, and not what."""
MOST_OFFSETS = 4
"""Ways to lay one recording over another that are tried: what repeats itself has many."""

Truths = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.int64]


class Match(Record):
    """A recording of the index that shares a stretch with the one asked about."""

    id: str
    offset: float
    """Seconds into it at which the one asked about begins; below 0 where that one begins earlier."""
    common: float
    """Seconds that both have, about: to within a second where other sounds follow."""
    score: float
    """Share of the sure signs in which the two agree there, 0 to 1."""


@dataclass
class Index:
    """Prints by id, held in memory: 16 bytes a frame, 500 a second of sound."""

    shortest: float = SHORTEST
    _ids: list[str] = field(default_factory=list)
    _waiting: list[Print] = field(default_factory=list)
    """Those that came since the frames were laid out."""
    _first: list[int] = field(default_factory=list)
    """Where each print begins."""
    _lengths: list[int] = field(default_factory=list)
    _size: int = AROUND
    _frames: _Frames | None = None

    def add(self, id: str, print: bytes) -> None:
        """An empty print is never found."""
        words = read(print)
        self._ids.append(id)
        self._waiting.append(words)
        self._first.append(self._size)
        self._lengths.append(len(words.signs))
        self._size += len(words.signs) + AROUND

    def __len__(self) -> int:
        return len(self._ids)

    def matches(self, print: bytes) -> list[Match]:
        """The recordings that share `shortest` seconds or more with it, the longest stretch first."""
        asked = read(print)
        if len(asked.signs) < self._window or not self._ids:
            return []
        frames = self._laid_out()
        found = (self._match(asked, number, offset, frames) for number, offset in frames.candidates(asked))
        best: dict[str, Match] = {}
        for match in found:
            if match and (match.id not in best or _rank(match) < _rank(best[match.id])):
                best[match.id] = match
        return sorted(best.values(), key=_rank)

    @property
    def _window(self) -> int:
        return max(1, round((self.shortest - SPAN_SECONDS) / HOP_SECONDS))

    def _laid_out(self) -> _Frames:
        if self._frames is None or self._waiting:
            self._frames = _laid_out(self._frames, self._waiting, self._first, self._size)
            self._waiting = []
        return self._frames

    def _match(self, asked: Print, number: int, offset: int, frames: _Frames) -> Match | None:
        """The recording of that number, with the one asked about laid over it from frame `offset` on."""
        first, last = self._first[number], self._first[number] + self._lengths[number]
        start, end = max(first, first + offset), min(last, first + offset + len(asked.signs))
        if end - start < self._window:
            return None
        here = slice(start - first - offset, end - first - offset)
        sure = frames.sure[start:end] & asked.sure[here]
        wrong = np.bitwise_count((frames.signs[start:end] ^ asked.signs[here]) & sure)
        told = _common(wrong, np.bitwise_count(sure), self._window)
        if told is None:
            return None
        inside, score = told
        if _repeats(frames.signs[start:end][inside], frames.sure[start:end][inside]):
            return None
        return Match(
            id=self._ids[number],
            offset=round(offset * HOP_SECONDS, 3),
            common=round((int(inside.sum()) - 1) * HOP_SECONDS + SPAN_SECONDS, 3),
            score=round(score, 4),
        )


def _rank(match: Match) -> tuple[float, float, float, str]:
    return (-match.common, -match.score, abs(match.offset), match.id)


def _common(wrong: npt.NDArray[np.uint8], sure: npt.NDArray[np.uint8], window: int) -> tuple[Truths, float] | None:
    """Which frames lie in windows that agree, and the share of their signs that do; None where no window does."""
    wrongs, sures = _sums(wrong, window), _sums(sure, window)
    good = (sures >= LEAST_SURE * window) & (wrongs <= MOST_WRONG * sures)
    if not good.any():
        return None
    covered = np.zeros(len(wrong) + 1, dtype=np.int64)
    covered[:-window] += good
    covered[window:] -= good
    inside = np.cumsum(covered[:-1]) > 0
    return inside, 1 - float(wrong[inside].sum()) / float(sure[inside].sum())


def _repeats(signs: Words, sure: Words) -> bool:
    """Whether a stretch agrees with itself a little later; of a short one half is to be left to say so."""
    for lag in AGAIN[: max(0, len(signs) // 2 - AGAIN.start + 1)]:
        both = sure[lag:] & sure[:-lag]
        wrong = np.bitwise_count((signs[lag:] ^ signs[:-lag]) & both).sum(dtype=np.int64)
        if wrong <= MOST_WRONG * np.bitwise_count(both).sum(dtype=np.int64):
            return True
    return False


def _sums(counts: npt.NDArray[np.uint8], window: int) -> Numbers:
    """Over each window."""
    total = np.concatenate(([0], np.cumsum(counts, dtype=np.int64)))
    sums: Numbers = total[window:] - total[:-window]
    return sums


@dataclass(frozen=True, eq=False)
class _Frames:
    """All prints one after the other, with `AROUND` frames between two that are sure of nothing."""

    signs: Words
    sure: Words
    first: Numbers
    words: Words
    """The telling frames' signs, in order."""
    places: npt.NDArray[np.uint32]
    """Where each of them stands."""

    def candidates(self, asked: Print) -> Iterator[tuple[int, int]]:
        """Numbers of recordings, with the frame of theirs at which the one asked about begins."""
        telling = np.flatnonzero(np.bitwise_count(asked.sure) >= TELLING)
        asking, places = self._agreeing(asked, *self._hits(telling, asked.signs[telling]))
        numbers = np.searchsorted(self.first, places, side="right") - 1
        offsets = places - self.first[numbers] - asking
        ways, votes = np.unique(np.stack([numbers, offsets]), axis=1, return_counts=True)
        taken: dict[int, int] = {}
        for way in np.argsort(-votes, kind="stable"):
            number = int(ways[0, way])
            taken[number] = taken.get(number, 0) + 1
            if taken[number] <= MOST_OFFSETS:
                yield number, int(ways[1, way])

    def _hits(self, asking: Numbers, words: Words) -> tuple[Numbers, Numbers]:
        """Frames of the one asked about, and places where the same word stands."""
        left, right = np.searchsorted(self.words, words), np.searchsorted(self.words, words, side="right")
        counts = right - left
        counts[counts > MOST_PLACES] = 0
        starts = np.cumsum(counts) - counts
        steps = np.arange(counts.sum()) - np.repeat(starts, counts)
        return np.repeat(asking, counts), self.places[np.repeat(left, counts) + steps].astype(np.int64)

    def _agreeing(self, asked: Print, asking: Numbers, places: Numbers) -> tuple[Numbers, Numbers]:
        """Those hits around which most sure signs agree."""
        signs, sure = (np.pad(words, AROUND) for words in asked)
        near = np.arange(-AROUND, AROUND + 1)
        here, there = asking[:, None] + AROUND + near, places[:, None] + near
        both = sure[here] & self.sure[there]
        wrong = np.bitwise_count((signs[here] ^ self.signs[there]) & both).sum(axis=1, dtype=np.int64)
        agree = wrong <= 2 * MOST_WRONG * np.bitwise_count(both).sum(axis=1, dtype=np.int64)
        return asking[agree], places[agree]


def _laid_out(before: _Frames | None, prints: list[Print], first: list[int], size: int) -> _Frames:
    """Those that were laid out before, and as many more as stand last in `first`."""
    signs, sure = np.zeros(size, dtype=np.uint32), np.zeros(size, dtype=np.uint32)
    if before is not None:
        signs[: len(before.signs)], sure[: len(before.sure)] = before.signs, before.sure
    for start, print in zip(first[len(first) - len(prints) :], prints, strict=True):
        signs[start : start + len(print.signs)] = print.signs
        sure[start : start + len(print.sure)] = print.sure
    places = np.flatnonzero(np.bitwise_count(sure) >= TELLING).astype(np.uint32)
    words = signs[places]
    order = np.argsort(words, kind="stable")
    return _Frames(signs, sure, np.asarray(first, dtype=np.int64), words[order], places[order])
