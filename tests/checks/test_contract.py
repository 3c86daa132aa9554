"""What a check's file has to hold, and how it is told what it lacks."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest

from audio_cogito import checks, plugins
from audio_cogito.checks import consistent
from audio_cogito.types import Record


class Demanding(Record):
    level: int


async def bare(trace: Any) -> None: ...


def plain(trace: Any, *, models: Any, prompts: Any, settings: Any) -> None: ...


def a_check(**changes: Any) -> ModuleType:
    module = ModuleType("a_check")
    vars(module).update({"INFO": consistent.INFO, "Settings": consistent.Settings, "check": consistent.check} | changes)
    return module


def test_check_that_keeps_the_contract_has_no_fault() -> None:
    assert checks.faults(a_check()) == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"INFO": "a check"}, "INFO"),
        ({"Settings": dict}, "Settings is no Record"),
        ({"Settings": Demanding}, "defaults alone"),
        ({"check": plain}, "no async function"),
        ({"check": bare}, "models, prompts, settings"),
    ],
)
def test_breach_of_the_contract_is_named(changes: dict[str, Any], said: str) -> None:
    (found,) = checks.faults(a_check(**changes))
    assert said in found


def test_empty_file_lacks_everything() -> None:
    assert len(checks.faults(ModuleType("empty"))) == 3


async def prepared_for(trace: Any, *, models: Any, prompts: Any, settings: Any, prepared: Any) -> None: ...


def prepare(settings: Any, *, sounds: Any, pool: Any) -> None: ...


@pytest.mark.parametrize("name", plugins.files("checks", ".py"))
def test_checks_of_the_package_keep_the_contract(name: str) -> None:
    assert checks.faults(plugins.load("checks", name)) == []


def test_check_that_prepares_takes_what_it_prepared() -> None:
    assert checks.faults(a_check(prepare=prepare, check=prepared_for)) == []
    assert "not models, prepared" in checks.faults(a_check(prepare=prepare))[0]
    assert "not models, prompts" in checks.faults(a_check(check=prepared_for))[0]
    assert "prepare takes" in checks.faults(a_check(prepare=print, check=prepared_for))[0]
