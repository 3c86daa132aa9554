"""`cogito score` without a judge: what it writes, and what it makes of strange predictions."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from audio_cogito.grading.scores import LOCK, held
from benchmark_rows import mmar_row, prediction, read_lines, shared, write_lines, write_mmar
from road import cogito_here

COUNT = 12


def score(folder: Path, rows: list[Any], *more: str) -> subprocess.CompletedProcess[str]:
    meta = write_mmar(folder, COUNT)
    said = write_lines(folder / "predictions.jsonl", rows)
    return cogito_here(
        "score", "mmar", "--meta", str(meta), "--predictions", str(said), "--out", str(folder / "out"), *more
    )


def scores(folder: Path) -> dict[str, dict[str, Any]]:
    return {line["id"]: line for line in read_lines(folder / "out/scores.jsonl")}


def summary(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "out/summary.json").read_text()))


def test_scores_stand_in_the_order_of_the_metadata_with_their_four_fields(tmp_path: Path) -> None:
    rows = [prediction(n, "wrong" if n % 4 == 0 else None) for n in reversed(range(1, COUNT))]
    done = score(tmp_path, rows)
    assert (done.returncode, done.stderr) == (0, "")
    lines = read_lines(tmp_path / "out/scores.jsonl")
    assert [line["id"] for line in lines] == [mmar_row(n)["id"] for n in range(COUNT)]
    assert lines[0] == {"id": mmar_row(0)["id"], "correct": None, "rubric": None, "outcome": "missing"}
    assert lines[1] == {"id": mmar_row(1)["id"], "correct": 1, "rubric": None, "outcome": "scored"}
    assert lines[4] == {"id": mmar_row(4)["id"], "correct": 0, "rubric": None, "outcome": "scored"}


def test_missing_answers_leave_avg_and_are_wrong_in_avg_strict(tmp_path: Path) -> None:
    score(tmp_path, [prediction(n, "wrong" if n < 2 else None) for n in range(8)])
    said = summary(tmp_path)
    assert set(said) == {
        "benchmark", "avg", "avg_strict", "rubrics", "crs", "items", "missing", "unscored", "groups",
    }  # fmt: skip
    assert (said["benchmark"], said["items"], said["missing"], said["unscored"]) == ("mmar", COUNT, 4, 0)
    assert said["avg"] == pytest.approx(100 * 6 / 8)
    assert said["avg_strict"] == pytest.approx(100 * 6 / 12)
    assert (said["rubrics"], said["crs"]) == (None, None)
    assert set(said["groups"]) == {"modality", "category", "sub-category", "language"}
    assert said["groups"]["category"]["Signal Layer"] == {"avg": 75.0, "rubrics": None, "n": 4}


def test_both_averages_are_printed_with_their_interval(tmp_path: Path) -> None:
    done = score(tmp_path, [prediction(n, "wrong" if n < 2 else None) for n in range(8)])
    assert "Avg 75.00 over 8 answered items, 95 % interval 40.9 to 92.9" in done.stdout
    assert "strict 50.00 with 4 missing counted wrong" in done.stdout
    assert "metadata of no published version" in done.stdout


STRANGE: list[Any] = [
    *(prediction(n) for n in range(4)),
    prediction(1, "wrong"),
    prediction(99),
    {"id": 5, "answer_prediction": "Yes"},
    {"answer_prediction": "Yes"},
    prediction(4, 7),
    prediction(5, ["Yes"]),
    prediction(6, ""),
    prediction(7, "x " * 500_000),
    prediction(8, "A wooden door\u2028\u202e\x00 🚪"),
    '{"id": "' + mmar_row(9)["id"] + '", "answer_prediction": "\\ud800 yes", "thinking_prediction": 4}',
    prediction(10, thinking_prediction="x" * 10_000),
    "{not json",
    "[1, 2]",
    '"text"',
    "",
    '{"id": "' + mmar_row(11)["id"] + '"}',
    "[" * 50_000,
]


def test_strange_predictions_are_counted_said_and_cost_nothing_else(tmp_path: Path) -> None:
    done = score(tmp_path, STRANGE)
    assert (done.returncode, done.stderr) == (0, "")
    for said in (
        "1 repeated ids, of which the first counts",
        "1 ids that the benchmark does not have",
        "1 records without an id",
        "1 ids that are no text",
        "2 answers that are no text",
        "1 empty answers",
        "1 reasoning that is no text",
        "1 chains of 10,000 characters or more",
        "2 lines that are no JSON",
        "2 entries that are no record",
        "1 records without an answer",
    ):
        assert f"predictions: {said}" in done.stdout
    found = scores(tmp_path)
    correct = [found[mmar_row(n)["id"]]["correct"] for n in range(COUNT)]
    assert correct == [1, 1, 1, 1, None, None, 0, 0, 1, 1, 1, None]
    assert summary(tmp_path)["missing"] == 3


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([prediction(99)], "1 ids that the benchmark does not have"),
        ([{"id": mmar_row(0)["id"], "prediction": "Yes"}], "an answer stands in answer_prediction or model_prediction"),
        ([""], "it holds no record"),
        ([prediction(0, 4)], "1 answers that are no text"),
    ],
)
def test_file_in_which_every_id_is_missing_is_a_setup_error(tmp_path: Path, rows: list[Any], said: str) -> None:
    done = score(tmp_path, rows)
    assert (done.returncode, done.stderr.count("\n"), done.stdout) == (2, 1, "")
    assert "answers none of the 12 items" in done.stderr
    assert said in done.stderr
    assert not (tmp_path / "out").exists()


def test_line_that_is_an_array_costs_itself_alone(tmp_path: Path) -> None:
    done = score(tmp_path, ["[1, 2]", "[]", *(prediction(n) for n in range(COUNT))])
    assert done.returncode == 0, done.stderr
    assert "predictions: 2 entries that are no record" in done.stdout
    assert summary(tmp_path)["avg_strict"] == 100


@pytest.mark.parametrize("asked", [{"question": "What is it?"}, {}])
def test_key_of_a_metadata_row_is_no_prediction(tmp_path: Path, asked: dict[str, str]) -> None:
    """An answer stands in `answer`, too, for a benchmark of one's own; beside the question it is the key."""
    rows = [{"id": str(n), "audio": "a.wav", "question": "What is it?", "answer": "a dog"} for n in range(4)]
    meta = write_lines(tmp_path / "benchmark.jsonl", rows)
    said = [*({"id": str(n), **asked, "answer": "a dog"} for n in (0, 1)), {**rows[2], "model_output": "a cat"}]
    predictions = write_lines(tmp_path / "predictions.jsonl", said)
    files = ("--meta", str(meta), "--predictions", str(predictions), "--out", str(tmp_path / "out"))
    done = cogito_here("score", "custom", *files)
    assert done.returncode == 0, done.stderr
    assert [line["correct"] for line in read_lines(tmp_path / "out/scores.jsonl")] == (
        [None, None, 0, None] if asked else [1, 1, 0, None]
    )


@pytest.mark.parametrize(
    ("meta", "predictions", "out", "said"),
    [
        ("none.jsonl", "predictions.jsonl", "out", "none.jsonl cannot be read"),
        ("MMAR-meta.jsonl", "none.jsonl", "out", "none.jsonl cannot be read"),
        ("predictions.jsonl", "predictions.jsonl", "out", "'audio_path' is missing"),
        ("MMAR-meta.jsonl", "predictions.jsonl", "MMAR-meta.jsonl", "cannot be written"),
    ],
)
def test_bad_paths_are_one_line(tmp_path: Path, meta: str, predictions: str, out: str, said: str) -> None:
    write_mmar(tmp_path, COUNT)
    write_lines(tmp_path / "predictions.jsonl", [prediction(0)])
    names = ("--meta", meta, "--predictions", predictions, "--out", out)
    done = cogito_here("score", "mmar", *(n if n.startswith("--") else str(tmp_path / n) for n in names))
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert said in done.stderr


def test_second_process_on_one_folder_is_told_who_holds_it_and_changes_nothing(tmp_path: Path) -> None:
    with held(tmp_path / "out"):
        done = score(tmp_path, [prediction(0)])
    assert (done.returncode, done.stderr.count("\n"), done.stdout) == (2, 1, "")
    assert f"out is held by process {os.getpid()} on" in done.stderr
    assert [path.name for path in (tmp_path / "out").iterdir()] == [LOCK]
    assert score(tmp_path, [prediction(0)]).returncode == 0


def test_what_a_killed_one_left_half_written_goes(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    left = tmp_path / "out/.scores.jsonl.7.7.part"
    left.touch()
    score(tmp_path, [prediction(0)])
    assert not left.exists()


def test_unknown_benchmark_is_one_line(tmp_path: Path) -> None:
    done = cogito_here("score", "nonesuch", "--meta", "a", "--predictions", "b", "--out", str(tmp_path))
    assert done.returncode == 2
    assert "mmar" in done.stderr


def test_array_of_predictions_and_the_older_field_are_read(tmp_path: Path) -> None:
    meta, path = write_mmar(tmp_path, COUNT), tmp_path / "predictions.json"
    rows = [{"id": mmar_row(n)["id"], "model_prediction": mmar_row(n)["answer"]} for n in range(COUNT)]
    path.write_text(json.dumps(rows, indent=1))
    done = cogito_here("score", "mmar", "--meta", str(meta), "--predictions", str(path), "--out", str(tmp_path / "out"))
    assert done.returncode == 0
    assert summary(tmp_path)["avg"] == 100.0


def test_real_golds_are_all_right_and_their_anchors_stand_beside(tmp_path: Path) -> None:
    meta = shared("mmar/MMAR-meta.jsonl")
    rows = [{"id": row["id"], "answer_prediction": row["answer"]} for row in read_lines(meta)]
    said = write_lines(tmp_path / "gold.jsonl", rows)
    done = cogito_here("score", "mmar", "--meta", str(meta), "--predictions", str(said), "--out", str(tmp_path / "out"))
    assert done.returncode == 0
    assert summary(tmp_path)["avg"] == 100.0
    assert "MMAR-meta.jsonl of 2026-02" in done.stdout
    assert summary(tmp_path)["groups"]["modality"]["mix-sound-music"]["n"] == 11
    assert "Audio-Cogito, Interspeech 2026-988, Table 2" in done.stdout
