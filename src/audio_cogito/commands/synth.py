"""`cogito synth scenes --n N --out DIR`: composed audio whose truth is known exactly, with questions from its score."""

from __future__ import annotations

import argparse
from pathlib import Path

from rich.console import Console

from audio_cogito import config
from audio_cogito.commands import positive
from audio_cogito.synth import card, dataset, settings

SUMMARY = "compose audio whose truth is known exactly"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("kind", choices=("scenes",), help="what to compose")
    parser.add_argument("--n", type=positive, required=True, metavar="N", help="how many scenes; again to go on")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="a folder for sources/complex_audio")
    parser.add_argument("--dial", choices=settings.DIALS, default="medium", help="how hard they are (medium)")
    parser.add_argument("--jobs", type=positive, metavar="N", help="processes (one for each core)")
    parser.add_argument("overrides", nargs="*", metavar="key=value", help="e.g. events=[2,6] recordings=bundled")


def run(options: argparse.Namespace, out: Console, err: Console) -> int:
    table = config.resolved(settings.DIALS[options.dial])
    for override in options.overrides:
        config.override(table, override)
    making = config.read_settings(table, dataset.Making, where="synth scenes")
    for done in dataset.make(options.out, options.n, making, jobs=options.jobs):
        err.print(f"{done:,} of {options.n:,} scenes", markup=False)
    counted = card.write(options.out, making)
    told = f"{counted.scenes:,} scenes, {counted.seconds / 3600:,.2f} hours, {counted.questions:,} questions"
    out.print(f"{options.out}: {told}", markup=False)
    out.print(f"{options.out / card.CARD}: what was made", markup=False)
    out.print(f'Next, in a recipe: [sources.complex_audio] path = "{options.out}"', markup=False)
    return 0
