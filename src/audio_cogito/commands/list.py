"""`cogito list [KIND]`: the plug-ins that are found, and with --check how they break their contract."""

from __future__ import annotations

import argparse
from pathlib import Path

from rich.console import Console

from audio_cogito import catalogue

SUMMARY = "the plug-ins that are found"
FAULTS = 2


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("kind", nargs="?", choices=catalogue.KINDS)
    parser.add_argument("--plugins", type=Path, action="append", default=[], metavar="DIR", help="a folder of your own")
    parser.add_argument("--check", action="store_true", help="hold every file to its contract")


def run(options: argparse.Namespace, out: Console, err: Console) -> int:
    faults = 0
    for kind in [options.kind] if options.kind else catalogue.KINDS:
        out.print(f"{kind}:", style="bold")
        for entry in catalogue.entries(kind, tuple(options.plugins)):
            out.print(f"  {entry.name:<14} {entry.summary}", markup=False)
            if options.check:
                faults += len(entry.faults)
                for fault in entry.faults:
                    out.print(f"    fault: {fault}", markup=False)
    return FAULTS if faults else 0
