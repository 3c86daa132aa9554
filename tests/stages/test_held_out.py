"""Held out: a clip that shares three seconds with a benchmark's recording is told, whatever was done to it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from audio_cogito.audio import Sounds
from audio_cogito.hearing.listeners import Listeners
from audio_cogito.hearing.prints import Prints
from audio_cogito.ledger import Failure
from audio_cogito.stages.collect import Settings, collect
from audio_cogito.stages.held_out import held_out
from audio_cogito.store import Hearings
from audio_cogito.types import Clip
from test_fingerprint import mp3
from tones import melody, recording, write


async def test_clip_that_shares_three_seconds_with_a_benchmark_is_told_with_the_place(tmp_path: Path) -> None:
    sounds, hearings, prints = (
        Sounds(tmp_path / "audio"),
        Hearings(tmp_path),
        Prints(tmp_path, Sounds(tmp_path / "audio")),
    )
    listeners = Listeners(sounds, 0)
    benchmark = [recording(write(tmp_path / f"item {n}.wav", 0.001 * melody(40, n))) for n in range(3)]
    benchmark.append(recording(tmp_path / "lost.wav"))
    shared = mp3(np.concatenate([melody(3, 8), 0.5 * melody(40, 1)[20 * 16_000 : 25 * 16_000]]))
    training = [write(tmp_path / "shared.wav", shared), write(tmp_path / "own.wav", melody(9, 9))]
    clips = []
    for path in training:
        (clip,) = await collect(
            recording(path), sounds=sounds, hearings=hearings, listeners=listeners, settings=Settings(), prints=prints
        )
        assert isinstance(clip, Clip)
        clips.append(clip)
    known = await held_out(benchmark, sounds=sounds, hearings=hearings, listeners=listeners, prints=prints)
    (match,) = known.matches(clips[0])
    assert match.id == benchmark[1].ref
    assert abs(match.offset - 17) < 0.05
    assert 4 < match.common < 6
    assert list(known.all_matches(clip.id for clip in clips)) == [(clips[0].id, [match]), (clips[1].id, [])]
    (entry,) = known.entries
    assert isinstance(entry, Failure)
    assert (entry.subject, entry.reason) == (benchmark[3].ref, "missing")
    listeners.close()
    hearings.close()
    prints.close()
