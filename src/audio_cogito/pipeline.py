"""Read this first: the road from recordings to verified reasoning data, as code.

    Recording ─collect▶ Clip ─select▶ Clip ─construct▶ Question ─think▶ Trace ─verify▶ Trace with verdicts ─export▶ row

A recording that comes with its own questions skips construct: they are posed as they are (`stages/pose.py`).

`collect` and `select` make the list of clips: a barrier, since duplicates and splits are decided over all of them.
Then every clip walks the rest of the road on its own (`clip_road`), so that a server encodes its sound once. `--only`
walks one stage at a time instead, for machines that hold one model at a time; both ways write the same bytes.
Checks of a question are verify's, and are asked at think's door: what they fail costs no chain.
Nothing of an earlier run is trusted but replies and measurements: resuming is running again.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Awaitable, Callable, Iterable, Iterator
from functools import partial
from itertools import groupby, islice
from operator import itemgetter
from pathlib import Path
from typing import Any

import msgspec

from audio_cogito import config, runner, shards
from audio_cogito.build import Build
from audio_cogito.config import Recipe
from audio_cogito.errors import SetupError
from audio_cogito.ledger import Drop, Failure, Ledgered
from audio_cogito.runner import Made
from audio_cogito.shards import Sink
from audio_cogito.spending.pilot import Pilot
from audio_cogito.stages.hear import hear
from audio_cogito.stages.select import Table, select
from audio_cogito.types import Clip, Question, Record, Recording, Trace, identity

CLIPS_IN_SHARD = 500
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
    return _joined(Made(ledger=_ledgered(written)), *await _together([question_road(q, build) for q in questions]))


async def question_road(question: Question, build: Build) -> Made:
    """A question's chains, verified together; none are drawn for a question that its own checks fail."""
    asked = build.asked(question)
    drawn = await build.think(question, asked)
    traces = [trace for trace in drawn if isinstance(trace, Trace)]
    verified = await build.verify(traces, asked) if traces else ()
    records = [trace for trace in verified if isinstance(trace, Trace)]
    return Made(records, [*_ledgered(drawn), *_ledgered(verified)])


async def _construct_alone(clip: Clip, build: Build) -> Made:
    written = await build.construct(clip)
    return Made([question for question in written if isinstance(question, Question)], _ledgered(written))


async def _think_alone(question: Question, build: Build) -> Made:
    drawn = await build.think(question, build.asked(question))
    return Made([trace for trace in drawn if isinstance(trace, Trace)], _ledgered(drawn))


async def _verify_alone(traces: list[Trace], build: Build) -> Made:
    verified = await build.verify(traces, build.asked(traces[0].question))
    return Made([trace for trace in verified if isinstance(trace, Trace)], _ledgered(verified))


async def _together(works: list[Awaitable[Made]]) -> list[Made]:
    return [await works[0]] if len(works) == 1 else list(await asyncio.gather(*works))


def _joined(*parts: Made) -> Made:
    return Made([r for part in parts for r in part.records], [entry for part in parts for entry in part.ledger])


def _ledgered(entries: Iterable[Record]) -> list[Ledgered]:
    return [entry for entry in entries if isinstance(entry, Drop | Failure)]


def _by_question(traces: Iterable[Trace]) -> Iterator[list[Trace]]:
    return (list(group) for _, group in groupby(traces, key=lambda trace: trace.question.id))


# --- the list of clips ------------------------------------------------------------------------------------------------


async def make_clips(build: Build) -> None:
    """Collect every recording, then select: RUN/select holds the clips, by id."""
    table = Table(build.run.folder / ".select.sqlite", build.contamination)
    try:
        await hear(
            build.contamination,
            sounds=build.sounds,
            hearings=build.hearings,
            listeners=build.listeners,
            settings=build.recipe.collect,
        )
        await _collect(build, table)
        _select(build, table)
    finally:
        table.close()


async def _collect(build: Build, table: Table) -> None:
    coverage = list(build.coverage.values())

    async def step(found: tuple[int, Recording | Failure]) -> Made:
        rank, recording = found
        if isinstance(recording, Failure):
            build.tallies["collect"].count([recording])
            coverage[rank].read([recording])
            return Made(ledger=[recording])
        entries = await build.collect(recording)
        coverage[rank].read(entries)
        for entry in entries:
            if isinstance(entry, Clip):
                table.add(entry, rank)
        return Made(ledger=_ledgered(entries))

    sink = Sink(None, build.run.ledger, "collect", build.written.append)
    width = max(1, build.recipe.collect.processes) * 2
    await runner.walk([(0, taken(build))], step, sink, width=width)
    build.tallies["collect"].total = build.tallies["collect"].read


def taken(build: Build) -> Iterator[tuple[int, Recording | Failure]]:
    """The recordings that are to be read: all, so many, or for a pilot so many of each source."""
    found = recordings(build.recipe)
    return limited(found, build.limit) if build.pilot is None else _of_each_source(found, build.recipe, build.pilot)


def recordings(recipe: Recipe) -> Iterator[tuple[int, Recording | Failure]]:
    """What the recipe's sources yield, each with its source's rank."""
    opened = []
    for name, table in recipe.sources.items():
        module, settings = config.source(name, table, recipe.folders)
        try:
            opened.append((name, module.recordings(settings)))
        except SetupError as error:
            raise SetupError(f"sources.{name}: {error}" if len(recipe.sources) > 1 else str(error)) from error
    for rank, (name, found) in enumerate(opened):
        for recording in found:
            yield rank, recording if isinstance(recording, Failure) else _named(recording, name)


def _of_each_source(
    found: Iterator[tuple[int, Recording | Failure]], recipe: Recipe, pilot: Pilot
) -> Iterator[tuple[int, Recording | Failure]]:
    names = list(recipe.sources)
    pilot.found.update(dict.fromkeys(names, 0))

    def counted(entries: Iterator[tuple[int, Recording | Failure]]) -> Iterator[tuple[int, Recording | Failure]]:
        for entry in entries:
            pilot.found[names[entry[0]]] += 1
            yield entry

    for _, entries in groupby(found, key=itemgetter(0)):
        yield from limited(counted(entries), pilot.size)


def _named(recording: Recording, name: str) -> Recording:
    return recording if recording.source == name else msgspec.structs.replace(recording, source=name)


def limited(
    found: Iterator[tuple[int, Recording | Failure]], limit: int | None
) -> Iterator[tuple[int, Recording | Failure]]:
    """The `limit` recordings with the lowest hash of their place: a larger limit only adds to a smaller one.

    They keep their order, in which a packed archive is read once.
    """
    if limit is None:
        return found

    def rank(numbered: tuple[int, tuple[int, Recording | Failure]]) -> str:
        entry = numbered[1][1]
        return identity("limit", entry.subject if isinstance(entry, Failure) else entry.ref)

    return iter([entry for _, entry in sorted(heapq.nsmallest(limit, enumerate(found), key=rank), key=itemgetter(0))])


def _select(build: Build, table: Table) -> None:
    tally, drops = build.tallies["select"], list[bytes]()

    def clips() -> Iterator[bytes]:
        for entry in select(
            table,
            settings=build.recipe.select,
            random_seed=build.recipe.random_seed,
            targets=_targets(build.recipe),
            copies=table.copies(build.prints) if build.prints else (),
        ):
            tally.count([entry])
            if isinstance(entry, Drop):
                drops.append(shards.lines_of([entry]))
                continue
            build.audio_seconds += entry.seconds
            build.coverage[entry.recording.source].clips += 1
            yield shards.lines_of([entry])

    kept, folder, written = clips(), build.run.stage("select"), set[Path]()
    while chunk := list(islice(kept, CLIPS_IN_SHARD)):
        path = folder / f"{len(written):05d}{shards.SUFFIX}"
        shards.write(path, chunk)
        written.add(path)
    _write_ledger(build, "select", drops)
    for stale in set(shards.paths(folder)) - written:
        stale.unlink()


def _targets(recipe: Recipe) -> dict[int, int]:
    kept = recipe.collect.target_kept
    return {rank: kept[name] for rank, name in enumerate(recipe.sources) if name in kept}


def _write_ledger(build: Build, name: str, lines: list[bytes]) -> None:
    path = build.run.ledger / f"{name}-00000{shards.SUFFIX}"
    if lines:
        shards.write(path, lines)
        build.written.append(path)
    else:
        path.unlink(missing_ok=True)


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
