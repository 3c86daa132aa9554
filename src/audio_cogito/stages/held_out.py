"""Whether a clip shares three seconds or more with a recording that must not be trained on, such as a benchmark's.

The question of decontamination that ids and times cannot answer: by fingerprint, whatever was cut, encoded or resampled
in between. What is shorter than three seconds, or says nothing (a held tone, a hum), is never found this way.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from audio_cogito.audio import Sounds
from audio_cogito.hearing.alike import Index, Match
from audio_cogito.hearing.listeners import Listeners
from audio_cogito.hearing.prints import Prints
from audio_cogito.ledger import Drop, Failure
from audio_cogito.stages.collect import Settings, collect
from audio_cogito.store import Hearings
from audio_cogito.types import Clip, Recording

ANY_SOUND = Settings(
    min_seconds=0.0,
    max_seconds=7200.0,
    max_dc=1.0,
    min_rms_db=-1000.0,
    max_silent=1.0,
    max_clipped=1.0,
    min_bandwidth_hz=0.0,
    min_snr_db=-1000.0,
)
"""Gates that all pass: a benchmark's recording is looked for however it sounds."""


@dataclass(frozen=True)
class HeldOut:
    """Recordings that were heard and printed. `id` of a match is the `ref` of one of them."""

    index: Index
    prints: Prints
    entries: tuple[Drop | Failure, ...]
    """Those that could not be heard, with the reason: they are not looked for."""

    def matches(self, clip: Clip) -> list[Match]:
        return next(self.all_matches([clip.id]))[1]

    def all_matches(self, clips: Iterable[str]) -> Iterator[tuple[str, list[Match]]]:
        """Each clip's, by id; quicker than one by one."""
        for id, print in self.prints.of(clips):
            yield id, self.index.matches(print)


async def held_out(
    recordings: Iterable[Recording], *, sounds: Sounds, hearings: Hearings, listeners: Listeners, prints: Prints
) -> HeldOut:
    """Hear them all, as collect does, and remember what was heard: the next time opens none of them again."""
    index, entries = Index(), list[Drop | Failure]()
    for recording in recordings:
        for entry in await collect(
            recording, sounds=sounds, hearings=hearings, listeners=listeners, settings=ANY_SOUND, prints=prints
        ):
            if isinstance(entry, Clip):
                for _, print in prints.of([entry.id]):
                    index.add(recording.ref, print)
            else:
                entries.append(entry)
    return HeldOut(index, prints, tuple(entries))
