"""`cogito merge TRAINING --out DIR`: what a training learnt, put into the weights, to serve them or to train on them.
After a training of all parameters its files are linked. The folder appears whole; run again, nothing is done."""

from __future__ import annotations

import argparse
from pathlib import Path

from rich.console import Console

from audio_cogito.train import merging

SUMMARY = "put what a training learnt into the weights, to serve them"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("training", type=Path, metavar="TRAINING", help="a folder that `cogito train` made")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="the new checkpoint")
    parser.add_argument("--scale", type=scale, default=1.0, metavar="S", help="how much of it counts (1)")


def run(options: argparse.Namespace, out: Console, err: Console) -> int:
    def say(line: str) -> None:
        err.print(line, markup=False)

    folder = merging.merge(options.training.absolute(), options.out.absolute(), say, scale=options.scale)
    out.print(f"{folder}: serve it as docs/serve.md says, or ask it in this process as hf:{folder}", markup=False)
    return 0


def scale(text: str) -> float:
    """An option's factor: above 0, at most 10."""
    try:
        found = float(text)
    except ValueError:
        found = 0.0
    if not 0 < found <= 10:
        raise argparse.ArgumentTypeError(f"{text!r} is no number above 0 and up to 10")
    return found
