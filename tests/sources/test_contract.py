"""The contract of a source tells each way to break it, and needs no data for that."""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

from audio_cogito import plugins, sources
from audio_cogito.types import Record


class Settings(Record):
    path: str


class Unreadable(Record):
    path: Iterator[str]


def recordings(settings: Settings) -> Iterator[Any]:
    return iter(())


def lazy(settings: Settings) -> Iterator[Any]:
    yield settings


async def later(settings: Settings) -> None: ...


def source(**changes: Any) -> ModuleType:
    module = ModuleType("lab", "Sounds of a lab.")
    module.__dict__.update({"INFO": sources.SourceInfo(title="Lab"), "Settings": Settings, "recordings": recordings})
    module.__dict__.update(changes)
    return module


def test_sound_source_has_no_fault() -> None:
    assert sources.faults(source()) == []


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"__doc__": " "}, "docstring"),
        ({"INFO": {"title": "Lab"}}, "INFO must be"),
        ({"Settings": dict}, "Settings must be"),
        ({"Settings": Unreadable}, "cannot be read from a recipe"),
        ({"recordings": None}, "must be a function"),
        ({"recordings": lazy}, "check its settings at once"),
        ({"recordings": later}, "check its settings at once"),
        ({"recordings": lambda path: iter(())}, "must take one argument, settings"),
    ],
)
def test_each_breach_is_named(changes: dict[str, Any], fault: str) -> None:
    (found,) = sources.faults(source(**changes))
    assert fault in found


def test_empty_module_is_told_everything_it_lacks() -> None:
    assert len(sources.faults(ModuleType("empty"))) == 4


def test_every_source_of_ours_keeps_the_contract() -> None:
    found = dict(plugins.load_all("sources"))
    assert {name: sources.faults(module) for name, module in found.items() if sources.faults(module)} == {}


@pytest.mark.parametrize("name", ["meld", "mustard", "librispeech", "dailytalk", "covost2", "cota"])
def test_dataset_says_where_it_is_from_and_what_may_be_done_with_it(name: str) -> None:
    info = plugins.load("sources", name).INFO
    assert info.homepage.startswith("https://")
    assert info.licence
    assert info.citation
    assert info.domains
    assert info.skill
