"""Backgrounds: sounds that fill a whole scene from its first sample to its last."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from audio_cogito.audio import RATE
from audio_cogito.synth.voices import mans_voice, womans_voice
from audio_cogito.synth.waves import Draw, Wave, fading, hann, harmonics, noise, placed, shaped, sine, times

Bed = Callable[[Draw, float], Wave]


def rain(draw: Draw, seconds: float) -> Wave:
    count, drops = len(times(seconds)), int(60 * seconds)
    drop = noise(draw, 200, 1500, 6000) * np.exp(-np.arange(200, dtype=np.float32) / 30)
    starts = draw.integers(0, count, drops).tolist()
    return noise(draw, count, 400, 7000) + placed(count, starts, [drop * draw.uniform(0.5, 2.5) for _ in starts])


def wind(draw: Draw, seconds: float) -> Wave:
    t = times(seconds)
    return noise(draw, len(t), 60, 500) * (1 + 0.7 * sine(draw.uniform(0.15, 0.5) * t + draw.uniform()))


def hum(draw: Draw, seconds: float) -> Wave:
    """Of the mains."""
    return harmonics(2 * draw.choice([50.0, 60.0]) * times(seconds), [1 / k for k in range(1, 6)])


def traffic(draw: Draw, seconds: float) -> Wave:
    """Cars that pass over a rumble."""
    t = times(seconds)
    rumble, tyres = noise(draw, len(t), 40, 200), noise(draw, len(t), 300, 1500)
    passing = sum(np.exp(-(((t - draw.uniform(0, seconds)) / 0.6) ** 2)) for _ in range(max(2, int(seconds / 2))))
    return np.asarray(rumble + 0.8 * tyres * passing, np.float32)


def waves(draw: Draw, seconds: float) -> Wave:
    t = times(seconds)
    swell = (0.15 + np.maximum(0, sine(draw.uniform(0.18, 0.3) * t + draw.uniform())) ** 2).astype(np.float32)
    return shaped(draw, len(t), lambda f: 1 / (1 + f / 500)) * swell


def crackle(draw: Draw, seconds: float) -> Wave:
    """An old record."""
    count = len(times(seconds))
    starts = draw.integers(0, count, int(25 * seconds)).tolist()
    click = draw.standard_normal(24, dtype=np.float32) * hann(24)
    pops = placed(count, starts, [click * draw.exponential(1.0) for _ in starts])
    return pops + 0.03 * noise(draw, count, 200, 6000)


def crowd(draw: Draw, seconds: float) -> Wave:
    """Four people at once, no word of it to be understood. Each says the same again, out of step with the others."""
    count, talkers = len(times(seconds)), (mans_voice, womans_voice) * 2
    said = [talk(draw, draw.uniform(1.1, 1.9), 0.0) * draw.uniform(0.5, 1) for talk in talkers]
    return np.asarray(np.sum([np.resize(one, count) for one in said], axis=0), np.float32)


def soft_music(draw: Draw, seconds: float) -> Wave:
    """Slow broken chords."""
    count, root = len(times(seconds)), draw.uniform(200, 260)
    note, starts = times(1.2), range(0, count, int(0.4 * RATE))
    chord = draw.choice([(1, 1.25, 1.5, 2), (1, 1.2, 1.5, 1.8)])
    tones = [harmonics(root * chord[i % 4] * note, (1, 0.3, 0.1)) * fading(note, 3.5) for i in range(4)]
    return placed(count, starts, [tones[i % 4] * min(1.0, 0.5 + 0.5 * (i % 3)) for i in range(len(starts))])


BEDS: dict[str, Bed] = {
    "rain": rain, "wind": wind, "hum": hum, "traffic": traffic, "waves": waves, "crackle": crackle, "crowd": crowd,
    "soft music": soft_music,
}  # fmt: skip
