"""The plug-ins that are found, and what is wrong with any of them (`cogito list`)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from audio_cogito import benchmarks, checks, exports, plugins, prompts, seeds, sources
from audio_cogito.card import table
from audio_cogito.errors import CogitoError
from audio_cogito.sources import ALL, SourceInfo
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
    info: SourceInfo | None = None
    """Of a source."""


def described(info: SourceInfo) -> Iterator[str]:
    """What `cogito list sources` says of a source, a line each; what INFO leaves out is left out."""
    yield info.title
    if said := [text for text in (" + ".join(info.domains), info.skill) if text]:
        yield ": ".join(said)
    if info.licence:
        yield f"licence: {info.licence}"
    if info.counts:
        yield f"published: {counts(info)}"


def counts(info: SourceInfo) -> str:
    return ", ".join(f"{count:,}" if split == ALL else f"{split} {count:,}" for split, count in info.counts.items())


def datasets_in_markdown(folders: tuple[Path, ...] = ()) -> str:
    """Published datasets, then the readers of anybody's files, which say no licence: docs/datasets.md holds both."""
    found = [(entry.name, entry.info) for entry in entries("sources", folders) if entry.info]
    published = [(f"`{name}`", *_columns(info)) for name, info in found if info.licence]
    readers = [(f"`{name}`", _linked(info)) for name, info in found if not info.licence]
    return f"{table(DATASETS, published)}\n\n{table(('kind', 'reads'), readers)}"


DATASETS = ("source", "dataset", "domain", "main skill", "published", "licence as stated", "citation")


def _columns(info: SourceInfo) -> tuple[str, ...]:
    return _linked(info), " + ".join(info.domains), info.skill, counts(info), info.licence, info.citation


def _linked(info: SourceInfo) -> str:
    return f"[{info.title}]({info.homepage})" if info.homepage else info.title


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
    info = getattr(module, "INFO", None)
    return Entry(
        name=name,
        summary=_sentence(module.__doc__ or ""),
        faults=tuple(CONTRACTS[kind](module)),
        info=info if isinstance(info, SourceInfo) else None,
    )


def _sentence(text: str) -> str:
    """The first one, in one line."""
    paragraph = " ".join(text.strip().partition("\n\n")[0].split())
    return re.split(r"(?<=[.!?]) ", paragraph, maxsplit=1)[0]


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
