"""The sound that models hear: 16 kHz, mono, int16. And the one place where each sound is kept.

What a sound is called depends on every bit of this road (and of `decoding`), so each step is chosen to give the same
bits again: channels are averaged and resampled in double precision, and nothing is dithered.
"""

from __future__ import annotations

import io
import os
import struct
from hashlib import blake2b
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile
import soxr

from audio_cogito.errors import CallFailed
from audio_cogito.hearing.sound import Sound, Undecodable, Wave
from audio_cogito.store import write_whole

RATE = 16_000

Samples = npt.NDArray[np.int16]


class SoundLost(CallFailed):
    """A sound that was written once is gone or damaged. The call that needed it fails; the run goes on."""


def mix(sound: Sound) -> Wave:
    """The mono mix at 16 kHz, in double precision.

    soxr's VHQ works in double precision throughout, so that processors with other vector units round to the same
    int16 all but never; it costs the same here as HQ, which works in single precision. Raises Undecodable where not
    one sample is left.
    """
    mono = sound.mono()
    if sound.rate != RATE:
        mono = soxr.resample(mono, sound.rate, RATE, quality="VHQ")
    if not len(mono):
        raise Undecodable("shorter than one sample at 16 kHz")
    return mono


def rounded(mixed: Wave) -> Samples:
    """Rounded and limited to int16. A 16 kHz mono int16 file comes back bit for bit."""
    scaled = mixed * 32768
    np.rint(scaled, out=scaled)
    np.clip(scaled, -32768, 32767, out=scaled)
    return scaled.astype("<i2")


def resample(sound: Sound) -> Samples:
    """What models hear of a sound. Raises Undecodable where not one sample is left."""
    return rounded(mix(sound))


def clip_id(samples: Samples) -> str:
    """32 hex digits: BLAKE2b of the little-endian int16 samples."""
    return blake2b(samples.astype("<i2", copy=False).tobytes(), digest_size=16).hexdigest()


def silence(seconds: int) -> Samples:
    """Nothing but zeros, for so many seconds."""
    return np.zeros(seconds * RATE, dtype="<i2")


class Sounds:
    """Each sound once, as 16 kHz mono FLAC below `root`, by id. Safe to use from several threads and processes."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, id: str) -> Path:
        return self.root / id[:2] / f"{id}.flac"

    def holds(self, id: str) -> bool:
        return os.path.exists(f"{self.root}/{id[:2]}/{id}.flac")  # noqa: PTH110

    def write(self, id: str, samples: Samples) -> None:
        """There whole or not at all; what is there already is left. Raises SetupError where the disk refuses."""
        if self.holds(id):
            return
        encoded = io.BytesIO()
        soundfile.write(encoded, samples, RATE, format="FLAC", subtype="PCM_16")
        write_whole(self.path(id), encoded.getvalue())

    def flac(self, id: str) -> bytes:
        """The file as it is. Raises SoundLost."""
        try:
            return self.path(id).read_bytes()
        except OSError as error:
            raise SoundLost("missing", f"the sound {self.path(id)} cannot be read: {error.strerror}") from error

    def samples(self, id: str) -> Samples:
        """Checked against the id. Raises SoundLost, also for a file that does not hold what its name says."""
        try:
            samples, rate = soundfile.read(io.BytesIO(self.flac(id)), dtype="int16")
        except soundfile.LibsndfileError as error:
            raise self._damaged(id) from error
        if rate != RATE or clip_id(samples) != id:
            raise self._damaged(id)
        return np.asarray(samples, dtype="<i2")

    def wav(self, id: str) -> bytes:
        """A WAV of the plainest kind: 44 bytes of header, then the samples. Raises SoundLost."""
        data = self.samples(id).tobytes()
        head = struct.pack(
            "<4sI4s4sIHHIIHH", b"RIFF", 36 + len(data), b"WAVE", b"fmt ", 16, 1, 1, RATE, 2 * RATE, 2, 16
        )
        return head + struct.pack("<4sI", b"data", len(data)) + data

    def _damaged(self, id: str) -> SoundLost:
        return SoundLost("undecodable", f"the sound {self.path(id)} is damaged: delete it and run again")
