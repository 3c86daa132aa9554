"""report.html of an evaluation: everything that it shows is on it, and nothing is taken from elsewhere."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import msgspec
import pytest

from audio_cogito import benchmarks, evaluation
from audio_cogito.benchmarks import mmar
from audio_cogito.evaluation import Answered, page
from audio_cogito.evaluation.outcome import Grading, Outcome, Outcomes, Setting
from audio_cogito.grading import repeats, scores, tables
from audio_cogito.grading.predictions import Predictions
from audio_cogito.intervals import wilson
from benchmark_rows import mmar_row, write_lines

COUNT = 60
SCRIPT = "<script>alert('x')</script>"


def answered(number: int, **changes: Any) -> Answered:
    choices = mmar_row(number)["choices"]
    said = choices[0] if number % 3 else choices[1]
    given = {
        "item": mmar_row(number)["id"],
        "extracted": said,
        "written": f"It is {said}.",
        "thinking": "I hear a hinge. " * (number + 1),
        "truncated": number % 10 == 0,
    }
    return Answered(**(given | changes))


@pytest.fixture
def by(tmp_path: Path) -> Grading:
    rows = [mmar_row(number, question=f"{SCRIPT} {number}?") for number in range(COUNT)]
    meta = write_lines(tmp_path / "meta.jsonl", rows)
    return Grading(mmar, benchmarks.read("mmar", mmar, meta), meta, None, tmp_path / "store")


def outcome_of(by: Grading, answers: list[Answered]) -> Outcome:
    said = Predictions({one.item: one.prediction for one in answers})
    graded = scores.grade(by.metadata, said, mmar.grader, "")
    summary = scores.summarise("mmar", graded, scores.grouped(graded, mmar.INFO))
    return Outcome(answers=answers, graded=graded, summary=summary, measures=())


def outcomes_of(by: Grading, answers: list[Answered]) -> Outcomes:
    made = Setting(benchmark="mmar", model=f"{SCRIPT}@1", profile="qwen", style="free")
    return Outcomes(setting=made, runs=[outcome_of(by, answers)], majority=None, together=None)


class Reader(HTMLParser):
    """The words of a page, the rows of its tables, and what it would fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.fetched: list[str] = []
        self.scripts = 0
        self.open = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.scripts += tag == "script"
        self.fetched += [value or "" for name, value in attrs if name in ("src", "href", "xlink:href")]
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th") and self.rows:
            self.rows[-1].append("")
            self.open += 1

    def handle_endtag(self, tag: str) -> None:
        self.open -= tag in ("td", "th")

    def handle_data(self, data: str) -> None:
        if self.open and self.rows and self.rows[-1]:
            self.rows[-1][-1] = " ".join(f"{self.rows[-1][-1]} {data}".split())


def read(text: str) -> Reader:
    reader = Reader()
    reader.feed(text)
    return reader


def test_page_holds_the_published_table_and_every_group_with_its_interval(by: Grading) -> None:
    found = outcomes_of(by, [answered(number) for number in range(COUNT)])
    rows = read(page.page(by, found, [])).rows
    assert [*mmar.INFO.columns.values(), "Avg", "Rubrics", "CRS"] in [row[1:-1] for row in rows]
    cogito = next(row for row in rows if row[0] == "Audio-Cogito" and len(row) > 5)
    assert cogito[1:-1] == [
        "66.67", "53.40", "79.25", "90.91", "79.90", "76.83", "79.17", "71.70", "62.22", "0.87",
    ]  # fmt: skip
    for kind, named in found.runs[0].summary.groups.items():
        for name, group in named.items():
            assert group.avg is not None
            interval = wilson(group.avg / 100 * group.n, group.n)
            assert interval is not None
            said = next(row for row in rows if row[:2] == [name, str(group.n)])
            assert said[2] == f"{group.avg:.2f}", kind
            assert said[4].startswith(f"{100 * interval[0]:.1f} to {100 * interval[1]:.1f}")
            assert ("too few" in said[4]) == (group.n < tables.TOO_FEW)


def test_every_published_number_stands_with_its_source(by: Grading) -> None:
    text = page.page(by, outcomes_of(by, [answered(0)]), [])
    for number, source in enumerate(dict.fromkeys(anchor.source for anchor in mmar.ANCHORS), 1):
        assert f"[{number}] {source}" in text


def test_rates_of_cut_and_unread_answers_are_told(by: Grading) -> None:
    answers = [answered(number, **({"extracted": None} if number < 15 else {})) for number in range(COUNT)]
    text = page.page(by, outcomes_of(by, answers), [])
    assert "10.0 %" in text
    assert "6 of 60 replies end at max_tokens" in text
    assert "25.0 %" in text
    reading = evaluation.reading(by.metadata, answers, mmar.grader)
    assert f"without extraction the accuracy were {reading.as_written:.2f} %" in text


def test_page_is_one_file_and_what_a_model_writes_is_words_alone(by: Grading) -> None:
    answers = [answered(number, thinking=f"{SCRIPT}<img src=//x>", extracted=None) for number in range(COUNT)]
    text = page.page(by, outcomes_of(by, [msgspec.structs.replace(one, written=SCRIPT) for one in answers]), [])
    found = read(text)
    assert (found.scripts, found.fetched) == (0, [])
    assert not re.search(r"url\(|@import", text)
    assert "&lt;img src=//x&gt;" in text


def test_light_and_dark_and_narrow_are_provided_for(by: Grading) -> None:
    text = page.page(by, outcomes_of(by, [answered(0)]), [])
    assert "prefers-color-scheme: dark" in text
    assert 'name="viewport"' in text
    assert text.count("<table") == text.count('scroll"><table')


def test_items_shown_are_right_ones_and_others_the_same_each_time(by: Grading) -> None:
    found = outcomes_of(by, [answered(number) for number in range(COUNT)])
    shown = page.filled(by, found, []).shown
    assert [one.graded.correct for one in shown] == [1] * page.SHOWN + [0] * page.SHOWN
    assert shown == page.filled(by, found, []).shown
    text = page.page(by, found, [])
    for one in shown:
        assert one.item.id in text
        assert one.chain.strip() in text


def test_criteria_are_shown_with_the_share_of_judgements_that_found_them_met(by: Grading) -> None:
    found = outcomes_of(by, [answered(number) for number in range(COUNT)])
    points = ((1.0, 0.0, 1.0, 1.0, 1.0),) * 3 + ((0.0, 0.0, 1.0, 1.0, 1.0),) * 2
    graded = [msgspec.structs.replace(one, points=points if one.correct else ()) for one in found.runs[0].graded]
    first = Outcome(found.runs[0].answers, graded, found.runs[0].summary, ())
    text = page.page(by, Outcomes(found.setting, [first], None, None), [])
    assert "Criterion 1: 60 %" in text
    assert "Criterion 2: 0 %" in text


def test_chains_are_counted_by_length_and_none_is_lost(by: Grading) -> None:
    answers = [answered(number) for number in range(COUNT)]
    found = page.lengths(outcome_of(by, answers))
    right = sum(number % 3 > 0 for number in range(COUNT))
    assert (sum(one.good for one in found), sum(one.bad for one in found)) == (right, COUNT - right)
    assert page.lengths(outcome_of(by, [msgspec.structs.replace(one, thinking="") for one in answers])) == ()


def test_orders_and_runs_stand_on_the_page(by: Grading) -> None:
    one = outcome_of(by, [answered(number) for number in range(COUNT)])
    swayed = repeats.Sway(orders=(66.67, 61.67), moved=0.123, moved_by_chance=None)
    together = repeats.repeats([one.summary, one.summary], swayed)
    made = Setting(benchmark="mmar", model="m@1", profile="qwen", style="free", orders=2)
    text = page.page(by, Outcomes(made, [one, one], None, together), [])
    assert ["published order", "66.67"] in [row[:2] for row in read(text).rows]
    assert "12.3% of items turn right or wrong with it" in text


def test_nothing_answered_is_a_page_too(by: Grading) -> None:
    text = page.page(by, outcomes_of(by, []), [])
    assert "None: no item was answered." in text
    assert "There are none: no answer came with a chain." in text


def test_pages_of_one_evaluation_are_equal(by: Grading, tmp_path: Path) -> None:
    found = outcomes_of(by, [answered(number) for number in range(COUNT)])
    page.write(tmp_path, by, found, [])
    assert (tmp_path / "report.html").read_text("utf-8") == page.page(by, found, [])
