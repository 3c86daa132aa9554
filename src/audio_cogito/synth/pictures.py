"""Spectrograms as PNG files: time to the right, 0 to 8 kHz upwards, a bar above for every sound of the score."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import numpy.typing as npt

from audio_cogito.audio import RATE
from audio_cogito.synth.scenes import Scene
from audio_cogito.synth.waves import Wave

WINDOW, HOP = 512, 128
RANGE_DB = 80.0
"""How far below the loudest point the picture is black."""
SCALE = 2
"""Pixels for each bin of frequency, and one for each hop."""
BAR, MARGIN = 8, 2
COLOURS = np.array([(0, 0, 4), (81, 18, 124), (183, 55, 121), (252, 137, 97), (252, 253, 191)], np.float32)
"""From quiet to loud."""
BARS = ((102, 194, 165), (252, 141, 98), (141, 160, 203), (231, 138, 195), (166, 216, 84), (255, 217, 47))

Pixels = npt.NDArray[np.uint8]


def picture(scene: Scene, samples: Wave) -> bytes:
    """A PNG of a scene's sound under its score; the background has no bar."""
    return png(np.vstack([_score(scene, _columns(samples)), _spectrogram(samples)]))


def legend(scene: Scene) -> tuple[tuple[str, str], ...]:
    """The name of every event, and the colour of its bar as pages write one."""
    colours = ("#" + bytes(BARS[i % len(BARS)]).hex() for i in range(len(scene.events)))
    return tuple(zip((event.kind for event in scene.events), colours, strict=True))


def _columns(samples: Wave) -> int:
    return 1 + (len(samples) - WINDOW) // HOP


def _spectrogram(samples: Wave) -> Pixels:
    frames = np.lib.stride_tricks.sliding_window_view(samples, WINDOW)[::HOP] * np.hanning(WINDOW)
    power = np.abs(np.fft.rfft(frames)[:, 1:]) ** 2
    loud = 10 * np.log10(power / max(float(power.max()), 1e-12) + 1e-12)
    level = np.clip(1 + loud / RANGE_DB, 0, 1).T[::-1]
    place = level * (len(COLOURS) - 1)
    low = np.minimum(place.astype(int), len(COLOURS) - 2)
    shade = (place - low)[..., None]
    mixed = COLOURS[low] * (1 - shade) + COLOURS[low + 1] * shade
    return np.asarray(mixed, np.uint8).repeat(SCALE, axis=0)


def _score(scene: Scene, columns: int) -> Pixels:
    """A row for every event, on the ground of what is silent, so that it suits a page in light and in dark."""
    rows = np.empty((len(scene.events) * (BAR + MARGIN) + MARGIN, columns, 3), np.uint8)
    rows[:] = COLOURS[0].astype(np.uint8)
    for i, event in enumerate(scene.events):
        top = MARGIN + i * (BAR + MARGIN)
        start, end = (round(moment * RATE / HOP) for moment in (event.start, event.end))
        rows[top : top + BAR, start:end] = BARS[i % len(BARS)]
    return rows


def png(pixels: Pixels) -> bytes:
    """An RGB image, height x width x 3."""
    height, width, _ = pixels.shape
    lines = np.concatenate([np.zeros((height, 1), np.uint8), pixels.reshape(height, width * 3)], axis=1)
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(lines.tobytes(), 6)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
