"""What is kept of a training, and where its files lie."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec

from audio_cogito.store import write_whole
from audio_cogito.train.recipe import TrainRecipe
from audio_cogito.types import Record

RECORD, CONFIG, SWIFT, LOG, PLOT, ADAPTER, MODEL = (
    "train.json", "swift.json", "swift", "log.txt", "loss.svg", "adapter", "model"
)  # fmt: skip


class Part(Record):
    """Modules whose names differ in numbers alone, such as those of all layers."""

    modules: str
    """The name, each number as `*`."""
    changed: int
    """How many of them are not the base model's any more."""
    of: int


class TrainRecord(Record, omit_defaults=False):
    """What `train.json` holds."""

    state: Literal["begun", "finished"]
    digest: str
    """Of the rows, the options, the environment and the model: only the same training is resumed."""
    proven: str
    source: str
    model: str
    model_digest: str
    """Its revision (`models/weights`); empty where the engine fetches the model itself."""
    rows_digest: str
    rows: int
    thoughtless: int
    tokens: int
    left_out: dict[str, int]
    command: tuple[str, ...]
    environment: dict[str, str]
    versions: dict[str, str]
    began: str
    ended: str | None = None
    seconds: float = 0.0
    """Of ms-swift's process, all its resumptions together."""
    steps: int = 0
    first_loss: float | None = None
    last_loss: float | None = None
    modules: tuple[str, ...] = ()
    """What the adapter touches, read from the saved file."""
    changed: tuple[Part, ...] = ()
    """After a training of all parameters, what is no longer the base model's, read from the saved weights."""


class Plan(Record):
    """A training that could begin."""

    out: Path
    recipe: TrainRecipe
    record: TrainRecord
    longest: int
    base: Path
    """The folder of the base model, as the engine found it."""


def write(out: Path, record: TrainRecord) -> None:
    write_whole(out / RECORD, msgspec.json.format(msgspec.json.encode(record), indent=1) + b"\n")
