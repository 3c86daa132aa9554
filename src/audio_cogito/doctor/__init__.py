"""`cogito doctor`: what would go wrong in a run, found before anything is spent, and what to change.

Here: sources, disk and formats, and the order of it all. `server` asks what any model must do, `parts` what each part
asks of its own. Nothing that is asked here goes to the reply store. The first sounds of each source are collected as a
run would, so that a run finds them done.
"""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import msgspec

from audio_cogito import nano, plugins, seeds
from audio_cogito.audio import Sounds
from audio_cogito.clips import recordings
from audio_cogito.config import Recipe
from audio_cogito.doctor.line import Line, State
from audio_cogito.doctor.made import Made
from audio_cogito.doctor.parts import rehearse
from audio_cogito.doctor.server import patient, probe
from audio_cogito.errors import CogitoError, SetupError
from audio_cogito.hearing import taggers
from audio_cogito.hearing.listeners import Listeners
from audio_cogito.ledger import Failure
from audio_cogito.models import serving
from audio_cogito.models.openai import OpenAI
from audio_cogito.models.openai import Settings as Server
from audio_cogito.models.wire import SoundParts
from audio_cogito.spending import pilot, projection
from audio_cogito.stages import collect
from audio_cogito.stages.verify import Check, bind
from audio_cogito.store import Hearings
from audio_cogito.types import Clip, Recording

HEARD = 5
"""Recordings of each source that are decoded."""
COUNTED = 100_000
"""Recordings of each source that are counted, at most."""
LEAST_FREE = 10**9
"""Bytes below which a disk is too full to begin."""
NEEDED = {"parquet": "pyarrow"}
"""Formats of ours that need more than is installed with us -> the module."""


async def examine(recipe: Recipe, connect: Callable[[Server, SoundParts], OpenAI] = OpenAI) -> AsyncIterator[Line]:
    """All findings, as they are made."""
    store = Path(recipe.store)
    try:
        taggers.require(recipe.collect.taggers)
    except SetupError as error:
        change = "what is installed, or collect.taggers"
        yield Line(subject="collect", check="taggers", state="fault", measured=str(error), change=change)
        return
    try:
        sounds, sampled = Sounds(store / "audio"), list[Sampled]()
        with closing(Hearings(store)) as hearings, closing(Listeners(sounds, recipe.collect.processes)) as listeners:
            ears = Ears(sounds, hearings, listeners, recipe.collect)
            async for line in _sources(recipe, ears, sampled):
                yield line
    except SetupError as error:
        yield Line(subject="store", check="files", state="fault", measured=str(error), change="store, in the recipe")
        return
    for line in (*_disks(recipe, sampled), _formats(recipe)):
        yield line
    async for line in _models(recipe, connect):
        yield line


# --- sources ----------------------------------------------------------------------------------------------------------


class Sampled(msgspec.Struct):
    """One source, as far as it was looked at."""

    found: int = 0
    clips: int = 0
    sound_bytes: int = 0
    said: list[str] = msgspec.field(default_factory=list)
    """Why a recording is no clip."""


@dataclass(frozen=True)
class Ears:
    """What it takes to collect."""

    sounds: Sounds
    hearings: Hearings
    listeners: Listeners
    settings: collect.Settings

    async def hear(self, recording: Recording) -> list[collect.Entry]:
        return await collect.collect(
            recording,
            sounds=self.sounds,
            hearings=self.hearings,
            listeners=self.listeners,
            settings=self.settings,
        )


async def _sources(recipe: Recipe, ears: Ears, sampled: list[Sampled]) -> AsyncIterator[Line]:
    for name in recipe.sources:
        alone = msgspec.structs.replace(recipe, sources={name: recipe.sources[name]})
        source = Sampled()
        try:
            found = (entry for _, entry in recordings(alone))
            for entry in islice(found, HEARD):
                await _hear(entry, ears, source)
            source.found += sum(1 for _ in islice(found, COUNTED - HEARD))
        except CogitoError as error:
            yield Line(subject=name, check="source", state="fault", measured=str(error), change=f"sources.{name}")
            continue
        sampled.append(source)
        yield _of_source(name, source)


async def _hear(entry: Recording | Failure, ears: Ears, source: Sampled) -> None:
    source.found += 1
    if isinstance(entry, Failure):
        source.said.append(f"{entry.subject}: {entry.detail or entry.reason}")
        return
    for made in await ears.hear(entry):
        if isinstance(made, Clip):
            source.clips += 1
            source.sound_bytes += ears.sounds.path(made.id).stat().st_size
        else:
            source.said.append(f"{made.subject}: {made.reason}, {made.detail}")


def _of_source(name: str, source: Sampled) -> Line:
    number = f"{source.found:,}{' or more' if source.found >= COUNTED else ''} recordings"
    looked = min(HEARD, source.found)
    said = f"{number}; of the first {looked}, {source.clips} can be heard"
    if not source.found:
        change = f"sources.{name}: path, and for a folder its suffixes"
        return Line(subject=name, check="source", state="fault", measured="it yields no recording", change=change)
    if source.clips == looked:
        return Line(subject=name, check="source", state="ok", measured=said)
    state: State = "warn" if source.clips else "fault"
    change = "the recordings, or collect's gates"
    return Line(subject=name, check="source", state=state, measured=f"{said}; {source.said[0]}", change=change)


# --- disk and formats -------------------------------------------------------------------------------------------------


def _disks(recipe: Recipe, sampled: Iterable[Sampled]) -> Iterator[Line]:
    needed, how = _bytes_needed(recipe, sampled)
    places = {name: _existing(Path(getattr(recipe, name))) for name in ("store", "run")}
    if places["store"].stat().st_dev == places["run"].stat().st_dev:
        places = {"store": places["store"]}
    for name, place in places.items():
        free = shutil.disk_usage(place).free
        said = f"{free / 1e9:,.1f} GB free, about {needed / 1e9:,.1f} GB needed ({how})"
        state: State = "fault" if free < LEAST_FREE else "warn" if free < needed else "ok"
        change = "" if state == "ok" else f"{name}, to a larger disk"
        yield Line(subject=name, check="disk", state=state, measured=said, change=change)


def _bytes_needed(recipe: Recipe, sampled: Iterable[Sampled]) -> tuple[float, str]:
    """What store and run will take: as a pilot measured, else the sounds alone at the size of the first ones."""
    path = Path(pilot.of(recipe).run) / projection.FILE
    try:
        totals = msgspec.json.decode(path.read_bytes(), type=projection.Projection).totals
    except (OSError, msgspec.DecodeError):
        sounds = (source.found * source.sound_bytes / source.clips for source in sampled if source.clips)
        return sum(sounds), "sounds alone, as large as the first ones; `cogito build --pilot 200` tells better"
    return sum(total.high for name, total in totals.items() if name.startswith("bytes")), "by the pilot"


def _existing(path: Path) -> Path:
    return path if path.exists() else _existing(path.parent)


def _formats(recipe: Recipe) -> Line:
    names = plugins.files("exports", ".py", recipe.folders)
    lacking = [name for name, module in NEEDED.items() if name in names and importlib.util.find_spec(module) is None]
    said = ", ".join(name for name in names if name not in lacking)
    more = f"; for {', '.join(lacking)}: pip install 'audio-cogito[{','.join(lacking)}]'" if lacking else ""
    return Line(subject="export", check="formats", state="ok", measured=f"{said}{more}")


# --- models -----------------------------------------------------------------------------------------------------------


async def _models(recipe: Recipe, connect: Callable[[Server, SoundParts], OpenAI]) -> AsyncIterator[Line]:
    sounds, pool = Sounds(Path(recipe.store) / "audio"), seeds.load(recipe.folders)
    bound = bind(recipe.verify.checks, recipe.checks, recipe.folders)
    checks = tuple(check.ready(sounds, pool) for check in bound if check.model)
    roles = dict.fromkeys((recipe.construct.model, recipe.think.model, *(str(check.model) for check in checks)))
    for role in (role for role in roles if role not in recipe.models):
        measured = f"is asked, but the recipe names only {', '.join(recipe.models) or 'none'}"
        yield Line(subject=role, check="recipe", state="fault", measured=measured, change=f"[models.{role}]")
    with Made(sounds) as made:
        for settings, parts in _servers(recipe, roles):
            if nano.is_local(settings.name):
                yield _in_process(settings, parts)
                continue
            try:
                async with (
                    serving.started({parts[0]: settings}, logs=Path(recipe.store)) as at,
                    connect(patient(at[parts[0]]), SoundParts(sounds)) as client,
                ):
                    async for line in _model(client, parts, made, recipe, checks):
                        yield line
            except SetupError as error:
                yield Line(
                    subject=", ".join(parts), check="server", state="fault", measured=str(error),
                    change=f"models.{parts[0]}",
                )  # fmt: skip


def _in_process(settings: Server, parts: list[str]) -> Line:
    """A model that needs no server: whether what it is made of is there. Of what it can do, its own page tells."""
    subject = ", ".join(parts)
    try:
        nano.require()
        revision = nano.revision(nano.folder_of(settings.name))
    except SetupError as error:
        change = f"what is installed, or models.{parts[0]}.name"
        return Line(subject=subject, check="server", state="fault", measured=str(error), change=change)
    said = f"{nano.title_of(settings.name)} runs in this process, revision {revision}"
    return Line(subject=subject, check="server", state="ok", measured=said)


async def _model(
    client: OpenAI, parts: list[str], made: Made, recipe: Recipe, checks: tuple[Check, ...]
) -> AsyncIterator[Line]:
    """A server, and the parts that it plays if it stands."""
    stands = True
    async for line in probe(client, parts, made, recipe):
        stands &= not (line.check in ("server", "text", "audio") and line.state == "fault")
        yield line
    for role in parts if stands else ():
        async for line in rehearse(client, role, made, recipe, checks):
            yield line


def _servers(recipe: Recipe, roles: Iterable[str]) -> list[tuple[Server, list[str]]]:
    """Each server once, with the parts it plays."""
    found: list[tuple[Server, list[str]]] = []
    for role in roles:
        settings = recipe.models.get(role)
        same = next((parts for server, parts in found if server == settings), None)
        if same is not None:
            same.append(role)
        elif settings is not None:
            found.append((settings, [role]))
    return found
