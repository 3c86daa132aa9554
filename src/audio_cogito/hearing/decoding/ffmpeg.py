"""FFmpeg, through PyAV: the sound of MP4 (m4a, mov, 3gp), Matroska (webm, mka), ADTS (aac) and ASF (wma).

An extra, `audio-cogito[av]`: 35 MB to fetch, 105 MB installed, and no other container needs it. The demuxer is named
for each container, so that a file cannot ask for another one, which might open other files or addresses.
"""

from __future__ import annotations

import errno
import io
from collections.abc import Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

import numpy as np
import soxr

from audio_cogito.hearing.decoding import truncation
from audio_cogito.hearing.sound import FULL_SCALE_16, MOST_SAMPLES, Frames, NotInstalled, Undecodable

if TYPE_CHECKING:
    import av

MISSING = "mp4, m4a, webm, aac and wma are read by PyAV, which is not installed: pip install 'audio-cogito[av]'"
BOXES = {b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"}
"""What an MP4 or QuickTime file begins with."""
ASF = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
END_TOLERANCE = 0.25
"""Seconds by which a sound may be shorter than its header says: encoders count their lead-in, up to 0.2 s in HE-AAC."""
INTEGERS = {"u8": 128.0, "s16": 2.0**15, "s32": 2.0**31}
"""Full scale of the sample formats that are no floats."""


def container_of(head: bytes) -> str | None:
    """The demuxer for a file's first 16 bytes; None for what libsndfile reads."""
    if head[4:8] in BOXES:
        return "mov"
    if head[:4] == b"\x1a\x45\xdf\xa3":
        return "matroska"
    if head == ASF:
        return "asf"
    # Twelve bits of sync, then the layer, which is 0 in ADTS and never in MP3.
    return "aac" if len(head) > 1 and head[0] == 0xFF and head[1] & 0xF6 == 0xF0 else None


@cache
def decoder() -> str | None:
    """The decoder's name and version; None where it is not installed."""
    try:
        return f"av-{version('av')}/soxr-{soxr.__version__}/1"
    except PackageNotFoundError:
        return None


class FFmpegStream:
    """The first sound stream of a file. Raises NotInstalled, Undecodable."""

    full_scale = FULL_SCALE_16

    def __init__(self, file: io.FileIO, container: str) -> None:
        self.decoder = decoder() or ""
        self._file = file
        try:
            import av
        except ImportError as error:
            raise NotInstalled(MISSING) from error
        self._error = av.error.FFmpegError
        try:
            self._container = av.open(file, mode="r", format=container, metadata_errors="replace")
        except (av.error.FFmpegError, OSError, ValueError) as error:
            raise self._damage(error) from error
        try:
            self._begin(container)
        except BaseException:
            self.close()
            raise

    def _begin(self, container: str) -> None:
        if not self._container.streams.audio:
            raise Undecodable("no sound in it")
        stream = self._container.streams.audio[0]
        # A stream whose parameters could not be found has no codec; to decode it ends the process.
        if stream.codec_context is None or not stream.codec_context.sample_rate:
            raise Undecodable("truncated or damaged: its sound cannot be told from its header")
        stream.codec_context.thread_count = 1
        self.rate = int(stream.codec_context.sample_rate)
        self._channels = int(stream.codec_context.channels)
        self.frames, self._exact = self._stated(stream, container)
        self._decoded = self._blocks(stream)
        self._waiting: Frames = np.zeros((0, self._channels), np.float32)
        self._position = 0

    def _stated(self, stream: av.AudioStream, container: str) -> tuple[int, bool]:
        """Frames by the header, and whether they are the sound's own: a film may go on when its sound has ended."""
        if container == "aac":
            return round(truncation.adts_seconds(self._file) * self.rate), True
        if stream.duration and stream.time_base:
            return round(stream.duration * stream.time_base * self.rate), True
        if self._container.duration is None or self._container.duration <= 0:
            raise Undecodable("its header does not state how long it is")
        return round(self._container.duration / 1_000_000 * self.rate), len(self._container.streams) == 1

    def _blocks(self, stream: av.AudioStream) -> Iterator[Frames]:
        try:
            for frame in self._container.decode(stream):
                yield self._block(frame)
        except (self._error, OSError, ValueError) as error:
            raise self._damage(error) from error

    def _damage(self, error: Exception) -> Exception:
        """The error to raise. A place before the beginning of the file is one that the file named, not the disk."""
        if isinstance(error, OSError) and not isinstance(error, self._error) and error.errno != errno.EINVAL:
            return error
        return Undecodable(f"truncated or damaged: {_line(error)}")

    def _block(self, frame: av.AudioFrame) -> Frames:
        if frame.sample_rate != self.rate or frame.layout.nb_channels != self._channels:
            raise Undecodable("its rate or its channels change on the way")
        samples: np.ndarray[Any, Any] = frame.to_ndarray()
        if not frame.format.is_planar:
            samples = samples.reshape(-1, self._channels).T
        scale = INTEGERS.get(frame.format.name.removesuffix("p"))
        if scale is None:
            return samples.T.astype(np.float32)
        offset = 128 if scale == 128 else 0
        return ((samples.T.astype(np.float64) - offset) / scale).astype(np.float32)

    def read(self, count: int) -> Frames:
        if count * self._channels > MOST_SAMPLES:
            raise Undecodable("does not fit into memory: more than 2 GiB of samples")
        blocks, there = [self._waiting], len(self._waiting)
        while there < count and (block := next(self._decoded, None)) is not None:
            blocks.append(block)
            there += len(block)
        joined = np.concatenate(blocks)
        self._waiting = joined[count:]
        self._position += min(count, there)
        return joined[:count]

    def forward(self, frame: int) -> None:
        while self._position < frame and len(self.read(min(2**16, frame - self._position))):
            pass

    def rest(self) -> Frames:
        slack = round(END_TOLERANCE * self.rate)
        frames = self.read(max(0, self.frames - self._position) + slack + 1)
        if self._position > self.frames + slack:
            raise Undecodable("it goes on after the end that its header states")
        if self._exact and self._position < self.frames - slack:
            raise Undecodable(f"truncated: {self._position} of {self.frames} frames")
        return frames

    def close(self) -> None:
        self._container.close()


def _line(error: Exception) -> str:
    return " ".join(str(getattr(error, "strerror", None) or error).split())
