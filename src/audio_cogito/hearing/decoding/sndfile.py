"""libsndfile: WAV, FLAC, Ogg (Vorbis, Opus), MP3, and its rarer formats."""

from __future__ import annotations

import io

import soundfile
import soxr

from audio_cogito.hearing.decoding import truncation
from audio_cogito.hearing.sound import FULL_SCALE_16, MOST_SAMPLES, Frames, Undecodable

DECODER = f"sndfile-{soundfile.__libsndfile_version__}/soxr-{soxr.__version__}/1"
"""What an id depends on beside the file. The last number is ours: raise it when a step changes."""

SEEKABLE = {"PCM_16", "PCM_24", "PCM_32", "PCM_U8", "PCM_S8", "FLOAT", "DOUBLE", "ULAW", "ALAW"}
"""Encodings (FLAC's among them) in which a seek is exact to the sample."""
FULL_SCALE = {"PCM_U8": 127 / 128, "PCM_S8": 127 / 128, "ULAW": 32124 / 32768, "ALAW": 32256 / 32768}
"""The largest positive sample of an encoding, where it is not that of 16 bits."""
LENGTH_UNKNOWN = 2**62
BLOCK = 2**16
"""Frames that are passed over at once."""


class Forward(soundfile.SoundFile):
    """soundfile seeks to where it stands after each read of a file that can be sought in: that costs time and changes
    what an MP3 gives next."""

    def seekable(self) -> bool:
        return False


class SndfileStream:
    """A file that libsndfile reads. Raises Undecodable where it does not, or where it does not know the length."""

    decoder = DECODER

    def __init__(self, file: io.FileIO) -> None:
        self._file = file
        try:
            self._sound = Forward(file.fileno(), closefd=False)
        except soundfile.LibsndfileError as error:
            raise Undecodable(f"not audio that can be read: {error.error_string.strip()}") from error
        self.rate, self.frames = self._sound.samplerate, self._sound.frames
        self.full_scale = FULL_SCALE.get(self._sound.subtype, FULL_SCALE_16)
        self._position = 0
        if self.frames >= LENGTH_UNKNOWN:
            self.close()
            raise Undecodable("its header does not state how long it is")

    def read(self, count: int) -> Frames:
        count = min(count, self.frames - self._position)
        if count * self._sound.channels > MOST_SAMPLES:
            raise Undecodable("does not fit into memory: more than 2 GiB of samples")
        try:
            frames: Frames = self._sound.read(count, dtype="float32", always_2d=True)
        except soundfile.LibsndfileError as error:
            raise Undecodable(f"truncated or damaged: {error.error_string.strip() or 'a read failed'}") from error
        self._position += len(frames)
        return frames

    def forward(self, frame: int) -> None:
        if self._sound.subtype in SEEKABLE:
            self._position = self._sound.seek(frame)
            return
        while self._position < frame and len(self.read(min(BLOCK, frame - self._position))):
            pass

    def rest(self) -> Frames:
        frames = self.read(self.frames - self._position)
        if reason := truncation.of_decoded(self._file, self._sound.format, self._position, self.frames):
            raise Undecodable(reason)
        return frames

    def close(self) -> None:
        self._sound.close()
