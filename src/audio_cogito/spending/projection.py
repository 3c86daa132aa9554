"""What a pilot says of the whole run: rates, yields, tokens, model hours and disk, each with its 95 % interval.

How the intervals come about stands in `estimates`. What they leave out is said with the table: a model's speed is taken
as measured, and in the whole more sounds will turn out to be duplicates than in a part of it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec
from rich.console import Group
from rich.table import Table
from rich.text import Text

from audio_cogito import shards
from audio_cogito.spending import estimates
from audio_cogito.spending.estimates import Estimate, Stratum
from audio_cogito.spending.pilot import Pilot, Walked, Work
from audio_cogito.store import write_whole
from audio_cogito.types import Record

WHOLE = "the whole"
FILE = "pilot.json"
Value = Callable[[Walked], float]


class Rates(Record):
    """What a pilot saw of one source, or expects of the whole. None where there is nothing to take a share of."""

    source: str
    recordings: int
    """Taken."""
    of: int
    """That the source yields."""
    clips: Estimate | None
    """Kept, of the recordings."""
    questions: Estimate | None
    """Of a clip."""
    unreadable: Estimate | None
    """Of the clips."""
    prompt_tokens: Estimate | None
    """Of a question, over all stages and attempts."""
    completion_tokens: Estimate | None
    truncated: Estimate | None
    """Of the traces, as are the following."""
    looping: Estimate | None
    unscored: Estimate | None
    accepted: Estimate | None


class ModelCost(Record):
    """What one model will be asked for the whole."""

    model: str
    calls: Estimate
    prompt_tokens: Estimate
    completion_tokens: Estimate
    work: Work
    hours: Estimate | None
    """At the speed that the pilot saw; None where none could be measured."""


class Projection(Record):
    """What RUN/pilot.json holds."""

    rates: tuple[Rates, ...]
    """By source, and last the whole."""
    totals: dict[str, Estimate]
    models: tuple[ModelCost, ...]


TOTALS: dict[str, Value] = {
    "clips": lambda walked: 1,
    "hours of audio": lambda walked: walked.seconds / 3600,
    "questions": lambda walked: walked.questions,
    "traces": lambda walked: walked.traces,
    "rows": lambda walked: walked.rows,
    "bytes of sound": lambda walked: walked.sound_bytes,
    "bytes of replies": lambda walked: walked.reply_bytes,
}


def project(pilot: Pilot, work: Mapping[str, Work], *, targets: Mapping[str, int], shard_bytes: int) -> Projection:
    """What follows from a pilot that came to its end. `shard_bytes`: what its run folder holds in shards."""
    sample = _Sample(pilot, targets)
    sources = list(sample.taken)
    traces = sum(walked.traces for walked in pilot.clips.values())
    totals = TOTALS | {"bytes of the run": lambda walked: walked.traces * shard_bytes / max(1, traces)}
    return Projection(
        rates=(*(sample.rates(name, [name]) for name in sources), sample.rates(WHOLE, sources)),
        totals={name: estimates.total(sample.kept(sources, value)) for name, value in totals.items()},
        models=tuple(sample.cost(model, work.get(model, NO_WORK), sources) for model in sample.models),
    )


NO_WORK = Work(completion_tokens=0, busy_seconds=0.0)


class _Sample:
    """The clips of a pilot by source, as strata."""

    def __init__(self, pilot: Pilot, targets: Mapping[str, int]) -> None:
        self.of = dict(pilot.found)
        self.taken = {name: min(count, pilot.size) for name, count in pilot.found.items()}
        self._targets = targets
        self._clips: dict[str, list[Walked]] = {name: [] for name in self.taken}
        for walked in pilot.clips.values():
            self._clips[walked.source].append(walked)
        self.models = sorted({model for walked in pilot.clips.values() for model in walked.spent})

    def kept(self, sources: list[str], y: Value, x: Value = lambda walked: 1) -> list[Stratum]:
        """Recordings as units; clips where the source gives more than its target."""
        return [self._stratum(name, [(y(walked), x(walked)) for walked in self._clips[name]]) for name in sources]

    def _stratum(self, name: str, values: list[tuple[float, float]]) -> Stratum:
        recordings = Stratum(population=self.of[name], sample=self.taken[name], values=values)
        target = self._targets.get(name)
        if target is None or not values or recordings.weight * len(values) <= target:
            return recordings
        return Stratum(population=max(target, len(values)), sample=len(values), values=values)

    def rates(self, title: str, sources: list[str]) -> Rates:
        def share(y: Value, x: Value) -> Estimate | None:
            return estimates.share(self.kept(sources, y, x))

        def ratio(y: Value, x: Value) -> Estimate | None:
            return estimates.ratio(self.kept(sources, y, x))

        return Rates(
            source=title,
            recordings=sum(self.taken[name] for name in sources),
            of=sum(self.of[name] for name in sources),
            clips=self._clips_kept(sources),
            questions=ratio(_questions, lambda walked: 1),
            unreadable=share(lambda walked: walked.unreadable, lambda walked: 1),
            prompt_tokens=ratio(lambda w: sum(spent.prompt_tokens for spent in w.spent.values()), _questions),
            completion_tokens=ratio(lambda w: sum(spent.completion_tokens for spent in w.spent.values()), _questions),
            truncated=share(lambda walked: walked.truncated, _traces),
            looping=share(lambda walked: walked.looping, _traces),
            unscored=share(lambda walked: walked.unscored, _traces),
            accepted=share(lambda walked: walked.accepted, _traces),
        )

    def _clips_kept(self, sources: list[str]) -> Estimate | None:
        """The share of recordings that become clips, whatever the target."""
        strata = [
            Stratum(
                population=self.of[name],
                sample=self.taken[name],
                values=[(1, 1)] * len(self._clips[name]) + [(0, 1)] * (self.taken[name] - len(self._clips[name])),
            )
            for name in sources
        ]
        return estimates.share(strata)

    def cost(self, model: str, work: Work, sources: list[str]) -> ModelCost:
        def total(field: str) -> Estimate:
            return estimates.total(self.kept(sources, lambda walked: getattr(walked.spent.get(model), field, 0)))

        written = total("completion_tokens")
        return ModelCost(
            model=model,
            calls=total("calls"),
            prompt_tokens=total("prompt_tokens"),
            completion_tokens=written,
            work=work,
            hours=_scaled(written, 1 / (work.speed * 3600)) if work.speed else None,
        )


def _questions(walked: Walked) -> float:
    return walked.questions


def _traces(walked: Walked) -> float:
    return walked.traces


def _scaled(estimate: Estimate, factor: float) -> Estimate:
    return Estimate(value=estimate.value * factor, low=estimate.low * factor, high=estimate.high * factor)


# --- kept from pilot to pilot -----------------------------------------------------------------------------------------


def shard_bytes(run: Path) -> int:
    return sum(path.stat().st_size for path in run.rglob(f"*{shards.SUFFIX}"))


def better(work: Mapping[str, Work], path: Path) -> dict[str, Work]:
    """Of each model's work now and as an earlier pilot left it at `path`, what was measured on more: a pilot that is
    run again finds its replies remembered, and measures nothing."""
    try:
        earlier = {cost.model: cost.work for cost in msgspec.json.decode(path.read_bytes(), type=Projection).models}
    except (OSError, msgspec.DecodeError):
        earlier = {}
    return {
        model: max(work.get(model, NO_WORK), earlier.get(model, NO_WORK), key=lambda one: one.completion_tokens)
        for model in work.keys() | earlier.keys()
    }


def write(projection: Projection, path: Path) -> None:
    write_whole(path, msgspec.json.format(msgspec.json.encode(projection), indent=2) + b"\n")


# --- as a person reads it ---------------------------------------------------------------------------------------------


def shown(projection: Projection) -> Group:
    """Yields and rates by source, and what the whole comes to."""
    return Group(_yields(projection), Text(), _shares(projection), Text(), *_lines(projection), Text(), Text(NOTE))


def _yields(projection: Projection) -> Table:
    table = _table("what a recording yields", "recordings", "clips", "questions a clip", "tokens a question")
    for rates in projection.rates:
        table.add_row(
            rates.source,
            f"{rates.recordings:,} of {rates.of:,}",
            _percent(rates.clips),
            _number(rates.questions),
            f"{_number(rates.prompt_tokens)} + {_number(rates.completion_tokens)}",
        )
    return table


def _shares(projection: Projection) -> Table:
    table = _table("what became of it", *SHARES)
    for rates in projection.rates:
        table.add_row(rates.source, *(_percent(getattr(rates, name)) for name in SHARES))
    return table


def _table(title: str, *headings: str) -> Table:
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    table.add_column("source")
    for heading in headings:
        table.add_column(heading, justify="right", no_wrap=True)
    return table


SHARES = ("unreadable", "truncated", "looping", "unscored", "accepted")
NOTE = (
    "In brackets, 95 % intervals for the choice of recordings, by source. Clips are a share of recordings, unreadable "
    "of clips, the rest of traces. A model's speed is as measured, slow beginning and end included; duplicates will "
    "be more. What is remembered of the pilot is not paid again."
)


def _lines(projection: Projection) -> list[Text]:
    totals = projection.totals
    counts = ", ".join(f"{_between(totals[n])} {n}" for n in ("clips", "questions", "traces", "rows", "hours of audio"))
    sizes = ", ".join(
        f"{_between(_scaled(totals[name], 1e-9))} GB of {name.removeprefix('bytes of ')}"
        for name in ("bytes of sound", "bytes of replies", "bytes of the run")
    )
    return [Text(f"{WHOLE}: {counts}"), *map(_cost, projection.models), *_hours(projection), Text(f"disk: {sizes}")]


def _cost(cost: ModelCost) -> Text:
    tokens = f"{_between(cost.prompt_tokens)} prompt and {_between(cost.completion_tokens)} completion tokens"
    if cost.hours is None:
        return Text(f"{cost.model}: {_between(cost.calls)} calls, {tokens}; its speed could not be measured")
    speed = f"{cost.work.speed:,.0f} completion tokens/s"
    return Text(f"{cost.model}: {_between(cost.calls)} calls, {tokens}, {_between(cost.hours)} hours at {speed}")


def _hours(projection: Projection) -> list[Text]:
    hours = [cost.hours for cost in projection.models if cost.hours is not None]
    if not hours or len(hours) < len(projection.models):
        return []
    whole = Estimate(value=sum(h.value for h in hours), low=sum(h.low for h in hours), high=sum(h.high for h in hours))
    return [Text(f"model hours: {_between(whole)} in all, less where models are at work at the same time")]


def _between(estimate: Estimate) -> str:
    value, low, high = map(_figure, (estimate.value, estimate.low, estimate.high))
    return value if low == high else f"{value} ({low} to {high})"


def _number(estimate: Estimate | None) -> str:
    return "-" if estimate is None else _figure(estimate.value)


def _figure(number: float) -> str:
    """Three digits that mean something, and no more than four after the point."""
    digits = 0 if number >= 100 or number == 0 else min(4, 2 - math.floor(math.log10(number)))
    return f"{number:,.{digits}f}"


def _percent(estimate: Estimate | None) -> str:
    if estimate is None:
        return "-"
    low, high = 100 * estimate.low, 100 * estimate.high
    return f"{estimate.value:.{1 if estimate.value < 0.1 else 0}%} ({low:.0f}-{high:.0f})"
