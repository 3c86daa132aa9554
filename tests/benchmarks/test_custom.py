"""A benchmark of one's own: read strictly, graded by the published string match, its groups free."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from audio_cogito import benchmarks
from audio_cogito.benchmarks import UNSTATED, Metadata, custom
from audio_cogito.errors import SetupError
from benchmark_rows import read_lines, write_lines
from road import cogito_here, serving, write_tones


def row(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "id": f"own-{number}",
        "audio": f"tone {number:04d}.wav",
        "question": "What closes?",
        "choices": ["a door", "a drawer"],
        "answer": "a door",
    } | changes


def read(folder: Path, *rows: Any) -> Metadata:
    return benchmarks.read("custom", custom, write_lines(folder / "benchmark.jsonl", rows))


def test_every_kind_of_group_of_any_row_has_its_averages(tmp_path: Path) -> None:
    meta = write_lines(
        tmp_path / "benchmark.jsonl",
        [row(0, groups={"room": "hall"}), row(1, groups={"room": "hall", "category": "doors"}), row(2)],
    )
    said = [{"id": f"own-{n}", "answer_prediction": text} for n, text in enumerate(["a door", "a drawer", "A door!"])]
    predictions, out = write_lines(tmp_path / "said.jsonl", said), tmp_path / "out"
    done = cogito_here("score", "custom", "--meta", str(meta), "--predictions", str(predictions), "--out", str(out))
    assert (done.returncode, done.stderr) == (0, "")
    groups = json.loads((out / "summary.json").read_text())["groups"]
    assert {kind: {name: (g["avg"], g["n"]) for name, g in named.items()} for kind, named in groups.items()} == {
        "category": {UNSTATED: (100.0, 2), "doors": (0.0, 1)},
        "room": {"hall": (50.0, 2), UNSTATED: (100.0, 1)},
    }
    assert "by room" in done.stdout
    assert "Published numbers" not in done.stdout


def test_without_choices_every_word_of_the_key_has_to_be_said(tmp_path: Path) -> None:
    (item,) = read(tmp_path, row(0, choices=[], answer="two dogs")).items
    assert (item.type, [custom.grader(item)(said) for said in ("Dogs: two of them", "two cats")]) == (
        "open",
        [True, False],
    )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"choises": ["x"]}, "line 2: Object contains unknown field `choises`"),
        ({"answer": "a window"}, "line 2: the answer 'a window' is none of the choices"),
        ({"answer": 3}, "line 2: Expected `str`, got `int`"),
        ({"audio": " "}, "line 2: 'audio' is empty"),
        ({"id": "own-0"}, "the id 'own-0' stands twice"),
        ({"rubric": [{"name": "x"}]}, "line 2: the rubric cannot be read"),
    ],
)
def test_row_that_is_no_good_is_named_in_a_line(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(SetupError, match=said) as error:
        read(tmp_path, row(0), row(1, **changes))
    assert "\n" not in str(error.value)


def test_model_is_evaluated_on_it_with_and_without_choices(tmp_path: Path) -> None:
    data = write_tones(tmp_path / "own", 4)
    rows = [row(n) if n % 2 else row(n, choices=[], answer="a door") for n in range(4)]
    write_lines(data / "benchmark.jsonl", rows)
    with serving() as url:
        done = cogito_here(
            "evaluate", "custom", "--model", f"scripted@{url}", "--data", str(data), "--out", str(tmp_path / "run"),
            "model.patience=2",
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert [line["outcome"] for line in read_lines(tmp_path / "run/scores.jsonl")] == ["scored"] * 4
