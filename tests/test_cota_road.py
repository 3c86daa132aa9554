"""The road of Audio-Reasoner: its questions and chains made, judged, exported in its tags; asked as it is trained."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from audio_cogito import evaluation, prompts, tags
from audio_cogito.forms import STRUCTURED, WHOLE, sections
from audio_cogito.stages.think import render_question
from audio_cogito.train import recipe as recipes
from made import make_question
from road import cogito_here, serving, traces, write_tones

RECIPES = Path(__file__).parents[1] / "recipes"
ROLES = ("annotator", "thinker", "auditor")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of recipes/cota.toml as it stands, and a second in which the thinker is shown the answer (A.2)."""
    folder = tmp_path_factory.mktemp("cota")
    write_tones(folder / "recordings", 12)
    with serving() as url:
        servers = [f"models.{role}.{key}" for role in ROLES for key in (f"url={url}", "name=scripted")]
        told = [f"sources.folder.path={folder / 'recordings'}", "collect.processes=0", *servers]
        for name, more in {"run": [], "shown": ["think.answer_shown=true"]}.items():
            places = [f"store={folder / 'store'}", f"run={folder / name}", *more]
            done = cogito_here("build", str(RECIPES / "cota.toml"), *told, *places)
            assert done.returncode == 0, done.stderr
    return folder


def rows(run: Path, *settings: str) -> list[dict[str, Any]]:
    done = cogito_here("export", str(run), "--to", "swift", "export.tags=audio-reasoner", *settings)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in (run / "rows/swift/train.jsonl").read_text().splitlines()]


def test_open_questions_and_those_with_choices_are_both_accepted(folder: Path) -> None:
    """Open ones are most of CoTA; code alone cannot compare their answers, and what is unscored leaves as no row."""
    accepted = [trace for trace in traces(folder / "run") if trace.standing == "accepted"]
    assert {len(trace.question.choices) for trace in accepted} == {0, 4}
    assert {verdict.check for trace in accepted for verdict in trace.verdicts} == {
        "copied_seed", "complete", "consistent", "judge_simple",
    }  # fmt: skip
    assert not [trace for trace in traces(folder / "run") if any(v.outcome == "unscored" for v in trace.verdicts)]


@pytest.mark.parametrize("name", ["run", "shown"])
def test_rows_are_the_four_parts_then_the_answer(folder: Path, name: str) -> None:
    found = rows(folder / name)
    assert len(found) == sum(trace.standing == "accepted" for trace in traces(folder / name))
    for row in found:
        said = row["messages"][1]["content"]
        chain, answer = sections(said, WHOLE) or ("", "")
        assert sections(chain, STRUCTURED)
        assert answer
        assert tags.faults(said) == []


def test_answer_that_was_shown_stands_in_no_question_of_a_row(folder: Path) -> None:
    found = rows(folder / "shown")
    assert found
    assert not [row for row in found if "<description>" in row["messages"][0]["content"]]


def test_model_is_asked_in_the_words_that_its_training_had() -> None:
    """The profile of evaluations beside the recipe of training: the same system prompt, the question alone."""
    training = recipes.load(RECIPES / "train-full-qwen2-audio.toml")
    table = evaluation.PROFILES["audio-reasoner"]
    asked = prompts.load("structured", tuple(map(Path, table["plugins"])))
    question = make_question("a bell", "a dog", text="What rings?")
    (system,) = asked.opening()
    assert system.parts[0].text == training.swift["system"]  # type: ignore[union-attr]
    assert training.export["prompt"] == "bare"
    assert render_question(question, asked) == render_question(question, prompts.load("structured"), instruct=False)
