"""`cogito build RECIPE`: walk the road, and say what became of everything."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path

from rich.console import Console

from audio_cogito import config, pipeline, report
from audio_cogito.build import STAGES, opened
from audio_cogito.commands import positive
from audio_cogito.config import Recipe
from audio_cogito.run import RunRecord

SUMMARY = "walk a recipe's road; running it again resumes"
FAILURES = 3


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("recipe", type=Path)
    parser.add_argument("overrides", nargs="*", metavar="key=value", help="overrides of the recipe, e.g. think.draws=4")
    parser.add_argument("--only", choices=STAGES, metavar="STAGE", help=f"one stage alone: {', '.join(STAGES)}")
    parser.add_argument("--limit", type=positive, metavar="N", help="only N recordings, chosen by hash")


def run(options: argparse.Namespace, out: Console, err: Console) -> int:
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
