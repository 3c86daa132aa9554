"""From a file, or a member of an archive, to samples: one decoder for each container.

What a sound is called depends on every bit of this road. A container is told by its first bytes, never by its name, and
has one decoder: libsndfile for WAV, FLAC, Ogg, MP3 and what else it reads; FFmpeg (PyAV, an extra) for MP4, Matroska,
ADTS and ASF. A lossy stream is decoded in one go from its first byte, since a seek lands elsewhere in Vorbis, Opus and
MP3 and changes the last bits of the MP3 even where it lands right; PCM and FLAC are sought in. Several spans of one
file are read in one pass. A file that ends before its header says so is refused: a transcript of the whole would be
shown with a part.
"""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from audio_cogito.hearing import archives
from audio_cogito.hearing.decoding import ffmpeg, sndfile, truncation
from audio_cogito.hearing.sound import Frames, Sound, Stream, Undecodable
from audio_cogito.types import Span

SPAN_TOLERANCE = 0.1
"""Seconds that a span may reach past the end and is shortened: tables round their times."""


def decoders() -> tuple[str, ...]:
    """Those at hand, with their versions: what was heard by another is heard anew."""
    installed = ffmpeg.decoder()
    return (sndfile.DECODER, installed) if installed else (sndfile.DECODER,)


def decoder_of(file: io.FileIO) -> str:
    """Which decoder a file's first bytes ask for, whatever becomes of it there."""
    return ffmpeg.decoder() or "" if ffmpeg.container_of(os.pread(file.fileno(), 16, 0)) else sndfile.DECODER


@contextmanager
def opened(file: io.FileIO) -> Iterator[Stream]:
    """A file's sound, to be read. Raises Undecodable, NotInstalled."""
    size = os.fstat(file.fileno()).st_size
    if size == 0:
        raise Undecodable("an empty file")
    if reason := truncation.of_container(file, size):
        raise Undecodable(reason)
    file.seek(0)
    container = ffmpeg.container_of(os.pread(file.fileno(), 16, 0))
    stream: ffmpeg.FFmpegStream | sndfile.SndfileStream
    stream = ffmpeg.FFmpegStream(file, container) if container else sndfile.SndfileStream(file)
    with closing(stream):
        yield stream


@contextmanager
def file_of(path: Path, member: str | None) -> Iterator[io.FileIO]:
    """The bytes of a file, or of a member of an archive. Raises Undecodable, NotInstalled, OSError."""
    # Asked before it is opened: a named pipe would be waited for without end.
    if not stat.S_ISREG(path.stat().st_mode):
        raise Undecodable("not a regular file")
    with path.open("rb", buffering=0) if member is None else archives.opened(path, member) as file:
        yield file


def duration(path: Path, member: str | None = None) -> float:
    """Seconds by the header, without decoding. An estimate for an MP3 that does not state its length."""
    with file_of(path, member) as file, opened(file) as stream:
        return stream.frames / stream.rate


def decode(path: Path, span: Span | None = None, member: str | None = None) -> Sound:
    """The sound of a file, or of a span of it, cut at the native rate before anything else is done to it.

    Raises Undecodable, NotInstalled; FileNotFoundError and other OSErrors where the file cannot be opened.
    """
    with file_of(path, member) as file, opened(file) as stream:
        if span is None:
            return whole(stream)
        (sound,) = parts(stream, [span])
        if isinstance(sound, Undecodable):
            raise sound
        return sound


def whole(stream: Stream) -> Sound:
    """All of it. Raises Undecodable."""
    return _sound(stream, stream.rest())


def parts(stream: Stream, spans: Sequence[Span]) -> Iterator[Sound | Undecodable]:
    """The spans in their order, which must be that of time; each is held alone. One that cannot be had is its error."""
    for span in spans:
        try:
            start, end = _cut(span, stream)
            stream.forward(start)
            frames = stream.read(end - start)
            if len(frames) < end - start:
                raise Undecodable(f"truncated: the sound ends at {(start + len(frames)) / stream.rate:.3f} s")
            yield _sound(stream, frames)
        except Undecodable as error:
            yield error


def _sound(stream: Stream, frames: Frames) -> Sound:
    if not len(frames):
        raise Undecodable("no samples")
    return Sound(frames, stream.rate, stream.full_scale)


def _cut(span: Span, stream: Stream) -> tuple[int, int]:
    """First frame, and the one after the last."""
    start, end = round(span.start * stream.rate), round(span.end * stream.rate)
    if start >= stream.frames or end > stream.frames + SPAN_TOLERANCE * stream.rate:
        seconds = stream.frames / stream.rate
        raise Undecodable(f"the span {span.start:g} to {span.end:g} s goes beyond the end at {seconds:.3f} s")
    return start, min(end, stream.frames)
