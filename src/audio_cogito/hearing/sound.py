"""A sound as a decoder gives it, and why there may be none. What every decoder and measurement speaks of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from audio_cogito.errors import CogitoError

FULL_SCALE_16 = 32767 / 32768
MOST_SAMPLES = 2**29
"""Samples of all channels that one reading may hold: 2 GiB, three hours in CD quality."""

Frames = npt.NDArray[np.float32]
"""Frames x channels, full scale at 1."""
Wave = npt.NDArray[np.float64]
"""One channel, full scale at 1."""


class Undecodable(CogitoError):
    """No sound can be had from this file; the message is the reason, one line without the path."""


class NotInstalled(CogitoError):
    """An extra that this container needs is not installed; the message says which."""


class Stream(Protocol):
    """An opened file, read forwards. One kind for each decoder."""

    rate: int
    frames: int
    """By the header; an estimate for an MP3 that does not state its length."""
    full_scale: float
    decoder: str

    def read(self, count: int) -> Frames:
        """The next `count` frames, fewer where the sound ends. Raises Undecodable."""
        ...

    def forward(self, frame: int) -> None:
        """Go on to that frame, which must not lie behind."""
        ...

    def rest(self) -> Frames:
        """All that is left. Raises Undecodable, also where less is left than the header says."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Sound:
    """Samples as they stand in the file."""

    frames: Frames
    rate: int
    full_scale: float = FULL_SCALE_16
    """The largest positive sample that the file's encoding can hold."""

    @property
    def seconds(self) -> float:
        return len(self.frames) / self.rate

    def mono(self) -> Wave:
        """The mean of the channels: what a listener of the clip hears."""
        if self.frames.shape[1] == 1:
            return self.frames[:, 0].astype(np.float64)
        if self.frames.shape[1] == 2:
            both: Wave = np.add(self.frames[:, 0], self.frames[:, 1], dtype=np.float64)
            both /= 2
            return both
        mean: Wave = self.frames.mean(axis=1, dtype=np.float64)
        return mean
