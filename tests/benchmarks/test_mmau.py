"""MMAU test-mini: its version, its quirks, and the field that its script reads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from audio_cogito import benchmarks
from audio_cogito.benchmarks import Metadata, mmau
from audio_cogito.errors import SetupError
from benchmark_rows import shared
from road import cogito_here, serving, write_tones


def row(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "id": f"made-{number}",
        "audio_id": f"./test-mini-audios/made-{number}.wav",
        "question": "Who speaks?",
        "choices": ["Man", "Woman", "Child", "Robot"],
        "answer": "Man",
        "dataset": "Made",
        "task": ("sound", "music", "speech")[number % 3],
        "split": "test-mini",
        "category": "Reasoning",
        "sub-category": "Acoustic Source Inference",
        "difficulty": ("easy", "hard")[number % 2],
    } | changes


def write(folder: Path, rows: list[dict[str, Any]]) -> Path:
    path = folder / "mmau-test-mini.json"
    path.write_text(json.dumps(rows, indent=2))
    return path


@pytest.fixture(scope="module")
def real() -> Metadata:
    return benchmarks.read("mmau", mmau, shared("mmau/mmau-test-mini.json"))


@pytest.mark.parametrize(
    ("probe", "right"),
    [("{gold}", 1000), ("Answer: {gold}", 1000), ("{letter}. {gold}", 967), ("The answer is {gold}.", 907)],
)
def test_probes_of_the_real_items_come_out_as_published(real: Metadata, probe: str, right: int) -> None:
    said = [(i, probe.format(gold=i.answer, letter="ABCDEFGH"[i.choices.index(i.answer)])) for i in real.items]
    assert sum(mmau.grader(item)(text) for item, text in said) == right


def test_real_metadata_are_told_by_their_hash(real: Metadata) -> None:
    assert real.version is not None
    accepted = [(i.id, c) for i in real.items for c in i.choices if c != i.answer and mmau.grader(i)(c)]
    assert (len(accepted), len({id_ for id_, _ in accepted})) == (12, 9)
    assert sum(item.groups["category"] == "Reasoning" for item in real.items) == 677


def test_category_that_is_a_list_is_its_one_name(tmp_path: Path) -> None:
    rows = [row(0, category=["Reasoning"]), row(1)]
    items = benchmarks.read("mmau", mmau, write(tmp_path, rows)).items
    assert [item.groups["category"] for item in items] == ["Reasoning", "Reasoning"]


def hidden(folder: Path, count: int = 4) -> Path:
    """Items of the hidden test, as they are without a key, each with its sound."""
    write_tones(folder / "test-audios", count)
    rows = [row(n, audio_id=f"./test-audios/tone {n:04d}.wav", split="test") for n in range(count)]
    for one in rows:
        del one["answer"]
    return write(folder, rows).rename(folder / "mmau-test.json")


def test_hidden_test_is_answered_for_its_authors_to_grade(tmp_path: Path) -> None:
    meta, out = hidden(tmp_path), tmp_path / "run"
    with serving() as url:
        given = ("--model", f"scripted@{url}", "--data", str(tmp_path), "--meta", str(meta), "--out", str(out))
        done = cogito_here("evaluate", "mmau", *given)
    assert (done.returncode, done.stderr) == (0, "")
    assert "no answer found in 0 of 4 (0.0%)" in done.stdout
    assert "not scored: only the authors" in done.stdout
    asked, said = (json.loads(path.read_text()) for path in (meta, out / "submission.json"))
    for question, line in zip(asked, said, strict=True):
        assert line["model_output"] == line["model_prediction"]
        assert line["model_output"] in question["choices"]
        assert {key: value for key, value in line.items() if key not in mmau.INFO.answer_fields} == question
    assert not (out / "scores.jsonl").exists()


def test_hidden_test_is_never_scored_judged_or_compared(tmp_path: Path) -> None:
    meta = hidden(tmp_path)
    said = tmp_path / "said.json"
    said.write_text(json.dumps([{"id": "made-0", "model_output": "Man"}]))
    out = ("--out", str(tmp_path / "out"))
    scored = cogito_here("score", "mmau", "--meta", str(meta), "--predictions", str(said), *out)
    assert (scored.returncode, scored.stderr.count("\n")) == (2, 1)
    assert "holds no keys" in scored.stderr
    given = ("--model", "m@http://127.0.0.1:9/v1", "--data", str(tmp_path), "--meta", str(meta), *out)
    for more in (("--judge", "j@http://127.0.0.1:9/v1"), ("--base", "b@http://127.0.0.1:9/v1")):
        done = cogito_here("evaluate", "mmau", *given, *more)
        assert (done.returncode, done.stderr.count("\n")) == (2, 1)
        assert "have no keys" in done.stderr


def test_item_without_a_key_among_keyed_ones_is_named_in_a_line(tmp_path: Path) -> None:
    rows = [row(0), row(1)]
    del rows[1]["answer"]
    with pytest.raises(SetupError, match="item 1: 'answer' is missing"):
        benchmarks.read("mmau", mmau, write(tmp_path, rows))


def test_submission_of_test_mini_scores_as_the_run_did(tmp_path: Path) -> None:
    write_tones(tmp_path / "sounds", 6)
    meta = write(tmp_path, [row(n, audio_id=f"sounds/tone {n:04d}.wav") for n in range(6)])
    with serving() as url:
        given = ("--model", f"scripted@{url}", "--data", str(tmp_path), "--out", str(tmp_path / "run"))
        assert cogito_here("evaluate", "mmau", *given).returncode == 0
    said, out = str(tmp_path / "run/submission.json"), str(tmp_path / "again")
    done = cogito_here("score", "mmau", "--meta", str(meta), "--predictions", said, "--out", out)
    assert done.returncode == 0
    assert (tmp_path / "again/scores.jsonl").read_bytes() == (tmp_path / "run/scores.jsonl").read_bytes()


def test_model_output_counts_before_model_prediction(tmp_path: Path) -> None:
    said = [
        {"id": "made-0", "model_output": "Man", "model_prediction": "Woman"},
        {"id": "made-1", "model_prediction": "man."},
        {"id": "made-2", "model_output": "Woman"},
    ]
    predictions = tmp_path / "p.json"
    predictions.write_text(json.dumps(said))
    meta, out = write(tmp_path, [row(n) for n in range(3)]), tmp_path / "out"
    done = cogito_here("score", "mmau", "--meta", str(meta), "--predictions", str(predictions), "--out", str(out))
    assert done.returncode == 0, done.stderr
    assert [json.loads(line)["correct"] for line in (out / "scores.jsonl").read_text().splitlines()] == [1, 1, 0]
    assert set(json.loads((out / "summary.json").read_text())["groups"]) == set(mmau.INFO.groups)
    assert "the older release: not comparable" in done.stdout
