"""`cogito build RECIPE`: walk the road, and say what became of everything; with `--pilot N`, what the whole will be."""

from __future__ import annotations

import argparse
from pathlib import Path

from rich.console import Console

from audio_cogito import config, pipeline, report
from audio_cogito.audio import Sounds
from audio_cogito.build import STAGES
from audio_cogito.commands import positive
from audio_cogito.config import Recipe
from audio_cogito.errors import SetupError
from audio_cogito.interrupts import finished
from audio_cogito.opening import opened
from audio_cogito.run import RunRecord
from audio_cogito.spending import pilot, projection
from audio_cogito.spending.pilot import Pilot
from audio_cogito.spending.projection import Projection

SUMMARY = "walk a recipe's road; running it again resumes"
FAILURES = 3


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("recipe", type=Path)
    parser.add_argument("overrides", nargs="*", metavar="key=value", help="overrides of the recipe, e.g. think.draws=4")
    parser.add_argument("--only", choices=STAGES, metavar="STAGE", help=f"one stage alone: {', '.join(STAGES)}")
    parser.add_argument("--limit", type=positive, metavar="N", help="only N recordings, chosen by hash")
    parser.add_argument(
        "--pilot", type=positive, metavar="N", help="N recordings of each source into RUN-pilot, and what follows"
    )


def run(options: argparse.Namespace, out: Console, err: Console) -> int:
    recipe = config.load(options.recipe, tuple(options.overrides))
    if options.pilot:
        return _pilot(recipe, options, out, err)
    record, written = finished(_walk(recipe, options.only, options.limit, err))
    out.print(report.funnel(record))
    for folder in sorted({path.parent for path in written}):
        out.print(f"{folder}: {sum(path.parent == folder for path in written)} shards", markup=False)
    out.print(f"Next: cogito status {recipe.run} · cogito export {recipe.run} --to swift", markup=False)
    return FAILURES if record.state == "finished with failures" else 0


async def _walk(recipe: Recipe, only: str | None, limit: int | None, err: Console) -> tuple[RunRecord, list[Path]]:
    async with opened(recipe, only=only, limit=limit) as build, report.live(build, err):
        await pipeline.walk(build)
    return build.run.record, build.written


def _pilot(recipe: Recipe, options: argparse.Namespace, out: Console, err: Console) -> int:
    if options.only or options.limit:
        raise SetupError("--pilot walks the whole road with its own choice of recordings: leave --only and --limit out")
    record, found = finished(_fly(recipe, options.pilot, err))
    out.print(report.funnel(record))
    out.print()
    out.print(projection.shown(found))
    out.print(f"Next: cogito build {options.recipe}", markup=False)
    return FAILURES if record.state == "finished with failures" else 0


async def _fly(recipe: Recipe, size: int, err: Console) -> tuple[RunRecord, Projection]:
    flight = Pilot(size, Sounds(Path(recipe.store) / "audio"), recipe.export.per_question)
    async with opened(pilot.of(recipe), pilot=flight) as build:
        async with report.live(build, err), flight.timed(build.clients.values()):
            await pipeline.walk(build)
        path = build.run.folder / projection.FILE
        found = projection.project(
            flight,
            projection.better(flight.work(build.clients.values()), path),
            targets=recipe.collect.target_kept,
            shard_bytes=projection.shard_bytes(build.run.folder),
        )
        projection.write(found, path)
    return build.run.record, found
