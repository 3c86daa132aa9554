"""AIR-Bench foundation and MMSU: the published letter rule, and what it cannot read counted both ways."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from audio_cogito import benchmarks
from audio_cogito.benchmarks import air_bench_foundation
from audio_cogito.errors import SetupError
from audio_cogito.grading.letters import letter
from benchmark_rows import read_lines, write_lines
from road import cogito_here, serving, write_tones

TASKS = tuple(air_bench_foundation.VIEW.values())
ALL = ("apple", "bird", "cow", "dog")


def air_row(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "path": f"tone {number:04d}.wav",
        "question": "What is heard?",
        **dict(zip(("choice_a", "choice_b", "choice_c", "choice_d"), ALL, strict=True)),
        "answer_gt": ALL[number % 4],
        "task_name": TASKS[number % 5],
        "dataset_name": "made",
        "uniq_id": number // 5,
    } | changes


def mmsu_row(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "id": f"made_{number}",
        "audio_path": f"tone {number:04d}.wav",
        "question": "What is said?",
        **dict(zip(("choice_a", "choice_b", "choice_c", "choice_d"), ALL, strict=True)),
        "answer_gt": ALL[number % 4],
        "task_name": "stress",
        "category": ("Perception", "Reasoning")[number % 2],
        "sub-category": "Linguistics",
        "sub-sub-category": "Phonology",
        "linguistics_sub_discipline": "",
    } | changes


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(rows))
    return path


def score(name: str, meta: Path, said: list[dict[str, Any]]) -> subprocess.CompletedProcess[str]:
    file = write_lines(meta.parent / "said.jsonl", said)
    out = str(meta.parent / "out")
    return cogito_here("score", name, "--meta", str(meta), "--predictions", str(file), "--out", out)


def air(number: int, response: Any) -> dict[str, Any]:
    """A line of the official result file, which has no `id`."""
    return air_row(number) | {"response": response}


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("A", "A"), ("B. bird", "B"), ("\n C\n", "C"), ("Apple", "A"), ("The answer is D.", "D"), ("(B)", "B"),
        ("the answer is\nC\n.", "C"), ("b", None), ("E", None), ("bird", None), ("", None), (".", None),
        ("It is (A).", None),
    ],
)  # fmt: skip
def test_letter_is_the_first_or_the_last_but_one_character(said: str, read: str | None) -> None:
    assert letter(said) == read


def test_unread_answers_leave_avg_and_are_wrong_in_strict(tmp_path: Path) -> None:
    meta = write(tmp_path / "Foundation_meta.json", [air_row(n) for n in range(10)])
    said = [air(n, "ABCD"[n % 4]) for n in range(6)] + [air(6, "A"), air(7, "none of them"), air(8, "")]
    done = score("air_bench_foundation", meta, said)
    assert (done.returncode, done.stderr) == (0, "")
    summary = json.loads((tmp_path / "out/summary.json").read_text())
    assert summary["avg"] == pytest.approx(100 * 6 / 7)
    assert summary["avg_strict"] == pytest.approx(100 * 6 / 10)
    assert (summary["missing"], summary["unscored"]) == (1, 2)
    lines = read_lines(tmp_path / "out/scores.jsonl")
    assert [line["outcome"] for line in lines] == ["scored"] * 7 + ["unscored"] * 2 + ["missing"]
    assert [line["correct"] for line in lines] == [1] * 6 + [0] + [None] * 3
    assert "over 7 answered items" in done.stdout
    assert "1 missing and 2 that the rule cannot read counted wrong" in done.stdout
    why = air_bench_foundation.INFO.unread
    assert f"unscored 2 items, {why}: {TASKS[2]}/made/1" in done.stdout


def test_audio_reasoners_view_is_five_tasks_and_their_plain_mean(tmp_path: Path) -> None:
    # Task n has the items n and n + 5; all are right but item 5, and item 6 is not read.
    meta = write(tmp_path / "Foundation_meta.json", [air_row(n) for n in range(10)])
    said = [air(n, {5: "D", 6: "?"}.get(n, "ABCD"[n % 4])) for n in range(10)]
    done = score("air_bench_foundation", meta, said)
    found = {one["name"]: one["value"] for one in json.loads((tmp_path / "out/measures.json").read_text())}
    assert found == {
        "SoundAQA": 50.0, "MusicAQA": 100.0, "SER": 100.0, "SIC": 100.0, "SNV": 100.0, "mean": 90.0,
        "mean strict": 80.0,
    }  # fmt: skip
    assert "Table 6" in done.stdout


def test_mean_of_the_view_is_none_where_a_task_is_not_there(tmp_path: Path) -> None:
    items = air_bench_foundation.items(write(tmp_path / "m.json", [air_row(n) for n in range(4)]))
    found = {m.name: m.value for m in air_bench_foundation.measures(items, {item.id: "A" for item in items})}
    assert (found["SoundAQA"], found["SNV"], found["mean"], found["mean strict"]) == (100.0, None, None, None)


def test_sounds_lie_by_task_and_dataset_and_those_of_grounding_are_flac(tmp_path: Path) -> None:
    rows = [air_row(0), air_row(1, task_name="Audio_Grounding", dataset_name="AudioGrounding", path="Y1.wav")]
    first, second = air_bench_foundation.items(write(tmp_path / "m.json", rows))
    assert first.audio == "Foundation/Sound_AQA_made/tone 0000.wav"
    assert second.audio == "Foundation/Audio_Grounding_AudioGrounding/Y1.flac"


def test_missing_last_choices_are_no_choices(tmp_path: Path) -> None:
    row = {key: value for key, value in air_row(1).items() if key != "choice_d"} | {"choice_c": None}
    (item,) = air_bench_foundation.items(write(tmp_path / "m.json", [row]))
    assert item.choices == ("apple", "bird")
    assert air_bench_foundation.grader(item)("D") is False


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"answer_gt": "fish"}, "item 0: the answer 'fish' is none of the choices"),
        ({"choice_b": None}, "item 0 has no choices but choice_a, choice_c, choice_d"),
        ({"choice_c": 3}, "item 0: 'choice_c' is no text"),
        ({"uniq_id": None}, "item 0: 'uniq_id' is missing"),
    ],
)
def test_row_that_is_no_good_is_named_in_a_line(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    path = write(tmp_path / "m.json", [air_row(0, **changes)])
    with pytest.raises(SetupError, match=said):
        benchmarks.read("air_bench_foundation", air_bench_foundation, path)


def test_mmsu_counts_empty_and_none_wrong_and_leaves_out_other_unread_ones(tmp_path: Path) -> None:
    meta = write_lines(tmp_path / "mmsu.jsonl", [mmsu_row(n) for n in range(6)])
    said = ["A", "", "None", "I do not know", "A", "The answer is B."]
    done = score("mmsu", meta, [{"id": f"made_{n}", "response": text} for n, text in enumerate(said)])
    assert (done.returncode, done.stderr) == (0, "")
    assert [line["correct"] for line in read_lines(tmp_path / "out/scores.jsonl")] == [1, 0, 0, None, 1, 1]
    summary = json.loads((tmp_path / "out/summary.json").read_text())
    assert (summary["avg"], summary["avg_strict"]) == (pytest.approx(60.0), pytest.approx(50.0))
    assert set(summary["groups"]["linguistics_sub_discipline"]) == {benchmarks.UNSTATED}


@pytest.mark.parametrize("name", ["air_bench_foundation", "mmsu"])
def test_evaluation_hands_in_letters_that_score_alike(tmp_path: Path, name: str) -> None:
    if name == "mmsu":
        data = write_tones(tmp_path / "data", 5)
        meta = write_lines(data / "mmsu.jsonl", [mmsu_row(n) for n in range(5)])
    else:
        data = tmp_path / "data"
        for number in range(5):
            write_tones(data / f"Foundation/{TASKS[number]}_made", 5)
        meta = write(data / "Foundation/Foundation_meta.json", [air_row(n) for n in range(5)])
    run, again = tmp_path / "run", tmp_path / "again"
    with serving() as url:
        done = cogito_here(
            "evaluate", name, "--model", f"scripted@{url}", "--data", str(data), "--out", str(run), "model.patience=2",
            "--permute-choices", "2",
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    said = run / "submission.jsonl"
    assert {line["answer_prediction"] for line in read_lines(said)} <= set("ABCD")
    cogito_here("score", name, "--meta", str(meta), "--predictions", str(said), "--out", str(again))
    assert (again / "scores.jsonl").read_bytes() == (run / "scores.jsonl").read_bytes()
    assert "unscored" not in (run / "scores.jsonl").read_text()
