"""What tests of training share: a run whose traces may leave, and a recipe over the stand-in for ms-swift."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

import fake_swift
from audio_cogito import config
from audio_cogito.audio import RATE, Sounds, clip_id
from audio_cogito.run import Run
from audio_cogito.types import Trace
from exporting import PASSED, truly_named, write_run
from made import make_clip, make_question, make_trace

RECIPE: dict[str, Any] = {
    "proven": "rendered",
    "source": "a test",
    "needs": "nothing",
    "model": "tiny",
    "swift": {"max_length": 400},
    "adapter": {"touches": ["thinker.model.layers.*.self_attn.?_proj"], "frozen": ["thinker.audio_tower.*"]},
}


def trace_of(name: str, *, thinking: str = "Two barks, close by.", split: str = "train", **changes: Any) -> Trace:
    """An accepted trace about a clip of 0.1 s; `group` is its recording's."""
    clip = truly_named(make_clip(name, group=changes.pop("group", None)))
    clip = msgspec.structs.replace(clip, split=split)
    question = make_question("Dog", "Cat", text=f"What is {name}?", clips=(clip,))
    return make_trace(question, verdicts=PASSED, thinking=thinking, **changes)


def tone_trace(sounds: Sounds, number: int) -> Trace:
    """An accepted trace about a tone of a length and pitch of its own, whose chain and answer are learnt by heart."""
    time = np.arange(round((1 + number % 40 / 10) * RATE)) / RATE
    samples = (8000 * np.sin(2 * np.pi * (300 + 20 * number) * time)).astype("<i2")
    sounds.write(id := clip_id(samples), samples)
    clip = msgspec.structs.replace(make_clip(f"tone {number}", seconds=len(samples) / RATE), id=id)
    question = make_question("beep", "hiss", text="What do you hear first?", clips=(clip,))
    chain = "First to last: a high beep at 0.0. Background: none. The beep comes first, so the answer is beep."
    return make_trace(question, verdicts=PASSED, thinking=chain, pass_rate=1.0)


def write_training_run(folder: Path, traces: list[Trace]) -> Run:
    table = {
        "run": str(folder / "run"),
        "store": str(folder),
        "sources": {"folder": {"path": str(folder)}},
        "models": {"thinker": {"name": "listener", "url": "http://127.0.0.1:9/v1", "revision": "7"}},
    }
    recipe = config.resolved(config.resolve(table, folder=folder, where="test"))
    run, _ = write_run(folder, traces, recipe=recipe)
    return run


def write_train_recipe(folder: Path, **tables: Any) -> Path:
    """`tables` are laid over RECIPE."""
    whole = RECIPE | {"python": str(fake_swift.install(folder / "engine"))} | tables
    path = folder / "train.toml"
    lines = [f"{key} = {json.dumps(value)}" for key, value in whole.items() if not isinstance(value, dict | None)]
    for key, table in whole.items():
        if isinstance(table, dict):
            lines += [f"[{key}]", *(f"{name} = {json.dumps(value)}" for name, value in table.items())]
    path.write_text("\n".join(lines) + "\n")
    return path
