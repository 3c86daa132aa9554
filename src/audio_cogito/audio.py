"""From a file to the sound that models hear: 16 kHz, mono, int16. And the one place where each sound is kept.

What a sound is called depends on every bit of this road, so each step is chosen to give the same bits again: a lossy
stream is decoded in one go from its first byte (a seek lands elsewhere in Vorbis, Opus and MP3, and changes the last
bits of the MP3 even where it lands right), channels are averaged and resampled in double precision, and nothing is
dithered. A file that ends before its header says so is refused: a transcript of the whole would be shown with a part.
"""

from __future__ import annotations

import io
import os
import stat
import struct
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile
import soxr

from audio_cogito import truncation
from audio_cogito.errors import CallFailed, CogitoError
from audio_cogito.store import write_whole
from audio_cogito.types import Measurements, Span

DECODER = f"sndfile-{soundfile.__libsndfile_version__}/soxr-{soxr.__version__}/1"
"""What an id depends on beside the file. The last number is ours: raise it when a step here changes."""

RATE = 16_000
SPAN_TOLERANCE = 0.1
"""Seconds that a span may reach past the end and is shortened: tables round their times."""
FLOOR_DB = -120.0
FRAME_SECONDS = 0.02
SILENT_DB = -60.0

SEEKABLE = {"PCM_16", "PCM_24", "PCM_32", "PCM_U8", "PCM_S8", "FLOAT", "DOUBLE", "ULAW", "ALAW"}
"""Encodings (FLAC's among them) in which a seek is exact to the sample."""
FULL_SCALE = {"PCM_U8": 127 / 128, "PCM_S8": 127 / 128, "ULAW": 32124 / 32768, "ALAW": 32256 / 32768}
"""The largest positive sample of an encoding, where it is not that of 16 bits."""
FULL_SCALE_16 = 32767 / 32768
LENGTH_UNKNOWN = 2**62

Samples = npt.NDArray[np.int16]


class Undecodable(CogitoError):
    """No sound can be had from this file; the message is the reason, one line without the path."""


class SoundLost(CallFailed):
    """A sound that was written once is gone or damaged. The call that needed it fails; the run goes on."""


@dataclass(frozen=True, slots=True, eq=False)
class Sound:
    """Samples as they stand in the file."""

    frames: npt.NDArray[np.float32]
    """Frames x channels, full scale at 1."""
    rate: int
    full_scale: float = FULL_SCALE_16
    """The largest positive sample that the file's encoding can hold."""

    @property
    def seconds(self) -> float:
        return len(self.frames) / self.rate

    def mono(self) -> npt.NDArray[np.float64]:
        """The mean of the channels: what a listener of the clip hears."""
        mean: npt.NDArray[np.float64] = self.frames.mean(axis=1, dtype=np.float64)
        return mean


def duration(path: Path) -> float:
    """Seconds by the header, without decoding. An estimate for an MP3 that does not state its length."""
    with _file(path) as file, _open(file) as sound:
        return float(sound.frames / sound.samplerate)


def decode(path: Path, span: Span | None = None) -> Sound:
    """The sound of a file, or of a span of it, cut at the native rate before anything else is done to it.

    A span of a lossy file costs memory for all that stands before its end, see the top of this file.
    Raises Undecodable; FileNotFoundError and other OSErrors where the file cannot be opened.
    """
    with _file(path) as file, _open(file) as sound:
        try:
            frames = _read(sound, _cut(span, sound))
        except soundfile.LibsndfileError as error:
            raise Undecodable(f"truncated or damaged: {error.error_string.strip() or 'a read failed'}") from error
        except MemoryError as error:
            raise Undecodable("does not fit into memory") from error
        if span is None and (reason := truncation.of_decoded(file, sound.format, len(frames), sound.frames)):
            raise Undecodable(reason)
        if not len(frames):
            raise Undecodable("no samples")
        if not np.isfinite(frames).all():
            raise Undecodable("samples that are no numbers (NaN or infinity)")
        return Sound(frames, sound.samplerate, FULL_SCALE.get(sound.subtype, FULL_SCALE_16))


def _file(path: Path) -> io.FileIO:
    # Asked before it is opened: a named pipe would be waited for without end.
    if not stat.S_ISREG(path.stat().st_mode):
        raise Undecodable("not a regular file")
    return path.open("rb", buffering=0)


def _open(file: io.FileIO) -> soundfile.SoundFile:
    size = os.fstat(file.fileno()).st_size
    if size == 0:
        raise Undecodable("an empty file")
    if reason := truncation.of_container(file, size):
        raise Undecodable(reason)
    file.seek(0)
    try:
        sound = soundfile.SoundFile(file.fileno(), closefd=False)
    except soundfile.LibsndfileError as error:
        raise Undecodable(f"not audio that can be read: {error.error_string.strip()}") from error
    if sound.frames >= LENGTH_UNKNOWN:
        sound.close()
        raise Undecodable("its header does not state how long it is")
    return sound


def _cut(span: Span | None, sound: soundfile.SoundFile) -> tuple[int, int]:
    """First frame, and the one after the last."""
    if span is None:
        return 0, sound.frames
    start, end = round(span.start * sound.samplerate), round(span.end * sound.samplerate)
    if start >= sound.frames or end > sound.frames + SPAN_TOLERANCE * sound.samplerate:
        seconds = sound.frames / sound.samplerate
        raise Undecodable(f"the span {span.start:g} to {span.end:g} s goes beyond the end at {seconds:.3f} s")
    return start, min(end, sound.frames)


def _read(sound: soundfile.SoundFile, cut: tuple[int, int]) -> npt.NDArray[np.float32]:
    start, end = cut
    if sound.subtype in SEEKABLE:
        sound.seek(start)
        frames: npt.NDArray[np.float32] = sound.read(end - start, dtype="float32", always_2d=True)
        return frames
    return np.array(sound.read(end, dtype="float32", always_2d=True)[start:])


def measure(sound: Sound) -> Measurements:
    """Levels and silence of the mono mix, which is what models hear; clipping of each channel, which a mix hides.

    Levels are dB relative to full scale, -120 at the lowest. `silent` is the share of 20 ms frames whose RMS lies
    below -60 dB (the last may be shorter), `clipped` that of samples in a run of two or more at full scale.
    """
    mono = sound.mono()
    square = mono * mono
    starts = np.arange(0, len(mono), max(1, round(sound.rate * FRAME_SECONDS)))
    power = np.add.reduceat(square, starts) / np.diff(starts, append=len(mono))
    return Measurements(
        seconds=sound.seconds,
        sample_rate=sound.rate,
        channels=sound.frames.shape[1],
        peak_db=_db(float(square.max())),
        rms_db=_db(float(square.mean())),
        silent=float((power < 10 ** (SILENT_DB / 10)).mean()),
        clipped=_clipped(sound),
    )


def _db(power: float) -> float:
    floor: float = 10 ** (FLOOR_DB / 10)
    return round(10 * float(np.log10(max(power, floor))), 3)


def _clipped(sound: Sound) -> float:
    full = np.abs(sound.frames) >= np.float32(sound.full_scale)
    if np.count_nonzero(full) < 2:
        return 0.0
    pair = full[1:] & full[:-1]
    run = np.zeros_like(full)
    run[1:] |= pair
    run[:-1] |= pair
    return float(run.mean())


def resample(sound: Sound) -> Samples:
    """The mono mix at 16 kHz, rounded and limited to int16. A 16 kHz mono int16 file comes back bit for bit.

    soxr's VHQ works in double precision throughout, so that processors with other vector units round to the same
    int16 all but never; it costs the same here as HQ, which works in single precision. Raises Undecodable where not
    one sample is left.
    """
    mono = sound.mono()
    if sound.rate != RATE:
        mono = soxr.resample(mono, sound.rate, RATE, quality="VHQ")
    if not len(mono):
        raise Undecodable("shorter than one sample at 16 kHz")
    return np.clip(np.rint(mono * 32768), -32768, 32767).astype("<i2")


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
