"""The plug-ins that are found, and what is wrong with any of them (`cogito list`)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from audio_cogito import benchmarks, checks, exports, plugins, prompts, seeds, sources
from audio_cogito.errors import CogitoError
from audio_cogito.types import Record

KINDS = ("sources", "benchmarks", "checks", "exports", "prompts", "seeds")
CONTRACTS = {
    "sources": sources.faults,
    "benchmarks": benchmarks.faults,
    "checks": checks.faults,
    "exports": exports.faults,
}


class Entry(Record):
    """One plug-in: its name, what it is in a line, and how it breaks its contract."""

    name: str
    summary: str
    faults: tuple[str, ...] = ()


def entries(kind: str, folders: tuple[Path, ...] = ()) -> Iterator[Entry]:
    match kind:
        case "prompts":
            return (_prompt(name, folders) for name in plugins.files("prompts", ".md", folders))
        case "seeds":
            return _seeds(folders)
    return (_module(kind, name, folders) for name in plugins.files(kind, ".py", folders))


def _module(kind: str, name: str, folders: tuple[Path, ...]) -> Entry:
    try:
        module = plugins.load(kind, name, folders)
    except CogitoError as error:
        return Entry(name=name, summary="cannot be loaded", faults=(str(error),))
    summary = (module.__doc__ or "").strip().partition("\n")[0]
    return Entry(name=name, summary=summary, faults=tuple(CONTRACTS[kind](module)))


def _prompt(name: str, folders: tuple[Path, ...]) -> Entry:
    try:
        return Entry(name=name, summary=f"digest {prompts.load(name, folders).ref.digest[:12]}")
    except CogitoError as error:
        return Entry(name=name, summary="cannot be loaded", faults=(str(error),))


def _seeds(folders: tuple[Path, ...]) -> Iterator[Entry]:
    try:
        pool = seeds.load(folders)
    except CogitoError as error:
        yield Entry(name="pool", summary="cannot be loaded", faults=(str(error),))
        return
    for domain in sorted({seed.domain for seed in pool}):
        yield Entry(name=domain, summary=f"{sum(seed.domain == domain for seed in pool)} seed questions")
