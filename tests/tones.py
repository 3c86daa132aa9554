"""Sounds for tests, made and never fetched."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import soundfile

from audio_cogito.types import Recording

Wave = npt.NDArray[np.float64]

FORMATS = {
    "wav": ("WAV", "PCM_16"),
    "flac": ("FLAC", "PCM_16"),
    "ogg": ("OGG", "VORBIS"),
    "opus": ("OGG", "OPUS"),
    "mp3": ("MP3", "MPEG_LAYER_III"),
}
"""What each suffix is written as."""


def tone(seconds: float = 1.0, hertz: float = 440.0, rate: int = 16_000, gain: float = 0.5) -> Wave:
    """A sine, full scale at 1."""
    wave: Wave = gain * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)
    return wave


def noise(seconds: float = 1.0, rate: int = 16_000, random_seed: int = 0) -> Wave:
    """Quiet noise, the same for the same seed. No part of it is like another, which a tone cannot say of itself."""
    return np.random.default_rng(random_seed).normal(0, 0.1, round(seconds * rate)).clip(-0.9, 0.9)


def write(path: Path, wave: npt.NDArray[Any], rate: int = 16_000, subtype: str | None = None) -> Path:
    """A sound in the format of the suffix, its folder too. Samples are frames, or frames x channels."""
    format, usual = FORMATS[path.suffix.lower().lstrip(".")]
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, wave, rate, format=format, subtype=subtype or usual)
    return path


def recording(path: Path, **changes: Any) -> Recording:
    return Recording(source="made", path=str(path), **changes)


def melody(seconds: float = 5.0, random_seed: int = 0, rate: int = 16_000) -> Wave:
    """Notes with overtones over a little noise, one after the other: as various as music and speech are."""
    dice, wave = np.random.default_rng(random_seed), np.zeros(round(seconds * rate))
    start = 0
    while start < len(wave):
        length = round(dice.uniform(0.08, 0.4) * rate)
        times = np.arange(min(length, len(wave) - start)) / rate
        hertz = 110 * 2 ** dice.uniform(0, 3)
        parts = (np.sin(2 * np.pi * hertz * k * times) * dice.uniform() / k for k in range(1, 9))
        wave[start : start + length] = sum(parts) * np.exp(-times * dice.uniform(1, 8))
        start += length
    mixed: Wave = 0.2 * wave + dice.normal(0, 0.002, len(wave))
    return mixed.clip(-1, 1)


FORMANTS = ((730, 1090, 2440), (270, 2290, 3010), (300, 870, 2240), (530, 1840, 2480), (570, 840, 2410))
"""Hertz of the first three formants of five vowels (Peterson and Barney, 1952)."""


def babble(seconds: float = 3.0, random_seed: int = 0, rate: int = 16_000) -> Wave:
    """Vowels and hisses in turn under a voice's melody: what a network takes for speech, though nobody speaks."""
    dice, times = np.random.default_rng(random_seed), np.arange(round(seconds * rate)) / rate
    hertz = 120 * (1 + 0.08 * np.sin(2 * np.pi * 0.7 * times) + 0.03 * np.sin(2 * np.pi * 2.3 * times))
    phase, wave = 2 * np.pi * np.cumsum(hertz) / rate, np.zeros(len(times))
    for start in range(0, len(times), round(0.22 * rate)):
        formants = FORMANTS[dice.integers(len(FORMANTS))]
        vowel = slice(start, min(start + round(0.17 * rate), len(times)))
        for overtone in range(1, 40):
            gains = (
                1 / k / (1 + ((overtone * hertz[start] - formant) / (30 + 30 * k)) ** 2)
                for k, formant in enumerate(formants, 1)
            )
            wave[vowel] += sum(gains) / overtone**0.3 * np.sin(overtone * phase[vowel])
        wave[vowel] *= np.hanning(vowel.stop - vowel.start)
        hiss = slice(vowel.stop, min(start + round(0.22 * rate), len(times)))
        wave[hiss] = dice.normal(0, 0.05, len(times))[hiss]
    spoken: Wave = 0.4 * wave / np.abs(wave).max()
    return spoken
