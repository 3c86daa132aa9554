"""A training's recipe: one TOML file, `recipes/train-*.toml`.

    proven = "rendered"                     # "run": by us, to its end; "rendered": it was only written
    proven_on = "..."                       # of "run": on which model and machine
    source = "Audio-Cogito (arXiv 2604.12527), 3.1.1"
    needs = "one GPU of 80 GB, or two of 48 GB"
    python = "../.venv-engines/swift/bin/python"    # paths are relative to the recipe's folder
    model = "Qwen/Qwen3-Omni-30B-A3B-Thinking"      # "nano", a folder, or a name that the engine finds
    [swift]                                 # ms-swift's own options, word for word
    [environment]                           # variables that the trainer is started with
    [rows]                                  # which rows, how long, what is learnt of them
    [adapter]                               # which modules training may touch, and which never
    [parameters]                            # the same, where all parameters are trained and there is no adapter
    [export]                                # `export.*` of the build, such as tags

`key=value` on the command line overrides (`swift.learning_rate=2e-5`). Options that `train` sets itself are refused.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from audio_cogito import config, nano
from audio_cogito.errors import SetupError
from audio_cogito.train.lengths import Hearing
from audio_cogito.types import Record

Option = bool | int | float | str | list[Any] | dict[str, Any]
Loss = Literal["all", "all but the opening tag", "answer"]
LOSSES: dict[Loss, str] = {
    "all": "default",
    "all but the opening tag": "ignore_think_prefix",
    "answer": "cogito_answer",
}
"""What ms-swift calls them; the last is `engine/answer_loss.py`'s."""
ANSWER_LOSS = Path(__file__).with_name("engine") / "answer_loss.py"
SET_BY_US = {
    "model": "model",
    "dataset": "the run",
    "val_dataset": "the run",
    "split_dataset_ratio": "the run, which has splits of its own",
    "output_dir": "--out",
    "add_version": "train, which resumes in the same folder",
    "resume_from_checkpoint": "train, which finds the last checkpoint",
    "strict": "train: without it a row that cannot be read is silently replaced by another",
    "truncation_strategy": "train, which leaves out what is too long before it starts",
    "streaming": "train, which counts the rows",
    "loss_scale": "rows.loss",
    "is_binary_loss_scale": "rows.weights",
    "load": "model",
    "save": "--out",
}
"""ms-swift's options that a recipe cannot set, and what does."""


class Rows(Record, omit_defaults=False):
    hearing: Hearing = "qwen3-omni"
    """How many tokens a sound is."""
    longest_seconds: float | None = None
    """Sounds over this are refused: the model's processor would cut them without a word."""
    longest_chain: int = 10_000
    """Characters; rows whose chain is longer stay out (the limit of the Interspeech 2026 challenge)."""
    loss: Loss = "all"
    thought_dropout: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.0
    """The share of easy rows that are learnt with an empty chain, by hash."""
    easy: float = 1.0
    """A question is easy whose share of right answers is at least this."""
    weights: bool = False
    """Each row weighs what its pass rate says (`export.weight_of`)."""


class Touched(Record, omit_defaults=False):
    """Patterns (`fnmatch`) over the names of the base model's modules. The saved files are held to them."""

    touches: tuple[str, ...]
    """Every module that was trained belongs to one of these, and of each of these some were trained."""
    frozen: tuple[str, ...] = ()
    """None of these was."""


class TrainRecipe(Record, omit_defaults=False, kw_only=True):
    proven: Literal["run", "rendered"]
    proven_on: str = ""
    source: str
    needs: str
    model: str
    python: str
    command: tuple[str, ...] = ("swift", "sft")
    """A program beside `python`, and its first words."""
    swift: dict[str, Option]
    environment: dict[str, str] = {}
    rows: Rows = Rows()
    adapter: Touched | None = None
    """None: all parameters are trained."""
    parameters: Touched | None = None
    """Of a training of all parameters; None: what changed is told and held to nothing."""
    export: dict[str, Any] = {}

    @property
    def proof(self) -> str:
        """How far it was tried, in words."""
        if self.proven == "rendered":
            return "rendered only, never run"
        return f"run to its end by us{f' on {self.proven_on}' if self.proven_on else ''}"

    @property
    def max_length(self) -> int:
        return int(self.swift["max_length"])  # type: ignore[arg-type]

    @property
    def model_folder(self) -> str:
        """What the engine is told."""
        return str(nano.SHIPPED) if self.model == nano.NAME else self.model


def load(path: Path, overrides: tuple[str, ...] = ()) -> TrainRecipe:
    """Read a recipe. Raises SetupError with the file, the key and what to write instead."""
    table = config.read_table(path, overrides)
    recipe = _located(config.read_settings(table, TrainRecipe, where=str(path)), path.resolve().parent)
    _check(recipe, str(path))
    return recipe


def options(recipe: TrainRecipe, *, rows: Path, out: Path) -> dict[str, Option]:
    """All of ms-swift's options of a training."""
    place: dict[str, Option] = {"output_dir": str(out), "add_version": False}
    learnt: dict[str, Option] = {"loss_scale": LOSSES[recipe.rows.loss]}
    if recipe.rows.loss == "answer":
        own = recipe.swift.get("external_plugins", [])
        learnt["external_plugins"] = [*(own if isinstance(own, list) else [str(own)]), str(ANSWER_LOSS)]
    if recipe.rows.weights:
        learnt["is_binary_loss_scale"] = False
    data: dict[str, Option] = {"dataset": str(rows), "split_dataset_ratio": 0, "strict": True}
    return {"model": recipe.model_folder, **recipe.swift, **data, **learnt, **place}


def _located(recipe: TrainRecipe, folder: Path) -> TrainRecipe:
    """With absolute paths. A model that is no folder is left to the engine to find."""
    python = Path(recipe.python).expanduser()
    model = folder / Path(recipe.model).expanduser()
    return msgspec.structs.replace(
        recipe,
        # Not resolved: an environment's Python is a link, and its place says which environment it is.
        python=os.path.normpath(folder / python),
        model=str(model) if recipe.model != nano.NAME and model.is_dir() else recipe.model,
    )


def _check(recipe: TrainRecipe, where: str) -> None:
    for fault in (*_faults_of_swift(recipe), *_faults_of_rows(recipe)):
        raise SetupError(f"{where}: {fault}")


def _faults_of_swift(recipe: TrainRecipe) -> Iterator[str]:
    for name in SET_BY_US.keys() & recipe.swift:
        yield f"swift.{name} cannot be set: it is set by {SET_BY_US[name]}"
    length = recipe.swift.get("max_length")
    if not isinstance(length, int) or isinstance(length, bool) or length < 1:
        yield "swift.max_length must say how many tokens a row may have"
    if (recipe.swift.get("tuner_type", "lora") == "lora") != (recipe.adapter is not None):
        yield '[adapter] belongs to swift.tuner_type = "lora", and to no other'
    if recipe.parameters and recipe.adapter:
        yield '[parameters] belongs to swift.tuner_type = "full"'


def _faults_of_rows(recipe: TrainRecipe) -> Iterator[str]:
    rows, export = recipe.rows, recipe.export
    if rows.weights and rows.loss != "all":
        yield 'rows.weights weighs whole rows, so that rows.loss must be "all"'
    if rows.weights and rows.hearing == "qwen2-audio":
        yield "rows.weights: ms-swift cannot weigh rows of Qwen2-Audio, which widens their labels"
    if rows.thought_dropout and export.get("tags", "think") != "think":
        yield 'rows.thought_dropout needs export.tags = "think"'
    if export.get("audio", "reference") != "reference":
        yield 'rows for training name the store\'s sounds: export.audio must be "reference"'
