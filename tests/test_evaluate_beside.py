"""What a result stands beside: its base plain, prompted and by vote, blind runs, other orders of the choices."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from audio_cogito.errors import SetupError
from audio_cogito.evaluation import Answered, beside, outcome
from audio_cogito.evaluation.outcome import Setting
from audio_cogito.grading import repeats
from audio_cogito.grading.scores import Graded
from benchmark_rows import mmar_row, prediction, read_lines, write_lines, write_mmar
from road import cogito_here, serving, write_tones

COUNT = 8
NEEDED = ("base, plain", "base, prompted (observe)", "base, majority of 5")


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serving() as url:
        yield url


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    with serving("--random-seed", "7") as url:
        yield url


@pytest.fixture
def data(tmp_path: Path) -> Path:
    write_tones(tmp_path / "mmar/audio", COUNT)
    for number in range(COUNT):
        row = mmar_row(number)
        (tmp_path / f"mmar/audio/tone {number:04d}.wav").rename(tmp_path / "mmar" / row["audio_path"])
    write_mmar(tmp_path / "mmar", COUNT)
    return tmp_path / "mmar"


def evaluate(data: Path, url: str, *more: str, name: str = "run") -> Any:
    out = str(data.parent / name)
    given = ("evaluate", "mmar", "--model", f"scripted@{url}", "--data", str(data), "--out", out, "model.patience=2")
    return cogito_here(*given, *more)


def row(stdout: str, name: str) -> str:
    """The last line about it: the table stands behind what is said on the way."""
    return [line for line in stdout.splitlines() if line.startswith(name)][-1]


# --- in one go --------------------------------------------------------------------------------------------------------


def test_base_is_run_three_ways_and_printed_beside(data: Path, url: str, base_url: str) -> None:
    done = evaluate(data, url, "--base", f"scripted@{base_url}")
    assert done.returncode == 0, done.stderr
    base = data.parent / "run/base"
    assert json.loads((base / "observe/evaluation.json").read_text())["style"] == "observe"
    votes = json.loads((base / "majority/majority/evaluation.json").read_text())
    assert (votes["majority"], votes["draws"]) == (True, 5)
    averages = {
        name: json.loads((base / folder / "summary.json").read_text())["avg"]
        for name, folder in zip(NEEDED, ("plain", "observe", "majority/majority"), strict=True)
    }
    for name, avg in averages.items():
        assert row(done.stdout, name).removeprefix(name).split()[:2] == [str(COUNT), f"{avg:.2f}"]
    assert beside.NOT_RUN not in done.stdout
    page = (data.parent / "run/report.html").read_text()
    assert all(name in page for name in NEEDED)
    assert beside.NOT_RUN not in page


def test_base_that_is_lost_leaves_the_model_graded_and_the_rest_not_run(data: Path, url: str) -> None:
    done = evaluate(data, url, "--base", "scripted@http://127.0.0.1:9/v1", "base.patience=0.4")
    assert (done.returncode, done.stderr.count("\n")) == (4, 1)
    assert (data.parent / "run/summary.json").exists()
    assert (data.parent / "run/report.html").read_text().count(f">{beside.NOT_RUN}<") == len(NEEDED)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--base", "scripted@{url}"), "names the very model"),
        (("--base", "other@{url}", "--blind", "text"), "a --blind run makes none"),
        (("base.patience=3",), "no --base is named"),
        (("--beside", "{data}"), "holds no graded.jsonl"),
    ],
)
def test_wrong_base_is_one_line_and_nothing_is_asked(data: Path, url: str, more: tuple[str, ...], said: str) -> None:
    done = evaluate(data, url, *(one.format(url=url, data=data) for one in more))
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert said in done.stderr
    assert not (data.parent / "run").exists()


# --- one after the other ----------------------------------------------------------------------------------------------


def test_no_result_is_printed_without_its_base_or_that_it_was_not_run(data: Path, url: str) -> None:
    done = evaluate(data, url)
    assert all(f"{name}: {beside.NOT_RUN}" in done.stdout for name in NEEDED)
    assert beside.HOW in done.stdout
    assert (data.parent / "run/report.html").read_text().count(f">{beside.NOT_RUN}<") == len(NEEDED)


def test_runs_named_beside_are_told_by_what_they_were(data: Path, url: str, base_url: str) -> None:
    evaluate(data, base_url, "--runs", "5", name="base")
    evaluate(data, url, "--blind", "text", name="blind")
    done = evaluate(data, url, "--beside", str(data.parent / "base"), str(data.parent / "blind"))
    assert done.returncode == 0, done.stderr
    blind = json.loads((data.parent / "blind/summary.json").read_text())["avg"]
    name = "the same model, blind (text)"
    assert row(done.stdout, name).removeprefix(name).split()[1] == f"{blind:.2f}"
    assert row(done.stdout, NEEDED[0]).removeprefix(NEEDED[0]).split()[0] == str(COUNT)
    assert row(done.stdout, NEEDED[2]).removeprefix(NEEDED[2]).split()[0] == str(COUNT)
    assert row(done.stdout, NEEDED[1]).endswith(beside.NOT_RUN)
    assert name in (data.parent / "run/report.html").read_text()


def test_blind_run_claims_nothing(data: Path, url: str) -> None:
    assert beside.NOT_RUN not in evaluate(data, url, "--blind", "text").stdout


def test_predictions_made_elsewhere_stand_beside_scored_runs(tmp_path: Path) -> None:
    meta = write_mmar(tmp_path, 4)
    outs = []
    for name, wrong in (("one", 1), ("two", 3)):
        rows = [prediction(n, mmar_row(n)["choices"][1] if n < wrong else None) for n in range(4)]
        said = write_lines(tmp_path / f"{name}.jsonl", rows)
        outs.append(tmp_path / name)
        more = ("--beside", str(outs[0])) if name == "two" else ()
        given = ("--meta", str(meta), "--predictions", str(said), "--out", str(outs[-1]))
        done = cogito_here("score", "mmar", *given, *more)
        assert done.returncode == 0, done.stderr
        assert NEEDED[0] in done.stdout
    assert row(done.stdout, "one").split()[:5] == ["one", "4", "75.00", "25.00", "-50.00"]


def test_run_over_other_items_is_refused_before_anything_is_asked(data: Path, url: str) -> None:
    evaluate(data, url, "--limit", "3", name="three")
    done = evaluate(data, url, "--beside", str(data.parent / "three"))
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "5 are in one of the two alone" in done.stderr
    assert not (data.parent / "run").exists()


def graded(id_: str, correct: int) -> Graded:
    return Graded(id=id_, correct=1 if correct else 0, rubric=None, outcome="scored", groups={}, said="")


def test_difference_is_this_run_minus_the_other() -> None:
    other = {str(n): graded(str(n), n < 20) for n in range(40)}
    this = [graded(str(n), n < 35) for n in range(40)]
    made = Setting(benchmark="mmar", model="base@1", profile="qwen", style="free")
    rows = beside.rows(this, "trained@1", [beside.Scored(Path("base"), made, other)])
    assert [one.name for one in rows] == list(NEEDED)
    assert rows[0].accuracy is not None
    assert rows[0].accuracy.difference == pytest.approx(37.5)
    assert beside.said(rows[0].accuracy) == "this run is higher"
    assert [one.ran for one in rows] == [True, False, False]


def test_setting_that_cannot_be_read_is_a_setup_error(tmp_path: Path) -> None:
    write_lines(tmp_path / "graded.jsonl", [json.loads(json.dumps({"id": "a", "correct": 1, "rubric": None,
                "outcome": "scored", "groups": {}, "said": ""}))])  # fmt: skip
    (tmp_path / "evaluation.json").write_text("{}")
    with pytest.raises(SetupError, match="cannot be read"):
        beside.load([tmp_path], ["a"])


# --- votes and orders -------------------------------------------------------------------------------------------------


def said(extracted: str | None, item: str = "i", thinking: str = "") -> dict[str, Answered]:
    written = extracted or "I would not say."
    return {
        item: Answered(item=item, extracted=extracted, written=written, thinking=thinking, truncated=False),
    }


@pytest.mark.parametrize(
    ("draws", "voted"),
    [
        (("Dog", "Cat", "Cat"), "Cat"),
        (("Dog", "Cat", "Owl"), "Dog"),
        ((None, "Cat", "Owl"), "Cat"),
        ((None, None, "Owl"), "Owl"),
        ((None, None, None), None),
    ],
)
def test_vote_is_what_most_draws_say_and_of_equals_the_first(draws: tuple[str | None, ...], voted: str | None) -> None:
    assert outcome.majority([said(one) for one in draws])["i"].extracted == voted


def test_vote_keeps_the_first_chain_that_came_to_it_and_every_item() -> None:
    runs = [said("Dog", thinking="a"), said("Cat", thinking="b"), said("Cat", thinking="c") | said("Owl", "j")]
    voted = outcome.majority(runs)
    assert voted["i"].thinking == "b"
    assert voted["j"].extracted == "Owl"


def test_vote_of_several_draws_is_written_with_its_submission(data: Path, url: str) -> None:
    done = evaluate(data, url, "--runs", "3")
    voted = data.parent / "run/majority"
    avg = json.loads((voted / "summary.json").read_text())["avg"]
    assert f"majority of 3: Avg {avg:.2f}" in done.stdout
    assert len(read_lines(voted / "submission.jsonl")) == COUNT


def test_sway_is_the_share_of_items_that_turn_with_the_order_beside_that_by_chance() -> None:
    first, second = [[1, 1, 0, 0], [1, 1, 0, 1]], [[1, 0, 0, 0], [1, 0, None, 1]]
    found = repeats.sway([first, second])
    assert found is not None
    assert found.orders == pytest.approx((62.5, 300 / 7))
    assert found.moved == pytest.approx(2 / 7)
    assert found.moved_by_chance == pytest.approx(2 / 7)


def test_sway_of_translations_has_no_value() -> None:
    assert repeats.sway([[[None, None]], [[None, None]]]) is None


def test_orders_are_told_with_their_sway(data: Path, url: str) -> None:
    done = evaluate(data, url, "--permute-choices", "3")
    sway = json.loads((data.parent / "run/runs.json").read_text())["sway"]
    assert len(sway["orders"]) == 3
    assert sway["moved_by_chance"] is None
    assert f"{sway['moved']:.1%} of items turn right or wrong with it" in done.stdout
