"""Read this first: the road from recordings to verified reasoning data, as code.

    Recording ─collect▶ Clip ─select▶ Clip ─construct▶ Question ─think▶ Trace ─verify▶ Trace with verdicts ─export▶ row

A recording that comes with its own questions skips construct: they are posed as they are (`stages/pose.py`).

`collect` and `select` make the list of clips (`clips`): a barrier, since duplicates and splits are decided over all.
Then every clip walks the rest of the road on its own (`clip_road`), so that a server encodes its sound once. `--only`
walks one stage at a time instead, for machines that hold one model at a time; both ways write the same bytes.
Checks of a question are verify's, and are asked at think's door: what they fail costs no chain.
Nothing of an earlier run is trusted but replies and measurements: resuming is running again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator
from functools import partial
from itertools import groupby
from typing import Any

from audio_cogito import runner, shards
from audio_cogito.build import Build
from audio_cogito.clips import make_clips
from audio_cogito.errors import SetupError
from audio_cogito.runner import Made, ledgered
from audio_cogito.shards import Sink
from audio_cogito.types import Clip, Question, Record, Trace

WALKS_PER_SLOT = 3
"""Clips under way for each place at a model's server, so that no place waits for a clip."""
ALONE = ("construct", "think", "verify")


async def walk(build: Build) -> None:
    """What the build is for: the whole road, or the one stage."""
    if build.only is None:
        await walk_all(build)
    else:
        await walk_one(build, build.only)


async def walk_all(build: Build) -> None:
    """The whole road."""
    _forget_stale(build, ALONE)
    await make_clips(build)
    _expect_clips(build)
    clips = shards.inputs(build.run.stage("select"), Clip)
    await _walk(build, clips, partial(clip_road, build=build), "verify", "build")
    _remove(build, ("construct", "think"), ledgers=ALONE)


async def walk_one(build: Build, stage: str) -> None:
    """One stage over what the stage before it left."""
    if stage in ("collect", "select"):
        _forget_stale(build, ALONE)
        return await make_clips(build)
    if build.limit is not None:
        raise SetupError(f"--limit counts recordings: give it with --only collect, then run --only {stage}")
    _forget_stale(build, ALONE[ALONE.index(stage) :])
    match stage:
        case "construct":
            _expect_clips(build)
            await _walk(build, _left_by(build, "select", Clip), partial(_construct_alone, build=build), stage, stage)
        case "think":
            await _walk(build, _left_by(build, "construct", Question), partial(_think_alone, build=build), stage, stage)
        case "verify":
            groups = ((n, _by_question(traces)) for n, traces in _left_by(build, "think", Trace))
            await _walk(build, groups, partial(_verify_alone, build=build), stage, stage)
    _remove(build, (), ledgers=("build",))
    return None


# --- clip by clip -----------------------------------------------------------------------------------------------------


async def clip_road(clip: Clip, build: Build) -> Made:
    """A clip's questions, each walking on at once."""
    written = await build.construct(clip)
    questions = [question for question in written if isinstance(question, Question)]
    return _joined(Made(ledger=ledgered(written)), *await _together([question_road(q, build) for q in questions]))


async def question_road(question: Question, build: Build) -> Made:
    """A question's chains, verified together; none are drawn for a question that its own checks fail."""
    asked = build.asked(question)
    drawn = await build.think(question, asked)
    traces = [trace for trace in drawn if isinstance(trace, Trace)]
    verified = await build.verify(traces, asked) if traces else ()
    records = [trace for trace in verified if isinstance(trace, Trace)]
    return Made(records, [*ledgered(drawn), *ledgered(verified)])


async def _construct_alone(clip: Clip, build: Build) -> Made:
    written = await build.construct(clip)
    return Made([question for question in written if isinstance(question, Question)], ledgered(written))


async def _think_alone(question: Question, build: Build) -> Made:
    drawn = await build.think(question, build.asked(question))
    return Made([trace for trace in drawn if isinstance(trace, Trace)], ledgered(drawn))


async def _verify_alone(traces: list[Trace], build: Build) -> Made:
    verified = await build.verify(traces, build.asked(traces[0].question))
    return Made([trace for trace in verified if isinstance(trace, Trace)], ledgered(verified))


async def _together(works: list[Awaitable[Made]]) -> list[Made]:
    return [await works[0]] if len(works) == 1 else list(await asyncio.gather(*works))


def _joined(*parts: Made) -> Made:
    return Made([r for part in parts for r in part.records], [entry for part in parts for entry in part.ledger])


def _by_question(traces: Iterable[Trace]) -> Iterator[list[Trace]]:
    return (list(group) for _, group in groupby(traces, key=lambda trace: trace.question.id))


# --- shards in, shards out --------------------------------------------------------------------------------------------


async def _walk(
    build: Build,
    inputs: Iterable[tuple[int, Iterable[Any]]],
    step: Callable[[Any], Awaitable[Made]],
    output: str,
    name: str,
) -> None:
    sink = Sink(build.run.stage(output), build.run.ledger, name, build.written.append)
    slots = sum(client.settings.concurrency for client in build.clients.values())
    await runner.walk(inputs, step, sink, width=max(8, slots * WALKS_PER_SLOT))


def _left_by(build: Build, stage: str, type_: type[Record]) -> Iterator[tuple[int, Iterator[Any]]]:
    folder = build.run.stage(stage)
    if not shards.paths(folder):
        before = "collect" if stage == "select" else stage
        raise SetupError(f"{build.run.folder} holds nothing from {stage}: run `cogito build ... --only {before}` first")
    return shards.inputs(folder, type_)


def _expect_clips(build: Build) -> None:
    """Say how many clips construct will read, for the time left; unknown when select did not run just now."""
    build.tallies["construct"].total = build.tallies["select"].kept or None


def _forget_stale(build: Build, stages: tuple[str, ...]) -> None:
    """Before another recipe's results are made, remove those of the last one: a folder never holds a mixture.

    The stamp names the recipe and, once recordings were read, how many at most, or of each source.
    """
    stamp = build.run.folder / ".made_by"
    digest, _, limit = stamp.read_text().partition(" ") if stamp.exists() else ("", "", "None")
    asked = f"pilot {build.pilot.size}" if build.pilot else str(build.limit)
    now = limit if build.only in ALONE else asked
    if (digest, limit) != (build.recipe.digest, now):
        _remove(build, stages, ledgers=(*stages, "build"))
    stamp.write_text(f"{build.recipe.digest} {now}")


def _remove(build: Build, stages: tuple[str, ...], ledgers: tuple[str, ...]) -> None:
    for stage in stages:
        for path in shards.paths(build.run.stage(stage)):
            path.unlink()
    for name in ledgers:
        for path in shards.paths(build.run.ledger, f"{name}-"):
            path.unlink()
