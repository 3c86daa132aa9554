"""`cogito list [KIND]`: the plug-ins that are found, and with --check how they break their contract.

Of sources it says what their INFO does; `--markdown` writes that as the tables of docs/datasets.md.
"""

from __future__ import annotations

import argparse
from itertools import chain, repeat
from pathlib import Path

from rich.console import Console

from audio_cogito import catalogue
from audio_cogito.errors import SetupError

SUMMARY = "the plug-ins that are found"
FAULTS = 2


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("kind", nargs="?", choices=catalogue.KINDS)
    parser.add_argument("--plugins", type=Path, action="append", default=[], metavar="DIR", help="a folder of your own")
    parser.add_argument("--markdown", action="store_true", help="sources alone: the tables of docs/datasets.md")
    parser.add_argument("--check", action="store_true", help="hold every file to its contract")


def run(options: argparse.Namespace, out: Console, err: Console) -> int:
    if options.markdown:
        if options.kind != "sources":
            raise SetupError("--markdown writes the tables of sources: cogito list sources --markdown")
        out.print(catalogue.datasets_in_markdown(tuple(options.plugins)), markup=False, highlight=False, soft_wrap=True)
        return 0
    faults = 0
    for kind in [options.kind] if options.kind else catalogue.KINDS:
        out.print(f"{kind}:", style="bold")
        entries = list(catalogue.entries(kind, tuple(options.plugins)))
        width = max((len(entry.name) for entry in entries), default=0)
        for entry in entries:
            said = catalogue.described(entry.info) if options.kind and entry.info else [entry.summary]
            for name, line in zip(chain([entry.name], repeat("")), said, strict=False):
                out.print(f"  {name:<{width}}  {line}", markup=False, highlight=False, soft_wrap=True)
            if options.check:
                faults += len(entry.faults)
                for fault in entry.faults:
                    out.print(f"    fault: {fault}", markup=False)
    return FAULTS if faults else 0
