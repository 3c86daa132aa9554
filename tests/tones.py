"""Generated sounds: tests carry no recordings."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

Frames = npt.NDArray[np.float64]


def tone(
    seconds: float = 1.0, rate: int = 16_000, *, hertz: float = 440.0, level: float = 0.5, channels: int = 1
) -> Frames:
    """A sine, frames x channels, the same in every channel; `level` is its peak."""
    time = np.arange(round(seconds * rate)) / rate
    return np.repeat(level * np.sin(2 * np.pi * hertz * time)[:, None], channels, axis=1)


def sweep(seconds: float = 5.0, rate: int = 44_100, *, channels: int = 1) -> Frames:
    """A rising tone in noise, no moment like another, so that a cut in the wrong place shows."""
    time = np.arange(round(seconds * rate)) / rate
    noise = np.random.default_rng(0).standard_normal((len(time), channels))
    return (0.3 * np.sin(2 * np.pi * (200 + 100 * time) * time))[:, None] + 0.05 * noise


def write(path: Path, frames: Frames, rate: int = 16_000, subtype: str = "PCM_16") -> Path:
    """By the suffix: wav, flac, ogg (Vorbis), opus, mp3. `subtype` counts for wav and flac."""
    kinds = {".opus": ("OGG", "OPUS"), ".ogg": ("OGG", "VORBIS"), ".mp3": ("MP3", "MPEG_LAYER_III")}
    kind, subtype = kinds.get(path.suffix, (path.suffix[1:].upper(), subtype))
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, frames, rate, format=kind, subtype=subtype)
    return path
