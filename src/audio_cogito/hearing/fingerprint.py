"""A print of a sound, by which two copies of one recording know each other when no sample of theirs is equal.

Every 32 ms the print says, for 32 neighbouring pairs of bands from 200 to 1,900 Hz, whether the difference between the
two levels rose or fell over the last quarter of a second (after Haitsma and Kalker, "A highly robust audio
fingerprinting system", ISMIR 2002). Loudness and slow equalisation cancel, and what a codec or a telephone line takes
away lies elsewhere. Beside each of these signs stands whether it can be relied on: whether the difference changed by
more than `SURE_DB`. A silence, a hum or a held tone changes nothing, says nothing and so resembles nothing, where bare
signs would be one and the same noise in all of them.

Numbers: docs/fingerprint.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import soxr

from audio_cogito.audio import RATE, Samples

VERSION = "1"
"""Prints of two versions say nothing of each other: what this module computes never changes without it."""
SHORTEST = 3.0
"""Seconds that two recordings must share to count as one. What is shorter need not be printed."""
SLOW_RATE = 4000
WINDOW = 1024
"""Samples at `SLOW_RATE` of a spectrum: 256 ms."""
HOP = 128
HOP_SECONDS = HOP / SLOW_RATE
BACK = 8
"""Frames over which a change is told."""
SPAN_SECONDS = (WINDOW + BACK * HOP) / SLOW_RATE
"""What the first frame of a print needs: 0.512 s."""
SURE_DB = 2.0
FLOOR = 1e-4
"""Bands more than 40 dB below the frame's power are taken for as quiet as that: codecs fill them with anything."""
STEPS_FLOOR = 100.0
"""Power in a band, in squared steps of 16 bits, below which rounding decides."""
CHUNK = 64
"""Frames that are worked on at once, so that they stay in the processor's cache."""

EDGES = np.round(np.geomspace(200, 1900, 34) * WINDOW / SLOW_RATE).astype(np.intp)
HANN = np.hanning(WINDOW).astype(np.float32)

Words = npt.NDArray[np.uint32]


class Print(NamedTuple):
    """One word of 32 signs for each frame, and one that says which of them are sure."""

    signs: Words
    sure: Words


def fingerprint(samples: Samples) -> bytes:
    """Of 16 kHz mono int16. Empty for what is shorter than half a second; 250 bytes a second beyond that."""
    slow = soxr.resample(samples.astype(np.float32), RATE, SLOW_RATE, quality="LQ")
    if len(slow) < WINDOW + BACK * HOP:
        return b""
    levels = np.concatenate(list(_levels(slow)))
    slopes = levels[:, 1:] - levels[:, :-1]
    changes = slopes[BACK:] - slopes[:-BACK]
    return _packed(changes > 0) + _packed(np.abs(changes) > SURE_DB)


def read(print: bytes) -> Print:
    """A print's words. Raises ValueError for what is no print."""
    words = np.frombuffer(print, dtype="<u4").astype(np.uint32, copy=False)
    if len(words) % 2:
        raise ValueError(f"no print: {len(words)} words, which is no even number")
    return Print(words[: len(words) // 2], words[len(words) // 2 :])


def _levels(slow: npt.NDArray[np.float32]) -> Iterator[npt.NDArray[np.float32]]:
    """The 33 bands' levels in dB, frame by frame."""
    frames = np.lib.stride_tricks.sliding_window_view(slow, WINDOW)[::HOP]
    for first in range(0, len(frames), CHUNK):
        spectra: npt.NDArray[Any] = np.fft.rfft(frames[first : first + CHUNK] * HANN)
        power = spectra.real[:, : EDGES[-1]] ** 2 + spectra.imag[:, : EDGES[-1]] ** 2
        bands = np.add.reduceat(power, EDGES[:-1], axis=1)
        yield 10 * np.log10(bands + FLOOR * bands.sum(axis=1, keepdims=True) + STEPS_FLOOR)


def _packed(bits: npt.NDArray[np.bool_]) -> bytes:
    return np.packbits(bits, axis=1, bitorder="little").tobytes()
