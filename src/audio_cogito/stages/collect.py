"""Quality-controlled audio collection (Audio-Cogito, section 2.1.1): a recording is decoded once, measured and judged.

The sound is written once, as models will hear it, and what was measured is remembered: a rerun opens no audio that did
not change. Gates are decided anew each time from what is remembered, so that changing one costs no decoding. Only
a file that is too long by its header is never decoded, and its header is read again in each run.
"""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from functools import cache, lru_cache
from pathlib import Path
from typing import Annotated

import msgspec

from audio_cogito import audio
from audio_cogito.audio import Sounds, Undecodable
from audio_cogito.errors import SetupError
from audio_cogito.ledger import Drop, DropReason, Failure, FailureReason
from audio_cogito.store import Heard, Hearings
from audio_cogito.types import Clip, Measurements, Record, Recording, identity

STAGE = "collect"
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]


class Settings(Record, omit_defaults=False):
    min_seconds: Annotated[float, msgspec.Meta(ge=0)] = 0.5
    max_seconds: Annotated[float, msgspec.Meta(gt=0)] = 30.0
    min_rms_db: float = -60.0
    """Quieter sounds are dropped as silent; dB relative to full scale, over the whole clip."""
    max_silent: Share = 0.98
    """Share of 20 ms frames below -60 dB. A short bark in five padded seconds lies below it."""
    max_clipped: Share = 0.01
    """Share of samples in runs at full scale. Loud music and brisk speech lie below it."""
    target_kept: dict[str, Annotated[int, msgspec.Meta(ge=1)]] = {}
    """The most clips that a source may give, by the source's name. Which ones is decided by hash (`targets.py`)."""
    threads: Annotated[int, msgspec.Meta(ge=1)] = os.cpu_count() or 1
    """How many sounds are decoded at once."""


async def collect(
    recording: Recording, *, sounds: Sounds, hearings: Hearings, settings: Settings
) -> list[Clip | Drop | Failure]:
    """One entry: the clip, or why there is none. What is remembered is answered without leaving this thread."""
    if recording.member is not None:
        return [_failure(recording, "undecodable", "archive members are not read yet")]
    if recording.span and recording.span.end - recording.span.start > settings.max_seconds + audio.SPAN_TOLERANCE:
        return [_too_long(recording, recording.span.end - recording.span.start, settings)]
    try:
        key = _key(recording)
    except FileNotFoundError:
        return [_failure(recording, "missing", "there is no such file")]
    except (OSError, ValueError) as error:
        return [_failure(recording, "missing", f"cannot be found: {error}")]
    heard = hearings.get(key)
    if heard is None or (heard.id is not None and not sounds.holds(heard.id)):
        loop = asyncio.get_running_loop()
        listened = await loop.run_in_executor(_decoders(settings.threads), _listen, recording, sounds, settings)
        if not isinstance(listened, Heard):
            return [listened]
        heard = listened
        hearings.put(key, heard)
    return [_judged(recording, heard, settings)]


@cache
def _decoders(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix="decode")


def _key(recording: Recording) -> str:
    """What a hearing is remembered by; another size or time of change is another file."""
    found = os.stat(recording.path)  # noqa: PTH116
    span = (recording.span.start, recording.span.end) if recording.span else None
    return identity(_resolved(recording.path), str(found.st_size), str(found.st_mtime_ns), repr(span), audio.DECODER)


def _resolved(path: str) -> str:
    # Path.resolve looks at every folder again for every file, which alone would halve the rate of a rerun.
    folder, name = os.path.split(path)
    return os.path.realpath(path) if os.path.islink(path) else f"{_resolved_folder(folder)}/{name}"  # noqa: PTH114


@lru_cache(maxsize=4096)
def _resolved_folder(folder: str) -> str:
    return os.path.realpath(folder)


def _listen(recording: Recording, sounds: Sounds, settings: Settings) -> Heard | Drop | Failure:
    """Decode, measure and write one recording, in a decoder's thread."""
    path = Path(recording.path)
    try:
        if recording.span is None and (seconds := audio.duration(path)) > settings.max_seconds + audio.SPAN_TOLERANCE:
            return _too_long(recording, seconds, settings)
        sound = audio.decode(path, recording.span)
        samples = audio.resample(sound)
    except Undecodable as error:
        return Heard(error=str(error))
    except OSError as error:
        return _failure(recording, "missing", f"cannot be read: {error.strerror or error}")
    heard = Heard(id=audio.clip_id(samples), measurements=audio.measure(sound))
    assert heard.id is not None
    try:
        sounds.write(heard.id, samples)
    except (SetupError, OSError) as error:
        return _failure(recording, "unwritable", str(error))
    return heard


def _judged(recording: Recording, heard: Heard, settings: Settings) -> Clip | Drop | Failure:
    """The gates, on what is remembered."""
    if heard.id is None or heard.measurements is None:
        return _failure(recording, "undecodable", heard.error or "for a reason that was not kept")
    if reason := _gate(heard.measurements, settings):
        return Drop(stage=STAGE, subject=recording.ref, reason=reason[0], detail=reason[1])
    return Clip(id=heard.id, recording=recording, measurements=heard.measurements)


def _gate(measured: Measurements, settings: Settings) -> tuple[DropReason, str] | None:
    """The first gate that a sound does not pass, with the measurement that decided."""
    if measured.seconds < settings.min_seconds:
        return "too_short", f"{measured.seconds:.2f} s, less than {settings.min_seconds:g}"
    if measured.seconds > settings.max_seconds + audio.SPAN_TOLERANCE:
        return "too_long", f"{measured.seconds:.2f} s, more than {settings.max_seconds:g}"
    if measured.rms_db < settings.min_rms_db:
        return "silent", f"{measured.rms_db:.1f} dB, less than {settings.min_rms_db:g}"
    if measured.silent > settings.max_silent:
        return "silent", f"{measured.silent:.1%} of it is silent, more than {settings.max_silent:.1%}"
    if measured.clipped > settings.max_clipped:
        return "clipped", f"{measured.clipped:.2%} of its samples, more than {settings.max_clipped:.2%}"
    return None


def _too_long(recording: Recording, seconds: float, settings: Settings) -> Drop:
    detail = f"{seconds:.2f} s, more than {settings.max_seconds:g}"
    return Drop(stage=STAGE, subject=recording.ref, reason="too_long", detail=detail)


def _failure(recording: Recording, reason: FailureReason, detail: str) -> Failure:
    return Failure(stage=STAGE, subject=recording.ref, reason=reason, detail=detail)
