"""How scenes are drawn, and why some could not be. `DIALS` are settings from easy to hard.

A small model's scenes are `SMALL`: twelve kinds, three backgrounds, 4 to 6 s, no room, band or codec.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Annotated

import msgspec

from audio_cogito.reading.rows import nearest
from audio_cogito.synth import library
from audio_cogito.synth.library import BACKGROUNDS, DOMAINS, KINDS, Modality
from audio_cogito.types import Domain, Record

Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Range = tuple[float, float]

SHORTEST = 0.25
"""Seconds of the shortest event."""
EDGE = 0.1
"""Seconds of quiet before the first and after the last event of a temporal scene."""
APART = 0.3
"""Seconds of quiet between two sounds of one kind, where there is room, so that they can be counted."""
STAGGER = 0.5
"""Seconds between the beginnings of two tracks, so that it can be heard which comes first."""
SHORTEST_TRACK = 1.5
LONGEST = 600.0
"""Seconds of the longest scene: some hundred megabytes while it is made."""
LEAST_SNR = -5.0
LEAST_KINDS = 8
"""Kinds of sound, so that four can be offered whatever is there and whatever the background leaves in doubt."""


class Settings(Record, omit_defaults=False):
    """How scenes are drawn. `DIALS` are settings from easy to hard."""

    kinds: tuple[str, ...] = ()
    """Sounds of the library, by name; none named means all."""
    backgrounds: tuple[str, ...] = ()
    """Backgrounds of the library; none named means all."""
    composite: Share = 0.0
    """The share of composite scenes."""
    seconds: Range = (4.0, 6.0)
    events: tuple[int, int] = (2, 5)
    """Sounds in a temporal scene."""
    tracks: tuple[int, int] = (2, 3)
    """Sounds in a composite scene."""
    mixtures: tuple[Modality, ...] = ()
    """Composite scenes are of one of these modalities, each as likely: they hold a sound of each of its domains and of
    no other, and one of them, drawn by chance, stands in front of the rest. None named: any domains at any levels."""
    front_db: Range = (0.0, 12.0)
    """In a mixture, by how much the one in front lies above the rest taken together."""
    gap: float = 0.1
    """Seconds of quiet between two events, at least. Negative: they may overlap by so much, crossfaded."""
    repeated: Share = 0.5
    """The share of temporal scenes of three events and more in which one sound comes several times."""
    drawn_out: Share = 0.4
    """The share of temporal scenes in which one sound is much longer than the rest."""
    standing_out: Share = 0.4
    """The share of temporal scenes in which one sound is much louder than the rest."""
    quiet: Share = 0.3
    """The share of scenes without a background."""
    snr_db: Range = (15.0, 25.0)
    """By how much the background lies below the quietest event."""
    rooms: Share = 0.0
    """The share of scenes with reverberation; likewise with a band limit and with a codec."""
    bands: Share = 0.0
    codecs: Share = 0.0
    recorded: Share = 0.3
    """The share of scenes made of recordings, where there are any."""
    blended: Share = 0.5
    """Of these, the share that hold sounds of the library as well: each domain is of the one or of the other."""
    splits: dict[str, float] = msgspec.field(default_factory=lambda: {"train": 0.98, "dev": 0.01, "test": 0.01})

    def __post_init__(self) -> None:
        if reason := impossible(self):
            raise ValueError(reason)

    @property
    def names(self) -> tuple[str, ...]:
        return self.kinds or tuple(KINDS)

    @property
    def beds(self) -> tuple[str, ...]:
        return self.backgrounds or tuple(BACKGROUNDS)


def impossible(settings: Settings) -> str | None:
    """Why no scene can be drawn so, in a line; None where all can."""
    return next(_faults(settings), None)


def _faults(settings: Settings) -> Iterator[str]:
    yield from _unknown(settings)
    yield from _endless(settings)
    yield from _out_of_range(settings)
    yield from _too_many(settings)
    yield from _too_few(settings)


def _unknown(settings: Settings) -> Iterator[str]:
    for what, given, known in (("sound", settings.kinds, KINDS), ("background", settings.backgrounds, BACKGROUNDS)):
        for name in given:
            if name not in known:
                yield f"there is no {what} {name!r}; {nearest(name, known)}"


def _endless(settings: Settings) -> Iterator[str]:
    """Numbers that are none, and scenes that no memory holds."""
    for name in ("seconds", "snr_db", "front_db"):
        low, high = getattr(settings, name)
        if not (math.isfinite(low) and math.isfinite(high)):
            yield f"{name}: both ends must be numbers, not {low:g} and {high:g}"
    if not math.isfinite(settings.gap):
        yield f"gap: {settings.gap:g} is no number of seconds"
    if settings.seconds[1] > LONGEST:
        yield f"seconds: a scene may last {LONGEST:g} s at most, not {settings.seconds[1]:g}"


def _out_of_range(settings: Settings) -> Iterator[str]:
    for name in ("seconds", "events", "tracks", "snr_db", "front_db"):
        low, high = getattr(settings, name)
        if low > high:
            yield f"{name}: {low:g} is more than {high:g}"
    if settings.events[0] < 1 or settings.tracks[0] < 2 or settings.gap < -SHORTEST / 2:
        yield f"a scene needs an event, a mixture two tracks, and events may overlap by {SHORTEST / 2} s at most"
    if settings.snr_db[0] < LEAST_SNR:
        yield f"at an SNR of {settings.snr_db[0]:g} dB the quietest event is not heard; {LEAST_SNR:g} is the least"
    if any(share < 0 for share in settings.splits.values()):
        yield "splits: no share may be less than 0"
    if abs(sum(settings.splits.values()) - 1) > 1e-6:
        yield f"the shares of the splits must sum to 1, not {sum(settings.splits.values()):g}"


def _too_many(settings: Settings) -> Iterator[str]:
    """Sounds that do not fit into the shortest scene."""
    events, tracks, seconds = settings.events[1], settings.tracks[1], settings.seconds[0]
    needed = 2 * EDGE + events * SHORTEST + (events - 1) * max(settings.gap, 0)
    if settings.composite < 1 and needed > seconds:
        yield (f"{events} events of at least {SHORTEST:g} s, {max(settings.gap, 0):g} s apart, need {needed:.2f} s, "
               f"and a scene may last only {seconds:g}")  # fmt: skip
    needed = SHORTEST_TRACK + tracks * STAGGER
    if settings.composite > 0 and needed > seconds:
        yield f"{tracks} tracks that begin {STAGGER:g} s apart need {needed:g} s, and a scene may last only {seconds:g}"


def _too_few(settings: Settings) -> Iterator[str]:
    """Sounds to choose from."""
    if len(settings.names) < LEAST_KINDS:
        yield f"{len(settings.names)} kinds are too few for wrong choices: name {LEAST_KINDS} or more"
    if settings.composite == 0:
        return
    lasting = [KINDS[name] for name in settings.names if KINDS[name].lasting]
    for modality in settings.mixtures or ("",):
        domains = domains_of(modality)
        fitting = [kind for kind in lasting if kind.domain in (domains or (kind.domain,))]
        if missing := set(domains) - {kind.domain for kind in lasting}:
            yield f"mixtures: no kind that lasts is {' or '.join(sorted(missing))}"
        elif len(fitting) < settings.tracks[1]:
            yield f"a mixture of {settings.tracks[1]} tracks needs as many kinds that last; there are {len(fitting)}"
        if len(domains) > settings.tracks[0]:
            yield f"mixtures: {modality} needs tracks of {len(domains)} or more, not {settings.tracks[0]}"


def domains_of(modality: str) -> tuple[Domain, ...]:
    """The domains of a mixed modality: `sound-speech`; none of an empty one."""
    return tuple(domain for domain in DOMAINS if domain in modality.split("-"))


SMALL = Settings(kinds=library.SMALL, backgrounds=library.SMALL_BACKGROUNDS)

DIALS: dict[str, Settings] = {
    "easy": Settings(events=(2, 3), snr_db=(20.0, 30.0), drawn_out=0.5, standing_out=0.5),
    "medium": Settings(events=(2, 5), composite=0.3, seconds=(5.0, 8.0), tracks=(2, 3), rooms=0.2, bands=0.1),
    "hard": Settings(events=(4, 8), composite=0.4, seconds=(7.0, 10.0), tracks=(2, 4), gap=-0.1, snr_db=(3.0, 12.0),
                     rooms=0.4, bands=0.2, codecs=0.15),
}  # fmt: skip
"""The dial of difficulty: more events, more overlap, louder backgrounds, worse rooms and lines."""
