"""A process that listens: what it is sent, a line of JSON each, it decodes, measures and writes.

    python -m audio_cogito.hearing.listener SOUNDS

Samples never travel between processes: the sound is written here and what was heard of it is answered. A decoder that
crashes takes this process along and no other; `listening` holds several of them.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from typing import IO

import msgspec

from audio_cogito import audio
from audio_cogito.audio import Sounds
from audio_cogito.errors import SetupError
from audio_cogito.hearing import decoding, measuring, taggers
from audio_cogito.hearing.decoding import sndfile
from audio_cogito.hearing.fingerprint import SHORTEST, fingerprint
from audio_cogito.hearing.sound import NotInstalled, Sound, Stream, Undecodable
from audio_cogito.hearing.taggers import Tagger
from audio_cogito.ledger import FailureReason
from audio_cogito.store import Heard
from audio_cogito.types import Record, Span


class Job(Record):
    """A recording to be heard: all of it, or spans of it in the order of time."""

    path: str
    member: str | None = None
    spans: tuple[Span, ...] = ()
    """Empty: all of it."""
    longest: float = 30.0
    """Seconds; what is longer by its header is not decoded whole."""
    printed: bool = False
    """Whether fingerprints are wanted."""
    taggers: tuple[Tagger, ...] = ()
    """Those that are to say something of it."""


class Refusal(Record, tag="refusal"):
    """Why nothing was heard, for a reason that lies outside the file and may pass."""

    reason: FailureReason
    detail: str
    traceback: str = ""


class Answer(Record, tag="answer"):
    """What was heard, one for all of it or one for each span."""

    heard: tuple[Heard, ...]
    prints: dict[str, bytes] = {}
    """Fingerprints by clip id, of the sounds that are long enough to have one."""


def listen(job: Job, sounds: Sounds) -> Answer | Refusal:
    """Do one job. Errors of the file are `Heard`, those around it a refusal."""
    path = Path(job.path)
    count = max(1, len(job.spans))
    try:
        with decoding.file_of(path, job.member) as file:
            try:
                with decoding.opened(file) as stream:
                    prints: dict[str, bytes] = {}
                    return Answer(heard=tuple(_heard(stream, job, sounds, prints)), prints=prints)
            except Undecodable as error:
                return _undecodable(str(error), decoding.decoder_of(file), count)
    except Undecodable as error:
        return _undecodable(str(error), sndfile.DECODER, count)
    except MemoryError:
        return _undecodable("does not fit into memory", sndfile.DECODER, count)
    except NotInstalled as error:
        return Refusal(reason="not_installed", detail=str(error))
    except (SetupError, _Unwritable) as error:
        return Refusal(reason="unwritable", detail=str(error))
    except FileNotFoundError:
        return Refusal(reason="missing", detail="there is no such file")
    except OSError as error:
        return Refusal(reason="missing", detail=f"cannot be read: {error.strerror or error}")


class _Unwritable(Exception):
    """The disk refused a sound."""


def _undecodable(reason: str, decoder: str, count: int) -> Answer:
    return Answer(heard=(Heard(decoder=decoder, error=reason),) * count)


def _heard(stream: Stream, job: Job, sounds: Sounds, prints: dict[str, bytes]) -> Iterator[Heard]:
    seconds = stream.frames / stream.rate
    if not job.spans and seconds > job.longest + decoding.SPAN_TOLERANCE:
        yield Heard(decoder=stream.decoder, seconds=seconds)
        return
    for sound in decoding.parts(stream, job.spans) if job.spans else (decoding.whole(stream),):
        try:
            if isinstance(sound, Undecodable):
                raise sound
            yield _kept(sound, stream.decoder, job, sounds, prints)
        except Undecodable as error:
            yield Heard(decoder=stream.decoder, error=str(error))


def _kept(sound: Sound, decoder: str, job: Job, sounds: Sounds, prints: dict[str, bytes]) -> Heard:
    if count := measuring.not_numbers(sound):
        return Heard(decoder=decoder, measurements=measuring.unmeasurable(sound, count))
    mixed = audio.mix(sound)
    samples = audio.rounded(mixed)
    id = audio.clip_id(samples)
    try:
        sounds.write(id, samples)
    except OSError as error:
        raise _Unwritable(str(error)) from error
    if job.printed and len(samples) >= SHORTEST * audio.RATE:
        prints[id] = fingerprint(samples)
    measurements = taggers.measured(measuring.measure(sound, mixed), samples, job.taggers)
    return Heard(decoder=decoder, id=id, measurements=measurements, tagged=taggers.all_weights(job.taggers))


def answered(job: Job, sounds: Sounds) -> Answer | Refusal:
    """As `listen`, with a fault of ours as a refusal that holds its traceback."""
    try:
        return listen(job, sounds)
    except Exception as error:
        return Refusal(reason="crashed", detail=f"{type(error).__name__}: {error}", traceback=traceback.format_exc())


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sounds, jobs = Sounds(Path(sys.argv[1])), SimpleQueue[Job]()
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    threading.Thread(target=_receive, args=(jobs,), daemon=True).start()
    encode = msgspec.json.Encoder().encode
    with suppress(OSError):
        while True:
            _write_whole(answers, encode(answered(jobs.get(), sounds)) + b"\n")
    os._exit(0)


def _write_whole(pipe: IO[bytes], data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[pipe.write(view) or 0 :]


def _receive(jobs: SimpleQueue[Job]) -> None:
    """Ends the process when the one that sends has gone, be it in the middle of a sound."""
    decode = msgspec.json.Decoder(Job).decode
    for line in sys.stdin.buffer:
        jobs.put(decode(line))
    os._exit(0)


if __name__ == "__main__":
    main()
