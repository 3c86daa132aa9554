"""`cogito score BENCHMARK`: grade predictions that were made elsewhere, by the benchmark's own rule and, with --judge,
by its rubrics. Judge replies are kept: run again after an interruption, it goes on where it was."""

from __future__ import annotations

import argparse
from pathlib import Path

from rich.console import Console

from audio_cogito import benchmarks, plugins, served
from audio_cogito.errors import SetupError
from audio_cogito.evaluation import beside
from audio_cogito.grading import judging, predictions, scores, tables
from audio_cogito.interrupts import finished

SUMMARY = "grade predictions made elsewhere, by a benchmark's own rule"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("benchmark", help=f"one of {', '.join(plugins.files('benchmarks', '.py'))}")
    parser.add_argument("overrides", nargs="*", metavar="key=value", help="settings of the judge: judge.patience=20")
    parser.add_argument("--meta", type=Path, required=True, metavar="FILE", help="the metadata as distributed")
    parser.add_argument("--predictions", type=Path, required=True, metavar="FILE", help="JSON or JSONL, official form")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where the scores go")
    parser.add_argument("--judge", metavar="NAME@URL", help="a model that judges the chains by the rubrics")
    parser.add_argument(
        "--beside", type=Path, nargs="+", action="extend", default=[], metavar="DIR", help="scored runs to print beside"
    )
    parser.add_argument("--store", type=Path, metavar="DIR", help="where replies are kept; OUT/store unless given")


def run(options: argparse.Namespace, out: Console, err: Console) -> int:
    module = plugins.load("benchmarks", options.benchmark)
    given = served.tables(options.overrides, ("judge",))["judge"]
    if given and not options.judge:
        raise SetupError("judge.* is set, but no --judge is named")
    protocol = module.INFO.protocol
    server = served.server(options.judge, given, where="judge", body=judging.body(protocol)) if options.judge else None
    metadata = benchmarks.read(options.benchmark, module, options.meta)
    if metadata.hidden:
        raise SetupError(f"{options.meta} holds no keys: only the authors of {module.INFO.title} can score it")
    ids = {item.id for item in metadata.items}
    others = beside.load(options.beside, ids)
    found = predictions.read(options.predictions, ids, module.INFO.answer_fields, module.INFO.id_fields)
    with scores.held(options.out):
        graded = scores.grade(metadata, found, module.grader, module.INFO.unread)
        out.print(tables.head(metadata, module.INFO, found.oddities, module.ANCHORS), markup=False)
        if server:
            store = options.store or options.out / "store"
            work = judging.judge(graded, metadata, found, protocol=protocol, server=server, store=store, err=err)
            graded = finished(work)
        summary = scores.summarise(options.benchmark, graded, scores.grouped(graded, module.INFO))
        measures = judging.measured(module, metadata.items, found.answers, graded)
        scores.write(options.out, graded, summary, measures)
    results = tables.results(
        summary,
        module.INFO,
        module.ANCHORS,
        options.predictions.stem,
        comparable=metadata.comparable,
        judge=tables.judge_of(graded),
        measures=measures,
    )
    out.print(results, markup=False)
    out.print("\n".join(["", *beside.lines(beside.rows(graded, None, others))]), markup=False)
    out.print(tables.unscored(graded), markup=False, end="")
    out.print(f"{options.out}: scores.jsonl, graded.jsonl, summary.json", markup=False)
    return 0
