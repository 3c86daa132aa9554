"""`cogito evaluate BENCHMARK --model NAME@URL`: a model answers a benchmark on the build's road, and is graded by the
benchmark's own rule. Run again after an interruption, it goes on where it was; with --judge added, only judges."""

from __future__ import annotations

import argparse
import shutil
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import msgspec
from rich.console import Console

from audio_cogito import benchmarks, config, evaluation, pipeline, plugins, report, served
from audio_cogito.benchmarks import Metadata
from audio_cogito.build import opened
from audio_cogito.commands import positive
from audio_cogito.config import Recipe
from audio_cogito.errors import SetupError
from audio_cogito.evaluation import Answered
from audio_cogito.grading import judging, repeats, scores, tables
from audio_cogito.grading.judging import Measures
from audio_cogito.grading.predictions import Predictions
from audio_cogito.grading.scores import Graded, Summary
from audio_cogito.interrupts import finished
from audio_cogito.models.openai import Settings
from audio_cogito.run import Run, RunRecord
from audio_cogito.store import write_whole

SUMMARY = "let a model answer a benchmark and grade it"
FAILURES = 3
SET = ("model", "judge", "think")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("benchmark", help=f"one of {', '.join(plugins.files('benchmarks', '.py'))}")
    parser.add_argument("overrides", nargs="*", metavar="key=value", help="of model, judge, think: think.style=observe")
    parser.add_argument("--model", required=True, metavar="NAME@URL", help="the model that answers")
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="the benchmark's folder")
    parser.add_argument("--meta", type=Path, metavar="FILE", help="the metadata, where they lie elsewhere")
    parser.add_argument("--out", type=Path, required=True, metavar="RUN", help="the run's folder")
    parser.add_argument("--profile", choices=evaluation.PROFILES, default="qwen", help="prompt and sampling (qwen)")
    parser.add_argument("--judge", metavar="NAME@URL", help="a model that judges the chains by the rubrics")
    parser.add_argument("--runs", type=positive, default=1, metavar="N", help="whole runs of the model, which samples")
    parser.add_argument(
        "--blind", choices=("silence", "text", "shuffled"), help="without the sound that is asked about"
    )
    parser.add_argument("--permute-choices", type=positive, default=1, metavar="K", help="K orders of the choices")
    parser.add_argument("--limit", type=positive, metavar="N", help="only N items, chosen by hash")
    parser.add_argument("--store", type=Path, metavar="DIR", help="where replies and sounds are kept (RUN/store)")


def run(options: argparse.Namespace, out: Console, err: Console) -> int:
    given = served.tables(options.overrides, SET)
    if given["judge"] and not options.judge:
        raise SetupError("judge.* is set, but no --judge is named")
    module = plugins.load("benchmarks", options.benchmark)
    meta = options.meta or benchmarks.find(module, options.data)
    metadata = benchmarks.sampled(benchmarks.read(options.benchmark, module, meta), options.limit)
    recipe = _recipe(options, meta, given)
    judge = None
    if options.judge:
        judge = served.server(options.judge, given["judge"], where="judge", body=judging.body(module.INFO.protocol))
        judging.expect(metadata, module.INFO.protocol)
    record = finished(_walk(recipe, err))
    out.print(report.funnel(record))
    out.print(tables.head(metadata, module.INFO, {}, module.ANCHORS), markup=False)
    if options.blind:
        out.print(f"BLIND ({options.blind}): the model did not hear what it was asked about", markup=False)
    _grade(_Grading(module, metadata, judge, Path(recipe.store), options.out), recipe, out, err)
    out.print(f"{options.out}: summary.json, scores.jsonl, graded.jsonl, submission.jsonl", markup=False)
    return FAILURES if record.state == "finished with failures" else 0


def _recipe(options: argparse.Namespace, meta: Path, given: dict[str, config.Table]) -> Recipe:
    model = served.server(options.model, given["model"], where="model")
    return evaluation.recipe(
        options.benchmark,
        data=options.data.absolute(),
        meta=meta.absolute(),
        out=options.out.absolute(),
        store=(options.store or options.out / "store").absolute(),
        limit=options.limit,
        draws=options.runs,
        profile=options.profile,
        blind=options.blind,
        orders=options.permute_choices,
        model=config.resolved(model),
        think=given["think"],
    )


async def _walk(recipe: Recipe, err: Console) -> RunRecord:
    async with opened(recipe) as build, report.live(build, err):
        await pipeline.walk(build)
    return build.run.record


# --- after the road ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Grading:
    """By what, of what and into which folder."""

    module: ModuleType
    metadata: Metadata
    judge: Settings | None
    store: Path
    folder: Path


def _grade(by: _Grading, recipe: Recipe, out: Console, err: Console) -> None:
    """Grade every run of the model: the first into RUN, the others into RUN/runs."""
    shutil.rmtree(by.folder / "runs", ignore_errors=True)
    (by.folder / "runs.json").unlink(missing_ok=True)
    found = evaluation.answered(Run(by.folder), recipe)
    if not any(found):
        raise SetupError(f"no item was answered; `cogito show {by.folder} REASON` tells why, the reasons stand above")
    found = [evaluation.official(said, by.metadata, by.module.INFO) for said in found]
    graded = [_graded(by, said, number, out, err) for number, said in enumerate(found)]
    summaries = [summary for summary, _ in graded]
    results = tables.results(
        summaries[0],
        by.module.INFO,
        by.module.ANCHORS,
        recipe.models["thinker"].name,
        comparable=by.metadata.comparable,
        judge=f"{by.judge.name}@{by.judge.revision}" if by.judge else None,
        measures=graded[0][1],
    )
    out.print(results, markup=False)
    if len(summaries) > 1:
        together = repeats.repeats(summaries)
        write_whole(by.folder / "runs.json", msgspec.json.format(msgspec.json.encode(together), indent=2) + b"\n")
        runs = f"{len(recipe.sources)} orders of the choices, {recipe.think.draws} draws of each"
        out.print("\n".join(["", f"runs: {runs}", *repeats.lines(together)]), markup=False)


def _graded(
    by: _Grading, said: dict[str, Answered], number: int, out: Console, err: Console
) -> tuple[Summary, Measures]:
    predictions = Predictions({id_: one.prediction for id_, one in said.items()})
    graded = scores.grade(by.metadata, predictions, by.module.grader, by.module.INFO.unread)
    if by.judge:
        graded = _judged(by, by.judge, graded, predictions, err)
    measures = judging.measured(by.module, by.metadata.items, predictions.answers, graded)
    summary = scores.summarise(by.metadata.benchmark, graded, scores.grouped(graded, by.module.INFO))
    folder = by.folder if number == 0 else by.folder / "runs" / str(number + 1)
    scores.write(folder, graded, summary, measures)
    answers = [said[item.id] for item in by.metadata.items if item.id in said]
    write_whole(folder / "submission.jsonl", evaluation.encoded(evaluation.submission(answers)))
    if number == 0:
        out.print("\n".join(evaluation.told(by.metadata, answers, by.module.grader)), markup=False)
        out.print(tables.unscored(graded), markup=False, end="")
    return summary, measures


def _judged(
    by: _Grading, judge: Settings, graded: list[Graded], predictions: Predictions, err: Console
) -> list[Graded]:
    protocol = by.module.INFO.protocol
    work = judging.judge(graded, by.metadata, predictions, protocol=protocol, server=judge, store=by.store, err=err)
    return finished(work)
