"""Opening a build: stores, models, prompts, the seed pool and checks, all made before the first call, so that one wrong
setting stops a run before anything is spent.

Leaving writes the run's record, whatever happened.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, closing, contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

from audio_cogito import prompts, runner, seeds, sources
from audio_cogito.audio import Sounds
from audio_cogito.build import Build
from audio_cogito.cleaning.contamination import Contamination
from audio_cogito.cleaning.known import known
from audio_cogito.cleaning.likeness import ByPrint
from audio_cogito.config import Recipe, Table, source
from audio_cogito.errors import CogitoError, EndpointLost, GuardTripped, SetupError
from audio_cogito.hearing import taggers
from audio_cogito.hearing.alike import Index
from audio_cogito.hearing.fingerprint import VERSION
from audio_cogito.hearing.listeners import Listeners
from audio_cogito.hearing.prints import Prints
from audio_cogito.models import serving
from audio_cogito.models.cache import Remembered
from audio_cogito.models.clients import Client, client_of
from audio_cogito.models.openai import Settings as Server
from audio_cogito.models.wire import SoundParts
from audio_cogito.review import journal
from audio_cogito.run import Run, RunRecord, State
from audio_cogito.seeds import Draw
from audio_cogito.spending import coverage
from audio_cogito.spending.accounts import tokens_paid
from audio_cogito.spending.coverage import Coverage
from audio_cogito.spending.guards import Guards
from audio_cogito.spending.pilot import Pilot
from audio_cogito.stages.verify import Check, bind
from audio_cogito.store import Hearings, Replies, write_whole
from audio_cogito.types import identity

RECORD_SECONDS = 10.0
"""How often `cogito status` learns of a build under way."""


@asynccontextmanager
async def opened(
    recipe: Recipe,
    *,
    only: str | None = None,
    limit: int | None = None,
    pilot: Pilot | None = None,
    connect: Callable[[Server, SoundParts], Client] = client_of,
) -> AsyncIterator[Build]:
    """Everything a build needs, made and checked. `only` names the one stage that is to run: its models suffice.

    `connect` makes the client of a model that the recipe names. Leaving writes the run's record, whatever happened.
    """
    taggers.require(recipe.collect.taggers if only in (None, "collect", "select") else ())
    run, bound = Run(Path(recipe.run)), bind(recipe.verify.checks, recipe.checks, recipe.folders)
    async with AsyncExitStack() as stack:
        stack.enter_context(run.locked())
        stack.enter_context(_logged(run))
        held = stack.enter_context(_stores(recipe))
        needed = _servers(recipe, _roles(recipe, bound, only))
        clients = await stack.enter_async_context(_connected(needed, held.sounds, connect, logs=run.folder))
        pool, before = _pool(run, recipe), _earlier(run) if only else None
        build = Build(
            recipe=recipe,
            run=run,
            sounds=held.sounds,
            hearings=held.hearings,
            prints=held.prints,
            listeners=held.listeners,
            clients=clients,
            models={role: Remembered(client, held.replies) for role, client in clients.items()},
            prompts={name: prompts.load(name, recipe.folders) for name in _prompts(recipe, bound)},
            draw=Draw(pool, recipe.random_seed, recipe.seeds),
            checks=tuple(check.ready(held.sounds, pool) for check in bound),
            seed_pool=identity(seeds.dumps(pool).decode()),
            guards=Guards(recipe.guards, tokens_paid=partial(tokens_paid, clients), examples=run.examples),
            said=journal.said_in(run.folder),
            only=only,
            limit=limit,
            pilot=pilot,
            contamination=_contamination(recipe, held.prints),
            earlier=before,
            coverage=_coverage(recipe, before, only),
        )
        async with _recorded(build):
            yield build


class _Stores(NamedTuple):
    """What is remembered, and who listens to what is not."""

    sounds: Sounds
    replies: Replies
    hearings: Hearings
    prints: Prints | None
    listeners: Listeners


@contextmanager
def _stores(recipe: Recipe) -> Iterator[_Stores]:
    store = Path(recipe.store)
    sounds = Sounds(store / "audio")
    with ExitStack() as stack:
        replies, hearings = stack.enter_context(closing(Replies(store))), stack.enter_context(closing(Hearings(store)))
        prints = _prints_of(recipe, store, sounds)
        if prints is not None:
            stack.enter_context(closing(prints))
        listeners = stack.enter_context(closing(Listeners(sounds, recipe.collect.processes)))
        yield _Stores(sounds, replies, hearings, prints, listeners)


@asynccontextmanager
async def _connected(
    needed: dict[str, Server], sounds: Sounds, connect: Callable[[Server, SoundParts], Client], *, logs: Path
) -> AsyncIterator[dict[str, Client]]:
    """A client of each model, by role, after the servers that the run has to start itself."""
    parts = SoundParts(sounds)
    async with AsyncExitStack() as stack:
        servers = await stack.enter_async_context(serving.started(needed, logs=logs))
        yield {role: await stack.enter_async_context(connect(server, parts)) for role, server in servers.items()}


def _coverage(recipe: Recipe, before: RunRecord | None, only: str | None) -> dict[str, Coverage]:
    """How much of each source is here, begun where an earlier invocation left off."""
    return {
        name: coverage.opened(
            table["kind"],
            *source(name, table, recipe.folders),
            earlier=before.sources.get(name) if before else None,
            only=only,
        )
        for name, table in recipe.sources.items()
    }


@asynccontextmanager
async def _recorded(build: Build) -> AsyncIterator[None]:
    """Keep run.json true: while the build runs, and of how it ended."""
    build.run.write(build.record("running"))
    progress = asyncio.create_task(_record_progress(build))
    try:
        yield
    except BaseException as error:
        build.run.write(build.record(_state(error), str(error) if isinstance(error, CogitoError) else None))
        raise
    finally:
        progress.cancel()
        await asyncio.gather(progress, return_exceptions=True)
    build.run.write(build.record("finished with failures" if build.failed else "finished"))


async def _record_progress(build: Build) -> None:
    while True:
        await asyncio.sleep(RECORD_SECONDS)
        build.run.write(build.record("running"))


def _earlier(run: Run) -> RunRecord | None:
    return run.record if (run.folder / "run.json").exists() else None


def _contamination(recipe: Recipe, prints: Prints | None) -> Contamination:
    settings = recipe.select
    found = known(settings.against, recipe.folders) if settings.decontaminate else ()
    likeness = ByPrint(prints, Index, VERSION) if prints is not None else None
    return Contamination(found, other_times=settings.other_times == "drop", likeness=likeness)


@contextmanager
def _logged(run: Run) -> Iterator[None]:
    """What a crash of ours has to say goes to RUN/log.txt, at length; the ledger holds it in a line."""
    handler = logging.FileHandler(run.folder / "log.txt", delay=True, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    runner.LOG.addHandler(handler)
    runner.LOG.propagate = False
    try:
        yield
    finally:
        runner.LOG.removeHandler(handler)
        handler.close()


def _state(error: BaseException) -> State:
    if isinstance(error, EndpointLost):
        return "endpoint lost"
    if isinstance(error, GuardTripped):
        return "stopped by a guard"
    return "stopped" if isinstance(error, Exception) else "interrupted"


def _pool(run: Run, recipe: Recipe) -> tuple[seeds.Seed, ...]:
    """The pool the run began with; the first build of a run copies it, so that editing ours changes no run."""
    if not run.seeds.exists():
        write_whole(run.seeds, seeds.dumps(seeds.load(recipe.folders)))
    return seeds.loads(run.seeds.read_bytes())


def _prints_of(recipe: Recipe, store: Path, sounds: Sounds) -> Prints | None:
    return Prints(store, sounds, recipe.collect.processes) if recipe.select.needs_prints else None


def _prompts(recipe: Recipe, bound: tuple[Check, ...]) -> set[str]:
    """Those that are sent, and the one that rows are to be worded with."""
    return {recipe.construct.prompt, recipe.think.prompt, recipe.think.row_prompt} | {
        check.prompt for check in bound if check.prompt
    }


def _roles(recipe: Recipe, bound: tuple[Check, ...], only: str | None) -> set[str]:
    """The models that the stages to be run ask."""
    asked = {
        "construct": set() if all_posed(recipe) else {recipe.construct.model},
        "think": {recipe.think.model} | {check.model for check in bound if check.model and check.takes == "question"},
        "verify": {check.model for check in bound if check.model},
    }
    return set().union(*(roles for stage, roles in asked.items() if only in (None, stage)))


def all_posed(recipe: Recipe) -> bool:
    """Whether every recording comes with its questions, so that no annotator is needed."""
    return all(_poses(name, table, recipe.folders) for name, table in recipe.sources.items())


def _poses(name: str, table: Table, folders: tuple[Path, ...]) -> bool:
    module, settings = source(name, table, folders)
    return sources.poses(module, settings)


def _servers(recipe: Recipe, roles: set[str]) -> dict[str, Server]:
    for role in sorted(roles - set(recipe.models)):
        named = ", ".join(recipe.models) or "none"
        raise SetupError(f"the recipe asks a model {role!r}, but there is no [models.{role}] (there is: {named})")
    return {role: recipe.models[role] for role in sorted(roles)}
