"""The command `cogito`. Exit codes: 0 all accounted for and none failed, 1 a bug, 2 set-up, 3 finished with failures,
4 endpoint lost, 130 interrupted."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from audio_cogito import __version__, catalogue, config, pipeline, plugins, prompts, report, show
from audio_cogito.audio import Sounds
from audio_cogito.build import STAGES, opened
from audio_cogito.config import Recipe
from audio_cogito.errors import CogitoError, SetupError
from audio_cogito.run import Run, RunRecord
from audio_cogito.stages import export
from audio_cogito.synth import card, dataset, scenes

FAILURES, INTERRUPTED = 3, 130


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    out, err = Console(soft_wrap=True, highlight=False), Console(stderr=True, soft_wrap=True, highlight=False)
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        code: int = options.run(options, out, err)
    except CogitoError as error:
        err.print(f"cogito: {error}", markup=False)
        return error.exit_code
    except KeyboardInterrupt:
        err.print("cogito: interrupted; run it again to go on")
        return INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    return code


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Overrides may stand anywhere after the recipe, also behind an option, where argparse does not look for them."""
    parser = _parser()
    options, rest = parser.parse_known_args(arguments)
    wrong = [argument for argument in rest if argument.startswith("-") or "=" not in argument]
    if wrong or (rest and not hasattr(options, "overrides")):
        parser.error(f"unknown: {' '.join(wrong or rest)}")
    if rest:
        options.overrides = [*options.overrides, *rest]
    return options


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="cogito", description="Recordings in, verified audio reasoning data out.")
    parser.add_argument("--version", action="version", version=f"cogito {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    build = commands.add_parser("build", help="walk a recipe's road; running it again resumes")
    build.add_argument("recipe", type=Path)
    build.add_argument("overrides", nargs="*", metavar="key=value", help="overrides of the recipe, e.g. think.draws=4")
    build.add_argument("--only", choices=STAGES, metavar="STAGE", help=f"one stage alone: {', '.join(STAGES)}")
    build.add_argument("--limit", type=_positive, metavar="N", help="only N recordings, chosen by hash")
    build.set_defaults(run=_build)

    status = commands.add_parser("status", help="what became of a run's records")
    status.add_argument("folder", type=Path, metavar="RUN")
    status.set_defaults(run=_status)

    shown = commands.add_parser("show", help="a clip, question or trace in full, or what failed for a reason")
    shown.add_argument("folder", type=Path, metavar="RUN")
    shown.add_argument("id", help="the beginning of an id, a recording's path, or a reason such as undecodable")
    shown.set_defaults(run=_show)

    _add_synth(commands)

    formats = plugins.files("exports", ".py")
    exported = commands.add_parser("export", help="rows for training from a run's accepted traces")
    exported.add_argument("folder", type=Path, metavar="RUN")
    exported.add_argument("overrides", nargs="*", metavar="key=value", help="e.g. export.per_question=2")
    exported.add_argument("--to", required=True, metavar="FORMAT", help=f"one of {', '.join(formats)}, or your own")
    exported.set_defaults(run=_export)

    listed = commands.add_parser("list", help="the plug-ins that are found")
    listed.add_argument("kind", nargs="?", choices=catalogue.KINDS)
    listed.add_argument("--plugins", type=Path, action="append", default=[], metavar="DIR", help="a folder of your own")
    listed.add_argument("--check", action="store_true", help="hold every file to its contract")
    listed.set_defaults(run=_list)
    return parser


def _add_synth(commands: Any) -> None:
    synth = commands.add_parser("synth", help="compose audio whose truth is known exactly")
    kinds = synth.add_subparsers(required=True, metavar="KIND")
    made = kinds.add_parser("scenes", help="scenes with questions, for sources/complex_audio; again to go on")
    made.add_argument("--n", type=_positive, required=True, metavar="N", help="how many scenes")
    made.add_argument("--out", type=Path, required=True, metavar="DIR")
    made.add_argument("--dial", choices=scenes.DIALS, default="medium", help="how hard they are (medium)")
    made.add_argument("--jobs", type=_positive, metavar="N", help="processes (one for each core)")
    made.add_argument("overrides", nargs="*", metavar="key=value", help="e.g. events=[2,9] recordings=bundled")
    made.set_defaults(run=_synth_scenes)


def _positive(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number above 0")
    return int(text)


def _build(options: argparse.Namespace, out: Console, err: Console) -> int:
    recipe = config.load(options.recipe, tuple(options.overrides))
    record, written = asyncio.run(_walk(recipe, options.only, options.limit, err))
    out.print(report.funnel(record))
    for folder in sorted({path.parent for path in written}):
        out.print(f"{folder}: {sum(path.parent == folder for path in written)} shards", markup=False)
    out.print(f"Next: cogito status {recipe.run} · cogito export {recipe.run} --to swift", markup=False)
    return FAILURES if record.state == "finished with failures" else 0


async def _walk(recipe: Recipe, only: str | None, limit: int | None, err: Console) -> tuple[RunRecord, list[Path]]:
    async with opened(recipe, only=only, limit=limit) as build, report.live(build, err):
        await pipeline.walk(build)
    return build.run.record, build.written


def _status(options: argparse.Namespace, out: Console, err: Console) -> int:
    run = Run(options.folder)
    record = run.record
    out.print(f"{options.folder}: {record.state}, begun {record.began}", markup=False)
    if record.state == "running" and run.holder is None:
        out.print("No process holds it: it was killed. `cogito build` goes on with it.")
    elif run.holder:
        out.print(f"Held by {run.holder}.", markup=False)
    if record.stopped_by:
        out.print(record.stopped_by, markup=False)
    out.print(report.funnel(record))
    return 0


def _show(options: argparse.Namespace, out: Console, err: Console) -> int:
    out.print(show.found(Run(options.folder), options.id), markup=False)
    return 0


def _export(options: argparse.Namespace, out: Console, err: Console) -> int:
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
        prompt=prompts.load(recipe.think.prompt, recipe.folders),
        settings=recipe.export,
        random_seed=recipe.random_seed,
        folders=recipe.folders,
    )
    for path, count in exported.files.items():
        out.print(f"{path}: {count:,} rows", markup=False)
    for reason, count in sorted((+exported.left_out).items()):
        out.print(f"left out, {reason}: {count:,} traces", markup=False)
    if not exported.files:
        raise SetupError("no trace can leave, so there is nothing to export: the reasons stand above")
    out.print(f"{run.rows / options.to / export.CARD}: the data card", markup=False)
    return 0


def _synth_scenes(options: argparse.Namespace, out: Console, err: Console) -> int:
    table = config.resolved(scenes.DIALS[options.dial])
    for override in options.overrides:
        config.override(table, override)
    making = config.read_settings(table, dataset.Making, where="synth scenes")
    for done in dataset.make(options.out, options.n, making, jobs=options.jobs):
        err.print(f"{done:,} of {options.n:,} scenes", markup=False)
    counted = card.write(options.out, making)
    hours = counted.seconds / 3600
    out.print(
        f"{options.out}: {counted.scenes:,} scenes, {hours:,.2f} hours, {counted.questions:,} questions", markup=False
    )
    out.print(f"{options.out / card.CARD}: what was made", markup=False)
    out.print(f'Next, in a recipe: [sources.complex_audio] path = "{options.out}"', markup=False)
    return 0


def _list(options: argparse.Namespace, out: Console, err: Console) -> int:
    faults = 0
    for kind in [options.kind] if options.kind else catalogue.KINDS:
        out.print(f"{kind}:", style="bold")
        for entry in catalogue.entries(kind, tuple(options.plugins)):
            out.print(f"  {entry.name:<14} {entry.summary}", markup=False)
            if options.check:
                faults += len(entry.faults)
                for fault in entry.faults:
                    out.print(f"    fault: {fault}", markup=False)
    return 2 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
