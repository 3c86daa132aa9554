"""A scene as data: which sound, when, how long, how loud, how high, over which background, in which room.

`compose` draws it, `render` makes it heard, `questions` asks about it. Two kinds (Audio-Reasoner, appendix B.1):

    temporal     short sounds one after the other, a few of them more than once
    composite    long tracks that overlap, each another sound, of domains that are asked for (`mixture`)

Everything is drawn from a hash of the random seed and the scene's index, so scene i is the same whatever else is made.
Loudness is that of ITU-R BS.1770 (K-weighted, its loudest 0.4 s), in dB relative to full scale before the whole scene
is turned down where it would clip: differences count.

A small model's scenes are `SMALL`: twelve kinds, three backgrounds, 4 to 6 s, no room, band or codec.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import blake2b
from itertools import pairwise
from typing import Annotated, Any, Literal

import msgspec
import numpy as np

from audio_cogito.reading.rows import nearest
from audio_cogito.synth import library
from audio_cogito.synth.library import BACKGROUNDS, KINDS, PITCHES, Kind, Pitch, Vocabulary, clashes
from audio_cogito.synth.material import SHORTEST, Material
from audio_cogito.types import Domain, Record

Draw = np.random.Generator
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Range = tuple[float, float]
Form = Literal["temporal", "composite"]

EDGE = 0.1
"""Seconds of quiet before the first and after the last event of a temporal scene."""
APART = 0.3
"""Seconds of quiet between two sounds of one kind, where there is room, so that they can be counted."""
STAGGER = 0.5
"""Seconds between the beginnings of two tracks, so that it can be heard which comes first."""
SHORTEST_TRACK = 1.5
LEVEL = -23.0
"""dB, the middle of the levels of events."""
LEAST_SNR = -5.0
LEAST_KINDS = 8
"""Kinds of sound, so that four can be offered whatever is there and whatever the background leaves in doubt."""


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
        order: tuple[Domain, ...] = ("sound", "speech", "music")
        return tuple(domain for domain in order if domain in there)

    @property
    def background_db(self) -> float:
        """The level of the background."""
        return min(event.level_db for event in self.events) - (self.snr_db or 0.0)


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
    mixture: tuple[Domain, ...] = ()
    """Composite scenes hold a sound of each of these domains (as MMAR's mixed modalities do); none: any."""
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
    yield from _out_of_range(settings)
    yield from _too_many(settings)
    yield from _too_few(settings)


def _unknown(settings: Settings) -> Iterator[str]:
    for what, given, known in (("sound", settings.kinds, KINDS), ("background", settings.backgrounds, BACKGROUNDS)):
        for name in given:
            if name not in known:
                yield f"there is no {what} {name!r}; {nearest(name, known)}"


def _out_of_range(settings: Settings) -> Iterator[str]:
    for name in ("seconds", "events", "tracks", "snr_db"):
        low, high = getattr(settings, name)
        if low > high:
            yield f"{name}: {low:g} is more than {high:g}"
    if settings.events[0] < 1 or settings.tracks[0] < 2 or settings.gap < -SHORTEST / 2:
        yield f"a scene needs an event, a mixture two tracks, and events may overlap by {SHORTEST / 2} s at most"
    if settings.snr_db[0] < LEAST_SNR:
        yield f"at an SNR of {settings.snr_db[0]:g} dB the quietest event is not heard; {LEAST_SNR:g} is the least"
    if abs(sum(settings.splits.values()) - 1) > 1e-6 or min(settings.splits.values()) < 0:
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
    if missing := set(settings.mixture) - {kind.domain for kind in lasting}:
        yield f"mixture: no kind that lasts is {' or '.join(sorted(missing))}"
    fitting = [kind for kind in lasting if kind.domain in (settings.mixture or (kind.domain,))]
    if len(fitting) < settings.tracks[1]:
        yield f"a mixture of {settings.tracks[1]} tracks needs as many kinds that last, and there are {len(fitting)}"
    if len(set(settings.mixture)) < len(settings.mixture) or len(settings.mixture) > settings.tracks[0]:
        yield f"mixture: {len(settings.mixture)} domains, each once, in {settings.tracks[0]} tracks or more"


SMALL = Settings(kinds=library.SMALL, backgrounds=library.SMALL_BACKGROUNDS)

DIALS: dict[str, Settings] = {
    "easy": Settings(events=(2, 3), snr_db=(20.0, 30.0), drawn_out=0.5, standing_out=0.5),
    "medium": Settings(events=(2, 5), composite=0.3, seconds=(5.0, 8.0), tracks=(2, 3), rooms=0.2, bands=0.1),
    "hard": Settings(events=(4, 8), composite=0.4, seconds=(7.0, 10.0), tracks=(2, 4), gap=-0.1, snr_db=(3.0, 12.0),
                     rooms=0.4, bands=0.2, codecs=0.15),
}  # fmt: skip
"""The dial of difficulty: more events, more overlap, louder backgrounds, worse rooms and lines."""


def draw_for(random_seed: int, index: int, purpose: str = "scene") -> Draw:
    """The generator of one scene for one purpose: neither shifts what another draws."""
    digest = blake2b(f"{random_seed}\n{index}\n{purpose}".encode(), digest_size=16).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest, "big")))


def compose(settings: Settings, random_seed: int, index: int = 0, material: Material | None = None) -> Scene:
    """Scene `index` of a random seed."""
    draw = draw_for(random_seed, index)
    split = str(draw.choice(list(settings.splits), p=list(settings.splits.values())))
    seconds = round(float(draw.uniform(*settings.seconds)), 2)
    form: Form = "composite" if draw.random() < settings.composite else "temporal"
    recorded = material.within(split) if material and draw.random() < settings.recorded else None
    recorded = recorded if recorded and _suffices(recorded, form, settings) else None
    events = (_tracks if form == "composite" else _sequence)(draw, settings, seconds, recorded)
    background = _bed(draw, settings, vocabulary(settings, recorded), events)
    return Scene(
        random_seed=random_seed,
        index=index,
        form=form,
        seconds=seconds,
        events=events,
        split=split,
        background=background,
        background_seed=_seed(draw),
        snr_db=round(float(draw.uniform(*settings.snr_db)), 1) if background else None,
        **_surroundings(draw, settings),
    )


def vocabulary(settings: Settings, material: Material | None = None) -> Vocabulary:
    """The sounds that scenes are drawn from: those of the library, or of recordings."""
    return Vocabulary(
        kinds={kind.name: kind for kind in _offered(settings, material)},
        backgrounds=settings.beds,
        events=settings.events,
    )


def _bed(draw: Draw, settings: Settings, known: Vocabulary, events: Sequence[Placed]) -> str | None:
    """A background in which none of the events could be; a background is drawn alike with or without one."""
    quiet, beds = draw.random() < settings.quiet, draw.permutation(len(settings.beds))
    there = [known.kinds[event.kind] for event in events]
    fitting = (settings.beds[i] for i in beds if not any(clashes(settings.beds[i], kind) for kind in there))
    return None if quiet else next(fitting, None)


def _suffices(recorded: Material, form: Form, settings: Settings) -> bool:
    """Whether a split holds recordings enough for a scene of its own."""
    kinds = [kind for kind in recorded.kinds.values() if form == "temporal" or kind.lasting]
    wanted = settings.events[1] if form == "temporal" else settings.tracks[1]
    return len(kinds) >= min(wanted, 3) and (form == "temporal" or {k.domain for k in kinds} >= set(settings.mixture))


def _surroundings(draw: Draw, settings: Settings) -> dict[str, Any]:
    """Room, band and codec, each with its share of the scenes."""
    there = draw.random(3) < (settings.rooms, settings.bands, settings.codecs)
    room = Room(seconds=_uniform(draw, 0.2, 0.7), below_db=_uniform(draw, 6, 14), random_seed=_seed(draw))
    band = Band(low=_uniform(draw, 60, 250), high=_uniform(draw, 3400, 6500))
    codec = str(draw.choice(["ulaw", "mp3", "vorbis"]))
    return {
        "room": room if there[0] else None,
        "band": band if there[1] else None,
        "codec": codec if there[2] else None,
    }


# --- temporal scenes --------------------------------------------------------------------------------------------------


def _sequence(draw: Draw, settings: Settings, seconds: float, recorded: Material | None) -> tuple[Placed, ...]:
    count = int(draw.integers(settings.events[0], settings.events[1] + 1))
    kinds = _kinds(draw, settings, count, recorded)
    lengths = _lengths(draw, settings, kinds)
    quiet = [settings.gap if one.name != next_.name else max(APART, settings.gap) for one, next_ in pairwise(kinds)]
    lengths, quiet = _fitted(lengths, quiet, seconds - 2 * EDGE, settings.gap)
    starts = _starts(draw, lengths, quiet, seconds)
    levels = _levels(draw, settings, count)
    placed = zip(kinds, starts, lengths, levels, strict=True)
    return tuple(_placed(draw, kind, start, length, level, recorded) for kind, start, length, level in placed)


def _kinds(draw: Draw, settings: Settings, count: int, recorded: Material | None) -> list[Kind]:
    """Mostly different ones; in some scenes one of them stands for several."""
    offered = _offered(settings, recorded)
    repeats = int(draw.integers(2, min(4, count) + 1)) if count > 2 and draw.random() < settings.repeated else 1
    different = max(1, count - repeats + 1)
    picked = [offered[i] for i in draw.permutation(len(offered))[:different]]
    picked += [picked[0]] * (repeats - 1)
    picked += [offered[i] for i in draw.integers(0, len(offered), count - len(picked))]
    return [picked[i] for i in draw.permutation(count)]


def _offered(settings: Settings, recorded: Material | None) -> list[Kind]:
    return list(recorded.kinds.values()) if recorded else [KINDS[name] for name in settings.names]


def _lengths(draw: Draw, settings: Settings, kinds: Sequence[Kind]) -> list[float]:
    lengths = [_uniform(draw, *kind.seconds) for kind in kinds]
    lasting = [i for i, kind in enumerate(kinds) if kind.lasting]
    if lasting and draw.random() < settings.drawn_out:
        lengths[lasting[int(draw.integers(len(lasting)))]] = _uniform(draw, 1.4, 2.0)
    return lengths


def _fitted(lengths: list[float], quiet: list[float], room: float, gap: float) -> tuple[list[float], list[float]]:
    """Shortened, all alike above the shortest, until they fit; that they can was checked of the settings."""
    if sum(lengths) + sum(quiet) > room:
        quiet = [gap] * len(quiet)
    spare = room - sum(quiet) - SHORTEST * len(lengths)
    above = [max(0.0, length - SHORTEST) for length in lengths]
    share = min(1.0, max(0.0, spare) / max(sum(above), 1e-9))
    shortened = [min(length, SHORTEST) + share * over for length, over in zip(lengths, above, strict=True)]
    return (lengths, quiet) if share == 1.0 else (shortened, quiet)


def _starts(draw: Draw, lengths: Sequence[float], quiet: Sequence[float], seconds: float) -> list[float]:
    """What time is left falls before, between and after the events by chance."""
    left = max(0.0, seconds - 2 * EDGE - sum(lengths) - sum(quiet))
    cuts = np.sort(draw.uniform(0, left, len(lengths)))
    steps = np.concatenate([[0.0], np.cumsum(np.array(lengths[:-1]) + np.array(quiet))])
    return [round(float(start), 3) for start in EDGE + cuts + steps]


def _levels(draw: Draw, settings: Settings, count: int) -> list[float]:
    levels = [LEVEL + _uniform(draw, -3, 3) for _ in range(count)]
    if count > 1 and draw.random() < settings.standing_out:
        rest = [level - 3 for level in levels]
        chosen = int(draw.integers(count))
        levels = [max(rest) + _uniform(draw, 7, 10) if i == chosen else level for i, level in enumerate(rest)]
    return [round(level, 2) for level in levels]


# --- composite scenes -------------------------------------------------------------------------------------------------


def _tracks(draw: Draw, settings: Settings, seconds: float, recorded: Material | None) -> tuple[Placed, ...]:
    """Different sounds that last, beginning one after the other, each over at least a third of the scene."""
    count = int(draw.integers(settings.tracks[0], settings.tracks[1] + 1))
    kinds = _mixed(draw, settings, count, recorded)
    slack = seconds - SHORTEST_TRACK - STAGGER * count
    starts = np.sort(draw.uniform(0, slack, count)) * draw.uniform(0.2, 0.8) + STAGGER * np.arange(count)
    placed = []
    for kind, start in zip(kinds, starts.tolist(), strict=True):
        longest = seconds - start
        length = _uniform(draw, max(SHORTEST_TRACK, 0.4 * longest), longest)
        level = round(LEVEL + _uniform(draw, -8, 4), 2)
        placed.append(_placed(draw, kind, round(start, 3), length, level, recorded))
    return tuple(placed)


def _mixed(draw: Draw, settings: Settings, count: int, recorded: Material | None) -> list[Kind]:
    """Of every domain that is asked for one, then any of these domains, none twice."""
    offered = [kind for kind in _offered(settings, recorded) if kind.lasting]
    offered = [offered[i] for i in draw.permutation(len(offered))]
    picked = [next(kind for kind in offered if kind.domain == domain) for domain in settings.mixture]
    wanted = [kind for kind in offered if kind not in picked and kind.domain in (settings.mixture or (kind.domain,))]
    picked += wanted[: max(0, count - len(picked))]
    return [picked[i] for i in draw.permutation(len(picked))]


def _placed(draw: Draw, kind: Kind, start: float, seconds: float, level: float, recorded: Material | None) -> Placed:
    pitch, hertz = _pitch(draw) if kind.pitched else (None, None)
    take = recorded.take(kind.name, draw) if recorded else None
    return Placed(
        kind=kind.name,
        start=start,
        seconds=round(min(seconds, take.seconds) if take else seconds, 3),
        level_db=level,
        random_seed=_seed(draw),
        pitch=pitch,
        hertz=hertz,
        recording=take.path if take else None,
        skip=take.skip if take else 0.0,
        domain=kind.domain,
    )


def _pitch(draw: Draw) -> tuple[Pitch, float]:
    pitch = tuple(PITCHES)[int(draw.integers(len(PITCHES)))]
    low, high = PITCHES[pitch]
    return pitch, round(low * (high / low) ** draw.random(), 1)


def _uniform(draw: Draw, low: float, high: float) -> float:
    return round(float(draw.uniform(low, high)), 3)


def _seed(draw: Draw) -> int:
    return int(draw.integers(2**31))
