"""`cogito train RUN --recipe R`: a model trained on a run's rows, by ms-swift. Run it again to go on."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path

from rich.console import Console

from audio_cogito.run import Run
from audio_cogito.train import recipe as recipes
from audio_cogito.train import training
from audio_cogito.train.recipe import TrainRecipe
from audio_cogito.train.record import ADAPTER, MODEL, PLOT, RECORD

SUMMARY = "train a model on a run's rows, by ms-swift; again to resume"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, metavar="RUN")
    parser.add_argument("overrides", nargs="*", metavar="key=value", help="e.g. swift.learning_rate=2e-5")
    parser.add_argument("--recipe", type=Path, required=True, metavar="R", help="e.g. recipes/train-lora.toml")
    parser.add_argument("--out", type=Path, help="where it lies; by default RUN/train/RECIPE")
    parser.add_argument("--print", action="store_true", dest="show", help="say what would be started, and stop")


def run(options: argparse.Namespace, out: Console, err: Console) -> int:
    recipe = recipes.load(options.recipe, tuple(options.overrides))
    folder = (options.out or options.folder / "train" / options.recipe.stem).absolute()
    if options.show:
        out.print(_started(recipe, folder), markup=False)
        out.print(training.configuration(recipe, folder).decode(), markup=False, end="")
        out.print(f"proven: {recipe.proof}; {recipe.source}; needs {recipe.needs}", markup=False)
        return 0
    record = training.train(Run(options.folder), recipe, folder, lambda line: err.print(line, markup=False))
    if record.state == "begun":
        out.print(f"the rows are ready; {recipe.command[0]} is not watched, start it by:", markup=False)
        out.print(_started(recipe, folder), markup=False)
        return 0
    result = ADAPTER if recipe.adapter else MODEL
    out.print(f"{folder / result}: after {record.steps:,} steps the loss is {record.last_loss}", markup=False)
    out.print(f"{folder / RECORD} · {folder / PLOT}", markup=False)
    return 0


def _started(recipe: TrainRecipe, folder: Path) -> str:
    """What would be typed into a shell."""
    variables = [f"{name}={shlex.quote(value)}" for name, value in recipe.environment.items()]
    return " ".join([*variables, shlex.join(training.command(recipe, folder))])
