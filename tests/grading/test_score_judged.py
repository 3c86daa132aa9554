"""`cogito score --judge` against a server that misbehaves: scores are what the official rules say, or none."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from benchmark_rows import mmar_row, prediction, read_lines, write_lines, write_mmar
from judging_server import Judge
from road import cogito, cogito_here

COUNT = 8


@pytest.fixture
async def judge() -> AsyncIterator[Judge]:
    async with Judge() as judge:
        yield judge


async def score(
    folder: Path, judge: Judge, chains: list[str], *more: str, wrong: tuple[int, ...] = ()
) -> subprocess.CompletedProcess[str]:
    rows = [prediction(n, "wrong" if n in wrong else None, thinking_prediction=c) for n, c in enumerate(chains)]
    meta, said = write_mmar(folder, COUNT), write_lines(folder / "predictions.jsonl", rows)
    files = ("--meta", str(meta), "--predictions", str(said), "--out", str(folder / "out"))
    return await asyncio.to_thread(cogito, "score", "mmar", *files, "--judge", judge.name, *more)


def summary(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "out/summary.json").read_text()))


def rubrics(folder: Path) -> list[float | None]:
    return [line["rubric"] for line in read_lines(folder / "out/scores.jsonl")]


TROUBLED = [
    "points 11000,11111,11100,00000,10000",
    "malformed points 11000,11111,11100,00000,10000",
    "limited points 11110",
    "slow broken points 11100",
    "points 00000",
    "never asked",
]
EXPECTED = [0.4, 0.4, 0.8, 0.6, 0.0, 0.0, None, None]


@pytest.mark.long
async def test_scores_of_a_troubled_judge_are_what_the_official_rules_say(tmp_path: Path, judge: Judge) -> None:
    done = await score(tmp_path, judge, TROUBLED, wrong=(5,))
    assert done.returncode == 0, done.stderr
    assert rubrics(tmp_path) == [pytest.approx(value) if value is not None else None for value in EXPECTED]
    lines = read_lines(tmp_path / "out/scores.jsonl")
    assert lines[5] == {"id": mmar_row(5)["id"], "correct": 0, "rubric": 0.0, "outcome": "scored"}
    assert lines[6]["outcome"] == "missing"
    said = summary(tmp_path)
    assert said["avg"] == pytest.approx(100 * 5 / 6)
    assert said["rubrics"] == pytest.approx(100 * 2.2 / 6)
    assert said["crs"] == pytest.approx(2.2 / 5)
    assert (said["missing"], said["unscored"]) == (2, 0)
    assert "Rubrics 36.67 and CRS 0.440 over 6 items" in done.stdout


async def test_requests_are_the_official_ones(tmp_path: Path, judge: Judge) -> None:
    await score(tmp_path, judge, ["points 11111"])
    assert len(judge.bodies) == 5
    for body in judge.bodies:
        assert {k: v for k, v in body.items() if k != "messages"} == {"model": "judge", "temperature": 0.0, "seed": 42}
        assert [message["role"] for message in body["messages"]] == ["system", "user"]


async def test_item_whose_judge_fails_for_good_is_unscored_and_printed(tmp_path: Path, judge: Judge) -> None:
    done = await score(tmp_path, judge, ["refused", "mute", "points 11111", "points 11100"], wrong=(3,))
    assert done.returncode == 0, done.stderr
    assert rubrics(tmp_path)[:4] == [None, None, 1.0, 0.0]
    outcomes = [line["outcome"] for line in read_lines(tmp_path / "out/scores.jsonl")]
    assert outcomes[:4] == ["unscored", "unscored", "scored", "scored"]
    said = summary(tmp_path)
    assert (said["unscored"], said["rubrics"], said["crs"]) == (2, 50.0, 1.0)
    assert said["avg"] == 75.0
    assert f"unscored {mmar_row(0)['id']}: refused: status 400: too long" in done.stdout
    assert f"unscored {mmar_row(1)['id']}: judgement 1: 20 replies out of form" in done.stdout
    assert "with another --store they are asked for anew" in done.stderr


@pytest.mark.long
async def test_scored_again_nothing_is_paid_and_the_bytes_are_the_same(tmp_path: Path, judge: Judge) -> None:
    await score(tmp_path, judge, TROUBLED, wrong=(5,))
    before, asked = [(tmp_path / "out" / name).read_bytes() for name in FILES], len(judge.bodies)
    judge.dead = True
    done = await score(tmp_path, judge, TROUBLED, wrong=(5,))
    assert done.returncode == 0, done.stderr
    assert [(tmp_path / "out" / name).read_bytes() for name in FILES] == before
    assert len(judge.bodies) == asked
    assert "0 calls paid" in done.stderr


FILES = ("scores.jsonl", "graded.jsonl", "summary.json")


async def test_dead_judge_ends_it_and_the_next_one_goes_on(tmp_path: Path, judge: Judge) -> None:
    judge.dies_after = 12
    chains = [f"points 1111{n % 2}" for n in range(COUNT)]
    more = ("judge.patience=0.5", "judge.concurrency=2")
    done = await score(tmp_path, judge, chains, *more)
    assert (done.returncode, done.stderr.count("\n")) == (4, 1)
    assert "gave no answer for 0.5 s" in done.stderr
    assert "run it again to go on" in done.stderr
    assert not (tmp_path / "out/scores.jsonl").exists()
    judge.dead, judge.dies_after, paid = False, 10**9, len(judge.asked)
    before = len(judge.bodies)
    done = await score(tmp_path, judge, chains, *more)
    assert done.returncode == 0, done.stderr
    assert len(judge.bodies) - before == 5 * COUNT - 12
    assert paid
    assert rubrics(tmp_path) == [1.0 if n % 2 else pytest.approx(0.8) for n in range(COUNT)]


@pytest.mark.parametrize(
    ("judge_name", "more", "said"),
    [
        ("judge", (), "not NAME@URL"),
        ("judge@http://user:pass@127.0.0.1:1/v1", (), "credentials"),
        ("judge@http://127.0.0.1:1/v1", ("judge.patienc=3",), "did you mean patience?"),
        ("judge@http://127.0.0.1:1/v1", ("think.draws=3",), "what can be set begins with judge."),
        ("judge@http://127.0.0.1:1/v1", ("judge.patience=-3",), "patience"),
        ("judge@http://127.0.0.1:1/v1", ("judge.body=3",), "body"),
        ("judge@http://127.0.0.1:1/v1", ("judge.body.temperature=1",), "body may not set temperature"),
        ("judge@http://127.0.0.1:1/v1", ("judge.patience=0.3",), "gave no answer for 0.3 s"),
    ],
)
def test_wrong_judge_is_one_line(tmp_path: Path, judge_name: str, more: tuple[str, ...], said: str) -> None:
    meta, path = write_mmar(tmp_path, COUNT), write_lines(tmp_path / "p.jsonl", [prediction(0)])
    files = ("--meta", str(meta), "--predictions", str(path), "--out", str(tmp_path / "out"))
    done = cogito_here("score", "mmar", *files, "--judge", judge_name, *more)
    assert done.returncode in (2, 4)
    assert done.stderr.count("\n") == 1
    assert said in done.stderr
    assert "user:pass" not in done.stderr


def test_metadata_without_rubrics_have_no_judge(tmp_path: Path) -> None:
    rows = [{k: v for k, v in mmar_row(n).items() if k not in ("rubric", "thinking")} for n in range(3)]
    meta, path = write_lines(tmp_path / "m.jsonl", rows), write_lines(tmp_path / "p.jsonl", [prediction(0)])
    files = ("--meta", str(meta), "--predictions", str(path), "--out", str(tmp_path / "out"))
    done = cogito_here("score", "mmar", *files, "--judge", "judge@http://127.0.0.1:1/v1")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "hold no rubrics" in done.stderr
