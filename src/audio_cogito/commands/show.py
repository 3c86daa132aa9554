"""`cogito show RUN ID`: one record in full, or what the ledger says."""

from __future__ import annotations

import argparse
from pathlib import Path

from rich.console import Console

from audio_cogito import show
from audio_cogito.run import Run

SUMMARY = "a clip, question or trace in full, or what failed for a reason"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, metavar="RUN")
    parser.add_argument("id", help="the beginning of an id, a recording's path, or a reason such as undecodable")


def run(options: argparse.Namespace, out: Console, err: Console) -> int:
    out.print(show.found(Run(options.folder), options.id), markup=False)
    return 0
