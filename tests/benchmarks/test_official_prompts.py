"""Profile `official`: the benchmark's own prompt to the letter, and its rule over the text as written."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from audio_cogito import benchmarks, plugins
from audio_cogito.evaluation import OFFICIAL, Answered, outcome
from audio_cogito.evaluation.outcome import Grading, Setting
from benchmark_rows import write_lines, write_mmar
from road import cogito, cogito_here, write_tones
from server import Options, Server

AIR = "Choose the most suitable answer from options A, B, C, and D to respond the question in next line, you may only choose A or B or C or D."  # noqa: E501
MMSU = "Choose the most suitable answer from options A, B, C, and D. You must respond with only A, B, C, or D."


def air_data(folder: Path, **changes: Any) -> Path:
    write_tones(folder / "Foundation/Sound_AQA_made", 1)
    row = {"path": "tone 0000.wav", "question": "What is it?", "choice_a": "a dog", "choice_b": "a cat"}
    row |= {"answer_gt": "a dog", "task_name": "Sound_AQA", "dataset_name": "made", "uniq_id": 1} | changes
    (folder / "Foundation/Foundation_meta.json").write_text(json.dumps([row]))
    return folder


def mmsu_data(folder: Path) -> Path:
    write_tones(folder, 1)
    row = {"id": "one", "audio_path": "tone 0000.wav", "question": "What is it?", "answer_gt": "a dog"}
    row |= dict(zip(("choice_a", "choice_b", "choice_c", "choice_d"), ("a dog", "a cat", "an owl", "-"), strict=True))
    write_lines(folder / "mmsu.jsonl", [row])
    return folder


async def asked(name: str, data: Path, out: Path) -> str:
    async with Server(Options()) as server:
        server.keep = True
        given = ("--model", f"scripted@{server.url}", "--data", str(data), "--out", str(out), "--profile", "official")
        done = await asyncio.to_thread(cogito, "evaluate", name, *given)
        assert done.returncode == 0, done.stderr
        (request,) = server.requests
    (message,) = json.loads(request)["messages"]
    return str(message["content"][-1]["text"])


async def test_prompt_of_air_bench_shows_missing_choices_as_none(tmp_path: Path) -> None:
    sent = await asked("air_bench_foundation", air_data(tmp_path / "data"), tmp_path / "run")
    assert sent == f"{AIR}\nWhat is it?\nA. a dog\nB. a cat\nC. None\nD. None"


async def test_prompt_of_air_bench_shows_four_choices(tmp_path: Path) -> None:
    data = air_data(tmp_path / "data", choice_c="an owl", choice_d="rain")
    sent = await asked("air_bench_foundation", data, tmp_path / "run")
    assert sent == f"{AIR}\nWhat is it?\nA. a dog\nB. a cat\nC. an owl\nD. rain"


async def test_prompt_of_mmsu(tmp_path: Path) -> None:
    sent = await asked("mmsu", mmsu_data(tmp_path / "data"), tmp_path / "run")
    assert sent == f"{MMSU}\n\nQuestion: What is it?\n\nA. a dog\nB. a cat\nC. an owl\nD. -"


@pytest.mark.parametrize(
    ("profile", "written", "correct"),
    [(OFFICIAL, "It is the dog", None), ("qwen", "It is the dog", 1), (OFFICIAL, "A. a dog", 1)],
)
def test_texts_are_graded_as_written(tmp_path: Path, profile: str, written: str, correct: int | None) -> None:
    module = plugins.load("benchmarks", "mmsu")
    meta = mmsu_data(tmp_path) / "mmsu.jsonl"
    by = Grading(module, benchmarks.read("mmsu", module, meta), meta, None, tmp_path / "store")
    made = Setting(benchmark="mmsu", model="m@1", profile=profile, style="free")
    said = {"one": Answered(item="one", extracted="A", written=written, thinking="", truncated=False)}
    found = outcome._outcome(by, said, made, tmp_path / "run", Console(quiet=True))
    assert [one.correct for one in found.graded] == [correct]
    submitted = json.loads((tmp_path / "run/submission.jsonl").read_text())["answer_prediction"]
    assert submitted == (written if profile == OFFICIAL else "A")


def test_benchmark_without_a_prompt_of_its_own_refuses_the_profile(tmp_path: Path) -> None:
    write_mmar(tmp_path, 1)
    given = ("--model", "m@http://127.0.0.1:9/v1", "--data", str(tmp_path), "--out", str(tmp_path / "run"))
    done = cogito_here("evaluate", "mmar", *given, "--profile", "official")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "mmar publishes no prompt of its own; profile official is for air_bench_foundation and mmsu" in done.stderr


def test_official_letters_are_not_asked_in_other_orders(tmp_path: Path) -> None:
    given = ("--model", "m@http://127.0.0.1:9/v1", "--data", str(mmsu_data(tmp_path)), "--out", str(tmp_path / "run"))
    done = cogito_here("evaluate", "mmsu", *given, "--profile", "official", "--permute-choices", "2")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "grades letters as written" in done.stderr
