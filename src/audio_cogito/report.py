"""What a person sees of a build: the live display, the funnel at the end, and one record in full (`cogito show`)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from audio_cogito.build import STAGES, Build
from audio_cogito.cleaning import contamination
from audio_cogito.run import RunRecord, StageRecord
from audio_cogito.spending import coverage

LIVE_INTERVAL = 0.5
LINE_INTERVAL = 15.0
"""Seconds between lines where there is no terminal to draw on."""


@asynccontextmanager
async def live(build: Build, console: Console) -> AsyncIterator[None]:
    """Show the build while it runs: redrawn on a terminal, a line now and then elsewhere."""
    task = asyncio.create_task(_draw(build, console) if console.is_terminal else _print_lines(build, console))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _draw(build: Build, console: Console) -> None:
    rate = Rate()
    with Live(console=console, auto_refresh=False, transient=True) as screen:
        while True:
            screen.update(progress(build, rate), refresh=True)
            await asyncio.sleep(LIVE_INTERVAL)


async def _print_lines(build: Build, console: Console) -> None:
    while True:
        await asyncio.sleep(LINE_INTERVAL)
        console.print(one_line(build), highlight=False, soft_wrap=True)


class Rate:
    """Completion tokens a second over the last few looks."""

    def __init__(self, looks: int = 20) -> None:
        self._looks = looks
        self._seen: list[tuple[float, int]] = []

    def of(self, tokens: int) -> float:
        self._seen = [*self._seen, (time.monotonic(), tokens)][-self._looks :]
        (began, first), (ended, last) = self._seen[0], self._seen[-1]
        return (last - first) / (ended - began) if ended > began else 0.0


def progress(build: Build, rate: Rate) -> Group:
    table = Table(box=None, pad_edge=False)
    table.add_column("stage")
    for column in ("done", "of", "kept", "dropped", "failed", "in flight"):
        table.add_column(column, justify="right")
    for stage in STAGES:
        tally = build.tallies[stage]
        total = f"{tally.total:,}" if tally.total is not None else ""
        numbers = (tally.kept, tally.dropped, tally.failed, tally.in_flight)
        table.add_row(stage, f"{tally.read:,}", total, *(f"{number:,}" for number in numbers))
    clock = Text(f"{rate.of(tokens_paid(build)):,.0f} tokens/s · {remaining(build)}")
    return Group(table, clock, *(Text(line) for line in silences(build)))


def one_line(build: Build) -> str:
    parts = [f"{stage} {tally.read:,}" for stage, tally in build.tallies.items() if tally.read or tally.in_flight]
    return " · ".join([*parts, f"{tokens_paid(build):,} tokens", remaining(build), *silences(build)])


NOTICED = 3.0
"""Seconds of a server's silence after which a person is told."""


def silences(build: Build) -> list[str]:
    """Which servers do not answer, and how long they will be waited for."""
    quiet = ((role, client.silence, client.settings) for role, client in build.clients.items())
    return [
        f"{role}: no answer from {settings.name} for {silence:.0f} s; the run ends after {settings.patience:g} s"
        for role, silence, settings in quiet
        if silence is not None and silence > NOTICED
    ]


def tokens_paid(build: Build) -> int:
    return sum(client.tally.completion_tokens for client in build.clients.values())


def remaining(build: Build) -> str:
    """The time left, by what has come to the walk's end; said only once it can be known."""
    began, now = build.tallies["construct"].began, time.monotonic()
    so_far = f"{_clock(now - build.started)} so far"
    share = _walked(build)
    if began is None or not share:
        return so_far
    return f"{so_far}, about {_clock((now - began) * (1 - share) / share)} left"


def _walked(build: Build) -> float | None:
    """The share of all questions that have been verified (of clips that were asked about, where only that is done):
    a clip has many questions in flight long after it was read. None before it can be known."""
    asked = build.tallies["construct"]
    if not asked.total or not asked.read:
        return None
    if build.only == "construct" or not asked.kept:
        return asked.read / asked.total
    return min(1.0, build.tallies["verify"].read / (asked.kept * asked.total / asked.read))


def _clock(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"


# --- after the run ----------------------------------------------------------------------------------------------------


def funnel(record: RunRecord) -> Group:
    """What went in and what came out of every stage, with the two sums, and why the rest did not."""
    table = Table(title="read = answered + failed     made = kept + dropped + failed", title_justify="left", box=None)
    table.add_column("stage")
    for column in ("read", "answered", "failed", "│", "made", "kept", "dropped", "failed"):
        table.add_column(column, justify="right")
    for name, stage in record.stages.items():
        if stage.read:
            inputs = (stage.read, stage.answered, stage.unanswered)
            outputs = (stage.made, stage.kept, stage.dropped, stage.failed)
            table.add_row(name, *(f"{n:,}" for n in inputs), "│", *(f"{n:,}" for n in outputs))
    return Group(
        table,
        *_standings(record.stages),
        *(_accuracy(record.stages) if not _answer_shown(record) else [Text(SHOWN)]),
        *_reasons(record.stages),
        *(Text(line) for line in contamination.lines(record.decontamination)),
        Text(_sums(record)),
        *_sources(record),
        *_usage(record),
    )


def _sources(record: RunRecord) -> Iterable[Table]:
    """How much of each dataset is here, and the papers' table of what was made of it."""
    if rows := coverage.covered(record):
        part = "" if record.limit is None and record.pilot is None else ", of a part of the recordings"
        yield _columns(f"recordings of each dataset{part}", ("dataset",), coverage.COVERED, rows)
    if made := coverage.made(record):
        yield _columns("accepted of each dataset", ("domain", "dataset", "skill"), ("quantity", "ratio (%)"), made)


def _columns(title: str, texts: tuple[str, ...], numbers: tuple[str, ...], rows: Sequence[Sequence[object]]) -> Table:
    table = Table(title=title, title_justify="left", box=None)
    for column in texts:
        table.add_column(column)
    for column in numbers:
        table.add_column(column, justify="right")
    for row in rows:
        table.add_row(*(_written(value) for value in row))
    return table


def _written(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.1f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _standings(stages: dict[str, StageRecord]) -> Iterable[Text]:
    for stage in stages.values():
        total = sum(stage.standings.values())
        if total:
            said = (f"{count:,} {standing} ({count / total:.1%})" for standing, count in stage.standings.items())
            yield Text(f"traces: {', '.join(said)}")


def _accuracy(stages: dict[str, StageRecord]) -> Iterable[Text]:
    """How often the answer is the key, before the chains are verified and after: what agrees with its key is the easier
    half. Chains that were never drawn, since a check of their question failed, are in neither."""
    for stage in stages.values():
        counts = (sum(stage.standings.values()), stage.standings.get("accepted", 0))
        right = (sum(stage.right.values()), stage.right.get("accepted", 0))
        if stage.right and all(counts):
            before, after = (f"{r / n:.1%} ({r:,} of {n:,})" for r, n in zip(right, counts, strict=True))
            yield Text(f"answer is the key: {before} before verification, {after} of the accepted{_out(stages)}")


def _out(stages: dict[str, StageRecord]) -> str:
    out = stages["think"].reasons.get("question_failed", 0) if "think" in stages else 0
    return f"; {out:,} questions were out before a chain was drawn" if out else ""


SHOWN = "answer is the key: says nothing, since the thinker was shown the answer (think.answer_shown)"


def _answer_shown(record: RunRecord) -> bool:
    return record.recipe.get("think", {}).get("answer_shown", False) is True


def _reasons(stages: dict[str, StageRecord]) -> Iterable[Text]:
    for name, stage in stages.items():
        if stage.reasons:
            said = ", ".join(f"{reason} {count:,}" for reason, count in sorted(stage.reasons.items()))
            yield Text(f"{name}: {said}")


def _sums(record: RunRecord) -> str:
    wrong = [
        name
        for name, stage in record.stages.items()
        if stage.read != stage.answered + stage.unanswered or stage.made != stage.kept + stage.dropped + stage.failed
    ]
    return f"The sums do NOT hold for {', '.join(wrong)}." if wrong else "Both sums hold for every stage."


def _usage(record: RunRecord) -> Iterable[Text]:
    for role, usage in record.usage.items():
        yield Text(
            f"{role}: {usage.calls:,} calls paid ({usage.prompt_tokens:,} + {usage.completion_tokens:,} tokens), "
            f"{usage.remembered_calls:,} remembered, {usage.retries:,} retries"
        )
    yield Text(f"{record.audio_seconds / 3600:,.2f} hours of audio · {record.seconds:,.1f} s")
