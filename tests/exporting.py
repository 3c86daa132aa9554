"""What tests of exports share: a run made of a few traces, and its export."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from audio_cogito import prompts, shards
from audio_cogito.audio import Samples, Sounds, clip_id
from audio_cogito.run import Run, RunRecord, StageRecord
from audio_cogito.stages.export import Exported, Settings, export
from audio_cogito.types import Clip, PromptRef, Trace, Verdict

PASSED = (Verdict(check="complete", outcome="pass"),)
RECORD = RunRecord(
    recipe={
        "run": "runs/first",
        "models": {"thinker": {"name": "listener", "revision": "7", "url": "http://secret.example/v1"}},
        "think": {"draws": 1, "sampling": {"temperature": 0.6, "max_tokens": 100}},
        "verify": {"checks": ["complete"], "all": False},
    },
    recipe_digest="0123",
    random_seed=5,
    only=None,
    limit=None,
    state="finished",
    began="2026-01-01",
    prompts=(PromptRef(name="think", digest="abcd"),),
    stages={
        "collect": StageRecord(
            read=9, answered=8, unanswered=1, made=9, kept=6, dropped=2, failed=1, standings={}, reasons={"silent": 2}
        )
    },
)


def samples_of(clip: Clip) -> Samples:
    return np.full(1600, sum(clip.recording.path.encode()), dtype="<i2")


def truly_named(clip: Clip) -> Clip:
    """The clip under the id that its sound in a run of `write_run` has."""
    return msgspec.structs.replace(clip, id=clip_id(samples_of(clip)))


def write_run(folder: Path, traces: list[Trace], *, heard: bool = True, **changes: Any) -> tuple[Run, Sounds]:
    """A run that came to these traces, and the sounds that they are about."""
    run, sounds = Run(folder / "run"), Sounds(folder / "audio")
    for clip in (clip for trace in traces for clip in trace.question.clips if heard):
        sounds.write(clip.id, samples_of(clip))
    shards.write(run.stage("verify") / f"00000{shards.SUFFIX}", [shards.lines_of(traces)])
    run.write(msgspec.structs.replace(RECORD, **changes))
    return run, sounds


def export_to(folder: Path, traces: list[Trace], format: str, **settings: Any) -> Exported:
    run, sounds = write_run(folder, traces)
    return export(
        run, format, sounds=sounds, prompt=prompts.load("think"), settings=Settings(**settings), random_seed=0
    )
