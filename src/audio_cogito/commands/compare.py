"""`cogito compare A B`: two scored runs over the same items, paired item by item."""

from __future__ import annotations

import argparse
from pathlib import Path

from rich.console import Console

from audio_cogito.grading import comparison
from audio_cogito.grading.comparison import Difference
from audio_cogito.grading.tables import aligned

SUMMARY = "two scored runs, paired item by item: difference, interval, exact test"
HEADINGS = ("pairs", "A", "B", "B - A", "95 % interval", "only A", "only B", "p")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("a", type=Path, metavar="A", help="a folder that `cogito score` or `evaluate` wrote")
    parser.add_argument("b", type=Path, metavar="B")


def run(options: argparse.Namespace, out: Console, err: Console) -> int:
    pairs = comparison.paired(comparison.load(options.a), comparison.load(options.b))
    out.print(f"A: {options.a}\nB: {options.b}", markup=False)
    apart = sum((one.correct is None) != (other.correct is None) for one, other in pairs)
    if apart:
        out.print(f"{apart:,} items are answered in one run alone and are left out", markup=False)
    compared = False
    for name, measure in (("Avg", comparison.accuracy), ("Rubrics", comparison.rubrics)):
        whole = measure(pairs)
        if whole is not None:
            compared = True
            rows = [["", *HEADINGS, ""], _row(name, whole)]
            rows += [_row(f"{kind}: {group}", found) for kind, group, found in comparison.by_group(pairs, measure)]
            out.print("\n".join(aligned(rows)) + "\n", markup=False)
    if not compared:
        out.print("no item is right or wrong, or has rubrics, in both: nothing is compared", markup=False)
    if len(judged := comparison.judges(pairs)) > 1:
        out.print(f"Rubrics are by different judges ({', '.join(sorted(judged))}) and are not compared", markup=False)
    return 0


def _row(name: str, found: Difference) -> list[str]:
    counts = ["" if count is None else str(count) for count in (found.only_a, found.only_b)]
    return [
        name,
        str(found.pairs),
        f"{found.a:.2f}",
        f"{found.b:.2f}",
        f"{found.difference:+.2f}",
        f"{found.low:+.2f} to {found.high:+.2f}",
        *counts,
        "" if found.p is None else f"{found.p:.3g}",
        found.verdict,
    ]
