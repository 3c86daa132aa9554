"""What a build holds open while it runs: stores, models, prompts, the seed pool, checks and tallies.

`opened` makes all of it before the first call, so that one wrong setting stops a run before anything is spent.
"""

from __future__ import annotations

import asyncio
import logging
import platform
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing, contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

from audio_cogito import __version__, audio, nano, prompts, runner, seeds, sources
from audio_cogito.audio import Sounds
from audio_cogito.config import Recipe, Table, resolved, source
from audio_cogito.errors import CogitoError, EndpointLost, SetupError
from audio_cogito.ledger import Drop, Failure
from audio_cogito.models.cache import Remembered
from audio_cogito.models.local import Local
from audio_cogito.models.openai import OpenAI
from audio_cogito.models.openai import Settings as Server
from audio_cogito.models.wire import SoundParts
from audio_cogito.prompts import Prompt
from audio_cogito.run import Run, RunRecord, StageRecord, State, UsageRecord, now
from audio_cogito.runner import Tally, tallied
from audio_cogito.seeds import Draw
from audio_cogito.stages.collect import collect
from audio_cogito.stages.construct import construct
from audio_cogito.stages.pose import pose
from audio_cogito.stages.think import think
from audio_cogito.stages.verify import Check, bind, verify
from audio_cogito.store import Hearings, Replies, write_whole
from audio_cogito.types import Clip, Question, Recording, Trace, identity

STAGES = ("collect", "select", "construct", "think", "verify")
RECORD_SECONDS = 10.0
"""How often `cogito status` learns of a build under way."""
LIBRARIES = ("aiohttp", "jinja2", "msgspec", "numpy", "soundfile", "soxr", "zstandard")


Client = OpenAI | Local


def client_of(settings: Server, sounds: SoundParts) -> Client:
    """A model in this process for a name that means one, else a server's client."""
    return Local(settings, sounds) if nano.is_local(settings.name) else OpenAI(settings, sounds)


@dataclass
class Build:
    """A build under way. Its methods are the stages, bound to what the recipe says and counted."""

    recipe: Recipe
    run: Run
    sounds: Sounds
    hearings: Hearings
    clients: Mapping[str, Client]
    """The servers, and models in this process, by role."""
    models: Mapping[str, Remembered]
    """The same, each behind the reply store."""
    prompts: Mapping[str, Prompt]
    draw: Draw
    checks: tuple[Check, ...]
    seed_pool: str
    only: str | None
    """The one stage to be run; None for the whole road."""
    earlier: Mapping[str, StageRecord]
    """What an earlier invocation counted, for the stages that this one leaves alone."""
    tallies: dict[str, Tally] = field(default_factory=lambda: {stage: Tally() for stage in STAGES})
    limit: int | None = None
    """At most so many recordings are read."""
    audio_seconds: float = 0.0
    written: list[Path] = field(default_factory=list)
    began: str = field(default_factory=now)
    started: float = field(default_factory=time.monotonic)

    async def collect(self, recording: Recording) -> Sequence[Clip | Drop | Failure]:
        work = collect(recording, sounds=self.sounds, hearings=self.hearings, settings=self.recipe.collect)
        return await tallied(self.tallies["collect"], "collect", recording.ref, work)

    async def construct(self, clip: Clip) -> Sequence[Question | Drop | Failure]:
        """The clip's own questions, where its source poses some, else the annotator's."""
        if clip.recording.posed:
            return await tallied(self.tallies["construct"], "construct", clip.id, pose(clip))
        settings = self.recipe.construct
        work = construct(
            clip,
            model=self.models[settings.model],
            prompt=self.prompts[settings.prompt],
            draw=self.draw,
            settings=settings,
            random_seed=self.recipe.random_seed,
        )
        return await tallied(self.tallies["construct"], "construct", clip.id, work)

    async def think(self, question: Question) -> Sequence[Trace | Failure]:
        settings = self.recipe.think
        work = think(
            question,
            model=self.models[settings.model],
            prompt=self.prompts[settings.prompt],
            settings=settings,
        )
        return await tallied(self.tallies["think"], "think", question.id, work)

    async def verify(self, traces: list[Trace]) -> Sequence[Trace | Failure]:
        settings = self.recipe.verify
        work = verify(traces, checks=self.checks, models=self.models, prompts=self.prompts, settings=settings)
        tally = self.tallies["verify"]
        verified = await tallied(tally, "verify", traces[0].question.id, work)
        for trace in verified:
            if isinstance(trace, Trace):
                tally.standings[trace.standing] += 1
                tally.right[trace.standing] += trace.right is True
                for verdict in trace.verdicts:
                    if verdict.outcome != "pass":
                        tally.reasons[f"{verdict.check} {verdict.outcome}"] += 1
        if any(isinstance(trace, Trace) and trace.suspect_key for trace in verified):
            tally.reasons["suspect_key"] += 1
        return verified

    def record(self, state: State, stopped_by: str | None = None) -> RunRecord:
        return RunRecord(
            recipe=resolved(self.recipe),
            recipe_digest=self.recipe.digest,
            random_seed=self.recipe.random_seed,
            only=self.only,
            limit=self.limit,
            state=state,
            began=self.began,
            ended=None if state == "running" else now(),
            stopped_by=stopped_by,
            versions=_versions(),
            prompts=tuple(prompt.ref for _, prompt in sorted(self.prompts.items())),
            seed_pool=self.seed_pool,
            stages={name: self._stage(name, tally) for name, tally in self.tallies.items()},
            usage={role: _usage_record(client, self.models[role]) for role, client in sorted(self.clients.items())},
            audio_seconds=round(self.audio_seconds, 3),
            seconds=round(time.monotonic() - self.started, 3),
        )

    def _stage(self, name: str, tally: Tally) -> StageRecord:
        return _stage_record(tally) if tally.read or name not in self.earlier else self.earlier[name]

    @property
    def failed(self) -> int:
        return sum(tally.failed for tally in self.tallies.values())


@asynccontextmanager
async def opened(
    recipe: Recipe,
    *,
    only: str | None = None,
    limit: int | None = None,
    connect: Callable[[Server, SoundParts], Client] = client_of,
) -> AsyncIterator[Build]:
    """Everything a build needs, made and checked. `only` names the one stage that is to run: its models suffice.

    `connect` makes the client of a model that the recipe names. Leaving writes the run's record, whatever happened.
    """
    run, store = Run(Path(recipe.run)), Path(recipe.store)
    bound = bind(recipe.verify.checks, recipe.checks, recipe.folders)
    async with AsyncExitStack() as stack:
        stack.enter_context(run.locked())
        stack.enter_context(_logged(run))
        replies, hearings = stack.enter_context(closing(Replies(store))), stack.enter_context(closing(Hearings(store)))
        sounds = Sounds(store / "audio")
        servers = _servers(recipe, _roles(recipe, bound, only))
        parts, pool = SoundParts(sounds), _pool(run, recipe)
        clients: dict[str, Client] = {
            role: await stack.enter_async_context(connect(servers[role], parts)) for role in servers
        }
        build = Build(
            recipe=recipe,
            run=run,
            sounds=sounds,
            hearings=hearings,
            clients=clients,
            models={role: Remembered(client, replies) for role, client in clients.items()},
            prompts={name: prompts.load(name, recipe.folders) for name in _prompts(recipe, bound)},
            draw=Draw(pool, recipe.random_seed),
            checks=tuple(check.ready(sounds, pool) for check in bound),
            seed_pool=identity(seeds.dumps(pool).decode()),
            only=only,
            limit=limit,
            earlier=_earlier(run) if only else {},
        )
        async with _recorded(build):
            yield build


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


def _earlier(run: Run) -> dict[str, StageRecord]:
    return run.record.stages if (run.folder / "run.json").exists() else {}


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
    return "stopped" if isinstance(error, Exception) else "interrupted"


def _pool(run: Run, recipe: Recipe) -> tuple[seeds.Seed, ...]:
    """The pool the run began with; the first build of a run copies it, so that editing ours changes no run."""
    if not run.seeds.exists():
        write_whole(run.seeds, seeds.dumps(seeds.load(recipe.folders)))
    return seeds.loads(run.seeds.read_bytes())


def _prompts(recipe: Recipe, bound: tuple[Check, ...]) -> set[str]:
    return {recipe.construct.prompt, recipe.think.prompt} | {check.prompt for check in bound if check.prompt}


def _roles(recipe: Recipe, bound: tuple[Check, ...], only: str | None) -> set[str]:
    """The models that the stages to be run ask."""
    asked = {
        "construct": set() if all_posed(recipe) else {recipe.construct.model},
        "think": {recipe.think.model},
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


def _versions() -> dict[str, str]:
    libraries = {library: version(library) for library in LIBRARIES}
    return {"audio-cogito": __version__, "python": platform.python_version(), "decoder": audio.DECODER, **libraries}


def _stage_record(tally: Tally) -> StageRecord:
    return StageRecord(
        read=tally.read,
        answered=tally.answered,
        unanswered=tally.unanswered,
        made=tally.made,
        kept=tally.kept,
        dropped=tally.dropped,
        failed=tally.failed,
        standings=dict(sorted(tally.standings.items())),
        right=dict(sorted(tally.right.items())),
        reasons=dict(sorted(tally.reasons.items())),
    )


def _usage_record(client: Client, model: Remembered) -> UsageRecord:
    paid, memory = client.tally, model.memory
    return UsageRecord(
        calls=paid.calls,
        retries=paid.retries,
        prompt_tokens=paid.prompt_tokens,
        completion_tokens=paid.completion_tokens,
        remembered_calls=memory.hits,
        remembered_prompt_tokens=memory.remembered.prompt,
        remembered_completion_tokens=memory.remembered.completion,
    )
