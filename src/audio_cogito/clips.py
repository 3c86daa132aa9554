"""The list of clips: collect hears every recording, select decides over all of them, and RUN/select holds what stays.

A barrier in the road (`pipeline`), since duplicates, balance and splits are decided over all clips at once.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from itertools import groupby, islice
from operator import itemgetter
from pathlib import Path

import msgspec

from audio_cogito import config, runner, shards
from audio_cogito.build import Build
from audio_cogito.config import Recipe
from audio_cogito.errors import SetupError
from audio_cogito.ledger import Drop, Failure
from audio_cogito.runner import Made, ledgered
from audio_cogito.shards import Sink
from audio_cogito.spending.pilot import Pilot
from audio_cogito.stages.hear import hear
from audio_cogito.stages.select import select
from audio_cogito.stages.table import Table, scratch
from audio_cogito.types import Clip, Recording, identity

CLIPS_IN_SHARD = 500


async def make_clips(build: Build) -> None:
    """Collect every recording, then select: RUN/select holds the clips, by id."""
    with scratch(build.run.folder / ".select.sqlite", build.contamination) as table:
        await hear(
            build.contamination,
            sounds=build.sounds,
            hearings=build.hearings,
            listeners=build.listeners,
            settings=build.recipe.collect,
        )
        await _collect(build, table)
        _select(build, table)


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
            elif isinstance(entry, Drop):
                table.removed(entry)
        return Made(ledger=ledgered(entries))

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
    copies = table.copies(build.prints) if build.prints and build.recipe.select.looks_for_copies else ()

    def clips() -> Iterator[bytes]:
        for entry in select(
            table,
            settings=build.recipe.select,
            random_seed=build.recipe.random_seed,
            targets=_targets(build.recipe),
            copies=copies,
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
