"""MMAR: which metadata these are, and the published string match down to its quirks."""

from __future__ import annotations

import json
import re
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio_cogito import benchmarks
from audio_cogito.benchmarks import Metadata, mmar
from audio_cogito.errors import SetupError
from audio_cogito.grading.string_match import string_match, tokens
from benchmark_rows import mmar_row, shared, write_lines, write_mmar
from road import cogito_here


def read(path: Path) -> Metadata:
    return benchmarks.read("mmar", mmar, path)


@pytest.fixture(scope="module")
def real() -> Metadata:
    return read(shared("mmar/MMAR-meta.jsonl"))


def published_rule(answer: str, prediction: str, choices: list[str]) -> bool:
    """The rule as the reference states it, step by step."""
    find = lambda text: set(re.findall(r"\b\w+\b", text.lower()))  # noqa: E731
    said, wanted = find(prediction), find(answer)
    if not said:
        return False
    unwanted: set[str] = set()
    for choice in choices:
        if find(choice) != wanted:
            unwanted |= find(choice) - wanted
    return wanted <= said and not said & unwanted


@given(st.text())
def test_words_are_those_of_the_published_pattern(text: str) -> None:
    assert tokens(text) == set(re.findall(r"\b\w+\b", text.lower()))


WORD = st.sampled_from(["dog", "Dog", "a", "the", "3:1", "1:3", "é", "狗叫", "!", "far to near", "near to far", ""])
TEXT = st.lists(WORD, max_size=4).map(" ".join)


@given(TEXT, TEXT, st.lists(TEXT, max_size=4))
def test_match_is_the_published_rule(answer: str, prediction: str, choices: list[str]) -> None:
    assert string_match(answer, prediction, tuple(choices)) == published_rule(answer, prediction, choices)


@pytest.mark.parametrize(
    ("prediction", "right"),
    [
        ("A wooden door", True),
        ("**wooden** a DOOR!", True),
        ("The answer is a wooden door", True),
        ("A wooden door, not a car door", False),
        ("wooden", False),
        ("B", False),
        ("", False),
        ("?!", False),
    ],
)
def test_match_by_example(prediction: str, right: bool) -> None:
    assert string_match("A wooden door", prediction, ("A wooden door", "A car door", "A fridge")) is right


PROBES = {
    "{gold}": 1000, "{gold}.": 1000, '"{gold}"': 1000, "**{gold}**": 1000, "Option {gold}": 1000,
    "Answer: {gold}": 996, "ANSWER: {gold}": 996,
    "{letter}. {gold}": 985, "({letter}) {gold}": 985, "{letter}) {gold}": 985, "{letter}: {gold}": 985,
    "The answer is {gold}.": 910, "The correct answer is {gold}": 910,
    "I think it is {gold} because of the audio": 880, "{letter}": 0,
}  # fmt: skip


@pytest.mark.parametrize(("probe", "right"), PROBES.items())
def test_probes_of_the_real_items_come_out_as_published(real: Metadata, probe: str, right: int) -> None:
    said = {item.id: probe.format(gold=item.answer, letter="ABCDEF"[item.choices.index(item.answer)])
            for item in real.items}  # fmt: skip
    assert sum(mmar.grader(item)(said[item.id]) for item in real.items) == right


def test_wrong_choices_that_the_rule_accepts_are_the_28_known_ones(real: Metadata) -> None:
    pairs = [[i.id, c] for i in real.items for c in i.choices if c != i.answer and mmar.grader(i)(c)]
    assert len(pairs) == 28
    digest = sha256(json.dumps(pairs, ensure_ascii=False).encode()).hexdigest()
    assert digest == "671bd31ad21ef533f0d595475b806af223d76fe9648e1e3474f9eaa3d2398c69"


def test_new_metadata_are_told_by_their_hash_and_every_item_can_be_won(real: Metadata) -> None:
    assert real.version is not None
    assert real.version.name.startswith("MMAR-meta.jsonl")
    assert (len(real.items), real.unwinnable) == (1000, ())
    assert all(len(item.rubric) == 5 and item.reasoning for item in real.items)
    assert sum(item.groups["language"] == benchmarks.UNSTATED for item in real.items) == 320


def test_old_metadata_are_told_by_their_hash_and_their_five_lost_keys_are_named(tmp_path: Path) -> None:
    meta = shared("mmar/MMAR-meta.json")
    metadata = read(meta)
    assert metadata.version is not None
    assert metadata.version.note.startswith("the old keys")
    assert len(metadata.unwinnable) == 5
    said = write_lines(tmp_path / "said.jsonl", [{"id": metadata.items[0].id, "answer_prediction": "Yes"}])
    files = ("--meta", str(meta), "--predictions", str(said), "--out", str(tmp_path / "out"))
    done = cogito_here("score", "mmar", *files)
    assert f"5 items that no choice wins: {', '.join(metadata.unwinnable)}" in done.stdout
    assert "Note: the old keys" in done.stdout


def test_array_and_lines_are_read_alike(tmp_path: Path) -> None:
    rows = [mmar_row(number) for number in range(5)]
    array = tmp_path / "MMAR-meta.json"
    array.write_text("\ufeff" + json.dumps(rows), "utf-8")
    assert read(array).items == read(write_lines(tmp_path / "a.jsonl", rows)).items


def test_metadata_without_rubrics_are_read(tmp_path: Path) -> None:
    old = {key: value for key, value in mmar_row(0).items() if key not in ("thinking", "cue", "rubric")}
    (item,) = read(write_lines(tmp_path / "old.jsonl", [old])).items
    assert (item.rubric, item.reasoning) == ((), None)


def test_unknown_metadata_have_no_version_and_unwinnable_keys_are_named(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "m.jsonl", [mmar_row(0), mmar_row(1, answer="Maybe so"), mmar_row(2)])
    metadata = read(path)
    assert metadata.version is None
    assert metadata.unwinnable == (mmar_row(1)["id"],)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"answer": 3}, "line 2: 'answer' is no text"),
        ({"choices": "A, B"}, "line 2: 'choices' is no list of texts"),
        ({"modality": None}, "line 2: 'modality' is missing"),
        ({"id": mmar_row(0)["id"]}, "stands twice"),
        ({"rubric": [{"name": "x"}]}, "line 2: the rubric cannot be read"),
        ({"rubric": [{"name": "x", "scoring_point": "y", "choices": [0]}]}, "offers no point"),
    ],
)
def test_metadata_that_are_no_good_are_named_in_a_line(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    path = write_lines(tmp_path / "m.jsonl", [mmar_row(0), mmar_row(1, **changes)])
    with pytest.raises(SetupError, match=said) as error:
        read(path)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("text", ["", "[]", "{", "[1]", "[[", "7\n", "[" * 100_000])
def test_file_that_is_no_metadata_is_a_setup_error(tmp_path: Path, text: str) -> None:
    path = tmp_path / "m.jsonl"
    path.write_text(text)
    with pytest.raises(SetupError):
        read(path)


def test_missing_metadata_are_a_setup_error(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="No such file"):
        read(tmp_path / "none.jsonl")


def test_made_up_rows_have_the_published_keys() -> None:
    keys = {"id", "audio_path", "question", "choices", "answer", "modality", "category", "sub-category", "language",
            "source", "url", "timestamp", "thinking", "cue", "rubric"}  # fmt: skip
    assert set(mmar_row(0)) == keys


def test_folder_as_metadata_is_a_setup_error(tmp_path: Path) -> None:
    with pytest.raises(SetupError):
        read(tmp_path)


def test_made_up_metadata_hold_every_modality(tmp_path: Path) -> None:
    items = read(write_mmar(tmp_path)).items
    assert {item.groups["modality"] for item in items} == set(mmar.INFO.columns)
