"""What every benchmark holds, and what its table says of published numbers."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import pytest

from audio_cogito import plugins
from audio_cogito.benchmarks import Anchor, mmar
from audio_cogito.grading import scores, tables
from audio_cogito.grading.scores import Graded
from benchmark_rows import mmar_row, prediction, write_lines, write_mmar
from road import cogito_here

NAMES = tuple(plugins.files("benchmarks", ".py"))


@pytest.fixture(params=NAMES)
def module(request: pytest.FixtureRequest) -> ModuleType:
    return plugins.load("benchmarks", request.param)


def test_every_published_number_has_a_source_and_a_column_to_stand_in(module: ModuleType) -> None:
    headings = {*module.INFO.columns.values(), *module.INFO.totals}
    for anchor in module.ANCHORS:
        assert anchor.source.strip()
        assert set(anchor.scores) <= headings, anchor.model


def graded(correct: int, n: int) -> list[Graded]:
    groups = dict.fromkeys(mmar.INFO.groups, "one") | {"modality": "sound"}
    return [
        Graded(id=str(i), correct=1 if i < correct else 0, rubric=None, outcome="scored", groups=groups, said="")
        for i in range(n)
    ]


def standing(correct: int, n: int, published: float, left_out: int = 0, **changes: Any) -> str:
    found = graded(correct, n)
    found += [msgspec.structs.replace(found[0], id=f"-{i}", correct=None, outcome="missing") for i in range(left_out)]
    summary = scores.summarise("mmar", found, scores.grouped(found, mmar.INFO))
    anchor = Anchor(model="other", scores={"Avg": published}, source="a table")
    given = {"comparable": True} | changes.pop("table", {})
    table = tables.published(summary, mmar.INFO, (msgspec.structs.replace(anchor, **changes),), "own", **given)
    return table.rows[1][-1]


def test_difference_within_the_interval_is_a_tie_and_beyond_it_is_said() -> None:
    assert standing(700, 1000, 70.0) == "[1] tie"
    assert standing(700, 1000, 73.9) == "[1] tie"
    assert standing(700, 1000, 74.5) == "[1] this run is lower"
    assert standing(700, 1000, 65.5) == "[1] this run is higher"
    assert standing(70, 100, 74.5) == "[1] tie"


def test_what_is_left_out_does_not_win() -> None:
    """Of 1,000 items the 700 easiest answered, all but 35 rightly: 95.0, and 66.5 where the others count."""
    assert standing(665, 700, 70.0, left_out=300) == "[1] turns on what is left out"
    assert standing(665, 700, 60.0, left_out=300) == "[1] this run is higher"
    assert standing(665, 700, 99.0, left_out=300) == "[1] this run is lower"


def test_nothing_is_held_beside_a_number_that_was_made_on_other_items() -> None:
    assert standing(700, 1000, 20.0, comparable=False) == "[1] "
    assert standing(700, 1000, 20.0, table={"comparable": False}) == "[1] "


def test_number_of_a_paper_that_contradicts_itself_is_marked(tmp_path: Path) -> None:
    row = {"task_name": "sound_QA", "dataset_name": "made", "uniq_id": 1, "path": "a.wav", "question": "What?"}
    meta = tmp_path / "Chat_meta.json"
    meta.write_text(json.dumps([row | {"answer_gt": "Rain.", "meta_info": "Rain falls."}]))
    said = write_lines(tmp_path / "said.jsonl", [{"id": "sound_QA/made/1", "response": "Rain."}])
    given = ("--meta", str(meta), "--predictions", str(said), "--out", str(tmp_path / "out"))
    done = cogito_here("score", "air_bench_chat", *given)
    assert "7.94 as printed, though the mean of its row is 7.64" in done.stdout


def test_published_table_is_printed_with_every_modality_category_and_sub_category(tmp_path: Path) -> None:
    meta = write_mmar(tmp_path, 14)
    said = write_lines(tmp_path / "said.jsonl", [prediction(n, "wrong" if n % 7 == 2 else None) for n in range(14)])
    given = ("--meta", str(meta), "--predictions", str(said), "--out", str(tmp_path / "out"))
    lines = cogito_here("score", "mmar", *given).stdout.splitlines()
    assert next(line.split() for line in lines if "S-M-S" in line) == [
        "Sound", "Music", "Speech", "S-M", "S-S", "M-S", "S-M-S", "Avg", "Rubrics", "CRS",
    ]  # fmt: skip
    own = next(line.split() for line in lines if line.endswith("this run"))
    assert own[1:9] == ["100.00", "100.00", "0.00", "100.00", "100.00", "100.00", "100.00", "85.71"]
    for kind in ("category", "sub-category"):
        at = next(number for number, line in enumerate(lines) if line.startswith(f"by {kind}"))
        names = {mmar_row(n)[kind] for n in range(14)}
        assert {line.split("  ")[0] for line in lines[at + 1 : at + 1 + len(names)]} == names


def test_summary_holds_what_was_agreed_and_no_more(tmp_path: Path) -> None:
    meta = write_mmar(tmp_path, 7)
    said = write_lines(tmp_path / "said.jsonl", [prediction(n) for n in range(7)])
    given = ("--meta", str(meta), "--predictions", str(said), "--out", str(tmp_path / "out"))
    cogito_here("score", "mmar", *given)
    summary = json.loads((tmp_path / "out/summary.json").read_text())
    assert list(summary) == [
        "benchmark", "avg", "avg_strict", "rubrics", "crs", "items", "missing", "unscored", "groups",
    ]  # fmt: skip
    assert {tuple(one) for named in summary["groups"].values() for one in named.values()} == {("avg", "rubrics", "n")}


def test_avg_is_over_items_not_over_modalities(tmp_path: Path) -> None:
    rows = [mmar_row(n, modality="speech" if n < 9 else "sound") for n in range(10)]
    meta = write_lines(tmp_path / "MMAR-meta.jsonl", rows)
    said = write_lines(tmp_path / "said.jsonl", [prediction(n, "wrong" if n == 9 else None) for n in range(10)])
    given = ("--meta", str(meta), "--predictions", str(said), "--out", str(tmp_path / "out"))
    cogito_here("score", "mmar", *given)
    assert json.loads((tmp_path / "out/summary.json").read_text())["avg"] == 90.0
