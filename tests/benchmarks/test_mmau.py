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
from road import cogito_here


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


def test_hidden_test_without_keys_is_refused_in_a_line(tmp_path: Path) -> None:
    hidden = {key: value for key, value in row(0).items() if key != "answer"}
    with pytest.raises(SetupError, match="graded by its authors"):
        benchmarks.read("mmau", mmau, write(tmp_path, [hidden]))


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
