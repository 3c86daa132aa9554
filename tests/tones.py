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
