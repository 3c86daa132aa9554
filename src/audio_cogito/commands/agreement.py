"""`cogito agreement A B`: how far two judges agree about the same answers (Krippendorff's alpha)."""

from __future__ import annotations

import argparse
from pathlib import Path

from rich.console import Console

from audio_cogito.grading import agreement, comparison

SUMMARY = "how far the judges of two scored runs agree about the same answers"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("a", type=Path, metavar="A", help="a folder that `cogito score` or `evaluate` wrote")
    parser.add_argument("b", type=Path, metavar="B", help="the same answers, judged by another model")


def run(options: argparse.Namespace, out: Console, err: Console) -> int:
    found = agreement.agreement(comparison.load(options.a), comparison.load(options.b))
    out.print(f"A: {options.a}, judge {found.judges[0]}\nB: {options.b}, judge {found.judges[1]}", markup=False)
    out.print(f"items: {_said(found.alpha, found.exact, found.items, 'right answers that both scored')}", markup=False)
    if found.criteria_exact is not None:
        said = _said(found.criteria_alpha, found.criteria_exact, found.criteria, "criteria")
        out.print(f"criteria: {said}", markup=False)
    return 0


def _said(alpha: float | None, exact: float, n: int, what: str) -> str:
    told = "has no value, since all ratings are one" if alpha is None else f"{alpha:.4f}"
    return f"Krippendorff's alpha {told}, {exact:.1%} equal, over {n:,} {what}"
