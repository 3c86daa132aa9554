"""A scene made heard: float32 samples at 16 kHz, the same for the same scene.

Every sound is set to its level by its own loudness, faded in and out, and added in its place; then the room, the band
and the codec of the scene are laid over all. The whole is turned down where it would clip, never cut.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import soundfile

from audio_cogito.audio import RATE, Samples
from audio_cogito.synth import material
from audio_cogito.synth.beds import BEDS
from audio_cogito.synth.scenes import Band, Placed, Room, Scene
from audio_cogito.synth.voices import VOICES
from audio_cogito.synth.waves import Wave, fast_length

ATTACK, RELEASE = 0.004, 0.025
"""Seconds that a sound takes to come and to go."""
PEAK = 0.9
"""The highest sample of a scene, full scale at 1: room for what a codec adds."""
FLOOR_DB = -75.0
"""The level of the noise that is always there, so that no scene is digitally silent."""
BLOCK = 0.4
"""Seconds over which loudness is measured (BS.1770, momentary)."""
KEPT_BYTES = 1 << 24

# Once a block of this size was given back, glibc keeps up to twice as much for the next scene, where otherwise it hands
# each array back and the next one is paid for page by page: a quarter of the time of a scene of 10 s.
np.empty(KEPT_BYTES, np.uint8)


def render(scene: Scene) -> Wave:
    """The scene's samples, full scale at 1."""
    dry = np.zeros(round(scene.seconds * RATE), np.float32)
    for start, sound in _sounds(scene):
        dry[start : start + len(sound)] += sound
    floor = _generator(scene.background_seed + 1).standard_normal(len(dry), dtype=np.float32)
    dry += floor * np.float32(10 ** (FLOOR_DB / 20))
    wet = _below_peak(_surrounded(dry, scene.room, scene.band))
    return _below_peak(_coded(wet, scene.codec)) if scene.codec else wet


def quantised(samples: Wave) -> Samples:
    """As 16 bits."""
    return np.clip(np.rint(samples * 32768), -32768, 32767).astype("<i2")


def stems(scene: Scene) -> list[Wave]:
    """Every event by itself in its place, in order, and the background last where there is one; nothing laid over."""
    heard = []
    for start, sound in _sounds(scene):
        stem = np.zeros(round(scene.seconds * RATE), np.float32)
        stem[start : start + len(sound)] = sound
        heard.append(stem)
    return heard


def _sounds(scene: Scene) -> Iterator[tuple[int, Wave]]:
    """First sample and samples of every event at its level, then of the background."""
    count = round(scene.seconds * RATE)
    for event, fades in zip(scene.events, crossed(scene), strict=True):
        start = round(event.start * RATE)
        yield start, voice(event, *fades)[: count - start]
    if scene.background:
        bed = BEDS[scene.background](_generator(scene.background_seed), scene.seconds)[:count]
        yield 0, _at_level(bed.astype(np.float32, copy=False), scene.background_db)


def crossed(scene: Scene) -> list[tuple[float, float]]:
    """Seconds in which each event comes and goes: where two in sequence overlap, as long as they do, else at once."""
    if scene.form == "composite":
        return [(0.0, 0.0)] * len(scene.events)
    shared = [max(0.0, one.end - next_.start) for one, next_ in pairwise(scene.events)]
    return list(zip([0.0, *shared], [*shared, 0.0], strict=True))


def voice(event: Placed, coming: float = 0.0, going: float = 0.0) -> Wave:
    """One event's samples at its level, faded in and out over so many seconds, or as short as does not click."""
    if event.recording:
        start, length = round(event.skip * RATE), round(event.seconds * RATE)
        raw = material.samples(event.recording)[start : start + length]
    else:
        raw = VOICES[event.kind](_generator(event.random_seed), event.seconds, event.hertz or 0.0)
    return _at_level(_faded(raw, coming, going), event.level_db)


def _generator(random_seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(random_seed))


def _faded(samples: Wave, coming: float, going: float) -> Wave:
    faded = samples.astype(np.float32)
    attack, release = _ramp(coming, ATTACK, len(samples)), _ramp(going, RELEASE, len(samples))
    faded[: len(attack)] *= attack
    faded[len(faded) - len(release) :] *= release[::-1]
    return faded


def _ramp(crossing: float, least: float, samples: int) -> Wave:
    """From nothing to all: straight where a sound begins by itself, of constant power where it crosses another."""
    if crossing > least:
        return np.sin(np.linspace(0, np.pi / 2, min(round(crossing * RATE), samples // 2), dtype=np.float32))
    return np.linspace(0, 1, min(round(least * RATE), samples // 3), dtype=np.float32)


# --- loudness ---------------------------------------------------------------------------------------------------------


def loudness(samples: Wave) -> float:
    """K-weighted level of the loudest 0.4 s, or of the whole where it is shorter, in dB relative to full scale."""
    size = fast_length(len(samples))
    spectrum = np.fft.rfft(samples, size)
    spectrum *= _k_weighting(size)
    weighted = np.fft.irfft(spectrum, size)[: len(samples)]
    block = min(round(BLOCK * RATE), len(samples))
    starts = np.unique(np.append(np.arange(0, len(samples) - block + 1, round(RATE * 0.1)), len(samples) - block))
    power = float(_energies(weighted * weighted, starts, starts + block).max()) / block
    return -0.691 + 10 * float(np.log10(max(power, 1e-12)))


def _energies(
    squares: npt.NDArray[np.floating], starts: npt.NDArray[np.intp], ends: npt.NDArray[np.intp]
) -> npt.NDArray[np.float64]:
    """The sum of squares from each start to its end; they overlap, and what lies between two edges is summed once."""
    edges = np.unique(np.concatenate([starts, ends]))
    before = np.append(0.0, np.cumsum(np.add.reduceat(squares, edges[:-1], dtype=np.float64)))
    return np.asarray(before[np.searchsorted(edges, ends)] - before[np.searchsorted(edges, starts)])


@lru_cache(maxsize=64)
def _k_weighting(size: int) -> npt.NDArray[np.float32]:
    """The gain of BS.1770's two filters by frequency: a shelf that lifts 2 kHz and above by 4 dB, and a high-pass."""
    z = np.exp(2j * np.pi * np.arange(size // 2 + 1) / size * RATE / 48000)
    shelf = _biquad(
        z, (1.53512485958697, -2.69169618940638, 1.19839281085285), (1, -1.69065929318241, 0.73248077421585)
    )
    high = _biquad(z, (1.0, -2.0, 1.0), (1.0, -1.99004745483398, 0.99007225036621))
    return np.abs(shelf * high).astype(np.float32)


def _biquad(
    z: npt.NDArray[np.complex128], b: tuple[float, float, float], a: tuple[float, float, float]
) -> npt.NDArray[np.complex128]:
    above, beneath = (c[0] + c[1] / z + c[2] / z**2 for c in (b, a))
    return np.asarray(above / beneath)


def _at_level(samples: Wave, level_db: float) -> Wave:
    return samples * np.float32(10 ** ((level_db - loudness(samples)) / 20))


# --- room, band, codec ------------------------------------------------------------------------------------------------


def _surrounded(dry: Wave, room: Room | None, band: Band | None) -> Wave:
    """Room and band in one transform."""
    if room is None and band is None:
        return dry
    tail = _echoes(room) if room else None
    size = fast_length(len(dry) + (1 if tail is None else len(tail)))
    spectrum = np.fft.rfft(dry, size)
    if tail is not None:
        spectrum *= np.fft.rfft(tail, size)
    if band is not None:
        f = np.maximum(np.fft.rfftfreq(size, 1 / RATE), 1.0).astype(np.float32)
        spectrum = spectrum / np.sqrt((1 + (band.low / f) ** 8) * (1 + (f / band.high) ** 8))
    return np.fft.irfft(spectrum, size)[: len(dry)].astype(np.float32)


def _echoes(room: Room) -> Wave:
    """The direct sound, then noise that dies away by 60 dB in the room's time."""
    t = np.arange(round(room.seconds * RATE), dtype=np.float32) / RATE
    tail = _generator(room.random_seed).standard_normal(len(t), dtype=np.float32) * np.exp(
        -6.91 * t / np.float32(room.seconds)
    )
    tail[: round(0.004 * RATE)] = 0
    tail *= np.float32(10 ** (-room.below_db / 20) / np.sqrt(np.sum(tail**2)))
    tail[0] = 1
    return tail


FORMATS = {"ulaw": ("WAV", "ULAW"), "mp3": ("MP3", "MPEG_LAYER_III"), "vorbis": ("OGG", "VORBIS")}


def _coded(samples: Wave, codec: str) -> Wave:
    """Through a codec and back, to the same length."""
    format_, subtype = FORMATS[codec]
    coded = io.BytesIO()
    soundfile.write(coded, samples, RATE, format=format_, subtype=subtype)
    coded.seek(0)
    heard = soundfile.read(coded, dtype="float32")[0][: len(samples)]
    return np.pad(heard, (0, len(samples) - len(heard)))


def _below_peak(samples: Wave) -> Wave:
    peak = float(np.abs(samples).max())
    return samples * np.float32(PEAK / peak) if peak > PEAK else samples
