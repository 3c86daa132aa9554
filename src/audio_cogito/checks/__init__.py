"""Checks, one file each, found by being there. A check is a Python file with

    INFO        a CheckInfo: whether it takes a question or a trace, and what it passes, in a line
    Settings    a Record whose fields all have defaults; one called `model` or `prompt` names what the check needs
    check       async (question or trace, *, models, prompts, settings) -> Verdict

`models` and `prompts` are mappings by name; a `model` of None asks none, and its prompt is then not read. A check that
cannot do its work says `unscored`, never `fail`. One of the question is asked once for all of its traces, before any is
drawn, and none is where it fails.

A check that needs more than its subject to go by may also have

    prepare     (settings, *, sounds: audio.Sounds, pool: tuple[seeds.Seed, ...]) -> anything

which is called once, before the first call of any model; `check` then takes what it returned as a fourth keyword,
`prepared`. `pool` is the seed pool that the run began with.
"""

from __future__ import annotations

import inspect
from types import ModuleType
from typing import Any, Literal

from audio_cogito.types import Record

KEYWORDS = {"models", "prompts", "settings"}


class CheckInfo(Record):
    takes: Literal["question", "trace"]
    summary: str
    """What it is that passes."""


def faults(module: ModuleType) -> list[str]:
    """How a check's file breaks the contract above; nothing for one that keeps it."""
    found = [] if isinstance(getattr(module, "INFO", None), CheckInfo) else ["INFO is no CheckInfo"]
    return [*found, *_settings_faults(getattr(module, "Settings", None)), *_function_faults(module)]


def _settings_faults(settings: object) -> list[str]:
    if not (isinstance(settings, type) and issubclass(settings, Record)):
        return ["Settings is no Record class"]
    try:
        settings()
    except TypeError as error:
        return [f"Settings cannot be made of defaults alone: {error}"]
    return []


def _function_faults(module: ModuleType) -> list[str]:
    function = getattr(module, "check", None)
    if not inspect.iscoroutinefunction(function):
        return ["check is no async function"]
    prepare = getattr(module, "prepare", None)
    wanted = KEYWORDS if prepare is None else KEYWORDS | {"prepared"}
    found = _keyword_faults("check", function, wanted)
    return found if prepare is None else [*found, *_keyword_faults("prepare", prepare, {"sounds", "pool"})]


def _keyword_faults(name: str, function: Any, wanted: set[str]) -> list[str]:
    if not callable(function):
        return [f"{name} is no function"]
    keywords = {word for word, p in inspect.signature(function).parameters.items() if p.kind is p.KEYWORD_ONLY}
    return [] if keywords == wanted else [f"{name} takes the keywords {', '.join(sorted(keywords)) or 'none'}, not "
                                          f"{', '.join(sorted(wanted))}"]  # fmt: skip
