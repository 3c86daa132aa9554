"""`cogito evaluate BENCHMARK --model NAME@URL`: a model answers a benchmark on the build's road, and is graded by the
benchmark's own rule. Run again after an interruption, it goes on where it was; with --judge added, only judges."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from audio_cogito import benchmarks, config, evaluation, pipeline, plugins, report, served
from audio_cogito.commands import positive
from audio_cogito.config import Recipe
from audio_cogito.errors import SetupError
from audio_cogito.evaluation import beside, outcome, page
from audio_cogito.evaluation.beside import Scored
from audio_cogito.evaluation.outcome import Grading, Outcomes
from audio_cogito.grading import judging, repeats, scores, tables
from audio_cogito.interrupts import finished
from audio_cogito.messages import Sampling
from audio_cogito.opening import opened
from audio_cogito.run import RunRecord

SUMMARY = "let a model answer a benchmark and grade it"
FAILURES = 3
SET = ("model", "judge", "think", "base")
WRITTEN = "summary.json, scores.jsonl, graded.jsonl, submission.jsonl, report.html"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("benchmark", help=f"one of {', '.join(plugins.files('benchmarks', '.py'))}")
    parser.add_argument(
        "overrides", nargs="*", metavar="key=value", help="of model, judge, think, base: think.style=observe"
    )
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
    parser.add_argument(
        "--base", metavar="NAME@URL", help="what the model was trained from: run plain, prompted and by majority beside"
    )
    parser.add_argument(
        "--beside", type=Path, nargs="+", action="extend", default=[], metavar="RUN", help="scored runs to print beside"
    )
    parser.add_argument("--limit", type=positive, metavar="N", help="only N items, chosen by hash")
    parser.add_argument("--store", type=Path, metavar="DIR", help="where replies and sounds are kept (RUN/store)")


@dataclass(frozen=True)
class _Work:
    """What is evaluated, by the command's options."""

    options: argparse.Namespace
    by: Grading
    given: dict[str, config.Table]
    out: Console
    err: Console

    def recipe(self, model: config.Table, think: dict[str, Any], folder: Path, **more: Any) -> Recipe:
        options = self.options
        return evaluation.recipe(
            self.by.metadata.benchmark,
            data=options.data.absolute(),
            meta=self.by.meta.absolute(),
            out=folder.absolute(),
            store=self.by.store.absolute(),
            limit=options.limit,
            keyed=not self.by.metadata.hidden,
            profile=options.profile,
            model=model,
            think=think,
            **more,
        )


def run(options: argparse.Namespace, out: Console, err: Console) -> int:
    given = served.tables(options.overrides, SET)
    _consistent(options, given)
    module = plugins.load("benchmarks", options.benchmark)
    meta = options.meta or benchmarks.find(module, options.data)
    metadata = benchmarks.sampled(benchmarks.read(options.benchmark, module, meta), options.limit)
    if metadata.hidden and (options.judge or options.base or options.beside):
        raise SetupError(
            "these items have no keys, so that nothing can be judged or compared: their authors grade them"
        )
    judge = None
    if options.judge:
        judge = served.server(options.judge, given["judge"], where="judge", body=judging.body(module.INFO.protocol))
        judging.expect(metadata, module.INFO.protocol)
    others = beside.load(options.beside, [item.id for item in metadata.items])
    by = Grading(module, metadata, meta, judge, options.store or options.out / "store")
    return _run(_Work(options, by, given, out, err), others)


def _consistent(options: argparse.Namespace, given: dict[str, config.Table]) -> None:
    for name in ("judge", "base"):
        if given[name] and not getattr(options, name):
            raise SetupError(f"{name}.* is set, but no --{name} is named")
    if options.profile == evaluation.OFFICIAL and options.permute_choices > 1:
        raise SetupError("--profile official grades letters as written, which other orders of the choices would change")
    if options.base and options.blind:
        raise SetupError("--base is for a claim, and a --blind run makes none: leave one of them out")


def _run(work: _Work, others: list[Scored]) -> int:
    options = work.options
    recipe = work.recipe(
        _model(options.model, work.given["model"], "model"),
        work.given["think"],
        options.out,
        draws=options.runs,
        blind=options.blind,
        orders=options.permute_choices,
    )
    bases = _bases(work, recipe) if options.base else {}
    with scores.held(options.out):
        return _evaluated(work, recipe, bases, others)


def _evaluated(work: _Work, recipe: Recipe, bases: dict[str, Recipe], others: list[Scored]) -> int:
    options, out = work.options, work.out
    record = finished(_walk(recipe, work.err))
    out.print(report.funnel(record))
    out.print(tables.head(work.by.metadata, work.by.module.INFO, {}, work.by.module.ANCHORS), markup=False)
    if options.blind:
        out.print(f"BLIND ({options.blind}): the model did not hear what it was asked about", markup=False)
    if work.by.metadata.hidden:
        return _hand_in(work, recipe, record)
    made = outcome.setting(work.by.metadata.benchmark, recipe, options.profile, options.blind)
    found = outcome.outcomes(work.by, recipe, made, options.out, work.err)
    _tell(work, found, recipe)
    # Written before what stands beside is run, too: a base's server may be lost.
    page.write(options.out, work.by, found, _beside(found, others))
    records = [record]
    for name, base in bases.items():
        records.append(_run_base(work, name, base))
        others = [*others, *_finished_base(work, name)]
    rows = _beside(found, others)
    out.print("\n".join(beside.lines(rows)) + "\n" if rows else "", markup=False, end="")
    page.write(options.out, work.by, found, rows)
    out.print(f"{options.out}: {WRITTEN}", markup=False)
    return FAILURES if any(one.state == "finished with failures" for one in records) else 0


def _model(named: str, table: config.Table, where: str) -> config.Table:
    found: config.Table = config.resolved(served.server(named, table, where=where))
    return found


async def _walk(recipe: Recipe, err: Console) -> RunRecord:
    async with opened(recipe) as build, report.live(build, err):
        await pipeline.walk(build)
    return build.run.record


def _hand_in(work: _Work, recipe: Recipe, record: RunRecord) -> int:
    """Of a hidden test there is nothing to say but how it was answered, and where the answers are."""
    folder = work.options.out
    said = outcome.said(work.by, recipe, folder)[0]
    answers = outcome.hand_in(work.by, said, folder)
    found = evaluation.reading(work.by.metadata, answers, work.by.module.grader)
    work.out.print("\n".join(evaluation.told(found)), markup=False)
    written = " and ".join(name for name in ("submission.json", "submission.jsonl") if (folder / name).exists())
    work.out.print(f"not scored: only the authors of {work.by.module.INFO.title} hold its keys", markup=False)
    work.out.print(f"{folder}: {written}", markup=False)
    return FAILURES if record.state == "finished with failures" else 0


# --- what it says -----------------------------------------------------------------------------------------------------


def _tell(work: _Work, found: Outcomes, recipe: Recipe) -> None:
    module, metadata, first = work.by.module, work.by.metadata, found.runs[0]
    extracts = found.setting.extracts
    said = evaluation.told(evaluation.reading(metadata, first.answers, module.grader, extracts=extracts))
    work.out.print("\n".join(said), markup=False)
    work.out.print(tables.unscored(first.graded), markup=False, end="")
    results = tables.results(
        first.summary,
        module.INFO,
        module.ANCHORS,
        recipe.models["thinker"].name,
        comparable=metadata.comparable,
        judge=tables.judge_of(first.graded),
        measures=first.measures,
    )
    work.out.print(results, markup=False)
    if found.together:
        runs = f"{found.setting.orders} orders of the choices, {found.setting.draws} draws of each"
        work.out.print("\n".join(["", f"runs: {runs}", *repeats.lines(found.together)]), markup=False)
    if found.majority:
        work.out.print(f"majority of {found.setting.draws}: {_averages(found.majority)}", markup=False)


def _averages(found: outcome.Outcome) -> str:
    summary = found.summary
    rubrics = "" if summary.rubrics is None else f", Rubrics {summary.rubrics:.2f}"
    return "no Avg" if summary.avg is None else f"Avg {summary.avg:.2f}{rubrics}"


# --- what stands beside -----------------------------------------------------------------------------------------------


def _beside(found: Outcomes, others: Sequence[Scored]) -> list[beside.Row]:
    """Nothing stands beside a blind run but what is named."""
    rows = beside.rows(found.runs[0].graded, found.setting.model, others)
    return [row for row in rows if row.ran] if found.setting.blind else rows


def _bases(work: _Work, recipe: Recipe) -> dict[str, Recipe]:
    """The recipes of the base's runs, made before anything is asked, so that a wrong setting costs nothing."""
    model = _model(work.options.base, work.given["base"], "base")
    own = recipe.models["thinker"]
    if (model["name"], model["revision"]) == (own.name, own.revision):
        raise SetupError("--base names the very model that is evaluated: a claim needs what it was trained from")
    sampling = recipe.think.sampling
    greedy = isinstance(sampling, Sampling) and sampling.greedy
    found: dict[str, Recipe] = {}
    for name, folder in beside.FOLDERS.items():
        if name == beside.BASE[2] and not work.by.metadata.items[0].choices:
            continue
        think = beside.changes(name, work.given["think"], greedy=greedy)
        draws = int(think.pop("draws", 1))
        found[name] = work.recipe(model, think, work.options.out / "base" / folder, draws=draws)
    return found


def _run_base(work: _Work, name: str, recipe: Recipe) -> RunRecord:
    record = finished(_walk(recipe, work.err))
    made = outcome.setting(work.by.metadata.benchmark, recipe, work.options.profile, None)
    folder = work.options.out / "base" / beside.FOLDERS[name]
    found = outcome.outcomes(work.by, recipe, made, folder, work.err)
    answers, grader = found.runs[0].answers, work.by.module.grader
    reading = evaluation.reading(work.by.metadata, answers, grader, extracts=made.extracts)
    work.out.print(f"{name}: {'; '.join(evaluation.told(reading)[:2])}", markup=False)
    return record


def _finished_base(work: _Work, name: str) -> list[Scored]:
    """Of the votes only what they came to: the first of them is the plain run."""
    folder = work.options.out / "base" / beside.FOLDERS[name]
    items = [item.id for item in work.by.metadata.items]
    return beside.load([folder / "majority" if name == beside.BASE[2] else folder], items)
