"""`cogito evaluate`: a benchmark walked as a build is, with faults, resuming and the published grading."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from audio_cogito import audio, evaluation, shards
from audio_cogito.evaluation import Answered
from audio_cogito.grading.scores import held
from audio_cogito.run import Run
from audio_cogito.types import Trace
from benchmark_rows import mmar_row, read_lines, write_lines
from judging_server import Judge
from road import cogito, cogito_here, serving, write_tones
from server import Options, Server

COUNT = 10


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serving() as url:
        yield url


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A benchmark's folder: ten items with a sound each, of which two are the same and one is all but silent."""
    write_tones(tmp_path / "mmar/audio", COUNT)
    audio = tmp_path / "mmar/audio"
    for number in range(COUNT):
        name = Path(mmar_row(number)["audio_path"]).name
        (audio / f"tone {number:04d}.wav").rename(audio / name)
    first, second = (audio / Path(mmar_row(number)["audio_path"]).name for number in (0, 4))
    second.write_bytes(first.read_bytes())
    write_lines(tmp_path / "mmar/MMAR-meta.jsonl", (mmar_row(number) for number in range(COUNT)))
    return tmp_path / "mmar"


def evaluate(data: Path, url: str, *more: str, name: str = "run") -> subprocess.CompletedProcess[str]:
    out = data.parent / name
    return cogito_here(
        "evaluate", "mmar", "--model", f"scripted@{url}", "--data", str(data), "--out", str(out),
        "model.patience=2", *more,
    )  # fmt: skip


def summary(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "summary.json").read_text()))


def test_every_item_is_answered_graded_and_submitted(data: Path, url: str) -> None:
    done = evaluate(data, url)
    assert done.returncode == 0, done.stderr
    run = data.parent / "run"
    said = summary(run)
    assert (said["items"], said["missing"]) == (COUNT, 0)
    lines = read_lines(run / "submission.jsonl")
    assert [set(line) for line in lines] == [{"id", "thinking_prediction", "answer_prediction"}] * COUNT
    assert [line["id"] for line in lines] == [mmar_row(number)["id"] for number in range(COUNT)]
    for number, line in enumerate(lines):
        assert line["answer_prediction"] in mmar_row(number)["choices"]
    assert "Both sums hold for every stage." in done.stdout
    assert "truncated: 0 of 10 (0.0%)" in done.stdout
    assert "no answer found in 0 of 10 (0.0%)" in done.stdout
    assert "Audio-Cogito" in done.stdout


def test_submission_scored_by_the_score_command_gives_the_same_scores(data: Path, url: str) -> None:
    evaluate(data, url)
    run, out = data.parent / "run", data.parent / "again"
    meta, said = data / "MMAR-meta.jsonl", run / "submission.jsonl"
    done = cogito_here("score", "mmar", "--meta", str(meta), "--predictions", str(said), "--out", str(out))
    assert done.returncode == 0
    assert (out / "scores.jsonl").read_bytes() == (run / "scores.jsonl").read_bytes()
    assert (out / "summary.json").read_bytes() == (run / "summary.json").read_bytes()


def test_evaluated_again_nothing_is_paid_and_the_bytes_are_the_same(data: Path, url: str) -> None:
    evaluate(data, url)
    run = data.parent / "run"
    before = {name: (run / name).read_bytes() for name in ("scores.jsonl", "summary.json", "submission.jsonl")}
    assert sum(usage.calls for usage in Run(run).record.usage.values()) == COUNT
    done = evaluate(data, url)
    assert done.returncode == 0
    assert {name: (run / name).read_bytes() for name in before} == before
    assert sum(usage.calls for usage in Run(run).record.usage.values()) == 0


def test_missing_sound_costs_its_item_alone(data: Path, url: str) -> None:
    (data / mmar_row(3)["audio_path"]).unlink()
    (data / mmar_row(5)["audio_path"]).write_bytes(b"no audio")
    done = evaluate(data, url)
    assert done.returncode == 3
    said = summary(data.parent / "run")
    assert (said["items"], said["missing"]) == (COUNT, 2)
    assert "2 missing counted wrong" in done.stdout


def test_no_item_answered_is_one_line_and_no_score(data: Path, url: str) -> None:
    for path in (data / "audio").iterdir():
        path.unlink()
    done = evaluate(data, url)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "collect: missing 10" in done.stdout
    assert not (data.parent / "run/summary.json").exists()


def test_limit_takes_the_same_items_each_time_and_asks_no_other(data: Path, url: str) -> None:
    evaluate(data, url, "--limit", "4", name="four")
    evaluate(data, url, "--limit", "6", name="six")
    four, six = ({line["id"] for line in read_lines(data.parent / n / "scores.jsonl")} for n in ("four", "six"))
    assert (len(four), len(six), four < six) == (4, 6, True)
    assert summary(data.parent / "four")["missing"] == 0


def test_runs_are_graded_each_and_their_middle_is_told(data: Path, url: str) -> None:
    done = evaluate(data, url, "--runs", "3")
    assert done.returncode == 0, done.stderr
    run = data.parent / "run"
    together = json.loads((run / "runs.json").read_text())
    assert together["avg"]["runs"] == [summary(folder)["avg"] for folder in (run, run / "runs/2", run / "runs/3")]
    assert together["avg"]["middle"] == sorted(together["avg"]["runs"])[1]
    assert together["rubrics"] is None
    assert "Avg of 3 runs" in done.stdout


def test_runs_of_a_greedy_profile_are_refused(data: Path, url: str) -> None:
    done = evaluate(data, url, "--runs", "5", "--profile", "challenge")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "would draw the same chain again" in done.stderr


@pytest.mark.parametrize(
    ("profile", "roles", "sampling"),
    [
        ("challenge", ["system", "user"], {"max_tokens": 16384, "temperature": 0.0}),
        ("qwen", ["user"], {"max_tokens": 16384}),
        ("audio-reasoner", ["system", "user"], {"max_tokens": 2048, "temperature": 0.0}),
    ],
)
async def test_profile_sends_what_it_names(
    data: Path, url: str, profile: str, roles: list[str], sampling: dict[str, Any]
) -> None:
    from audio_cogito import pipeline
    from audio_cogito.models.openai import OpenAI
    from audio_cogito.opening import opened

    asked: list[dict[str, Any]] = []

    class Noting(OpenAI):
        async def send(self, request: bytes, *arguments: Any, **more: Any) -> Any:
            asked.append(json.loads(request))
            return await super().send(request, *arguments, **more)

    model = {"name": "scripted", "url": url, "revision": "1"}
    recipe = evaluation.recipe(
        "mmar", data=data, meta=data / "MMAR-meta.jsonl", out=data.parent / "run", store=data.parent / "store",
        limit=1, draws=1, profile=profile, model=model, think={},
    )  # fmt: skip
    async with opened(recipe, connect=Noting) as build:
        await pipeline.walk(build)
    (body,) = asked
    assert [message["role"] for message in body["messages"]] == roles
    assert {key: value for key, value in body.items() if key not in ("model", "messages")} == sampling
    audio, text = body["messages"][-1]["content"]
    assert audio["type"] == "audio"
    instructed = "\nSelect one option from the provided choices:\n" in text["text"]
    assert instructed == (profile != "audio-reasoner")
    if profile == "challenge":
        system = "You are a multi-task audio understanding and reasoning model."
        assert body["messages"][0]["content"] == system


def answer(**changes: Any) -> Answered:
    given = {"item": "i", "extracted": "Dog", "written": "It is the Dog.", "thinking": "", "truncated": False}
    return Answered(**(given | changes))


def test_text_as_written_is_graded_where_no_answer_is_found() -> None:
    assert answer().prediction.answer == "Dog"
    assert answer(extracted=None).prediction.answer == "It is the Dog."


def test_chain_too_long_for_a_submission_is_cut_there_alone() -> None:
    long = answer(thinking="x" * 20_000)
    (line,) = evaluation.submission([long])
    assert len(line.thinking_prediction) == 9_999
    assert len(long.prediction.thinking or "") == 20_000


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("think.styl=free",), "did you mean style?"),
        (("collect.threads=3",), "what can be set begins with model., judge., think."),
        (("judge.patience=3",), "no --judge is named"),
        (("--judge", "nobody"), "not NAME@URL"),
        (("--meta", "/none.jsonl"), "cannot be read"),
    ],
)
def test_bad_settings_are_one_line_and_nothing_is_asked(data: Path, url: str, more: tuple[str, ...], said: str) -> None:
    done = evaluate(data, url, *more)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert said in done.stderr
    assert not (data.parent / "run/verify").exists()


def test_second_evaluation_is_told_who_holds_the_folder_while_the_first_grades(data: Path, url: str) -> None:
    with held(data.parent / "run"):
        done = evaluate(data, url)
    assert (done.returncode, done.stderr.count("\n"), done.stdout) == (2, 1, "")
    assert "run is held by process" in done.stderr
    assert not (data.parent / "run/verify").exists()


def test_folder_without_metadata_is_one_line(tmp_path: Path, url: str) -> None:
    (tmp_path / "mmar").mkdir()
    done = evaluate(tmp_path / "mmar", url)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "holds no MMAR-meta.jsonl or MMAR-meta.json" in done.stderr


def test_dead_model_ends_it_with_one_line(data: Path) -> None:
    done = evaluate(data, "http://127.0.0.1:9/v1", "model.patience=0.4")
    assert (done.returncode, done.stderr.count("\n")) == (4, 1)
    assert not (data.parent / "run/scores.jsonl").exists()


def test_faulty_model_leaves_the_sums_whole_and_the_rest_graded(data: Path) -> None:
    with serving("--faults", "0.5", "--kinds", "500,reset,empty,no_think_end,looping") as faulty:
        done = cogito_here("evaluate", "mmar", "--model", f"scripted@{faulty}", "--data", str(data),
                           "--out", str(data.parent / "run"))  # fmt: skip
    assert done.returncode in (0, 3), done.stderr
    said = summary(data.parent / "run")
    assert said["items"] == COUNT
    assert "Both sums hold for every stage." in done.stdout
    assert "truncated: 0 of 10" not in done.stdout


async def test_judge_is_added_later_without_a_new_answer(data: Path, url: str) -> None:
    async with Judge() as judge:
        options = ("evaluate", "mmar", "--model", f"scripted@{url}", "--data", str(data), "--out",
                   str(data.parent / "run"))  # fmt: skip
        await asyncio.to_thread(cogito, *options)
        plain = summary(data.parent / "run")
        done = await asyncio.to_thread(cogito, *options, "--judge", judge.name)
        asked = len(judge.bodies)
        again = await asyncio.to_thread(cogito, *options, "--judge", judge.name)
    assert (done.returncode, again.returncode) == (0, 0), done.stderr
    judged = summary(data.parent / "run")
    assert (plain["rubrics"], judged["avg"]) == (None, plain["avg"])
    assert judged["rubrics"] == pytest.approx(plain["avg"])
    assert judged["crs"] == pytest.approx(1.0)
    assert asked == 5 * round(plain["avg"] / 100 * COUNT) == len(judge.bodies)
    assert sum(usage.calls for usage in Run(data.parent / "run").record.usage.values()) == 0


def heard(run: Path) -> dict[str, list[str]]:
    """The sounds that each item's question was asked about, by item."""
    found: dict[str, list[str]] = {}
    for _, traces in shards.inputs(run / "verify", Trace):
        for trace in traces:
            for clip in trace.question.clips:
                found.setdefault(clip.recording.source_id or "", []).append(clip.id)
    return found


def test_blind_runs_ask_the_same_without_the_sound(data: Path, url: str) -> None:
    evaluate(data, url)
    for blind in ("silence", "shuffled", "text"):
        done = evaluate(data, url, "--blind", blind, name=blind)
        assert done.returncode == 0, done.stderr
        assert summary(data.parent / blind)["missing"] == 0
        assert f"BLIND ({blind})" in done.stdout
    own, shuffled, silent = (heard(data.parent / name) for name in ("run", "shuffled", "silence"))
    alike = {mmar_row(0)["id"], mmar_row(4)["id"]}
    assert all(own[item] != shuffled[item] for item in own.keys() - alike)
    assert {clip for clips in silent.values() for clip in clips} == {audio.clip_id(audio.silence(1))}
    assert own.keys() == silent.keys() == shuffled.keys()


async def test_text_alone_sends_no_sound(data: Path, url: str) -> None:
    async with Server(Options()) as server:
        server.keep = True
        await asyncio.to_thread(cogito, "evaluate", "mmar", "--model", f"scripted@{server.url}", "--data", str(data),
                                "--out", str(data.parent / "run"), "--blind", "text")  # fmt: skip
        assert len(server.requests) == COUNT
        assert not any(b"audio" in body for body in server.requests)


def test_permuted_choices_are_the_same_choices_in_other_orders(data: Path, url: str) -> None:
    done = evaluate(data, url, "--permute-choices", "3")
    assert done.returncode == 0, done.stderr
    run = data.parent / "run"
    assert len(json.loads((run / "runs.json").read_text())["avg"]["runs"]) == 3
    assert "runs: 3 orders of the choices, 1 draws of each" in done.stdout
    orders: dict[str, set[tuple[str, ...]]] = {}
    for _, traces in shards.inputs(run / "verify", Trace):
        for trace in traces:
            orders.setdefault(trace.question.clips[0].recording.source_id or "", set()).add(trace.question.choices)
    for number in range(COUNT):
        row = mmar_row(number)
        assert {tuple(sorted(order)) for order in orders[row["id"]]} == {tuple(sorted(row["choices"]))}
    assert any(len(found) > 1 for found in orders.values())
    assert tuple(mmar_row(0)["choices"]) in orders[mmar_row(0)["id"]]
