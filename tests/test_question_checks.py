"""Checks of a question come before its chains: the thinker is not paid for one that is out, and nothing is lost."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from audio_cogito import shards
from audio_cogito.report import funnel
from audio_cogito.run import Run
from road import build, results, sums_hold, traces, write_recipe, write_tones
from server import Options, Server


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with Server(Options()) as server:
        yield server


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_tones(tmp_path / "recordings", 12)
    return tmp_path


SOME_FAIL = """
from audio_cogito.checks import CheckInfo
from audio_cogito.types import Record, Verdict
INFO = CheckInfo(takes="question", summary="a question whose id begins with a small digit")
class Settings(Record):
    model: str = "auditor"
async def check(question, *, models, prompts, settings):
    return Verdict(check="picky", outcome="pass" if question.id < "8" else "fail", reason="a large digit")
"""


def with_picky_check(folder: Path, url: str, **tables: Any) -> Path:
    (folder / "mine" / "checks").mkdir(parents=True)
    (folder / "mine" / "checks" / "picky.py").write_text(SOME_FAIL)
    checks = ["blind", "picky", "complete", "consistent"]
    return write_recipe(folder, url, plugins=["mine"], verify={"checks": checks} | tables.pop("verify", {}), **tables)


def ledger(run: Path, reason: str) -> list[dict[str, str]]:
    lines = [json.loads(line) for path in shards.paths(run / "ledger", "*-") for line in shards.read_lines(path)]
    return [line for line in lines if line["reason"] == reason]


async def test_question_that_its_own_check_fails_is_not_thought_about_and_stands_in_the_ledger(
    folder: Path, server: Server
) -> None:
    record = await build(with_picky_check(folder, server.url))
    run, think_, verify_ = folder / "runs/recipe", record.stages["think"], record.stages["verify"]
    dropped = ledger(run, "question_failed")
    assert sums_hold(record)
    console = Console(width=200)
    with console.capture() as printed:
        console.print(funnel(record))
    assert f"; {len(dropped)} questions were out before a chain was drawn" in printed.get()
    assert 0 < think_.dropped == len(dropped) < think_.read == record.stages["construct"].kept
    assert record.usage["thinker"].calls == think_.kept + 6 * think_.read
    assert think_.kept == verify_.read == think_.read - think_.dropped
    assert think_.reasons["question_failed"] == think_.reasons["picky fail"] == len(dropped)
    assert all(line["subject"] >= "8" and "picky: a large digit: " in line["detail"] for line in dropped)
    found = traces(run)
    assert all(trace.question.id < "8" for trace in found)
    assert {tuple(verdict.check for verdict in trace.verdicts)[:2] for trace in found} == {("blind", "picky")}
    assert all(trace.verdicts[0].advisory for trace in found)


async def test_question_that_is_out_is_thought_about_where_all_verdicts_are_wanted(
    folder: Path, server: Server
) -> None:
    record = await build(with_picky_check(folder, server.url, verify={"all": True}))
    assert record.stages["think"].dropped == 0
    out = [trace for trace in traces(folder / "runs/recipe") if trace.question.id >= "8"]
    assert out
    assert {(trace.standing, len(trace.verdicts)) for trace in out} == {("rejected", 4)}


async def test_questions_drop_out_alike_stage_by_stage_and_in_the_walk(folder: Path, server: Server) -> None:
    recipe = with_picky_check(folder, server.url, think={"draws": 2})
    await build(recipe)
    for stage in ("collect", "construct", "think", "verify"):
        record = await build(recipe, "run=staged", "store=elsewhere", only=stage)
    walked, staged = results(folder / "runs/recipe"), results(folder / "staged")
    assert sums_hold(record)
    assert record.stages == Run(folder / "runs/recipe").record.stages
    assert [walked[f"{stage}/00000.jsonl.zst"] for stage in ("select", "verify")] == [
        staged[f"{stage}/00000.jsonl.zst"] for stage in ("select", "verify")
    ]
    assert ledger(folder / "runs/recipe", "question_failed") == ledger(folder / "staged", "question_failed") != []


async def test_thinking_alone_needs_the_models_of_question_checks_and_no_others(folder: Path, server: Server) -> None:
    recipe = with_picky_check(folder, server.url)
    for stage in ("collect", "construct", "think"):
        record = await build(recipe, only=stage)
    assert set(record.usage) == {"thinker", "auditor"}


async def test_question_check_that_crashes_is_that_questions_failure(folder: Path, server: Server) -> None:
    recipe = with_picky_check(folder, server.url)
    path = folder / "mine" / "checks" / "picky.py"
    path.write_text(path.read_text().replace("return Verdict(", 'assert question.id < "8"; return Verdict('))
    record = await build(recipe)
    assert record.state == "finished with failures"
    assert sums_hold(record)
    crashed = ledger(folder / "runs/recipe", "crashed")
    assert record.stages["think"].failed == len(crashed) > 0
    assert {line["stage"] for line in crashed} == {"think"}
