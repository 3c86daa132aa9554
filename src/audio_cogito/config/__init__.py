"""A recipe: one TOML file that says only what differs from the defaults written beside each stage.

    run = "runs/first"                       # where the run lies; paths are relative to the recipe's folder
    [sources.lab]                            # any number of sources; `kind` is a file of sources/, by default the name
    kind = "folder"
    path = "recordings"
    [models.annotator]                       # models by role; the same server may stand behind several
    name = "Qwen3-Omni-30B-A3B-Instruct"
    url = "http://127.0.0.1:8000/v1"
    revision = "26291f793822fb6be9555850f06dfe95f2d7e695"
    [think]
    draws = 4

Unknown keys are errors that name the nearest right one. `key=value` on the command line overrides (`think.draws=8`).
The resolved recipe, with every default written out, goes into run.json.
"""

from __future__ import annotations

import difflib
import tomllib
import typing
from pathlib import Path
from types import ModuleType, UnionType
from typing import Any, TypeVar

import msgspec

from audio_cogito import nano, plugins
from audio_cogito.config import places
from audio_cogito.errors import SetupError
from audio_cogito.models import weights
from audio_cogito.models.openai import Settings as Server
from audio_cogito.seeds import Settings as Seeds
from audio_cogito.spending.guards import Settings as Guards
from audio_cogito.stages.collect import Settings as Collect
from audio_cogito.stages.construct import Settings as Construct
from audio_cogito.stages.export import Settings as Export
from audio_cogito.stages.select import Settings as Select
from audio_cogito.stages.think import Settings as Think
from audio_cogito.stages.verify import Settings as Verify
from audio_cogito.types import Record, identity

Table = dict[str, Any]
S = TypeVar("S", bound=Record)
UNAIDED = "unaided"
"""The check that chains must pass whose thinker was shown the answer."""


class Recipe(Record, omit_defaults=False, kw_only=True):
    run: str
    """The run's folder."""
    store: str = "store"
    """The folder that runs share: replies, hearings and the audio as the models hear it."""
    random_seed: int = 0
    """Decides every draw: seeds shown, questions asked for, order of choices, splits."""
    plugins: tuple[str, ...] = ()
    """Folders searched before the package for sources, checks, prompts and seeds."""
    sources: dict[str, Table]
    models: dict[str, Server]
    seeds: Seeds = Seeds()
    collect: Collect = Collect()
    select: Select = Select()
    construct: Construct = Construct()
    think: Think = Think()
    verify: Verify = Verify()
    export: Export = Export()
    guards: Guards = Guards()
    checks: dict[str, Table] = {}
    """Settings of checks by name: `[checks.judge]`."""

    @property
    def folders(self) -> tuple[Path, ...]:
        return tuple(Path(folder) for folder in self.plugins)

    @property
    def digest(self) -> str:
        return identity(msgspec.json.encode(resolved(self), order="deterministic").decode())


def load(path: Path, overrides: tuple[str, ...] = ()) -> Recipe:
    """Read a recipe. Raises SetupError with the file, the key and what to write instead."""
    table = read_table(path, overrides)
    table.setdefault("run", f"runs/{path.stem}")
    return resolve(table, folder=path.resolve().parent, where=str(path))


def read_table(path: Path, overrides: tuple[str, ...] = ()) -> Table:
    """A TOML file with overrides laid over it. Raises SetupError."""
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError as error:
        raise SetupError(f"there is no recipe {path}") from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SetupError(f"the recipe {path} cannot be read: {error}") from error
    for change in overrides:
        override(table, change)
    return table


def again(table: Table, overrides: tuple[str, ...] = ()) -> Recipe:
    """A recipe as run.json holds it, resolved, with overrides."""
    for change in overrides:
        override(table, change)
    return resolve(table, folder=Path.cwd(), where="run.json")


def resolve(table: Table, *, folder: Path, where: str) -> Recipe:
    """A table as a recipe: defaults filled in, paths made absolute, plug-ins found, every key known."""
    table = places.absolute(table, folder)
    folders = tuple(Path(plugin) for plugin in table.get("plugins", ()))
    for plugin in folders:
        if not plugin.is_dir():
            raise SetupError(f"{where}: the plug-in folder {plugin} does not exist")
    recipe = read_settings(table, Recipe, where=where)
    if not recipe.sources:
        raise SetupError(f"{where}: no [sources.NAME] is named")
    sources = {
        name: _source(name, entry, folders, f"{where}: sources.{name}") for name, entry in recipe.sources.items()
    }
    recipe = _fit_for_shown_answers(recipe, where) if recipe.think.answer_shown else recipe
    models = {name: _pinned(server, where, f"models.{name}") for name, server in recipe.models.items()}
    checks = {name: _check(name, recipe, folders, f"{where}: checks.{name}") for name in recipe.verify.checks}
    for name in set(recipe.checks) - set(checks):
        raise SetupError(f"{where}: [checks.{name}] is set, but verify.checks does not list {name!r}")
    balance = recipe.select.balance
    for key, named in (
        ("collect.target_kept", recipe.collect.target_kept),
        ("select.balance.sources", balance.sources),
        ("select.balance.source_mix", balance.source_mix),
    ):
        for name in set(named) - set(sources):
            raise SetupError(f"{where}: {key} names {name!r}; the sources are {', '.join(sources)}")
    return msgspec.structs.replace(recipe, sources=sources, models=models, checks=checks)


def _fit_for_shown_answers(recipe: Recipe, where: str) -> Recipe:
    """With the check that no chain betrays it, listed or not. Raises SetupError for what then has no sense."""
    if recipe.export.weight:
        raise SetupError(
            f"{where}: export.weight goes by how often answers are right; with think.answer_shown they were shown"
        )
    if UNAIDED in recipe.verify.checks:
        return recipe
    listed = msgspec.structs.replace(recipe.verify, checks=(UNAIDED, *recipe.verify.checks))
    return msgspec.structs.replace(recipe, verify=listed)


def read_settings(table: Table, type_: type[S], *, where: str) -> S:
    """A table over a Settings class's defaults; raises SetupError for unknown keys and values out of place."""
    _refuse_unknown(table, type_, where, ())
    try:
        return msgspec.convert(_over_defaults(table, type_), type_)
    except (msgspec.ValidationError, ValueError) as error:
        raise SetupError(f"{where}: {str(error).replace('`$.', '`').replace('Object m', 'm')}") from error


def _pinned(model: Server, where: str, key: str) -> Server:
    """A server as it is; a model in this process with the revision that its folder has: other weights are another
    recipe."""
    if model.serve or model.dir:
        return _served(model, where, key)
    if not nano.is_local(model.name):
        if missing := [field for field in ("url", "revision") if not getattr(model, field)]:
            raise SetupError(f"{where}: missing required field `{missing[0]}` - at `{key}`")
        return model
    if model.url:
        raise SetupError(f"{where}: the model {model.name} runs in this process and has no url")
    revision = nano.revision(nano.folder_of(model.name))
    if model.revision not in ("", revision):
        raise SetupError(f"{where}: the model {model.name} is of revision {revision}, not {model.revision}")
    return msgspec.structs.replace(model, revision=revision)


def _served(model: Server, where: str, key: str) -> Server:
    """One that the run serves itself, with the revision of its weights; one that is stated is held against them when
    the server is started."""
    if missing := [field for field in ("serve", "dir") if not getattr(model, field)]:
        raise SetupError(f"{where}: missing required field `{missing[0]}` - at `{key}`")
    if model.url or nano.is_local(model.name):
        raise SetupError(f"{where}: the model {model.name} at `{key}` is served by the run itself: leave url out")
    return msgspec.structs.replace(model, revision=model.revision or weights.revision(Path(model.dir)))


def _source(name: str, entry: Table, folders: tuple[Path, ...], where: str) -> Table:
    _, settings = source(name, entry, folders, where)
    return {"kind": entry.get("kind", name), **resolved(settings)}


def source(name: str, entry: Table, folders: tuple[Path, ...], where: str | None = None) -> tuple[ModuleType, Record]:
    """A table of `[sources]` as its module and the settings to call it with."""
    module = plugins.load("sources", entry.get("kind", name), folders)
    options = {key: value for key, value in entry.items() if key != "kind"}
    settings: Record = read_settings(options, module.Settings, where=where or f"sources.{name}")
    return module, settings


def _check(name: str, recipe: Recipe, folders: tuple[Path, ...], where: str) -> Table:
    module = plugins.load("checks", name, folders)
    settings = read_settings(recipe.checks.get(name, {}), module.Settings, where=where)
    return dict(resolved(settings))


def override(table: Table, change: str) -> None:
    """Lay `key=value` over a table; the value is TOML, or else a text."""
    key, separator, text = change.partition("=")
    if not separator or not key:
        raise SetupError(f"{change!r} is not key=value")
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = text
    *path, last = key.split(".")
    for name in path:
        table = table.setdefault(name, {})
        if not isinstance(table, dict):
            raise SetupError(f"{change!r}: {name} is no table")
    table[last] = value


def _record_in(type_: Any) -> type[Record] | None:
    """The record class that a field's type is or offers, where there is one."""
    options = typing.get_args(type_) if isinstance(type_, UnionType) or typing.get_origin(type_) else (type_,)
    return next((t for t in options if isinstance(t, type) and issubclass(t, Record)), None)


def _refuse_unknown(table: Table, type_: type[Record], where: str, path: tuple[str, ...]) -> None:
    fields = {field.encode_name: field for field in msgspec.structs.fields(type_)}
    for key, value in table.items():
        named = ".".join((*path, key))
        if key not in fields:
            near = difflib.get_close_matches(key, fields, n=1, cutoff=0.5)
            hint = f"did you mean {near[0]}?" if near else f"the keys are {', '.join(fields)}"
            raise SetupError(f"{where}: unknown key {named}; {hint}")
        inner = _record_in(fields[key].type)
        if inner is None or not isinstance(value, dict):
            continue
        tables = value if typing.get_origin(fields[key].type) is dict else {"": value}
        for name, entry in tables.items():
            if isinstance(entry, dict):
                _refuse_unknown(entry, inner, where, (*path, key, *([name] if name else [])))


def _over_defaults(table: Table, type_: type[Record]) -> Table:
    """Nested tables laid over the defaults of this very field: `[think.sampling]` may change one number of four."""
    merged = dict(table)
    for field in msgspec.structs.fields(type_):
        given, default = table.get(field.encode_name), field.default
        if isinstance(given, dict) and isinstance(default, Record):
            merged[field.encode_name] = _merge(resolved(default), given)
    return merged


def resolved(value: Any) -> Any:
    """A recipe, or a part of one, as plain tables with every default written out."""
    match value:
        case Record():
            return {name: resolved(field) for name, field in msgspec.structs.asdict(value).items()}
        case dict():
            return {name: resolved(entry) for name, entry in value.items()}
    return msgspec.to_builtins(value)


def _merge(defaults: Table, given: Table) -> Table:
    return defaults | {
        key: _merge(defaults[key], value) if isinstance(value, dict) and isinstance(defaults.get(key), dict) else value
        for key, value in given.items()
    }
