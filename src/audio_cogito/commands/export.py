"""`cogito export RUN --to FORMAT`: rows for training, and the data card beside them."""

from __future__ import annotations

import argparse
from pathlib import Path

from rich.console import Console

from audio_cogito import config, plugins, prompts
from audio_cogito.audio import Sounds
from audio_cogito.cleaning.again import compared_again
from audio_cogito.errors import SetupError
from audio_cogito.run import Run
from audio_cogito.stages import export, row_files

SUMMARY = "rows for training from a run's accepted traces"


def arguments(parser: argparse.ArgumentParser) -> None:
    formats = plugins.files("exports", ".py")
    parser.add_argument("folder", type=Path, metavar="RUN")
    parser.add_argument("overrides", nargs="*", metavar="key=value", help="e.g. export.per_question=2")
    parser.add_argument("--to", required=True, metavar="FORMAT", help=f"one of {', '.join(formats)}, or your own")


def run(options: argparse.Namespace, out: Console, err: Console) -> int:
    run = Run(options.folder)
    record = run.record
    for override in options.overrides:
        if not override.startswith("export."):
            raise SetupError(f"{override!r}: the run was built as it was; only export.* can be set here")
    recipe = config.again(record.recipe, tuple(options.overrides))
    if not record.state.startswith("finished"):
        err.print(f"The run is {record.state!r}: only what is whole so far is exported.", markup=False)
    exported = export.export(
        run,
        options.to,
        sounds=Sounds(Path(recipe.store) / "audio"),
        prompt=prompts.load(recipe.think.row_prompt, recipe.folders),
        drawn_with=prompts.load(recipe.think.prompt, recipe.folders).ref,
        settings=recipe.export,
        random_seed=recipe.random_seed,
        folders=recipe.folders,
        contamination=compared_again(recipe, lambda line: err.print(line, markup=False)),
    )
    for path, count in exported.files.items():
        out.print(f"{path}: {count:,} rows", markup=False)
    for reason, count in sorted((+exported.left_out).items()):
        out.print(f"left out, {reason}: {count:,} traces", markup=False)
    if not exported.files:
        raise SetupError("no trace can leave, so there is nothing to export: the reasons stand above")
    out.print(f"{run.rows / options.to / row_files.CARD}: the data card", markup=False)
    return 0
