"""Drawing a scene: which sounds, where, how loud, over which background, in which room."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import msgspec
import numpy as np

from audio_cogito.synth.library import BACKGROUNDS, DOMAINS, PITCHES, Kind, Pitch, clashes
from audio_cogito.synth.material import Material
from audio_cogito.synth.palette import Palette, palette
from audio_cogito.synth.scenes import Band, Form, Placed, Room, Scene, draw_for
from audio_cogito.synth.settings import APART, EDGE, SHORTEST, SHORTEST_TRACK, STAGGER, Settings, domains_of
from audio_cogito.synth.waves import Draw
from audio_cogito.types import Domain

LEVEL = -23.0
"""dB, the middle of the levels of events."""


def compose(settings: Settings, random_seed: int, index: int = 0, material: Material | None = None) -> Scene:
    """Scene `index` of a random seed."""
    draw = draw_for(random_seed, index)
    split = str(draw.choice(list(settings.splits), p=list(settings.splits.values())))
    seconds = round(float(draw.uniform(*settings.seconds)), 2)
    form: Form = "composite" if draw.random() < settings.composite else "temporal"
    modality = str(draw.choice(settings.mixtures)) if form == "composite" and settings.mixtures else ""
    sounds = palette(draw, settings, form, modality, material, split)
    if form == "composite":
        events = _tracks(draw, settings, seconds, sounds, modality)
    else:
        events = _sequence(draw, settings, seconds, sounds)
    front, front_db, events = _fronted(draw, settings, events) if modality else (None, None, events)
    background = _bed(draw, settings, sounds, events, modality)
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
        front=front,
        front_db=front_db,
        **_surroundings(draw, settings),
    )


def _bed(draw: Draw, settings: Settings, sounds: Palette, events: Sequence[Placed], modality: str) -> str | None:
    """A background in which none of the events could be, of a mixture's domains; drawn alike with or without one."""
    quiet, beds = draw.random() < settings.quiet, draw.permutation(len(settings.beds))
    named = {event.kind for event in events}
    there = [kind for kind in sounds.kinds if kind.name in named]
    domains = domains_of(modality) or DOMAINS
    allowed = (settings.beds[i] for i in beds if BACKGROUNDS[settings.beds[i]] in domains)
    fitting = (bed for bed in allowed if not any(clashes(bed, kind) for kind in there))
    return None if quiet else next(fitting, None)


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


def _sequence(draw: Draw, settings: Settings, seconds: float, sounds: Palette) -> tuple[Placed, ...]:
    count = int(draw.integers(settings.events[0], settings.events[1] + 1))
    kinds = _kinds(draw, settings, count, sounds)
    lengths = _lengths(draw, settings, kinds)
    quiet = [settings.gap if one.name != next_.name else max(APART, settings.gap) for one, next_ in pairwise(kinds)]
    lengths, quiet = _fitted(lengths, quiet, seconds - 2 * EDGE, settings.gap)
    starts = _starts(draw, lengths, quiet, seconds)
    levels = _levels(draw, settings, count)
    placed = zip(kinds, starts, lengths, levels, strict=True)
    return tuple(_placed(draw, kind, start, length, level, sounds) for kind, start, length, level in placed)


def _kinds(draw: Draw, settings: Settings, count: int, sounds: Palette) -> list[Kind]:
    """Mostly different ones; in some scenes one of them stands for several."""
    offered = sounds.kinds
    repeats = int(draw.integers(2, min(4, count) + 1)) if count > 2 and draw.random() < settings.repeated else 1
    repeats = min(repeats, count - 1) if sounds.blended else repeats
    different = max(1, count - repeats + 1)
    picked = sounds.drawn(draw)[:different]
    picked += [picked[0]] * (repeats - 1)
    picked += [offered[i] for i in draw.integers(0, len(offered), count - len(picked))]
    return [picked[i] for i in draw.permutation(count)]


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


def _tracks(draw: Draw, settings: Settings, seconds: float, sounds: Palette, modality: str) -> tuple[Placed, ...]:
    """Different sounds that last, beginning one after the other, each over at least a third of the scene."""
    count = int(draw.integers(settings.tracks[0], settings.tracks[1] + 1))
    kinds = _mixed(draw, count, sounds, domains_of(modality))
    slack = seconds - SHORTEST_TRACK - STAGGER * count
    starts = np.sort(draw.uniform(0, slack, count)) * draw.uniform(0.2, 0.8) + STAGGER * np.arange(count)
    placed = []
    for kind, start in zip(kinds, starts.tolist(), strict=True):
        longest = seconds - start
        length = _uniform(draw, max(SHORTEST_TRACK, 0.4 * longest), longest)
        level = round(LEVEL + _uniform(draw, -8, 4), 2)
        placed.append(_placed(draw, kind, round(start, 3), length, level, sounds))
    return tuple(placed)


def _mixed(draw: Draw, count: int, sounds: Palette, domains: tuple[Domain, ...]) -> list[Kind]:
    """Of every domain that is asked for one, then any of these domains, none twice."""
    offered = [kind for kind in sounds.kinds if kind.lasting]
    offered = Palette(tuple(offered), sounds.recorded).drawn(draw)
    picked = [next(kind for kind in offered if kind.domain == domain) for domain in domains]
    wanted = [kind for kind in offered if kind not in picked and kind.domain in (domains or (kind.domain,))]
    picked += wanted[: max(0, count - len(picked))]
    return [picked[i] for i in draw.permutation(len(picked))]


def _fronted(
    draw: Draw, settings: Settings, events: tuple[Placed, ...]
) -> tuple[str | None, float | None, tuple[Placed, ...]]:
    """One track, by chance, stands above the others taken together; these are alike."""
    front, above = int(draw.integers(len(events))), round(float(draw.uniform(*settings.front_db)), 1)
    level = round(LEVEL + _uniform(draw, -3, 3), 2)
    behind = round(level - above - 10 * math.log10(len(events) - 1), 2)
    levels = [level if i == front else behind for i in range(len(events))]
    placed = (msgspec.structs.replace(event, level_db=one) for event, one in zip(events, levels, strict=True))
    return events[front].kind, above, tuple(placed)


def _placed(draw: Draw, kind: Kind, start: float, seconds: float, level: float, sounds: Palette) -> Placed:
    pitch, hertz = _pitch(draw) if kind.pitched else (None, None)
    take = sounds.take(kind, draw)
    placed = Placed(
        kind=kind.name,
        start=start,
        seconds=round(min(seconds, take.seconds) if take else seconds, 3),
        level_db=level,
        random_seed=_seed(draw),
        pitch=pitch,
        hertz=hertz,
        domain=kind.domain,
    )
    return msgspec.structs.replace(placed, recording=take.path, skip=take.skip) if take else placed


def _pitch(draw: Draw) -> tuple[Pitch, float]:
    pitch = tuple(PITCHES)[int(draw.integers(len(PITCHES)))]
    low, high = PITCHES[pitch]
    return pitch, round(low * (high / low) ** draw.random(), 1)


def _uniform(draw: Draw, low: float, high: float) -> float:
    return round(float(draw.uniform(low, high)), 3)


def _seed(draw: Draw) -> int:
    return int(draw.integers(2**31))
