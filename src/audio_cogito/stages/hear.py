"""Hear the sounds of benchmarks, as recordings are heard, so that clips can be told from them.

What was heard is remembered as a recording's is: a rerun opens none that did not change. No gate applies: what a
benchmark asks about is not ours to leave out.
"""

from __future__ import annotations

import asyncio

import msgspec

from audio_cogito.audio import Sounds
from audio_cogito.cleaning.contamination import Contamination
from audio_cogito.hearing.listeners import Listeners
from audio_cogito.stages.collect import EVERY_SOUND, Settings, collect
from audio_cogito.store import Hearings
from audio_cogito.types import Clip, Recording


async def hear(
    contamination: Contamination, *, sounds: Sounds, hearings: Hearings, listeners: Listeners, settings: Settings
) -> None:
    """Every sound of every benchmark whose sounds are known; what cannot be heard is missing from the count alone."""
    every = msgspec.convert(msgspec.structs.asdict(settings) | EVERY_SOUND, Settings)
    waiting = iter([(one.benchmark, path) for one in contamination.known for path in one.sounds])

    async def work() -> None:
        for benchmark, path in waiting:
            recording = Recording(source=benchmark, path=path)
            entries = await collect(recording, sounds=sounds, hearings=hearings, listeners=listeners, settings=every)
            for entry in entries:
                if isinstance(entry, Clip):
                    contamination.hear(benchmark, entry)

    async with asyncio.TaskGroup() as workers:
        for _ in range(max(1, settings.processes) * 2):
            workers.create_task(work())
