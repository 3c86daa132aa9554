"""Export: rows are what the thinker saw, its reasoning in tags once, and the bare answer."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from audio_cogito import prompts, shards
from audio_cogito.audio import Sounds
from audio_cogito.errors import SetupError
from audio_cogito.run import Run
from audio_cogito.stages.export import Exported, Settings, SwiftMessage, SwiftRow, chosen, faults_of, swift
from audio_cogito.stages.think import render_question
from audio_cogito.types import Question, Trace, Verdict
from made import make_clip, make_question, make_trace

PROMPT = prompts.load("think")
PASSED = (Verdict(check="complete", outcome="pass"),)


def question(name: str = "a", split: str = "train") -> Question:
    clip = msgspec.structs.replace(make_clip(name), split=split)
    return make_question("a dog", "a cat", text=f"Which is nearest in {name}?", clips=(clip,))


def exported(folder: Path, traces: list[Trace], **settings: Any) -> tuple[Exported, list[SwiftRow]]:
    run, sounds = Run(folder / "run"), Sounds(folder / "audio")
    for trace in traces:
        for clip in trace.question.clips:
            sounds.write(clip.id, np.zeros(1600, dtype=np.int16))
    shards.write(run.stage("verify") / f"00000{shards.SUFFIX}", [shards.lines_of(traces)])
    done = swift(run, sounds=sounds, prompt=PROMPT, settings=Settings(**settings), random_seed=0)
    lines = [line for path in done.files for line in path.read_bytes().splitlines()]
    return done, [msgspec.json.decode(line, type=SwiftRow) for line in lines]


def test_row_is_what_was_seen_reasoned_and_answered(tmp_path: Path) -> None:
    trace = make_trace(question(), thinking="It barks.", text="The answer is **a dog**.", verdicts=PASSED)
    _, (row,) = exported(tmp_path, [trace])
    user, response = row.messages
    assert user.content == "<audio>" + render_question(trace.question, PROMPT)
    assert response.content == "<think>\nIt barks.\n</think>\n\na dog"
    assert Path(row.audios[0]).is_absolute()
    assert Path(row.audios[0]).is_file()


def test_bare_prompt_leaves_out_the_instruction_alone(tmp_path: Path) -> None:
    _, (row,) = exported(tmp_path, [make_trace(question(), verdicts=PASSED)], prompt="bare")
    assert row.messages[0].content == "<audio>Which is nearest in a?\na dog\na cat"


def test_only_accepted_traces_leave(tmp_path: Path) -> None:
    traces = [
        make_trace(question("a"), verdicts=PASSED),
        make_trace(question("b"), verdicts=(Verdict(check="judge", outcome="fail"),)),
        make_trace(question("c"), verdicts=(Verdict(check="judge", outcome="unscored"),)),
    ]
    done, rows = exported(tmp_path, traces)
    assert len(rows) == 1
    assert (done.left_out["rejected"], done.left_out["unscored"]) == (1, 1)


@pytest.mark.parametrize("tag", ["<think>", "</think>", "<audio>"])
def test_trace_that_holds_a_reserved_tag_is_left_out(tmp_path: Path, tag: str) -> None:
    traces = [make_trace(question("a"), thinking=f"so {tag} then", verdicts=PASSED),
              make_trace(question("b"), verdicts=PASSED)]  # fmt: skip
    done, rows = exported(tmp_path, traces)
    assert len(rows) == 1
    assert done.left_out["a reserved tag within a text"] == 1


def test_one_row_a_question_unless_told(tmp_path: Path) -> None:
    one = question()
    traces = [make_trace(one, draw=draw, thinking=f"reason {draw}", verdicts=PASSED) for draw in range(5)]
    done, rows = exported(tmp_path / "one", traces)
    assert len(rows) == 1
    assert done.left_out["beyond export.per_question"] == 4
    assert len(exported(tmp_path / "three", traces, per_question=3)[1]) == 3


def test_choice_of_draws_does_not_depend_on_their_order() -> None:
    one = question()
    traces = [make_trace(one, draw=draw, verdicts=PASSED) for draw in range(9)]
    assert list(chosen(traces, 2, 0, Counter())) == list(chosen(traces[::-1], 2, 0, Counter()))


def test_splits_go_to_files_of_their_own_with_provenance_beside(tmp_path: Path) -> None:
    traces = [make_trace(question("a", "train"), verdicts=PASSED), make_trace(question("b", "dev"), verdicts=PASSED)]
    done, _ = exported(tmp_path, traces)
    assert [path.name for path in done.files] == ["dev.jsonl", "train.jsonl"]
    provenance = (tmp_path / "run/rows/swift/train.provenance.jsonl").read_text()
    assert traces[0].id in provenance
    assert not list((tmp_path / "run/rows/swift").glob(".*"))


def test_export_removes_a_split_that_is_no_more(tmp_path: Path) -> None:
    exported(tmp_path, [make_trace(question("a", "dev"), verdicts=PASSED)])
    exported(tmp_path, [make_trace(question("a", "train"), verdicts=PASSED)])
    names = sorted(path.name for path in (tmp_path / "run/rows/swift").iterdir())
    assert names == ["train.jsonl", "train.provenance.jsonl"]


def test_missing_sound_is_found_before_the_rows_get_their_name(tmp_path: Path) -> None:
    run = Run(tmp_path / "run")
    shards.write(run.stage("verify") / f"00000{shards.SUFFIX}", [shards.lines_of([make_trace(verdicts=PASSED)])])
    with pytest.raises(SetupError, match=r"row 1 of split 'train'.*\.flac is not there"):
        swift(run, sounds=Sounds(tmp_path / "audio"), prompt=PROMPT, settings=Settings(), random_seed=0)
    assert not list(run.rows.rglob("train.jsonl"))


def test_run_without_traces_says_so(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="no verified traces yet"):
        swift(Run(tmp_path), sounds=Sounds(tmp_path), prompt=PROMPT, settings=Settings(), random_seed=0)


def row(user: str, response: str) -> SwiftRow:
    return SwiftRow(
        messages=(SwiftMessage(role="user", content=user), SwiftMessage(role="assistant", content=response)),
        audios=(__file__,),
    )


def test_sound_row_has_no_fault() -> None:
    assert faults_of(row("<audio>Which?", "<think>\nx\n</think>\n\na dog")) == []


@pytest.mark.parametrize(
    ("user", "response"),
    [
        ("<audio>Which?", "a dog"),
        ("<audio>Which?", "<think>x</think><think>y</think>a dog"),
        ("<audio>Which?", "<think>x</think>"),
        ("<audio>Which?", "well <think>x</think>a dog"),
        ("Which?", "<think>x</think>a dog"),
        ("<audio><audio>Which?", "<think>x</think>a dog"),
        ("Which<audio>?", "<think>x</think>a dog"),
    ],
)
def test_row_out_of_form_is_found_out(user: str, response: str) -> None:
    assert faults_of(row(user, response))
