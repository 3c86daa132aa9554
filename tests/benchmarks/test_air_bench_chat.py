"""AIR-Bench chat: the published prompt, both orders, the strict reader, and the table's columns."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from audio_cogito import benchmarks, prompts
from audio_cogito.benchmarks import air_bench_chat
from audio_cogito.errors import SetupError, Unreadable
from audio_cogito.grading import pairs
from benchmark_rows import read_lines, write_lines
from road import cogito

TASKS = tuple(air_bench_chat.KINDS)
RATED = re.compile(
    r"\[The Start of Assistant 1s Answer\]\n(.*)\n\[The End[^[]*\[The Start of Assistant 2s Answer\]\n(.*)\n"
)


def row(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "meta_info": "A dog barks twice.",
        "question": "What does the dog do?",
        "answer_gt": "gold 8",
        "path": f"{number}.wav",
        "task_name": TASKS[number % 8],
        "dataset_name": "made",
        "uniq_id": number,
    } | changes


class RatingJudge:
    """Rates an answer by the number in it: `model 6` gets 6. `first` and `second` get no number in that place."""

    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = []

    async def serve(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.bodies.append(body)
        found = RATED.search(body["messages"][0]["content"])
        assert found
        one, two = found.groups()
        text = " ".join(re.sub(r"\D", "", answer) for answer in (one, two))
        if "first" in one or "second" in two:
            text = f"Scores: {text}"
        choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
        return web.json_response({"choices": [choice], "usage": {"prompt_tokens": 9, "completion_tokens": 9}})


@pytest.fixture
async def judge() -> AsyncIterator[tuple[RatingJudge, str]]:
    judge, app = RatingJudge(), web.Application()
    app.router.add_post("/v1/chat/completions", judge.serve)
    app.router.add_get("/v1/models", _models)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield judge, f"judge@http://127.0.0.1:{runner.addresses[0][1]}/v1"
    await runner.cleanup()


async def _models(_: web.Request) -> web.Response:
    return web.json_response({"data": [{"id": "judge"}]})


async def score(folder: Path, said: list[str], *more: str) -> subprocess.CompletedProcess[str]:
    meta = folder / "Chat_meta.json"
    meta.write_text(json.dumps([row(n) for n in range(8)]))
    lines = write_lines(folder / "said.jsonl", [row(n) | {"response": text} for n, text in enumerate(said)])
    files = ("--meta", str(meta), "--predictions", str(lines), "--out", str(folder / "out"))
    return await asyncio.to_thread(cogito, "score", "air_bench_chat", *files, *more)


def values(folder: Path) -> dict[str, Any]:
    return {one["name"]: one["value"] for one in json.loads((folder / "out/measures.json").read_text())}


async def test_both_orders_are_asked_and_the_columns_are_means_of_their_means(
    tmp_path: Path, judge: tuple[RatingJudge, str]
) -> None:
    said = ["model 6", "model 8", "model 10", "model 2", "model 5", "model 5", "model 3", "model 9"]
    done = await score(tmp_path, said, "--judge", judge[1])
    assert (done.returncode, len(judge[0].bodies)) == (0, 16), done.stderr
    found = values(tmp_path)
    columns = {name: found[name] for name in air_bench_chat.INFO.totals}
    assert columns == {"Speech": 7.0, "Sound": 6.0, "Music": 5.0, "Mixed": 6.0, "Average": 6.0}
    assert [line["outcome"] for line in read_lines(tmp_path / "out/scores.jsonl")] == ["scored"] * 8
    assert read_lines(tmp_path / "out/graded.jsonl")[0]["points"] == [[8.0, 6.0], [6.0, 8.0]]
    assert "Ratings are by the judge" in done.stdout
    assert "the mean of its row is 7.64" in done.stdout
    assert (
        "model first 6.00: mean over items; 0 of 8 replies out of form; the model is rated higher in 2" in done.stdout
    )


async def test_reply_out_of_form_leaves_its_order_and_is_not_asked_again(
    tmp_path: Path, judge: tuple[RatingJudge, str]
) -> None:
    # Where the model is second, item 0 is not rated; where it is first, item 1 is not. Item 2 gets more than 10.
    said = ["second model 6", "first model 8", "model 11", "model 2", "model 5", "model 5", "model 3", "model 9"]
    done = await score(tmp_path, said, "--judge", judge[1])
    assert (done.returncode, len(judge[0].bodies)) == (0, 16), done.stderr
    outcomes = [line["outcome"] for line in read_lines(tmp_path / "out/scores.jsonl")]
    assert outcomes == ["unscored"] * 3 + ["scored"] * 5
    found = values(tmp_path)
    assert (found["Speech"], found["Sound"]) == (7.0, 2.0)
    assert "unscored 1 items, reference first: the reply is not two whole numbers" in done.stdout


async def test_judged_again_nothing_is_asked(tmp_path: Path, judge: tuple[RatingJudge, str]) -> None:
    said = [f"model {n}" for n in range(1, 9)]
    await score(tmp_path, said, "--judge", judge[1])
    before = values(tmp_path)
    await score(tmp_path, said, "--judge", judge[1])
    assert (values(tmp_path), len(judge[0].bodies)) == (before, 16)


async def test_temperatures_are_one_and_two_and_the_same_each_time(
    judge: tuple[RatingJudge, str], tmp_path: Path
) -> None:
    await score(tmp_path, [f"model {n}" for n in range(1, 9)], "--judge", judge[1])
    sent = [body["temperature"] for body in judge[0].bodies]
    assert set(sent) == {1.0, 2.0}
    assert all(body["max_tokens"] == 1024 and "seed" not in body for body in judge[0].bodies)
    drawn = [pairs.sampling(str(n), order).temperature for n in range(1000) for order in (0, 1)]
    assert 900 < drawn.count(2.0) < 1100
    assert drawn == [pairs.sampling(str(n), order).temperature for n in range(1000) for order in (0, 1)]


async def test_without_a_judge_nothing_is_scored_and_it_is_said_why(tmp_path: Path) -> None:
    done = await score(tmp_path, ["model 6"] * 7)
    assert done.returncode == 0, done.stderr
    assert "unscored 7 items, it takes a judge: --judge NAME@URL" in done.stdout
    summary = json.loads((tmp_path / "out/summary.json").read_text())
    assert (summary["avg"], summary["avg_strict"], summary["missing"], summary["unscored"]) == (None, None, 1, 7)
    assert not (tmp_path / "out/measures.json").exists()


async def test_measures_of_an_earlier_judge_do_not_stay_beside_other_scores(
    tmp_path: Path, judge: tuple[RatingJudge, str]
) -> None:
    await score(tmp_path, ["model 6"] * 7, "--judge", judge[1])
    assert (tmp_path / "out/measures.json").exists()
    await score(tmp_path, ["model 7"] * 7)
    assert not (tmp_path / "out/measures.json").exists()


def test_prompt_is_the_published_one_to_the_letter() -> None:
    (message,) = prompts.load(pairs.PROMPT).messages((), description="D", question="Q", first="1", second="2")
    (part,) = message.parts
    published = (
        "You are a helpful and precise assistant for checking the quality of the answer.\n"
        "[Detailed Audio Description]\nD\n[Question]\nQ\n[The Start of Assistant 1s "
        "Answer]\n1\n[The End of Assistant 1s Answer]\n"
        "[The Start of Assistant 2s Answer]\n2\n[The End of Assistant 2s Answer]\n[System]\n"
        "We would like to request your feedback on the performance of two AI assistants in response to the user "
        "question and audio description displayed above. AI assistants are provided with detailed audio descriptions "
        "and questions.\nPlease rate the helpfulness, relevance, accuracy, and comprehensiveness of "
        "their responses. Each "
        "assistant receives an overall score on a scale of 1 to 10, where a higher score indicates better overall "
        "performance. Please output a single line containing only two values indicating the scores for Assistant 1 and "
        "2, respectively. The two scores are separated by a space."
    )
    assert getattr(part, "text", None) == published


@pytest.mark.parametrize(("said", "read"), [("7 8", (7.0, 8.0)), (" 10 1\n", (10.0, 1.0)), ("7\n 8", (7.0, 8.0))])
def test_two_whole_numbers_with_a_space_are_read(said: str, read: tuple[float, ...]) -> None:
    assert pairs.read_pair(said) == read


@pytest.mark.parametrize("said", ["", "7", "7  8", "7, 8", "7.5 8", "7 8 9", "7\n8", "11 3", "seven 8", "7 8."])
def test_anything_else_is_not(said: str) -> None:
    with pytest.raises(Unreadable):
        pairs.read_pair(said)


def test_unknown_task_is_named_in_a_line(tmp_path: Path) -> None:
    path = tmp_path / "Chat_meta.json"
    path.write_text(json.dumps([row(0, task_name="speech_chat")]))
    with pytest.raises(SetupError, match="item 0: the task 'speech_chat' is none of speech_QA"):
        benchmarks.read("air_bench_chat", air_bench_chat, path)
