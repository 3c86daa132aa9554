"""What the gates of collect judge by: `types.Measurements` of a sound.

Measured is what models hear, the mono mix at 16 kHz: a tone at 12 kHz is silence to them. Only clipping is looked for
in the file's own samples, channel by channel, since a mix hides it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from audio_cogito.audio import RATE
from audio_cogito.hearing.sound import Sound, Wave
from audio_cogito.types import Measurements

FLOOR_DB = -120.0
SILENT_DB = -60.0
FRAME = RATE // 50
"""Samples of the 20 ms frames in which silence and noise are told."""
LOUD, QUIET = 95, 10
"""Percentiles of the frames' powers that stand for the signal and for the noise."""
WINDOW = 2048
"""Samples of a spectrum, so that its lines are 7.8 Hz apart."""
MOST_SPECTRA = 64
"""How many are averaged, spread evenly over the sound: eight seconds' worth."""
BANDWIDTH_DB = -60.0
HANN = np.hanning(WINDOW).astype(np.float32)


def not_numbers(sound: Sound) -> int:
    """How many samples are NaN or infinite."""
    if np.isfinite(sound.frames.max()) and np.isfinite(sound.frames.min()):
        return 0
    return int(sound.frames.size - np.count_nonzero(np.isfinite(sound.frames)))


def measure(sound: Sound, mixed: Wave) -> Measurements:
    """Of a sound whose samples are all numbers, and its `audio.mix`."""
    frames = _frame_powers(mixed)
    mean = float(mixed.mean())
    return Measurements(
        seconds=sound.seconds,
        sample_rate=sound.rate,
        channels=sound.frames.shape[1],
        peak_db=_db(max(float(mixed.max()), -float(mixed.min())) ** 2),
        rms_db=_db(float(np.einsum("i,i->", mixed, mixed)) / len(mixed)),
        silent=float((frames < 10 ** (SILENT_DB / 10)).mean()),
        clipped=_clipped(sound),
        dc=round(mean, 6),
        bandwidth_hz=_bandwidth(mixed, mean),
        snr_db=_snr(frames),
    )


def unmeasurable(sound: Sound, count: int) -> Measurements:
    """Of a sound in which so many samples are no numbers: its form alone."""
    return Measurements(
        seconds=sound.seconds,
        sample_rate=sound.rate,
        channels=sound.frames.shape[1],
        peak_db=FLOOR_DB,
        rms_db=FLOOR_DB,
        silent=0.0,
        clipped=0.0,
        not_numbers=count,
    )


def _frame_powers(mixed: Wave) -> Wave:
    """The mean square of each 20 ms; the last may be shorter."""
    whole = len(mixed) // FRAME
    framed = mixed[: whole * FRAME].reshape(whole, FRAME)
    powers: Wave = np.einsum("ij,ij->i", framed, framed) / FRAME
    rest = mixed[whole * FRAME :]
    # einsum and no dot: BLAS would start threads of its own beside ours.
    return np.append(powers, np.einsum("i,i->", rest, rest) / len(rest)) if len(rest) else powers


def _db(power: float) -> float:
    floor: float = 10 ** (FLOOR_DB / 10)
    return round(10 * float(np.log10(max(power, floor))), 3)


def _snr(frames: Wave) -> float:
    ordered = np.sort(frames)
    quiet, loud = (float(ordered[(len(ordered) - 1) * percent // 100]) for percent in (QUIET, LOUD))
    return round(_db(loud) - _db(quiet), 3)


def _bandwidth(mixed: Wave, mean: float) -> float:
    """By the mean power spectrum: Hann windows without overlap, the mean level taken off."""
    if len(mixed) < WINDOW:
        mixed = np.pad(mixed, (0, WINDOW - len(mixed)), constant_values=mean)
    count = len(mixed) // WINDOW
    windows = mixed[: count * WINDOW].reshape(count, WINDOW)[:: -(-count // MOST_SPECTRA)]
    # A float file may hold any number; the squares of large ones would leave what 32 bits can say.
    scale = max(1.0, float(windows.max()), -float(windows.min()))
    spectra: npt.NDArray[Any] = np.fft.rfft(((windows - mean) / scale).astype(np.float32) * HANN)
    power = (spectra.real**2 + spectra.imag**2).mean(axis=0)
    if power.max() <= WINDOW**2 * 10 ** (FLOOR_DB / 10):
        return 0.0
    return float(np.flatnonzero(power > power.max() * 10 ** (BANDWIDTH_DB / 10))[-1] * RATE / WINDOW)


def _clipped(sound: Sound) -> float:
    if max(float(sound.frames.max()), -float(sound.frames.min())) < np.float32(sound.full_scale):
        return 0.0
    full = np.abs(sound.frames) >= np.float32(sound.full_scale)
    pair = full[1:] & full[:-1]
    run = np.zeros_like(full)
    run[1:] |= pair
    run[:-1] |= pair
    return float(run.mean())
