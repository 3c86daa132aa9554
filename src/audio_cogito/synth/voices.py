"""The samples of every kind of sound in the library: one plain function a kind, from a random generator.

A voice begins at its first sample and, where the library calls it lasting, goes on to its last. Its level is of no
account: `render` sets the loudness. All at 16 kHz.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from audio_cogito.audio import RATE
from audio_cogito.synth.waves import (
    Draw,
    Wave,
    below,
    fading,
    hann,
    harmonics,
    noise,
    phase,
    placed,
    sine,
    times,
    vibrato,
)

Voice = Callable[[Draw, float, float], Wave]
"""(draw, seconds, hertz of the fundamental; 0 where a kind has no pitch to set) -> samples."""


# --- electronic, alarms, noise ----------------------------------------------------------------------------------------


def beep(draw: Draw, seconds: float, hertz: float) -> Wave:
    return harmonics(hertz * times(seconds), (1, draw.uniform(0, 0.3)))


def _sweep(seconds: float, begin: float, end: float) -> Wave:
    t = times(seconds).astype(np.float64)
    return sine(begin * t + (end - begin) * t * t / (2 * seconds))


def rising_chirp(draw: Draw, seconds: float, hertz: float) -> Wave:
    low = draw.uniform(300, 900)
    return _sweep(seconds, low, low * draw.uniform(2.5, 4.5))


def falling_chirp(draw: Draw, seconds: float, hertz: float) -> Wave:
    low = draw.uniform(300, 900)
    return _sweep(seconds, low * draw.uniform(2.5, 4.5), low)


def siren(draw: Draw, seconds: float, hertz: float) -> Wave:
    t, centre = times(seconds), draw.uniform(550, 950)
    return harmonics(phase(centre * (1 + 0.3 * sine(draw.uniform(2.5, 5) * t))), (1, 0, 0.3))


def phone_ring(draw: Draw, seconds: float, hertz: float) -> Wave:
    """Two tones that alternate some twenty times a second."""
    t, low = times(seconds), draw.uniform(1000, 1200)
    high = low * draw.uniform(1.2, 1.3)
    which = sine(draw.uniform(18, 24) * t) > 0
    return harmonics(phase(np.where(which, high, low)), (1, 0.1, 0.2))


def hiss(draw: Draw, seconds: float, hertz: float) -> Wave:
    return noise(draw, len(times(seconds)), draw.choice([1500, 2000, 2500]), draw.choice([6000, 7000]))


# --- mechanical, impacts, water ---------------------------------------------------------------------------------------


def rattle(draw: Draw, seconds: float, hertz: float) -> Wave:
    count, decay = len(times(seconds)), np.exp(-np.arange(120, dtype=np.float32) / 18)
    starts = np.linspace(0, count - 120, max(2, round(seconds * draw.uniform(9, 16)))).astype(int).tolist()
    return placed(count, starts, [draw.standard_normal(120, dtype=np.float32) * decay for _ in starts])


def engine(draw: Draw, seconds: float, hertz: float) -> Wave:
    t, idle = times(seconds), draw.uniform(55, 95)
    cycles = phase(idle * (1 + 0.1 * sine(draw.uniform(0.5, 1.5) * t)))
    return 0.6 * harmonics(cycles, [k**-0.6 for k in range(1, 9)]) + 0.3 * noise(draw, len(t), 100, 1000)


def drill(draw: Draw, seconds: float, hertz: float) -> Wave:
    t, speed = times(seconds), draw.uniform(230, 330)
    cycles = phase(speed * (1 + 0.02 * sine(draw.uniform(6, 9) * t)))
    return harmonics(cycles, [k**-0.3 for k in range(1, 18)]) * 0.4 + 0.7 * noise(draw, len(t), 2500, 6000)


def knock(draw: Draw, seconds: float, hertz: float) -> Wave:
    """One rap on wood."""
    t, body = times(seconds), draw.uniform(320, 480)
    wood = sine(body * t) + 0.6 * sine(2.3 * body * t) + 0.4 * noise(draw, len(t), 300, 3000)
    return np.asarray(wood * fading(t, draw.uniform(35, 50)), np.float32)


def glass_smash(draw: Draw, seconds: float, hertz: float) -> Wave:
    """A crack, then splinters."""
    t = times(seconds)
    crack = noise(draw, len(t), 2000, 7500) * fading(t, 18)
    starts = [0, *np.sort(draw.integers(0, max(1, int(0.7 * len(t))), 22)).tolist()]
    grain = times(0.06)
    splinters = [sine(draw.uniform(2500, 7000) * grain) * fading(grain, 60) * draw.uniform(0.3, 1) for _ in starts]
    return np.asarray(0.7 * crack + placed(len(t), starts, splinters) * (1 - t / t[-1]), np.float32)


def drip(draw: Draw, seconds: float, hertz: float) -> Wave:
    """A drop: a bubble whose pitch rises."""
    t, begin = times(seconds), draw.uniform(500, 900)
    return sine(phase(begin * (1 + 9 * np.minimum(t, 0.2)))) * fading(t, draw.uniform(18, 26))


# --- animals ----------------------------------------------------------------------------------------------------------


def bird_call(draw: Draw, seconds: float, hertz: float) -> Wave:
    count, notes = len(times(seconds)), max(2, round(seconds / 0.14))
    base, rise, t = draw.uniform(3000, 4200), draw.uniform(2000, 5000), times(0.7 * seconds / notes)
    note = sine(base * t + rise * t * t + 0.4 * sine(40 * t)) * hann(len(t))
    return placed(count, np.linspace(0, count - len(t), notes).astype(int).tolist(), [note] * notes)


def cricket(draw: Draw, seconds: float, hertz: float) -> Wave:
    """A pure high tone in pulses, some five chirps a second; the last of them ends the sound."""
    t, tone = times(seconds), draw.uniform(4300, 5200)
    chirps = max(1, round(seconds * draw.uniform(4.5, 6) - 0.7)) + 0.7
    pulses = np.maximum(0, sine(draw.uniform(38, 46) * t)) * (((chirps / seconds * t) % 1) < 0.7)
    return np.asarray(sine(tone * t) * pulses, np.float32)


def dog_bark(draw: Draw, seconds: float, hertz: float) -> Wave:
    t, base = times(seconds), draw.uniform(260, 420)
    arch = np.sin(np.pi * np.minimum(t / seconds, 1)).astype(np.float32)
    tone = voiced(phase(base * (0.8 + 0.5 * arch)), base, (750, 1500, 2600))
    return np.asarray((tone + 0.35 * noise(draw, len(t), 500, 3000)) * np.sqrt(arch) * fading(t, 6), np.float32)


# --- voices -----------------------------------------------------------------------------------------------------------

FAINT = 0.03
"""Partials below this share of the strongest are left out: they cost time and are not heard."""
VOWELS = (
    (730, 1090, 2440),
    (270, 2290, 3010),
    (300, 870, 2240),
    (530, 1840, 2480),
    (570, 840, 2410),
    (660, 1720, 2410),
)
"""Formants in hertz of six vowels (Peterson and Barney, 1952)."""


def voiced(cycles: npt.NDArray[np.floating], hertz: float, formants: Sequence[float]) -> Wave:
    """A buzz through formants: each partial has the gain that they give its frequency."""
    partials = np.arange(1, max(2, int(4000 / hertz) + 1)) * hertz
    through = sum(1 / (1 + ((partials - formant) / (60 + 0.06 * formant)) ** 2) for formant in formants)
    gains = through * partials**-0.3
    return harmonics(cycles, np.where(gains > FAINT * gains.max(), gains, 0.0).tolist())


def _syllables(draw: Draw, seconds: float) -> list[tuple[int, int]]:
    """First sample and length of each syllable, 4 to 6 a second."""
    count = max(2, round(seconds * draw.uniform(4, 6)))
    edges = np.linspace(0, len(times(seconds)), count + 1).astype(int)
    return [(int(a), int(b - a)) for a, b in pairwise(edges)]


def _talk(draw: Draw, seconds: float, base: float, stretch: float) -> Wave:
    pieces = []
    for _, length in _syllables(draw, seconds):
        t, pitch = times(length / RATE)[:length], base * draw.uniform(0.88, 1.15)
        vowel = [stretch * formant for formant in VOWELS[draw.integers(len(VOWELS))]]
        glide = phase(pitch * (1 - 0.1 * t / max(t[-1], 1e-3)))
        pieces.append(voiced(glide, pitch, vowel) * (0.15 + 0.85 * hann(len(t)) ** 0.5))
    return np.concatenate(pieces)


def mans_voice(draw: Draw, seconds: float, hertz: float) -> Wave:
    return _talk(draw, seconds, draw.uniform(90, 125), 1.0)


def womans_voice(draw: Draw, seconds: float, hertz: float) -> Wave:
    return _talk(draw, seconds, draw.uniform(200, 250), 1.17)


def whisper(draw: Draw, seconds: float, hertz: float) -> Wave:
    pieces = []
    for _, length in _syllables(draw, seconds):
        vowel = VOWELS[draw.integers(len(VOWELS))]
        breath = sum(noise(draw, length, 0.85 * formant, 1.15 * formant) for formant in vowel)
        pieces.append(breath * (0.1 + 0.9 * hann(length)))
    return np.concatenate(pieces).astype(np.float32)


def laugh(draw: Draw, seconds: float, hertz: float) -> Wave:
    """Ha-ha-ha: short vowels with breath between, falling."""
    base, pieces = draw.uniform(220, 300), []
    spans = np.diff(np.linspace(0, len(times(seconds)), max(3, round(seconds * 5.5)) + 1).astype(int))
    for i, length in enumerate(spans.tolist()):
        t = times(length / RATE)[:length]
        pitch = base * (1.2 - 0.35 * i / len(spans))
        vowel = voiced(phase(np.full(length, pitch)), pitch, (850, 1400, 2600)) * fading(t, 14)
        pieces.append(vowel + 0.25 * noise(draw, length, 800, 4000) * (t > 0.55 * t[-1]))
    return np.concatenate(pieces).astype(np.float32)


def cough(draw: Draw, seconds: float, hertz: float) -> Wave:
    t = times(seconds)
    tone = voiced(phase(draw.uniform(120, 180) * (1.3 - 0.6 * t / seconds)), 150, (650, 1100, 2500))
    return (noise(draw, len(t), 400, 3500) * fading(t, 14) + 0.5 * tone * fading(t, 10)).astype(np.float32)


# --- instruments ------------------------------------------------------------------------------------------------------


def bell(draw: Draw, seconds: float, hertz: float) -> Wave:
    t, index, ratio = times(seconds), draw.uniform(0.22, 0.5), draw.choice([1.4, 2.76])
    return sine(hertz * t + index * fading(t, 4) * sine(ratio * hertz * t)) * fading(t, draw.uniform(3, 6))


def marimba(draw: Draw, seconds: float, hertz: float) -> Wave:
    t = times(seconds)
    bar, mallet = sine(hertz * t) * fading(t, draw.uniform(11, 15)), noise(draw, len(t), 300, 2000) * fading(t, 150)
    if 3.93 * hertz < 7800:
        bar += 0.35 * sine(3.93 * hertz * t) * fading(t, 45)
    return bar + 0.1 * mallet


def kick_drum(draw: Draw, seconds: float, hertz: float) -> Wave:
    t = times(seconds)
    return sine(phase(45 + draw.uniform(60, 130) * fading(t, 30))) * fading(t, draw.uniform(9, 15))


def snare_drum(draw: Draw, seconds: float, hertz: float) -> Wave:
    t = times(seconds)
    skin = 0.7 * sine(draw.uniform(170, 230) * t)
    return (0.8 * noise(draw, len(t), 400, 7000) + skin) * fading(t, draw.uniform(12, 20))


def cymbal(draw: Draw, seconds: float, hertz: float) -> Wave:
    t = times(seconds)
    ring = sum(sine(draw.uniform(3000, 7500) * t) for _ in range(6))
    return (noise(draw, len(t), 4000, 7800) + 0.25 * ring) * fading(t, draw.uniform(3.5, 5))


def guitar(draw: Draw, seconds: float, hertz: float) -> Wave:
    """A plucked string: the higher the partial, the sooner it fades."""
    t, place = times(seconds), draw.uniform(0.12, 0.25)
    partials = range(1, min(14, int(7000 / hertz)) + 1)
    tones = [np.sin(np.pi * k * place) / k * sine(k * hertz * t) * fading(t, 3 + 1.6 * k) for k in partials]
    return np.asarray(np.sum(tones, axis=0, dtype=np.float32), np.float32)


def violin(draw: Draw, seconds: float, hertz: float) -> Wave:
    t = times(seconds)
    gains = below(hertz, [1 / k for k in range(1, 14)])
    return np.asarray(harmonics(vibrato(draw, t, hertz, 0.008), gains) * np.minimum(1, 0.3 + t / 0.08), np.float32)


def flute(draw: Draw, seconds: float, hertz: float) -> Wave:
    t = times(seconds)
    tone = harmonics(vibrato(draw, t, hertz, 0.006), below(hertz, (1, 0.35, 0.08)))
    return np.asarray(
        (tone + 0.12 * noise(draw, len(t), hertz, 2.5 * hertz)) * np.minimum(1, 0.3 + t / 0.06), np.float32
    )


def trumpet(draw: Draw, seconds: float, hertz: float) -> Wave:
    """Bright, and brighter once it speaks."""
    t = times(seconds)
    cycles = vibrato(draw, t, hertz, 0.004)
    dull, bright = (below(hertz, gains) for gains in ((1, 0.4), (0.5, 0.9, 1, 0.9, 0.8, 0.6, 0.45, 0.3, 0.2)))
    opening = np.minimum(1, t / 0.1)
    return np.asarray(harmonics(cycles, dull) * (1 - 0.7 * opening) + harmonics(cycles, bright) * opening, np.float32)


def organ(draw: Draw, seconds: float, hertz: float) -> Wave:
    """Steady, with pipes an octave and more above."""
    return harmonics(hertz * times(seconds), below(hertz, (1, 0.8, 0.3, 0.6, 0, 0.25, 0, 0.4)))


VOICES: dict[str, Voice] = {
    "beep": beep, "rising chirp": rising_chirp, "falling chirp": falling_chirp, "siren": siren,
    "phone ring": phone_ring, "hiss": hiss, "rattle": rattle, "engine": engine, "drill": drill,
    "bird call": bird_call, "cricket": cricket, "dog bark": dog_bark, "knock": knock, "glass smash": glass_smash,
    "drip": drip, "bell": bell, "marimba": marimba, "kick drum": kick_drum, "snare drum": snare_drum,
    "cymbal": cymbal, "guitar": guitar, "violin": violin, "flute": flute, "trumpet": trumpet, "organ": organ,
    "man's voice": mans_voice, "woman's voice": womans_voice, "whisper": whisper, "laugh": laugh, "cough": cough,
}  # fmt: skip
