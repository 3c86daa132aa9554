"""`cogito calibrate RUN --auditor M`: what an auditor finds of errors planted in a run's accepted chains."""

from __future__ import annotations

import argparse
from pathlib import Path

from rich.console import Console

from audio_cogito.calibration import auditing
from audio_cogito.commands import positive
from audio_cogito.interrupts import finished
from audio_cogito.run import Run

SUMMARY = "what an auditor finds of errors planted in a run's accepted chains"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, metavar="RUN")
    parser.add_argument("--auditor", required=True, metavar="M", help="a model of the run's recipe, or NAME@URL")
    parser.add_argument("--revision", help="which weights, for NAME@URL; unset, replies count for this address alone")
    parser.add_argument("--check", default="judge", help="the check that it says (judge)")
    parser.add_argument(
        "--simple", action="store_const", dest="check", const="judge_simple", help="--check judge_simple"
    )
    parser.add_argument("--sample", type=positive, default=100, metavar="N", help="chains for each kind of error (100)")


def run(options: argparse.Namespace, out: Console, err: Console) -> int:
    audit = auditing.Audit(
        auditor=options.auditor, revision=options.revision, check=options.check, sample=options.sample
    )
    told, path = finished(auditing.audited(Run(options.folder), audit))
    out.print(auditing.report(told))
    out.print(f"{path}: this, and every chain beside it", markup=False)
    return 0
