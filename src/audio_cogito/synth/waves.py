"""What the library's sounds are built of: sines, harmonics, shaped noise, grains. All at 16 kHz."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from audio_cogito.audio import RATE

Wave = npt.NDArray[np.float32]
Draw = np.random.Generator

AT_ONCE = 1 << 17
"""Samples of all partials of a tone that are made together: as many as stay near the processor."""
KEPT = 1 << 15
"""Samples of the longest noise whose spectrum is kept for the next of its kind."""


def times(seconds: float) -> Wave:
    return np.arange(max(1, round(seconds * RATE)), dtype=np.float32) / np.float32(RATE)


def sine(cycles: npt.NDArray[np.floating]) -> Wave:
    """Of a phase in cycles: the whole ones are taken off first, so that single precision is enough."""
    part = np.floor(cycles)
    part = np.subtract(cycles, part, out=part).astype(np.float32, copy=False)
    part *= np.float32(2 * np.pi)
    return np.asarray(np.sin(part, out=part), np.float32)


def phase(hertz: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Cycles since the beginning, of a pitch that moves."""
    return np.cumsum(hertz, dtype=np.float64) / RATE


def harmonics(cycles: npt.NDArray[np.floating], gains: Sequence[float]) -> Wave:
    """A tone of partials 1, 2, 3, ... Only what lies below 8 kHz may be asked for."""
    there = [(k, gain) for k, gain in enumerate(gains, 1) if gain]
    numbers = np.array([k for k, _ in there], cycles.dtype)[:, None]
    weights = np.array([gain for _, gain in there], np.float32)[:, None]
    tone = np.empty(len(cycles), np.float32)
    blocks = -(-len(cycles) * len(there) // AT_ONCE)
    edges = [len(cycles) * block // blocks for block in range(blocks + 1)]
    for start, end in pairwise(edges):
        partials = sine(numbers * cycles[start:end])
        partials *= weights
        np.add.reduce(partials, axis=0, out=tone[start:end])
    return tone


def below(hertz: float, gains: Sequence[float]) -> Sequence[float]:
    """The partials of a tone that lie below 7 kHz."""
    return gains[: max(1, int(7000 / hertz))]


def noise(draw: Draw, count: int, low: float, high: float) -> Wave:
    """Noise between two frequencies in hertz, 12 dB an octave outside, of unit RMS."""
    size = fast_length(count)
    return _noise(draw, count, _kept_band(size, low, high) if size <= KEPT else _band(size, low, high))


def shaped(draw: Draw, count: int, gain: Callable[[npt.NDArray[np.float32]], npt.NDArray[np.floating]]) -> Wave:
    """Noise with a spectrum, of unit RMS: drawn in the frequency domain, so that it costs one transform."""
    return _noise(draw, count, gain(_frequencies(fast_length(count))).astype(np.float32))


def _noise(draw: Draw, count: int, gain: Wave) -> Wave:
    spectrum = draw.standard_normal((len(gain), 2), dtype=np.float32).view(np.complex64)[:, 0]
    spectrum *= gain
    samples = np.fft.irfft(spectrum, fast_length(count))[:count].astype(np.float32, copy=False)
    samples /= np.float32(np.sqrt(np.mean(samples**2)) + 1e-9)
    return np.asarray(samples, np.float32)


def _frequencies(size: int) -> Wave:
    return np.asarray(np.maximum(np.arange(size // 2 + 1, dtype=np.float32) * (RATE / size), 1.0), np.float32)


def _band(size: int, low: float, high: float) -> Wave:
    f = _frequencies(size)
    return np.asarray(1 / np.sqrt((1 + (low / f) ** 4) * (1 + (f / high) ** 4)), np.float32)


# By type as well: NumPy computes with its own integers in double precision, and no sound may hang on an earlier one.
_kept_band = lru_cache(maxsize=128, typed=True)(_band)


def fast_length(count: int) -> int:
    """The next number of samples that transforms quickly."""
    power = 1 << max(4, (count - 1).bit_length())
    return min(size for size in (power, power * 3 // 4, power * 5 // 8) if size >= count)


def fading(t: Wave, rate: float) -> Wave:
    return np.asarray(np.exp(-np.float32(rate) * t), np.float32)


def vibrato(draw: Draw, t: Wave, hertz: float, depth: float) -> npt.NDArray[np.float64]:
    """The phase of a pitch that swings by `depth` (a share) 4.5 to 6.5 times a second."""
    return phase(hertz * (1 + depth * sine(draw.uniform(4.5, 6.5) * t)))


def placed(count: int, starts: Sequence[int], grains: Sequence[Wave]) -> Wave:
    """Grains laid into silence; what would stick out at the end is cut."""
    whole = np.zeros(count, np.float32)
    for start, grain in zip(starts, grains, strict=True):
        end = min(start + len(grain), count)
        whole[start:end] += grain[: end - start]
    return whole


@lru_cache(maxsize=64)
def hann(count: int) -> Wave:
    """A bell of so many samples, shared: it cannot be written to."""
    bell = np.hanning(count + 2)[1:-1].astype(np.float32)
    bell.flags.writeable = False
    return bell
