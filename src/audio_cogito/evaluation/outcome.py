"""From answers to numbers: what a model said in each run of it, graded, judged and written.

The first run stands in RUN, the others in RUN/runs/N; where there are three or more draws of one order of the choices,
what most of them answer is graded, too, into RUN/majority.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import msgspec
from rich.console import Console

from audio_cogito import evaluation
from audio_cogito.benchmarks import Metadata
from audio_cogito.config import Recipe
from audio_cogito.errors import SetupError
from audio_cogito.evaluation import Answered
from audio_cogito.grading import judging, repeats, scores
from audio_cogito.grading.judging import Measures
from audio_cogito.grading.predictions import Predictions
from audio_cogito.grading.repeats import Repeats
from audio_cogito.grading.scores import Graded, Summary
from audio_cogito.interrupts import finished
from audio_cogito.models.openai import Settings
from audio_cogito.run import Run
from audio_cogito.store import write_whole
from audio_cogito.types import Record

FILE = "evaluation.json"
LEAST_VOTES = 3
"""Draws from which on most of them may say something else than the first."""


class Setting(Record, omit_defaults=False):
    """evaluation.json: how a run's answers came about. What is not in it is in `run.json`."""

    benchmark: str
    model: str
    """Name and revision."""
    profile: str
    style: str
    blind: str | None = None
    """What stood for the sound that is asked about; None = it was heard."""
    draws: int = 1
    orders: int = 1
    majority: bool = False
    """Whether an answer is what most of the draws say."""

    @property
    def extracts(self) -> bool:
        """Whether the bare answer is read from what was written, before the benchmark's rule is."""
        return self.profile != evaluation.OFFICIAL


@dataclass(frozen=True)
class Grading:
    """By what and of what."""

    module: ModuleType
    metadata: Metadata
    meta: Path
    judge: Settings | None
    store: Path


@dataclass(frozen=True)
class Outcome:
    """One run of the model over the items."""

    answers: list[Answered]
    """In the metadata's order."""
    graded: list[Graded]
    summary: Summary
    measures: Measures


@dataclass(frozen=True)
class Outcomes:
    """All runs of the model."""

    setting: Setting
    runs: list[Outcome]
    """Every draw of the first order of the choices, then the next order's."""
    majority: Outcome | None
    together: Repeats | None
    """None for a single run."""


def setting(benchmark: str, recipe: Recipe, profile: str, blind: str | None) -> Setting:
    model = recipe.models["thinker"]
    return Setting(
        benchmark=benchmark,
        model=f"{model.name}@{model.revision}" if model.revision else model.name,
        profile=profile,
        style=recipe.think.style,
        blind=blind,
        draws=recipe.think.draws,
        orders=len(recipe.sources),
    )


def outcomes(by: Grading, recipe: Recipe, made: Setting, folder: Path, err: Console) -> Outcomes:
    """Grade what the run in `folder` answered. Raises SetupError where it answered nothing."""
    shutil.rmtree(folder / "runs", ignore_errors=True)
    shutil.rmtree(folder / "majority", ignore_errors=True)
    (folder / "runs.json").unlink(missing_ok=True)
    found = said(by, recipe, folder)
    places = [folder, *(folder / "runs" / str(number) for number in range(2, len(found) + 1))]
    graded = [_outcome(by, one, made, place, err) for one, place in zip(found, places, strict=True)]
    together = repeats.repeats([one.summary for one in graded], _moved(graded, made)) if len(graded) > 1 else None
    if together:
        write_whole(folder / "runs.json", msgspec.json.format(msgspec.json.encode(together), indent=2) + b"\n")
    voted = None
    if made.draws >= LEAST_VOTES and by.metadata.items[0].choices:
        by_vote = msgspec.structs.replace(made, majority=True)
        voted = _outcome(by, majority(found[: made.draws]), by_vote, folder / "majority", err)
    return Outcomes(setting=made, runs=graded, majority=voted, together=together)


def said(by: Grading, recipe: Recipe, folder: Path) -> list[dict[str, Answered]]:
    """What was answered in each run, as the benchmark's rule reads it. Raises SetupError where nothing was."""
    found = evaluation.answered(Run(folder), recipe)
    if not any(found):
        raise SetupError(f"no item was answered; `cogito show {folder} REASON` tells why, the reasons stand above")
    return [evaluation.official(one, by.metadata, by.module.INFO) for one in found]


def hand_in(by: Grading, said: dict[str, Answered], folder: Path) -> list[Answered]:
    """Write what was answered as the challenge takes it and, where the benchmark's authors take a form of their own, in
    that (`submission.json`). The answers in the metadata's order.
    """
    answers = [said[item.id] for item in by.metadata.items if item.id in said]
    write_whole(folder / "submission.jsonl", evaluation.encoded(evaluation.submission(answers)))
    if hasattr(by.module, "submission"):
        texts = {one.item: one.prediction.answer or "" for one in answers}
        write_whole(folder / "submission.json", by.module.submission(by.meta, texts))
    return answers


def _moved(runs: Sequence[Outcome], made: Setting) -> repeats.Sway | None:
    if made.orders == 1:
        return None
    correct = [[one.correct for one in run.graded] for run in runs]
    return repeats.sway([correct[at : at + made.draws] for at in range(0, len(correct), made.draws)])


def majority(runs: Sequence[dict[str, Answered]]) -> dict[str, Answered]:
    """For each item the answer that was read most often, of equals the one read first, with the first chain that came
    to it. Where no run's could be read, the first as written.
    """
    found: dict[str, Answered] = {}
    for id_ in dict.fromkeys(id_ for run in runs for id_ in run):
        said = [run[id_] for run in runs if id_ in run]
        votes = Counter(one.extracted for one in said if one.extracted is not None)
        most = votes.most_common(1)[0][0] if votes else None
        found[id_] = next(one for one in said if one.extracted == most)
    return found


def _outcome(by: Grading, said: dict[str, Answered], made: Setting, folder: Path, err: Console) -> Outcome:
    if not made.extracts:
        said = {id_: msgspec.structs.replace(one, extracted=None) for id_, one in said.items()}
    predictions = Predictions({id_: one.prediction for id_, one in said.items()})
    graded = scores.grade(by.metadata, predictions, by.module.grader, by.module.INFO.unread)
    if by.judge:
        graded = _judged(by, by.judge, graded, predictions, err)
    measures = judging.measured(by.module, by.metadata.items, predictions.answers, graded)
    summary = scores.summarise(by.metadata.benchmark, graded, scores.grouped(graded, by.module.INFO))
    scores.write(folder, graded, summary, measures)
    answers = hand_in(by, said, folder)
    write_whole(folder / FILE, msgspec.json.format(msgspec.json.encode(made), indent=2) + b"\n")
    return Outcome(answers=answers, graded=graded, summary=summary, measures=measures)


def _judged(by: Grading, judge: Settings, graded: list[Graded], predictions: Predictions, err: Console) -> list[Graded]:
    protocol = by.module.INFO.protocol
    work = judging.judge(graded, by.metadata, predictions, protocol=protocol, server=judge, store=by.store, err=err)
    return finished(work)
