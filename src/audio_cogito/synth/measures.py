"""Questions about times, loudness and pitch, where they can be heard for certain."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, pairwise

from audio_cogito.synth.asking import CHOICES, Asked, Asking
from audio_cogito.synth.library import PITCHES
from audio_cogito.synth.scenes import Placed

LOUDER_DB = 6.0
"""By how much a sound must be louder than another for this to be asked."""
LONGER = 1.6
"""How many times as long the longest sound must be as the next."""
LENGTHS = (0.25, 0.5, 1.0, 2.0)
NEAR = 0.2
"""Pauses and lengths are asked for where they lie this near to one of LENGTHS, as a share."""
MOMENT_STEP, MOMENT_APART = 0.5, 1.0
"""Moments are given to half a second, and the wrong ones lie a second or more away."""


# --- time -------------------------------------------------------------------------------------------------------------


def pause(asking: Asking) -> Iterator[Asked]:
    """Where the first sound stops at once and no room lets it ring on."""
    for i, j in pairwise(range(len(asking.events))):
        one, next_ = asking.events[i], asking.events[j]
        about = _about(next_.start - one.end)
        if about and i in asking.once and j in asking.once and stops(asking, one):
            yield asking.asked("pause", about, _other_lengths(about), x=one.kind, y=next_.kind)


def length(asking: Asking) -> Iterator[Asked]:
    for i in asking.once:
        event = asking.events[i]
        if (about := _about(event.seconds)) and stops(asking, event):
            yield asking.asked("length", about, _other_lengths(about), x=event.kind)


def stops(asking: Asking, event: Placed) -> bool:
    kind = asking.vocabulary.kinds.get(event.kind)
    return kind is not None and kind.lasting and event.recording is None and asking.scene.room is None


def _about(seconds: float) -> str | None:
    near = [length for length in LENGTHS if abs(seconds - length) <= NEAR * length]
    return _said(near[0]) if near else None


def _said(seconds: float) -> str:
    return f"{seconds:g} s"


def _other_lengths(about: str) -> list[tuple[str, str]]:
    return [(_said(length), "another length") for length in LENGTHS if _said(length) != about]


def moment(asking: Asking) -> Iterator[Asked]:
    for i in asking.once:
        event = asking.events[i]
        key = round(event.start / MOMENT_STEP) * MOMENT_STEP
        slots = [slot * MOMENT_STEP for slot in range(int(asking.scene.seconds / MOMENT_STEP) + 1)]
        picked = [key]
        for slot in (slots[k] for k in asking.draw.permutation(len(slots))):
            if len(picked) < CHOICES and min(abs(slot - one) for one in picked) >= MOMENT_APART:
                picked.append(slot)
        wrong = [(f"{slot:.1f} s", "another moment") for slot in picked[1:]]
        if len(picked) == CHOICES:
            yield asking.asked("moment", f"{key:.1f} s", wrong, x=event.kind)


def longest(asking: Asking) -> Iterator[Asked]:
    *rest, longest = sorted(asking.events, key=lambda event: event.seconds)
    if rest and longest.seconds >= LONGER * rest[-1].seconds and stops(asking, longest):
        yield asking.asked("longest", longest.kind, asking.wrong_names(longest.kind))


# --- loudness and pitch -----------------------------------------------------------------------------------------------


def loudest(asking: Asking) -> Iterator[Asked]:
    *rest, loudest = sorted(asking.events, key=lambda event: event.level_db)
    if rest and loudest.level_db >= rest[-1].level_db + LOUDER_DB:
        yield asking.asked("loudest", loudest.kind, asking.wrong_names(loudest.kind))


def louder(asking: Asking) -> Iterator[Asked]:
    for one, other in _pairs(asking):
        if abs(one.level_db - other.level_db) >= LOUDER_DB:
            louder, softer = sorted((one, other), key=lambda event: -event.level_db)
            yield asking.asked(
                "louder", louder.kind, [(softer.kind, "is the softer one")], x=one.kind, y=other.kind
            )  # fmt: skip


def pitch(asking: Asking) -> Iterator[Asked]:
    for i in asking.once:
        event = asking.events[i]
        if event.pitch:
            wrong = [(str(pitch), "another pitch") for pitch in PITCHES if pitch != event.pitch]
            yield asking.asked("pitch", event.pitch, wrong, x=event.kind)


def higher(asking: Asking) -> Iterator[Asked]:
    for one, other in _pairs(asking):
        if one.hertz and other.hertz and one.pitch != other.pitch:
            higher, lower = sorted((one, other), key=lambda event: -(event.hertz or 0))
            yield asking.asked("higher", higher.kind, [(lower.kind, "is the lower one")], x=one.kind, y=other.kind)


def _pairs(asking: Asking) -> Iterator[tuple[Placed, Placed]]:
    """Two events that are each there once, in an order by chance."""
    for i, j in combinations(asking.once, 2):
        pair = (asking.events[i], asking.events[j])
        yield pair if asking.draw.random() < 0.5 else pair[::-1]
