"""`cogito status RUN`: the funnel as run.json has it, whether anybody is at work on it, and what people said of it."""

from __future__ import annotations

import argparse
from pathlib import Path

from rich.console import Console

from audio_cogito import report
from audio_cogito.review import summary
from audio_cogito.run import Run

SUMMARY = "what became of a run's records"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, metavar="RUN")


def run(options: argparse.Namespace, out: Console, err: Console) -> int:
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
    for line in summary.lines(run):
        out.print(line, markup=False)
    return 0
