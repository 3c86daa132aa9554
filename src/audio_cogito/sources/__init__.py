"""Where recordings come from, one file a source.

A source is a module that holds

    INFO        a `SourceInfo`: what this is, whose it is, under which licence
    Settings    a `types.Record`; every field has a default but what cannot have one, such as a path
    recordings  `def recordings(settings: Settings) -> Iterator[Recording | Failure]`

`recordings` checks its settings at once and raises SetupError for a wrong one: it is a plain function that returns a
generator. It decodes nothing and downloads nothing. Its order depends on its data alone. A row that cannot be read is
a `Failure` (stage "collect", reason "malformed" or "missing", the file and line as its subject), and the rest is read.

A recording may come with its questions, `Recording.posed`: they skip construct and enter at think. A source whose
recordings all do may also hold `poses(settings) -> bool`, which says whether they do with these settings; a recipe of
such sources alone needs no annotator. `expected(settings) -> int | None` says how many recordings were published of
what the settings ask for, where that is not `INFO.counts` over `settings.splits`.

`rows` makes recordings of tables and sidecars. `Recording.source` becomes the name that the recipe gives the source.
"""

from __future__ import annotations

import inspect
from types import ModuleType

import msgspec

from audio_cogito.types import Domain, Record

ALL = "all"
"""The one split of a dataset that has none."""


class SourceInfo(Record):
    """What a person asks of a dataset before using it. A reader of anybody's files leaves most of it out."""

    title: str
    homepage: str = ""
    licence: str = ""
    """As stated, with what it does not cover: the footage, the recordings."""
    citation: str = ""
    counts: dict[str, int] = {}
    """Rows of each split as published, by the split's name; "all" where there are no splits."""
    domains: tuple[Domain, ...] = ()
    skill: str = ""
    """What it is good for: "speech emotion", "sound events"."""


def faults(module: ModuleType) -> list[str]:
    """How a source breaks the contract above, one line each; empty for a sound one. Needs no data."""
    found = [] if (module.__doc__ or "").strip() else ["has no docstring"]
    if not isinstance(getattr(module, "INFO", None), SourceInfo):
        found.append("INFO must be a sources.SourceInfo")
    found += _settings_faults(getattr(module, "Settings", None)) + _recordings_faults(module)
    return found + _optional_faults(module, "poses") + _optional_faults(module, "expected")


def poses(module: ModuleType, settings: Record) -> bool:
    """Whether all of a source's recordings come with their questions."""
    said = getattr(module, "poses", None)
    return said is not None and bool(said(settings))


def expected(module: ModuleType, settings: Record) -> int | None:
    """How many recordings were published of what these settings ask for; None where it is not known."""
    if own := getattr(module, "expected", None):
        found: int | None = own(settings)
        return found
    counts: dict[str, int] = module.INFO.counts
    splits = getattr(settings, "splits", (ALL,))
    if not splits or any(split not in counts for split in splits):
        return None
    return sum(counts[split] for split in splits)


def _optional_faults(module: ModuleType, name: str) -> list[str]:
    own = getattr(module, name, None)
    right = own is None or (inspect.isfunction(own) and list(inspect.signature(own).parameters) == ["settings"])
    return [] if right else [f"{name} must be a function of one argument, settings"]


def _settings_faults(settings: object) -> list[str]:
    if not (isinstance(settings, type) and issubclass(settings, Record)):
        return ["Settings must be a class of types.Record"]
    try:
        msgspec.json.schema(settings)
    except TypeError as error:
        return [f"Settings cannot be read from a recipe: {error}"]
    return []


def _recordings_faults(module: ModuleType) -> list[str]:
    recordings = getattr(module, "recordings", None)
    if not inspect.isfunction(recordings):
        return ["recordings(settings) must be a function"]
    if inspect.isgeneratorfunction(recordings) or inspect.iscoroutinefunction(recordings):
        return ["recordings must check its settings at once: let it return a generator rather than be one"]
    if list(inspect.signature(recordings).parameters) != ["settings"]:
        return ["recordings must take one argument, settings"]
    return []
