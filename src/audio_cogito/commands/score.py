"""`cogito score BENCHMARK`: grade predictions that were made elsewhere, by the benchmark's own rule."""

from __future__ import annotations

import argparse
from pathlib import Path

from rich.console import Console

from audio_cogito import benchmarks, plugins
from audio_cogito.grading import predictions, scores, tables

SUMMARY = "grade predictions made elsewhere, by a benchmark's own rule"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("benchmark", help=f"one of {', '.join(plugins.files('benchmarks', '.py'))}")
    parser.add_argument("--meta", type=Path, required=True, metavar="FILE", help="the metadata as distributed")
    parser.add_argument("--predictions", type=Path, required=True, metavar="FILE", help="JSON or JSONL, official form")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where the scores go")


def run(options: argparse.Namespace, out: Console, err: Console) -> int:
    module = plugins.load("benchmarks", options.benchmark)
    metadata = benchmarks.read(options.benchmark, module, options.meta)
    known = {item.id for item in metadata.items}
    found = predictions.read(options.predictions, known, module.INFO.answer_fields)
    graded = scores.grade(metadata, found, module.grader)
    groups = scores.grouped(graded, module.INFO.groups, tuple(module.INFO.columns))
    summary = scores.summarise(options.benchmark, graded, groups)
    scores.write(options.out, graded, summary)
    out.print(tables.head(metadata, module.INFO, found.oddities), markup=False)
    out.print(tables.results(summary, module.INFO, module.ANCHORS, options.predictions.stem), markup=False)
    out.print(f"{options.out}: scores.jsonl, graded.jsonl, summary.json", markup=False)
    return 0
