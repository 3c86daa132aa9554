"""Quality-controlled audio collection (Audio-Cogito, section 2.1.1): a recording is decoded once, measured and judged.

The sound is written once, as models will hear it, and what was measured is remembered: a rerun opens no audio that did
not change. Gates are decided anew each time from what is remembered, so that changing one costs no decoding. What is
too long by its header is not decoded whole: it is dropped, split into parts or cropped to one, as `long` says.
"""

from __future__ import annotations

import logging
import os
from functools import lru_cache
from typing import Annotated, Literal

import msgspec

from audio_cogito.audio import Sounds
from audio_cogito.hearing import decoding, parts, taggers
from audio_cogito.hearing.listener import Answer, Job, Refusal
from audio_cogito.hearing.listeners import Listeners
from audio_cogito.hearing.prints import Prints
from audio_cogito.hearing.taggers import Tagger
from audio_cogito.ledger import Drop, DropReason, Failure, FailureReason
from audio_cogito.stages import gates
from audio_cogito.stages.gates import Gates, Judged, Share
from audio_cogito.store import Heard, Hearings
from audio_cogito.types import Clip, Measurements, Record, Recording, Span, identity

STAGE = "collect"
LOG = logging.getLogger("audio_cogito")


class Settings(Record, omit_defaults=False):
    min_seconds: Annotated[float, msgspec.Meta(ge=0)] = 0.5
    max_seconds: Annotated[float, msgspec.Meta(gt=0)] = 30.0
    long: Literal["drop", "split", "crop"] = "drop"
    """What becomes of a longer recording: "split" makes equal parts of at most max_seconds, "crop" one of just that.
    A part keeps its events and turns; captions and other words about the whole are not shown for it. A recording that
    comes with its own questions is always dropped: they are about the whole."""
    max_dc: Share = 0.1
    """Mean level as a share of full scale, of either sign. More is a fault of the recorder, and it swallows levels."""
    min_rms_db: float = -60.0
    """Quieter sounds are dropped as silent; dB relative to full scale, over the whole clip."""
    max_silent: Share = 0.98
    """Share of 20 ms frames below -60 dB. A short bark in five padded seconds lies below it."""
    max_clipped: Share = 0.01
    """Share of samples in runs at full scale. Loud music and brisk speech lie below it."""
    target_kept: dict[str, Annotated[int, msgspec.Meta(ge=1)]] = {}
    """The most clips that a source may give, by the source's name. Which ones is decided by hash (`targets.py`)."""
    min_bandwidth_hz: Annotated[float, msgspec.Meta(ge=0, le=8000)] = 120.0
    """A sound with nothing above it, within 60 dB of its strongest frequency, is mains hum or rumble. Telephone speech
    reaches 3,400; 6,000 keeps wideband speech alone."""
    min_snr_db: float = 0.0
    """The estimate of `Measurements.snr_db`. Steady sounds have next to none, so by default nothing is dropped; for a
    corpus of speech with pauses, 15 drops what is hard to follow."""
    taggers: tuple[Tagger, ...] = ()
    """What is measured beside levels, by networks that audio-cogito[taggers] brings along: "speech", the share of it
    that is speech, and "dnsmos", how good a recording of speech it is (`Measurements`)."""
    gates: dict[Judged, Gates] = {}
    """What they said, judged by domain (`gates.py`)."""
    processes: Annotated[int, msgspec.Meta(ge=0)] = os.cpu_count() or 1
    """How many sounds are decoded at once, each in a process of its own, so that a decoder that crashes costs one
    recording. 0: in this process."""

    def __post_init__(self) -> None:
        if missing := next(gates.untagged(self.gates, self.taggers), None):
            raise ValueError(missing)


EVERY_SOUND = {
    "min_seconds": 0.0,
    "max_seconds": 86_400.0,
    "max_dc": 1.0,
    "min_rms_db": -1000.0,
    "max_silent": 1.0,
    "max_clipped": 1.0,
    "min_bandwidth_hz": 0.0,
    "min_snr_db": -1000.0,
    "taggers": (),
    "gates": {},
}
"""Gates that let every sound pass: what a benchmark asks about is not ours to leave out."""

Entry = Clip | Drop | Failure


async def collect(
    recording: Recording,
    *,
    sounds: Sounds,
    hearings: Hearings,
    listeners: Listeners,
    settings: Settings,
    prints: Prints | None = None,
) -> list[Entry]:
    """The clip, or why there is none; for a long recording one entry for each part, where it is split.

    What is remembered is answered without leaving this thread. With `prints`, what is heard is fingerprinted, too.
    """
    try:
        place = _place(recording)
    except FileNotFoundError:
        return [_failure(recording, "missing", "there is no such file")]
    except (OSError, ValueError) as error:
        return [_failure(recording, "missing", f"cannot be found: {error}")]
    remembered = Remembered(place, sounds, hearings, listeners, settings, prints)
    if recording.span:
        start, end = recording.span.start, recording.span.end
        if end - start <= settings.max_seconds + decoding.SPAN_TOLERANCE:
            return _judged([recording], await remembered.heard(recording, (recording.span,)), settings)
    else:
        heard = await remembered.heard(recording, ())
        if isinstance(heard, Refusal) or (seconds := _too_long(heard[0], settings)) is None:
            return _judged([recording], heard, settings)
        start, end = 0.0, seconds
    match "drop" if recording.posed else settings.long:
        case "drop":
            detail = f"{end - start:.2f} s, more than {settings.max_seconds:g}"
            return [Drop(stage=STAGE, subject=recording.ref, reason="too_long", detail=detail)]
        case "split":
            spans = parts.split(start, end, settings.max_seconds)
        case "crop":
            spans = [parts.crop(start, end, settings.max_seconds, recording.ref)]
    made = [parts.part_of(recording, span, place.size) for span in spans]
    return _judged(made, await remembered.heard(recording, tuple(spans)), settings)


class Place(msgspec.Struct, frozen=True):
    """Where a sound lies, and which file that is just now: another size or time of change is another file."""

    path: str
    member: str
    size: int
    changed: int

    def key(self, span: Span | None) -> str:
        """What a hearing is remembered by."""
        times = repr((span.start, span.end)) if span else ""
        return identity(self.path, self.member, str(self.size), str(self.changed), times)


def _place(recording: Recording) -> Place:
    found = os.stat(recording.path)  # noqa: PTH116
    return Place(_resolved(recording.path), recording.member or "", found.st_size, found.st_mtime_ns)


def _resolved(path: str) -> str:
    # Path.resolve looks at every folder again for every file, which alone would halve the rate of a rerun.
    folder, name = os.path.split(path)
    return os.path.realpath(path) if os.path.islink(path) else f"{_resolved_folder(folder)}/{name}"  # noqa: PTH114


@lru_cache(maxsize=4096)
def _resolved_folder(folder: str) -> str:
    return os.path.realpath(folder)


class Remembered:
    """What was heard at a place, listening to what is not remembered."""

    def __init__(
        self,
        place: Place,
        sounds: Sounds,
        hearings: Hearings,
        listeners: Listeners,
        settings: Settings,
        prints: Prints | None,
    ) -> None:
        self._place, self._sounds, self._hearings = place, sounds, hearings
        self._listeners, self._settings, self._prints = listeners, settings, prints

    async def heard(self, recording: Recording, spans: tuple[Span, ...]) -> list[Heard] | Refusal:
        """One for each span, or one for the whole file where there is none; what is unknown is heard in one reading."""
        known = {span: self._known(span) for span in spans or (None,)}
        if self._settings.taggers and (refusal := await self._tag(recording, known)):
            return refusal
        if unknown := tuple(span for span, heard in known.items() if heard is None):
            job = Job(
                path=recording.path,
                member=recording.member,
                spans=tuple(span for span in unknown if span),
                longest=self._settings.max_seconds,
                printed=self._prints is not None,
                taggers=self._settings.taggers,
            )
            answer = await self._listen(recording, job)
            if isinstance(answer, Refusal):
                return answer
            for id, print in answer.prints.items():
                if self._prints is not None:
                    self._prints.put(id, print)
            for span, heard in zip(unknown, answer.heard, strict=True):
                self._hearings.put(self._place.key(span), heard)
                known[span] = heard
        return [heard for heard in known.values() if heard]

    async def _listen(self, recording: Recording, job: Job) -> Answer | Refusal:
        answer = await self._listeners.listen(job)
        if isinstance(answer, Refusal) and answer.traceback:
            LOG.error("collect: %s\n%s", recording.ref, answer.traceback)
        return answer

    async def _tag(self, recording: Recording, known: dict[Span | None, Heard | None]) -> Refusal | None:
        """Let taggers that said nothing yet hear the sounds that were kept; one that is damaged is no longer known."""
        for span, heard in known.items():
            if heard is None or heard.id is None or heard.measurements is None:
                continue
            if not (lacking := taggers.lacking(heard.tagged, self._settings.taggers)):
                continue
            path, longest = str(self._sounds.path(heard.id)), heard.measurements.seconds + 1
            answer = await self._listen(recording, Job(path=path, longest=longest, taggers=lacking))
            if isinstance(answer, Refusal):
                return answer
            known[span] = tagged = taggers.joined(heard, answer.heard[0], lacking)
            if tagged is not None:
                self._hearings.put(self._place.key(span), tagged)
        return None

    def _known(self, span: Span | None) -> Heard | None:
        """None also for what another decoder heard, whose sound is gone, or what was too long and no longer is."""
        heard = self._hearings.get(self._place.key(span))
        if heard is None or heard.decoder not in decoding.decoders():
            return None
        if heard.id is not None:
            return heard if self._sounds.holds(heard.id) else None
        if heard.seconds is not None and _too_long(heard, self._settings) is None:
            return None
        return heard


def _too_long(heard: Heard, settings: Settings) -> float | None:
    """The seconds of a recording that is longer than a clip may be, by its header where it was not decoded."""
    seconds = heard.measurements.seconds if heard.measurements else heard.seconds
    return seconds if seconds is not None and seconds > settings.max_seconds + decoding.SPAN_TOLERANCE else None


def _judged(recordings: list[Recording], heard: list[Heard] | Refusal, settings: Settings) -> list[Entry]:
    if isinstance(heard, Refusal):
        return [_failure(recording, heard.reason, heard.detail) for recording in recordings]
    return [_judge(recording, one, settings) for recording, one in zip(recordings, heard, strict=True)]


def _judge(recording: Recording, heard: Heard, settings: Settings) -> Entry:
    """The gates, on what is remembered."""
    if heard.measurements is None:
        return _failure(recording, "undecodable", heard.error or "for a reason that was not kept")
    measured = _asked_for(heard.measurements, heard.tagged, settings) if heard.tagged else heard.measurements
    reason = _gate(measured, settings)
    if settings.gates and not reason:
        reason = gates.gate(measured, recording.domains, settings.gates)
    if reason:
        return Drop(stage=STAGE, subject=recording.ref, reason=reason[0], detail=reason[1])
    if heard.id is None:
        return _failure(recording, "undecodable", "for a reason that was not kept")
    return Clip(id=heard.id, recording=recording, measurements=measured)


def _asked_for(measured: Measurements, tagged: dict[str, str], settings: Settings) -> Measurements:
    """Without what taggers said for another recipe over the same store: what a run makes depends on its recipe."""
    others = {tagger: None for tagger in tagged if tagger not in settings.taggers}
    return msgspec.structs.replace(measured, **others) if others else measured


def _gate(measured: Measurements, settings: Settings) -> tuple[DropReason, str] | None:
    """The first gate that a sound does not pass, with the measurement that decided."""
    if measured.seconds < settings.min_seconds:
        return "too_short", f"{measured.seconds:.2f} s, less than {settings.min_seconds:g}"
    if measured.seconds > settings.max_seconds + decoding.SPAN_TOLERANCE:
        return "too_long", f"{measured.seconds:.2f} s, more than {settings.max_seconds:g}"
    if measured.not_numbers:
        return "not_numbers", f"{measured.not_numbers} samples are NaN or infinite"
    if measured.dc is not None and abs(measured.dc) > settings.max_dc:
        return "offset", f"its mean level is {measured.dc:.3f} of full scale, more than {settings.max_dc:g}"
    return _gate_of_content(measured, settings)


def _gate_of_content(measured: Measurements, settings: Settings) -> tuple[DropReason, str] | None:
    if measured.rms_db < settings.min_rms_db:
        return "silent", f"{measured.rms_db:.1f} dB, less than {settings.min_rms_db:g}"
    if measured.silent > settings.max_silent:
        return "silent", f"{measured.silent:.1%} of it is silent, more than {settings.max_silent:.1%}"
    if measured.clipped > settings.max_clipped:
        return "clipped", f"{measured.clipped:.2%} of its samples, more than {settings.max_clipped:.2%}"
    if measured.bandwidth_hz is not None and measured.bandwidth_hz < settings.min_bandwidth_hz:
        return "narrow", f"nothing above {measured.bandwidth_hz:.0f} Hz, less than {settings.min_bandwidth_hz:g}"
    if measured.snr_db is not None and measured.snr_db < settings.min_snr_db:
        return "noisy", f"{measured.snr_db:.1f} dB above its noise, less than {settings.min_snr_db:g}"
    return None


def _failure(recording: Recording, reason: FailureReason, detail: str) -> Failure:
    return Failure(stage=STAGE, subject=recording.ref, reason=reason, detail=detail)
