"""Export: rows are what the thinker saw, its reasoning in tags once, and the bare answer."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import pytest

from audio_cogito import prompts, shards
from audio_cogito.audio import Sounds
from audio_cogito.card import Counted
from audio_cogito.errors import SetupError
from audio_cogito.exports import Sample
from audio_cogito.exports.swift import SwiftMessage, SwiftRow, faults_of
from audio_cogito.run import Run
from audio_cogito.stages.export import Exported, Settings, chosen, export, weight_of
from audio_cogito.stages.think import render_question
from audio_cogito.types import PromptRef, Question, Trace, Verdict
from exporting import PASSED, export_to, write_run
from made import make_clip, make_question, make_trace

PROMPT = prompts.load("think")


def question(name: str = "a", split: str = "train", **changes: Any) -> Question:
    clip = msgspec.structs.replace(make_clip(name, **changes), split=split)
    return make_question("a dog", "a cat", text=f"Which is nearest in {name}?", clips=(clip,))


def exported(folder: Path, traces: list[Trace], **settings: Any) -> tuple[Exported, list[SwiftRow]]:
    done = export_to(folder, traces, "swift", **settings)
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
    settings = Settings(per_question=2)
    assert list(chosen(traces, settings, 0, Counter())) == list(chosen(traces[::-1], settings, 0, Counter()))


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
    assert names == ["README.md", "train.jsonl", "train.provenance.jsonl"]


def test_missing_sound_is_found_before_the_rows_get_their_name(tmp_path: Path) -> None:
    run = Run(tmp_path / "run")
    shards.write(run.stage("verify") / f"00000{shards.SUFFIX}", [shards.lines_of([make_trace(verdicts=PASSED)])])
    with pytest.raises(SetupError, match=r"row 1 of split 'train'.*\.flac is not there"):
        export(run, "swift", sounds=Sounds(tmp_path / "audio"), prompt=PROMPT, settings=Settings(), random_seed=0)
    assert not list(run.rows.rglob("*.jsonl*"))


def test_run_without_traces_says_so(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="no verified traces yet"):
        export(Run(tmp_path), "swift", sounds=Sounds(tmp_path), prompt=PROMPT, settings=Settings(), random_seed=0)


def test_licences_keep_only_what_is_listed_and_count_the_rest(tmp_path: Path) -> None:
    traces = [
        make_trace(question("a", licence="CC0-1.0"), verdicts=PASSED),
        make_trace(question("b", licence="CC-BY-NC-4.0"), verdicts=PASSED),
        make_trace(question("c"), verdicts=PASSED),
    ]
    done, (row,) = exported(tmp_path, traces, licences=("CC0-1.0",))
    assert "in a?" in row.messages[0].content
    assert done.left_out["licence not listed: CC-BY-NC-4.0"] == done.left_out["licence not listed: none stated"] == 1


def test_sound_of_a_question_about_several_must_all_be_licensed(tmp_path: Path) -> None:
    clips = (make_clip("a", licence="CC0-1.0"), make_clip("b", licence="other"))
    done, rows = exported(
        tmp_path, [make_trace(make_question("x", "y", clips=clips), verdicts=PASSED)], licences=("CC0-1.0",)
    )
    assert rows == []
    assert done.left_out["licence not listed: other"] == 1


def test_sounds_that_go_along_make_a_folder_that_can_be_moved(tmp_path: Path) -> None:
    one, two = question("a"), question("b")
    traces = [make_trace(q, draw=d, text=f"{d}", verdicts=PASSED) for q in (one, two) for d in range(2)]
    _, rows = exported(tmp_path, traces, audio="once", per_question=2)
    moved = (tmp_path / "run/rows/swift").rename(tmp_path / "moved")
    assert [row.audios for row in rows] == [(f"audio/{q.clips[0].id}.flac",) for q in (one, one, two, two)]
    for row in rows:
        kept = Sounds(tmp_path / "audio").flac(Path(row.audios[0]).stem)
        assert (moved / row.audios[0]).read_bytes() == kept
    assert len(list((moved / "audio").iterdir())) == 2


def test_sound_that_no_row_names_any_more_does_not_stay_behind(tmp_path: Path) -> None:
    traces = [make_trace(question(name, licence=f"licence {name}"), verdicts=PASSED) for name in "ab"]
    exported(tmp_path, traces, audio="once")
    exported(tmp_path, traces, audio="once", licences=("licence b",))
    folder = tmp_path / "run/rows/swift"
    assert [path.stem for path in (folder / "audio").iterdir()] == [traces[1].question.clips[0].id]
    exported(tmp_path, traces, audio="reference")
    assert not (folder / "audio").exists()
    assert not list(folder.glob(".*"))


def test_failed_export_leaves_what_an_earlier_one_wrote(tmp_path: Path) -> None:
    trace = make_trace(question("a"), verdicts=PASSED)
    exported(tmp_path, [trace], audio="once")
    folder = tmp_path / "run/rows/swift"
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    run, sounds = write_run(tmp_path, [make_trace(question("gone"), verdicts=PASSED)], heard=False)
    with pytest.raises(SetupError, match="cannot be copied"):
        export(run, "swift", sounds=sounds, prompt=PROMPT, settings=Settings(audio="once"), random_seed=0)
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("cut", [KeyboardInterrupt, MemoryError])
def test_interrupted_export_leaves_what_an_earlier_one_wrote(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cut: type[BaseException]
) -> None:
    traces = [make_trace(question(name), verdicts=PASSED) for name in "abc"]
    exported(tmp_path, traces[:1])
    folder = tmp_path / "run/rows/swift"
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    def interrupted(counted: Counted, sample: Sample, split: str) -> None:
        add(counted, sample, split)
        if sample.trace.id == traces[1].id:
            raise cut

    add = Counted.add
    monkeypatch.setattr(Counted, "add", interrupted)
    with pytest.raises(cut):
        exported(tmp_path, traces)
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_what_a_killed_export_left_half_written_the_next_one_removes(tmp_path: Path) -> None:
    folder = tmp_path / "run/rows/swift"
    folder.mkdir(parents=True)
    (folder / ".test.jsonl.part").write_text('{"messages": [')
    (folder / ".audio.part").mkdir()
    exported(tmp_path, [make_trace(question("a"), verdicts=PASSED)])
    assert sorted(path.name for path in folder.iterdir()) == ["README.md", "train.jsonl", "train.provenance.jsonl"]


def test_way_of_carrying_that_a_format_has_not_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="swift cannot have export.audio = 'none', only reference, once"):
        exported(tmp_path, [make_trace(question(), verdicts=PASSED)], audio="none")


def test_folder_that_cannot_be_written_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run/rows").write_text("in the way")
    with pytest.raises(SetupError, match="rows/swift cannot be written: Not a directory"):
        exported(tmp_path, [make_trace(question(), verdicts=PASSED)])


def test_unknown_format_is_told_those_that_are_there(tmp_path: Path) -> None:
    with pytest.raises(
        SetupError, match="no 'swfit' among the exports: grpo, llama_factory, openai, parquet, soundless, swift, trl"
    ):
        export_to(tmp_path, [make_trace(verdicts=PASSED)], "swfit")


def test_swift_rows_stay_byte_for_byte(tmp_path: Path) -> None:
    trace = make_trace(question(), thinking="It barks.", verdicts=PASSED)
    exported(tmp_path, [trace])
    clip = trace.question.clips[0].id
    place = tmp_path / "audio" / clip[:2] / f"{clip}.flac"
    user = r"<audio>Which is nearest in a?\nSelect one option from the provided choices:\na dog\na cat"
    response = r"<think>\nIt barks.\n</think>\n\na dog"
    assert (tmp_path / "run/rows/swift/train.jsonl").read_text() == (
        f'{{"messages":[{{"role":"user","content":"{user}"}},{{"role":"assistant","content":"{response}"}}],'
        f'"audios":["{place}"]}}\n'
    )
    assert (tmp_path / "run/rows/swift/train.provenance.jsonl").read_text() == (
        f'{{"trace":"{trace.id}","question":"{trace.question.id}","clips":["{clip}"],"licences":[null],'
        f'"drawn_with":{{"name":"think","digest":"{PROMPT.ref.digest}"}}}}\n'
    )


def test_weight_is_highest_where_half_the_draws_are_right_and_never_nothing() -> None:
    assert weight_of(0.5, 8) == 1
    assert weight_of(1.0, 1) == pytest.approx(2 / 3, abs=1e-6)
    assert weight_of(1.0, 8) == pytest.approx(0.2)
    assert weight_of(1 / 8, 8) == pytest.approx(0.4)
    assert weight_of(1.0, 10_000) > 0
    assert weight_of(None, 1) is None


def test_weight_stands_in_the_provenance_only_when_asked_for(tmp_path: Path) -> None:
    one = question()
    traces = [make_trace(one, draw=d, text=str(d), pass_rate=0.75, verdicts=PASSED) for d in range(4)]
    place = tmp_path / "run/rows/swift/train.provenance.jsonl"
    exported(tmp_path, traces)
    assert "weight" not in msgspec.json.decode(place.read_bytes())
    exported(tmp_path, traces, weight=True)
    assert msgspec.json.decode(place.read_bytes())["weight"] == pytest.approx(2 / 3, abs=1e-6)


def test_sound_row_of_a_structured_chain_has_no_fault(tmp_path: Path) -> None:
    chain = "<PLANNING>p</PLANNING> <CAPTION>c</CAPTION>\n<REASONING>r</REASONING><SUMMARY>s</SUMMARY>"
    traces = [make_trace(question("a"), thinking=chain, verdicts=PASSED), make_trace(question("b"), verdicts=PASSED)]
    done, (row,) = exported(tmp_path, traces, tags="audio-reasoner")
    assert row.messages[1].content == (
        "<THINK>\n<PLANNING>\np\n</PLANNING>\n<CAPTION>\nc\n</CAPTION>\n<REASONING>\nr\n</REASONING>\n"
        "<SUMMARY>\ns\n</SUMMARY>\n</THINK>\n<RESPONSE>\na dog\n</RESPONSE>"
    )
    assert done.left_out["no PLANNING, CAPTION, REASONING, SUMMARY in this order"] == 1


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
        ("<audio>Which?", "<THINK>\n<PLANNING>\np\n</PLANNING>\n</THINK>\n<RESPONSE>\na\n</RESPONSE>"),
    ],
)
def test_row_out_of_form_is_found_out(user: str, response: str) -> None:
    assert faults_of(row(user, response))


def test_trace_of_another_prompt_is_never_exported_as_if_it_had_seen_this_one(tmp_path: Path) -> None:
    stranger = make_trace(question(), verdicts=PASSED, prompt=PromptRef(name="think", digest="0" * 32))
    with pytest.raises(SetupError, match="is not the one that trace .* was drawn with"):
        exported(tmp_path, [stranger])
    assert not list((tmp_path / "run/rows").rglob("*.jsonl"))
