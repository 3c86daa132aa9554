"""The data card: every number counted, nothing said that was not done, the same words for the same rows."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import pytest

from audio_cogito import card, seeds
from audio_cogito.card.counted import SKILLS_KEPT, Counted
from audio_cogito.exports import Sample
from audio_cogito.run import SourceRecord
from audio_cogito.types import Trace, Verdict
from exporting import PASSED, RECORD, export_to
from made import make_clip, make_question, make_trace


def trace(name: str, words: int = 10, skill: str = "Counting", **changes: Any) -> Trace:
    given: dict[str, Any] = {"seconds": 5.0, "domains": ("sound",), "licence": "CC0-1.0"} | changes
    question = make_question("x", "y", clips=(make_clip(name, **given),), skill=skill, text=f"{name} {skill}")
    return make_trace(question, thinking="word " * words, verdicts=PASSED)


def written(folder: Path, traces: list[Trace], **settings: Any) -> str:
    export_to(folder, traces, "soundless", **settings)
    return (folder / "run/rows/soundless/README.md").read_text()


def test_table_1_stands_by_domain_and_source_with_quantity_and_ratio(tmp_path: Path) -> None:
    said = written(
        tmp_path, [trace("a"), trace("a", skill="order of events"), trace("b", domains=("music",)), trace("c")]
    )
    assert "| sound | made | counting (2), order of events (1) | 3 | 75.00 |" in said
    assert "| music | made | counting (1) | 1 | 25.00 |" in said


def test_what_is_here_of_each_dataset_stands_beside_what_was_published() -> None:
    meld = SourceRecord(kind="meld", title="MELD", skill="speech emotion", expected=9989, present=9000, missing=980)
    said = rendered(trace("a"), sources={"meld": msgspec.structs.replace(meld, broken=9)})
    assert "| source | dataset | skill | published | present | missing | broken | not read |" in said
    assert "| meld | MELD | speech emotion | 9,989 | 9,000 | 980 | 9 | 0 |" in said
    assert "What was published" not in rendered(trace("a"))


def test_chains_that_came_with_their_questions_are_told_apart() -> None:
    assert "came with its question, by the author" not in rendered(trace("a"))
    given = msgspec.structs.replace(trace("b"), finish="given")
    assert "1 rows hold a chain that came with its question" in rendered(trace("a"), given)


def test_sound_with_several_questions_counts_its_seconds_once(tmp_path: Path) -> None:
    said = written(tmp_path, [trace("a"), trace("a", skill="tempo"), trace("b", seconds=3595.0)])
    assert "| made | 2 | 3,600.00 | 1.00 |" in said


def test_words_of_a_chain_are_told_by_extremes_mean_and_hundreds(tmp_path: Path) -> None:
    said = written(tmp_path, [trace("a", 1200), trace("b", 99), trace("c", 100), trace("d", 150)])
    assert "Fewest 99,\nmean 387.2, most 1,200." in said
    bars = re.findall(r"^\| (\d+ to \d+) \| (\d+) \|", said, re.MULTILINE)
    assert bars[:3] == [("0 to 99", "1"), ("100 to 199", "2"), ("200 to 299", "0")]
    assert bars[-1] == ("1200 to 1299", "1")
    assert len(bars) == 13


def test_card_names_models_prompts_sampling_yields_and_no_address(tmp_path: Path) -> None:
    said = written(tmp_path, [trace("a")])
    for expected in (
        "| thinker | listener | 7 |",
        "| think | abcd |",
        "| think | {max_tokens: 100, temperature: 0.6} |",
        "| collect | 9 | 6 | 2 | 1 | silent 2 |",
        "| CC0-1.0 | 1 |",
        "| complete | pass | 1 |",
        "- Each question was drawn once",
        "- Decontamination was not run",
        "A person judged 0 of 1 rows",
    ):
        assert expected in said
    assert "secret.example" not in said
    assert "2026-01-01" not in said


def test_what_was_left_out_is_told_with_its_reason(tmp_path: Path) -> None:
    said = written(tmp_path, [trace("a"), trace("b", licence=None)], licences=("CC0-1.0",))
    assert "| licence not listed: none stated | 1 |" in said


def test_seed_questions_that_nobody_reviewed_are_said_to_be_so(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    pool = seeds.load(())
    (tmp_path / "run/seeds.jsonl").write_bytes(seeds.dumps(pool))
    assert f"Seed questions: 0 of {len(pool)} were reviewed by an expert." in written(tmp_path, [trace("a")])


def rendered(*traces: Trace, **changes: Any) -> str:
    counted = Counted()
    for one in traces:
        counted.add(Sample(trace=one, user="u", response="r"), "train")
    record = msgspec.structs.replace(RECORD, **changes)
    return card.rendered(
        record, None, counted, card.Leaving("swift", "reference", Counter(), {"test-clean": "test-clean.jsonl"})
    )


def test_run_that_was_cut_or_limited_is_not_called_whole() -> None:
    assert "This run is not whole" not in rendered(trace("a"))
    assert "not whole: it is interrupted, at most 1,000 recordings" in rendered(
        trace("a"), state="interrupted", limit=1000
    )


def test_chain_that_explains_a_shown_answer_is_said_to() -> None:
    assert "shown the answer" not in rendered(trace("a"))
    assert "shown the answer" in rendered(trace("a"), recipe={"run": "r", "think": {"answer_shown": True}})


def test_split_is_named_as_datasets_allows() -> None:
    assert '  - split: test_clean\n    path: "test-clean.jsonl"\n' in rendered(trace("a"))


def test_row_that_a_person_judged_is_counted() -> None:
    judged = make_trace(verdicts=(*PASSED, Verdict(check="person", outcome="pass", person=True)))
    assert "A person judged 1 of 2 rows." in rendered(judged, trace("a"))


def test_text_of_a_source_cannot_leave_its_cell() -> None:
    assert "| a \\| b c | 1 |" in rendered(trace("a", licence="a | b\nc"))


def test_memory_is_bounded_however_many_skills_a_model_invents() -> None:
    counted = Counted()
    for i in range(SKILLS_KEPT + 50):
        counted.add(Sample(trace=trace("a", skill=f"skill {i}"), user="u", response="r"), "train")
    (skills,) = counted.skills.values()
    assert (len(skills), skills["other"], skills.total()) == (SKILLS_KEPT + 1, 50, SKILLS_KEPT + 50)


@pytest.mark.parametrize("rows", [[], [("a", 1)]])
def test_table_of_nothing_says_none(rows: list[tuple[str, int]]) -> None:
    assert (card.table(["x", "y"], rows) == "None.") == (not rows)
