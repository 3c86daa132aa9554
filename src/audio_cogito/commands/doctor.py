"""`cogito doctor RECIPE`: what would go wrong in a run, found before anything is spent, and what to change."""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

from rich.console import Console

from audio_cogito import config, doctor
from audio_cogito.config import Recipe
from audio_cogito.interrupts import finished

SUMMARY = "try servers, sources and disk before a run, and say what to change"
FAULTS = 2


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("recipe", type=Path)
    parser.add_argument("overrides", nargs="*", metavar="key=value", help="overrides of the recipe, e.g. think.draws=4")


def run(options: argparse.Namespace, out: Console, err: Console) -> int:
    recipe = config.load(options.recipe, tuple(options.overrides))
    states = finished(_examine(recipe, out))
    out.print(f"faults {states['fault']}, warnings {states['warn']}, fine {states['ok']}")
    return FAULTS if states["fault"] else 0


async def _examine(recipe: Recipe, out: Console) -> Counter[str]:
    states: Counter[str] = Counter()
    async for line in doctor.examine(recipe):
        states[line.state] += 1
        out.print(f"{line.state:<6} {line.subject}: {line.check}: {line.measured}", markup=False)
        if line.change:
            out.print(f"       change: {line.change}", markup=False)
    return states
