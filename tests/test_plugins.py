"""Plug-ins are found by being there, a user's first, and every one of ours keeps its contract."""

from __future__ import annotations

from pathlib import Path

import pytest

from audio_cogito import benchmarks, catalogue, checks, exports, plugins, sources
from audio_cogito.errors import SetupError
from road import cogito_here


@pytest.mark.parametrize("name", plugins.files("sources", ".py"))
def test_source_keeps_the_contract(name: str) -> None:
    assert sources.faults(plugins.load("sources", name)) == []


@pytest.mark.parametrize("name", plugins.files("checks", ".py"))
def test_check_keeps_the_contract(name: str) -> None:
    assert checks.faults(plugins.load("checks", name)) == []


@pytest.mark.parametrize("name", plugins.files("benchmarks", ".py"))
def test_benchmark_keeps_the_contract(name: str) -> None:
    assert benchmarks.faults(plugins.load("benchmarks", name)) == []


@pytest.mark.parametrize("name", plugins.files("exports", ".py"))
def test_format_keeps_the_contract(name: str) -> None:
    assert exports.faults(plugins.load("exports", name)) == []


@pytest.mark.parametrize("kind", catalogue.KINDS)
def test_every_plugin_is_listed_with_a_summary_and_no_fault(kind: str) -> None:
    entries = list(catalogue.entries(kind))
    assert entries
    for entry in entries:
        assert entry.summary
        assert entry.faults == ()


def mine(folder: Path, name: str, text: str) -> tuple[Path, ...]:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return (folder,)


def test_users_file_of_the_same_name_stands_in(tmp_path: Path) -> None:
    folders = mine(tmp_path, "checks/complete.py", "HERE = 1\n")
    assert plugins.load("checks", "complete", folders).HERE == 1
    assert not hasattr(plugins.load("checks", "complete"), "HERE")


def test_first_folder_wins(tmp_path: Path) -> None:
    first, second = mine(tmp_path / "a", "sources/x.py", "N = 1\n"), mine(tmp_path / "b", "sources/x.py", "N = 2\n")
    assert plugins.load("sources", "x", first + second).N == 1
    assert plugins.load("sources", "x", second + first).N == 2


def test_hidden_and_underscored_files_are_no_plugins(tmp_path: Path) -> None:
    folders = mine(tmp_path, "checks/_draft.py", "1/0")
    mine(tmp_path, "checks/.old.py", "1/0")
    assert set(plugins.files("checks", ".py", folders)) == set(plugins.files("checks", ".py"))


def test_file_that_fails_to_load_is_named_with_its_error(tmp_path: Path) -> None:
    folders = mine(tmp_path, "checks/broken.py", "1/0\n")
    with pytest.raises(SetupError, match=r"broken\.py fails to load: ZeroDivisionError"):
        plugins.load("checks", "broken", folders)


def test_unknown_name_is_told_those_that_are_there() -> None:
    with pytest.raises(SetupError, match="no 'fodler' among the sources: .*folder, .*manifest"):
        plugins.load("sources", "fodler")


def test_plugin_that_breaks_its_contract_is_listed_with_each_fault(tmp_path: Path) -> None:
    folders = mine(tmp_path, "checks/mine.py", "def check(): ...\n")
    mine(tmp_path, "sources/mine.py", "Settings = 3\n")
    mine(tmp_path, "exports/mine.py", "def writer(path): ...\n")
    (mine_export,) = (entry for entry in catalogue.entries("exports", folders) if entry.name == "mine")
    assert len(mine_export.faults) == 4
    found = {
        kind: next(e for e in catalogue.entries(kind, folders) if e.name == "mine") for kind in ("checks", "sources")
    }
    assert len(found["checks"].faults) == 3
    assert found["sources"].faults


def test_page_of_datasets_is_what_the_sources_say() -> None:
    page = (Path(__file__).parents[1] / "docs" / "datasets.md").read_text("utf-8")
    assert catalogue.datasets_in_markdown() in page, "cogito list sources --markdown says something else"


def test_sources_are_listed_with_title_licence_domain_skill_and_counts() -> None:
    said = cogito_here("list", "sources").stdout
    for text in (
        "meld             MELD: a multimodal",
        "speech: speech emotion",
        "licence: GPL-3.0 (repository); the footage is a television series'",
        "published: train 9,989, dev 1,109, test 2,610",
    ):
        assert text in said
    refused = cogito_here("list", "checks", "--markdown")
    assert (refused.returncode, "cogito list sources --markdown" in refused.stderr) == (2, True)
