"""The contract of a source tells each way to break it, and needs no data for that."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import pytest

from audio_cogito import config, plugins, reading, sources
from audio_cogito.errors import SetupError
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


@pytest.mark.parametrize("change", [{}, {"splits": ("trian",)}, {"splits": ()}, {"unit": "dialogues"}])
def test_wrong_settings_and_an_empty_folder_are_no_more_than_a_line(tmp_path: Path, change: dict[str, Any]) -> None:
    """Also before the source is read, where a build asks how much of it was published."""
    lines = []
    for name, module in plugins.load_all("sources"):
        needed = {field.name: str(tmp_path) for field in msgspec.structs.fields(module.Settings) if field.required}
        try:
            _, settings = config.source(name, needed | {"path": str(tmp_path)} | change, ())
            published = sources.expected(module, settings)
            assert published is None or published >= 0
            assert list(module.recordings(settings)) == []
        except SetupError as error:
            lines.append(str(error))
    assert len(lines) > 10
    assert not any("\n" in line for line in lines)


PUBLISHED = [name for name, module in plugins.load_all("sources") if module.INFO.licence]
OURS = "complex_audio"
"""Composed here, and so without a homepage."""
UNCOUNTED = {OURS, "cota"}
"""Of which no count by split is established."""


def test_datasets_that_are_published_are_told_from_readers_of_anybodys_files() -> None:
    assert set(PUBLISHED) == {
        "audiocaps", "audioset", "audioset_strong", "clotho", OURS, "cota", "covost2", "dailytalk", "fma",
        "librispeech", "medley_solos_db", "meld", "musicbench", "mustard",
    }  # fmt: skip


@pytest.mark.parametrize("name", PUBLISHED)
def test_dataset_says_where_it_is_from_and_what_may_be_done_with_it(name: str) -> None:
    info = plugins.load("sources", name).INFO
    assert info.homepage.startswith("https://") or name == OURS
    assert info.citation
    assert info.domains
    assert info.skill
    assert bool(info.counts) is (name not in UNCOUNTED)


def test_no_source_can_fetch_anything_or_run_a_program() -> None:
    """But for what they import of ours, which `tests/test_road.py` has speak to named servers alone."""
    folders = [Path(package.__path__[0]) for package in (sources, reading)]
    files = [path for folder in folders for path in sorted(folder.glob("*.py"))]
    assert len(files) > 20
    found = {path.name: names for path in files if (names := imported(path) & REACHING)}
    assert found == {}


REACHING = {"aiohttp", "datasets", "ftplib", "http", "httpx", "requests", "socket", "subprocess", "urllib", "yt_dlp"}


def imported(path: Path) -> set[str]:
    """The top names that a file imports, wherever in it."""
    nodes = list(ast.walk(ast.parse(path.read_text("utf-8"))))
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return {name.partition(".")[0] for name in plain | {str(n.module) for n in nodes if isinstance(n, ast.ImportFrom)}}
