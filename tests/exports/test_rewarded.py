"""Rows for reinforcement learning: what reward functions are told, the functions beside the rows, rows out of form."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from audio_cogito.benchmarks import Criterion
from audio_cogito.exports import _rewards, grpo, trl
from audio_cogito.grading.string_match import string_match
from audio_cogito.types import Distractor, Trace
from exporting import PASSED, export_to, truly_named
from made import make_clip, make_question, make_trace

REWARDED = {"trace", "question_type", "solution", "choices", "rubric", "evidence", "reference"}
WORDS = ("a", "the", "dog", "cat", "barks", "twice", "Dog", "café", "2")


def trace(*choices: str, **changes: Any) -> Trace:
    question = make_question(
        *choices,
        clips=(truly_named(make_clip("a")), truly_named(make_clip("b"))),
        distractors=(Distractor(text="a cat", confusion="a high bark taken for a mew"),) if choices else (),
        evidence=("two dry barks, 1 s and 3 s",),
        **changes,
    )
    return make_trace(question, verdicts=PASSED)


def exported(folder: Path, format: str, one: Trace, **settings: Any) -> Any:
    export_to(folder, [one], format, **settings)
    return json.loads((folder / f"run/rows/{format}/train.jsonl").read_text())


@pytest.mark.parametrize("format", ["grpo", "trl"])
def test_row_tells_key_choices_rubric_and_reference_chain(tmp_path: Path, format: str) -> None:
    one = trace("a dog", "a cat")
    row = exported(tmp_path, format, one)
    assert (row["trace"], row["question_type"], row["solution"]) == (one.id, "choice", "a dog")
    assert row["reference"] == one.thinking
    assert json.loads(row["choices"]) == ["a dog", "a cat"]
    assert json.loads(row["evidence"]) == ["two dry barks, 1 s and 3 s"]
    (criterion,) = msgspec.json.decode(row["rubric"], type=tuple[Criterion, ...])
    assert (criterion.name, criterion.choices) == ("a cat", (0, 1))
    assert criterion.scoring_point.endswith("a high bark taken for a mew")


def test_question_of_which_no_confusion_was_said_has_no_rubric(tmp_path: Path) -> None:
    assert exported(tmp_path, "grpo", trace(answer="a dog", type="open"))["rubric"] == "[]"


def test_grpo_row_holds_the_users_turn_alone_and_a_tag_for_each_sound(tmp_path: Path) -> None:
    one = trace("a dog", "a cat")
    row = exported(tmp_path, "grpo", one)
    assert set(row) == {"messages", "audios"} | REWARDED
    (user,) = row["messages"]
    assert (user["role"], user["content"].count("<audio>"), len(row["audios"])) == ("user", 2, 2)
    assert one.thinking not in user["content"]


def test_trl_row_is_prompt_and_completion_with_the_sounds_before_the_text(tmp_path: Path) -> None:
    row = exported(tmp_path, "trl", trace("a dog", "a cat"), audio="once")
    assert set(row) == {"prompt", "completion"} | REWARDED
    ((user,), (assistant,)) = row["prompt"], row["completion"]
    assert [part["type"] for part in user["content"]] == ["audio", "audio", "text"]
    assert (tmp_path / "run/rows/trl" / user["content"][0]["audio"]).is_file()
    assert assistant["content"].startswith("<think>\n")
    assert assistant["content"].endswith("\n\na dog")


@pytest.mark.parametrize(
    ("format", "path", "value"),
    [
        ("grpo", ("messages", 0, "role"), "assistant"),
        ("grpo", ("messages", 0, "content"), "<audio>Which?"),
        ("grpo", ("audios",), []),
        ("grpo", ("audios", 1), "/nowhere.flac"),
        ("grpo", ("solution",), "a horse"),
        ("grpo", ("solution",), ""),
        ("grpo", ("choices",), "a dog, a cat"),
        ("grpo", ("rubric",), '[{"name": "x"}]'),
        ("grpo", ("evidence",), "[1]"),
        ("grpo", ("reference",), " "),
        ("trl", ("solution",), "a horse"),
        ("trl", ("prompt", 0, "content"), []),
        ("trl", ("prompt", 0, "content", 0), {"type": "text", "text": "Which?"}),
        ("trl", ("prompt", 0, "content", 0, "audio"), "/nowhere.flac"),
        ("trl", ("prompt", 0, "content", 2, "text"), " "),
        ("trl", ("completion", 0, "content"), "a dog"),
    ],
)
def test_row_out_of_form_is_found_out(tmp_path: Path, format: str, path: tuple[Any, ...], value: Any) -> None:
    row = exported(tmp_path, format, trace("a dog", "a cat"))
    assert faults(format, row) == []
    place = row
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    assert faults(format, row)


def faults(format: str, row: Any) -> list[str]:
    if format == "grpo":
        return grpo.faults_of(msgspec.convert(row, grpo.GrpoRow))
    return trl.faults_of(msgspec.convert(row, trl.TrlRow))


# --- rewards ----------------------------------------------------------------------------------------------------------


def rewards(*replies: Any, key: str = "a dog", choices: tuple[str, ...] = ("a dog", "a cat")) -> list[float | None]:
    count = len(replies)
    columns = {"solution": [key] * count, "choices": [json.dumps(choices)] * count, "question_type": ["choice"] * count}
    return _rewards.right(list(replies), **columns, trainer_state=None)


def test_right_reward_is_for_the_key_after_an_ended_chain() -> None:
    assert rewards("<think>\nx\n</think>\n\na dog", "x\n</think>\n\na dog", "x</think> a cat") == [1.0, 1.0, 0.0]
    assert rewards("<think>\na dog", "a dog", "a dog</think>", "") == [0.0, 0.0, 0.0, 0.0]


def test_a_reply_as_messages_is_rewarded_as_its_text() -> None:
    assert rewards([{"role": "assistant", "content": "x</think>a dog"}]) == [1.0]


def test_right_reward_is_the_benchmarks_string_match() -> None:
    rng = random.Random(3)
    for _ in range(2000):
        key, wrong, said = (" ".join(rng.choices(WORDS, k=rng.randint(1, 3))) for _ in range(3))
        expected = string_match(key, said, (key, wrong))
        assert rewards(f"x</think>{said}", key=key, choices=(key, wrong)) == [float(expected)]


def test_a_question_without_choices_has_no_right_reward() -> None:
    columns = {"solution": ["a dog"], "choices": ["[]"], "question_type": ["open"]}
    assert _rewards.right(["x</think>a dog"], **columns) == [None]


@pytest.mark.parametrize(
    ("reply", "reward"),
    [
        ("<think>\nx\n</think>\n\na dog", 1.0),
        ("x\n</think>\n\na dog", 1.0),
        ("<think>\n\n</think>\n\na dog", 0.0),
        ("<think>x</think>", 0.0),
        ("<think>x", 0.0),
        ("a dog", 0.0),
        ("<think>x</think>y</think>a dog", 0.0),
        ("<think>x<think></think>a dog", 0.0),
    ],
)
def test_form_reward_is_for_one_chain_and_an_answer(reply: str, reward: float) -> None:
    assert _rewards.form([reply]) == [reward]


@pytest.mark.parametrize("format", ["grpo", "trl"])
def test_rewards_beside_the_rows_need_nothing_but_python(tmp_path: Path, format: str) -> None:
    exported(tmp_path, format, trace("a dog", "a cat"))
    folder = tmp_path / f"run/rows/{format}"
    said = "import rewards; print(rewards.form(['x</think>y']))"
    command = [sys.executable, "-S", "-c", f"import sys; sys.path = [{str(folder)!r}, *sys.path]; {said}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={"PYTHONDONTWRITEBYTECODE": "1"})
    assert (done.stdout, done.stderr) == ("[1.0]\n", "")
