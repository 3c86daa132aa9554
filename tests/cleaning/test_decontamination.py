"""Decontamination on the road: what goes, by which rule, for which benchmark, and what was not checked."""

from __future__ import annotations

import asyncio
import io
import json
import shutil
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest
import soundfile
from rich.console import Console

from audio_cogito import evaluation, report, shards
from audio_cogito.cleaning.contamination import Contamination, Looked, questions_of
from audio_cogito.cleaning.known import Known, known
from audio_cogito.cleaning.likeness import ByPrint
from audio_cogito.cleaning.questions import Asked, overlaps
from audio_cogito.cleaning.videos import digest
from audio_cogito.ledger import Drop
from audio_cogito.run import RunRecord
from audio_cogito.stages.select import Settings, select
from audio_cogito.stages.table import Table
from audio_cogito.types import Clip, Posed
from benchmark_rows import mmar_row, write_lines
from lying import write
from made import make_clip
from road import build, cogito_here, results, sums_hold, traces, write_recipe, write_tones
from server import Server
from tones import tone

NOWHERE = "http://127.0.0.1:9/v1"
SEGMENTS = """# Segments csv created
# num_ytids=3
# YTID, start_seconds, end_seconds, positive_labels
a3RfULw7aAY, 0.000, 10.000, "/m/09x0r"
5hyI_dM5cGo, 30.000, 40.000, "/m/09x0r"
--PJHxphWEs, 30.000, 40.000, "/m/09x0r"
"""
CLASSES = 'index,mid,display_name\n0,/m/09x0r,"Speech"\n'


def ledger(run: Path, name: str = "select") -> list[Drop]:
    lines = (line for path in shards.paths(run / "ledger", f"{name}-") for line in shards.read_lines(path))
    return [msgspec.json.decode(line, type=Drop) for line in lines]


def looked(record: RunRecord) -> dict[tuple[str, str], int | None]:
    return {(one.rule, one.benchmark): one.removed for one in record.decontamination}


def funnel(record: RunRecord) -> str:
    console = Console(width=200, file=io.StringIO())
    with console.capture() as captured:
        console.print(report.funnel(record))
    return captured.get()


def audioset(folder: Path) -> dict[str, Any]:
    """A recipe's sources: three clips of AudioSet in their real naming, of which MMAR hears two videos."""
    write(folder / "audioset", {"balanced_train_segments.csv": SEGMENTS, "class_labels_indices.csv": CLASSES})
    for number, name in enumerate(["a3RfULw7aAY_0.000", "5hyI_dM5cGo_30.000", "--PJHxphWEs_30.000"]):
        soundfile.write(folder / f"audioset/{name}.wav", tone(1, 300 + 50 * number), 16000)
    return {"audioset": {"path": "audioset"}}


# --- by video ---------------------------------------------------------------------------------------------------------


async def test_clips_of_mmars_videos_go_by_default_before_a_model_is_asked(tmp_path: Path) -> None:
    async with Server() as server:
        record = await build(write_recipe(tmp_path, server.url, sources=audioset(tmp_path)))
    stage = record.stages["select"]
    assert (stage.read, stage.kept, stage.reasons) == (3, 1, {"benchmark_video": 2})
    assert record.stages["construct"].read == 1
    assert sums_hold(record)
    said = {Path(drop.subject).stem: drop.detail for drop in ledger(tmp_path / "runs/recipe")}
    assert said["a3RfULw7aAY_0.000"].endswith("this is 0 to 1 s, the same time")
    assert said["5hyI_dM5cGo_30.000"].endswith("this is 30 to 31 s, another time")
    assert looked(record)["video", "mmar"] == 2


async def test_other_times_may_stay(tmp_path: Path) -> None:
    recipe = write_recipe(tmp_path, NOWHERE, sources=audioset(tmp_path), select={"other_times": "keep"})
    record = await build(recipe, only="collect")
    assert record.stages["select"].reasons == {"benchmark_video": 1}


async def test_rule_that_could_not_run_says_not_checked_and_never_none(tmp_path: Path) -> None:
    write_tones(tmp_path / "recordings", 2)
    record = await build(write_recipe(tmp_path, NOWHERE), only="collect")
    found = looked(record)
    assert found["video", "mmar"] == 0
    assert found["video", "mmau"] is None
    assert {found[rule, name] for rule in ("sound", "fingerprint", "question") for name in ("mmar", "mmau")} == {None}
    text = funnel(record)
    assert "overlap with benchmarks by video: mmar 0; not checked: " in text
    assert "overlap with benchmarks by sound: not checked: air_bench_chat" in text
    assert "mmau 0" not in text


async def test_it_can_be_turned_off_and_then_nothing_is_said_to_be_checked(tmp_path: Path) -> None:
    recipe = write_recipe(tmp_path, NOWHERE, sources=audioset(tmp_path), select={"decontaminate": False})
    record = await build(recipe, only="collect")
    assert record.stages["select"].kept == 3
    assert record.decontamination == ()
    assert "overlap" not in funnel(record)


# --- by sound ---------------------------------------------------------------------------------------------------------


async def test_sound_of_a_folder_that_is_named_goes_in_any_encoding_and_with_all_its_copies(tmp_path: Path) -> None:
    recordings = write_tones(tmp_path / "recordings", 3)
    shutil.copy(recordings / "tone 0001.wav", recordings / "copy.wav")
    (tmp_path / "exam/deep").mkdir(parents=True)
    soundfile.write(tmp_path / "exam/deep/q1.flac", soundfile.read(recordings / "tone 0001.wav")[0], 16000)
    recipe = write_recipe(tmp_path, NOWHERE, select={"against": ["exam"]})
    record = await build(recipe, only="collect")
    assert record.stages["select"].reasons == {"benchmark_sound": 2}
    assert {Path(drop.subject).name for drop in ledger(tmp_path / "runs/recipe")} == {"tone 0001.wav", "copy.wav"}
    assert looked(record)["sound", "exam"] == 2
    assert looked(record)["sound", "mmar"] is None
    again = await build(recipe, only="collect")
    assert looked(again) == looked(record)


async def test_benchmark_of_the_package_is_known_by_its_metadata_and_says_which_sounds_were_not_heard(
    tmp_path: Path,
) -> None:
    write_tones(tmp_path / "recordings", 2)
    write_lines(tmp_path / "MMAR/MMAR-meta.jsonl", [mmar_row(0), mmar_row(1)])
    (tmp_path / "MMAR/audio").mkdir()
    shutil.copy(tmp_path / "recordings/tone 0000.wav", tmp_path / "MMAR" / mmar_row(0)["audio_path"])
    record = await build(write_recipe(tmp_path, NOWHERE, select={"against": ["MMAR"]}), only="collect")
    (sound,) = [one for one in record.decontamination if (one.rule, one.benchmark) == ("sound", "mmar")]
    assert sound == Looked(rule="sound", benchmark="mmar", removed=1, why="1 of 2 sounds could not be heard")
    (asked,) = [one for one in record.decontamination if (one.rule, one.benchmark) == ("question", "mmar")]
    assert (asked.removed, asked.why) == (None, "nothing was compared yet"), "no question was asked yet"
    assert looked(record)["video", "mmar"] == 0, "the table of the package counts, too"
    assert "mmar 1 (1 of 2 sounds could not be heard)" in funnel(record)


def selected(folder: Path, contamination: Contamination, clips: Sequence[Clip], **given: Any) -> list[Clip | Drop]:
    table = Table(folder / "table.sqlite", contamination)
    for rank, clip in enumerate(clips):
        table.add(clip, rank)
    entries = list(select(table, settings=Settings(), random_seed=0, **given))
    table.close()
    return entries


def test_equal_sounds_go_together_though_only_one_of_them_names_its_video(tmp_path: Path) -> None:
    named, nameless = make_clip("a", group="youtube:abcDEF_-012"), make_clip("a")
    videos = Known(benchmark="exam", videos={digest("youtube:abcDEF_-012"): ()})
    for order in ([named, nameless], [nameless, named]):
        entries = selected(tmp_path, Contamination([videos]), order)
        assert [entry.reason for entry in entries if isinstance(entry, Drop)] == ["benchmark_video"] * 2


def test_first_rule_counts_where_several_know_a_sound_in_any_order(tmp_path: Path) -> None:
    named, nameless = make_clip("a", group="youtube:abcDEF_-012"), make_clip("a")
    exam = Known(benchmark="exam", videos={digest("youtube:abcDEF_-012"): ()}, sounds=("q",))
    for order in ([named, nameless], [nameless, named]):
        contamination = Contamination([exam])
        contamination.hear("exam", nameless)
        entries = selected(tmp_path, contamination, order)
        assert [entry.reason for entry in entries if isinstance(entry, Drop)] == ["benchmark_video"] * 2


def test_what_is_a_benchmarks_does_not_count_for_its_sources_target(tmp_path: Path) -> None:
    clips = [make_clip(f"{number}") for number in range(20)]
    exam = Contamination([Known(benchmark="exam", sounds=("q",))])
    for clip in clips[:10]:
        exam.hear("exam", clip)
    table = Table(tmp_path / "table.sqlite", exam)
    for clip in clips:
        table.add(clip, 0)
    entries = list(select(table, settings=Settings(), random_seed=0, targets={0: 8}))
    table.close()
    assert len([entry for entry in entries if isinstance(entry, Clip)]) == 8


def test_clip_beside_a_question_is_not_a_benchmarks_either(tmp_path: Path) -> None:
    other = make_clip("b")
    posed = Posed(type="choice", text="Which is longer?", answer="a", choices=("a", "b"), beside=(other.recording.ref,))
    exam = Contamination([Known(benchmark="exam", sounds=("q",))])
    exam.hear("exam", other)
    entries = selected(tmp_path, exam, [make_clip("a", posed=(posed,)), other])
    (kept,) = [entry for entry in entries if isinstance(entry, Clip)]
    assert kept.beside == {}


# --- by fingerprint ---------------------------------------------------------------------------------------------------


class Bytes:
    """Stands in for a store of fingerprints: the print of a clip is what a test says."""

    def __init__(self, **prints: bytes) -> None:
        self.prints, self.known, self.read = prints, dict[str, bytes](), list[str]()

    def of(self, ids: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        for id in ids:
            self.read.append(id)
            yield id, self.prints.get(id, b"")

    def alike(self, clips: str) -> bytes | None:
        return self.known.get(clips)

    def found_alike(self, clips: str, pairs: bytes) -> None:
        self.known[clips] = pairs


class Found(NamedTuple):
    id: str
    common: float


class Equal:
    """Stands in for an index: two are alike where their prints are equal."""

    def __init__(self) -> None:
        self.added: dict[str, bytes] = {}

    def add(self, id: str, print: bytes) -> None:
        self.added[id] = print

    def matches(self, print: bytes) -> list[Found]:
        return [Found(id, 4.25) for id, other in self.added.items() if print and print == other]


def exam_with(prints: Bytes, sound: str) -> Contamination:
    exam = Contamination([Known(benchmark="exam", sounds=("q.wav",))], likeness=ByPrint(prints, Equal, "1"))
    exam.hear("exam", msgspec.structs.replace(make_clip("q"), id=sound))
    return exam


def test_clip_that_is_like_a_benchmarks_sound_goes_and_is_counted_for_it(tmp_path: Path) -> None:
    like, other = make_clip("x"), make_clip("y")
    exam = exam_with(Bytes(**{"0": b"same", like.id: b"same", other.id: b"other"}), "0")
    entries = selected(tmp_path, exam, [like, other])
    dropped = [one for one in entries if isinstance(one, Drop)]
    assert len(entries) == 2
    assert [(one.subject, one.reason, one.detail) for one in dropped] == [
        ("x.wav", "benchmark_fingerprint", "4.2 s are in common with exam's sound 0")
    ]
    assert {one.rule: one.removed for one in exam.looked()} == {
        "video": None, "sound": 0, "fingerprint": 1, "question": None,
    }  # fmt: skip


def test_likeness_is_remembered_for_the_same_clips_and_sounds_and_no_others(tmp_path: Path) -> None:
    clips = [make_clip("x"), make_clip("y")]
    prints = Bytes(**{"0": b"same", clips[0].id: b"same", clips[1].id: b"new"})
    first = selected(tmp_path, exam_with(prints, "0"), clips)
    asked = len(prints.read)
    assert selected(tmp_path, exam_with(prints, "0"), clips) == first
    assert len(prints.read) == asked, "a rerun reads no print"
    prints.prints["1"] = b"new"
    other = selected(tmp_path, exam_with(prints, "1"), clips)
    assert [one.subject for one in other if isinstance(one, Drop)] == ["y.wav"]
    assert len(prints.read) > asked


def test_near_duplicate_of_a_benchmarks_clip_is_the_benchmarks_too(tmp_path: Path) -> None:
    clips = [make_clip("x"), make_clip("y"), make_clip("z")]
    exam = Contamination([Known(benchmark="exam", sounds=("q.wav",))])
    exam.hear("exam", clips[0])
    table = Table(tmp_path / "table.sqlite", exam)
    for clip in clips:
        table.add(clip, 0)
    table.flush()
    table.spread([(clips[1].id, clips[0].id)])
    entries = list(select(table, settings=Settings(), random_seed=0))
    table.close()
    details = {one.subject: one.detail for one in entries if isinstance(one, Drop)}
    assert set(details) == {"x.wav", "y.wav"}
    assert details["y.wav"] == f"like the clip {clips[0].id}: exam has a sound with the same samples"


def test_without_fingerprints_the_rule_is_not_checked_though_sounds_were_heard() -> None:
    exam = Contamination([Known(benchmark="exam", sounds=("x.wav",))])
    exam.hear("exam", make_clip("x"))
    (found,) = [one for one in exam.looked() if one.rule == "fingerprint"]
    assert (found.removed, found.why) == (None, "no fingerprints were taken")


# --- by question ------------------------------------------------------------------------------------------------------


async def asked_by_the_annotator(tmp_path: Path, server: Server) -> list[dict[str, Any]]:
    """The questions of a first run, as a benchmark's rows."""
    await build(write_recipe(tmp_path, server.url, name="first"))
    accepted = [trace for trace in traces(tmp_path / "runs/first") if trace.standing == "accepted"]
    found = {trace.question.id: trace.question for trace in accepted}
    return [{"question": f"Listen: {q.text}", "choices": list(q.choices), "answer": q.answer} for q in found.values()]


async def test_question_of_a_benchmark_goes_after_construct_and_costs_no_chain(tmp_path: Path) -> None:
    write_tones(tmp_path / "recordings", 4)
    async with Server() as server:
        rows = await asked_by_the_annotator(tmp_path, server)
        write_lines(tmp_path / "exam.jsonl", rows[:1])
        changes = {"select": {"against": ["exam.jsonl"]}, "store": "other"}
        record = await build(write_recipe(tmp_path, server.url, **changes))
        by_stage = write_recipe(tmp_path, server.url, name="staged", **changes)
        for stage in ("collect", "construct", "think", "verify"):
            staged = await build(by_stage, only=stage)
    removed = looked(record)["question", "exam"]
    assert removed
    assert record.stages["construct"].reasons["benchmark_question"] == removed
    assert record.stages["think"].read == record.stages["construct"].kept
    drops = [drop for drop in ledger(tmp_path / "runs/recipe", "build") if drop.reason == "benchmark_question"]
    assert len(drops) == removed
    assert "of exam's question 'Listen: " in drops[0].detail
    assert looked(staged) == looked(record), "a stage alone keeps what the others counted"
    assert results(tmp_path / "runs/staged/verify") == results(tmp_path / "runs/recipe/verify")


def test_export_leaves_a_benchmarks_questions_out_and_the_card_says_so(tmp_path: Path) -> None:
    write_tones(tmp_path / "recordings", 6)

    async def first() -> list[dict[str, Any]]:
        async with Server() as server:
            return await asked_by_the_annotator(tmp_path, server)

    rows = asyncio.run(first())
    run = tmp_path / "runs/first"
    assert cogito_here("export", str(run), "--to", "swift").returncode == 0
    card = (run / "rows/swift/README.md").read_text()
    assert "| mmar | video | 0 | - |" in card
    assert "Overlap by question was not looked for: air_bench_chat" in card
    whole = sum(path.read_text().count("\n") for path in (run / "rows/swift").glob("*.provenance.jsonl"))
    write_lines(tmp_path / "exam.jsonl", rows[:1])
    told = cogito_here(
        "export", str(run), "--to", "swift", f"export.against=[{json.dumps(str(tmp_path / 'exam.jsonl'))}]"
    )
    assert told.returncode == 0, told.stderr
    assert "left out, its question is one of exam: " in told.stdout
    left = sum(path.read_text().count("\n") for path in (run / "rows/swift").glob("*.provenance.jsonl"))
    card = (run / "rows/swift/README.md").read_text()
    assert left < whole
    assert f"| exam | question | {whole - left} | - |" in card


# --- what a user may name ---------------------------------------------------------------------------------------------


def test_ones_own_benchmark_has_the_name_of_its_folder_with_its_questions_and_sounds(tmp_path: Path) -> None:
    row = {
        "id": "1",
        "audio": "a.wav",
        "question": "What closes?",
        "choices": ["a door", "a drawer"],
        "answer": "a door",
    }
    write(tmp_path / "exam", {"benchmark.jsonl": json.dumps(row) + "\n", "a.wav": b""})
    (exam,) = [one for one in known((str(tmp_path / "exam"),)) if one.benchmark == "exam"]
    assert exam.questions == (Asked(text="What closes?", choices=("a door", "a drawer")),)
    assert exam.sounds == (str(tmp_path / "exam/a.wav"),)


def test_sounds_are_looked_for_below_where_no_row_names_one_that_is_there(tmp_path: Path) -> None:
    write_lines(tmp_path / "MMAR/MMAR-meta.jsonl", [mmar_row(0)])
    write(tmp_path / "MMAR", {"unpacked/anywhere.wav": b"", "unpacked/more.tar": b"", "notes.txt": b""})
    (mmar,) = [one for one in known((str(tmp_path / "MMAR"),)) if one.benchmark == "mmar"]
    assert mmar.sounds == (str(tmp_path / "MMAR/unpacked/anywhere.wav"),)
    assert len(mmar.videos) == 912


def test_same_benchmark_named_twice_is_one_with_the_questions_of_both(tmp_path: Path) -> None:
    first = write_lines(tmp_path / "a/MMAR-meta.jsonl", [mmar_row(0)])
    second = write_lines(tmp_path / "b/MMAR-meta.jsonl", [mmar_row(1)])
    (mmar,) = [one for one in known((str(first), str(second.parent))) if one.benchmark == "mmar"]
    assert [asked.text for asked in mmar.questions] == [mmar_row(0)["question"], mmar_row(1)["question"]]


def test_rows_to_be_trained_on_are_held_against_the_benchmarks_that_are_named(tmp_path: Path) -> None:
    write_lines(tmp_path / "exam.jsonl", [{"question": "Why does the second bell ring later than the first?"}])
    benchmarks, _ = questions_of(known((str(tmp_path / "exam.jsonl"),)))
    rows = [Asked(text="Who speaks?"), Asked(text="Why does the second bell ring later than the first one?")]
    assert [number for number, _ in overlaps(rows, benchmarks)] == [1]


def test_evaluation_keeps_every_item_of_its_benchmark(tmp_path: Path) -> None:
    recipe = evaluation.recipe(
        "mmar",
        data=tmp_path,
        meta=tmp_path / "MMAR-meta.jsonl",
        out=tmp_path / "out",
        store=tmp_path / "store",
        limit=None,
        draws=1,
        profile="qwen",
        model={"name": "m", "url": NOWHERE, "revision": "1"},
        think={},
    )
    assert recipe.select.decontaminate is False


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("gone", None, "gone, and there is no such folder or file"),
        ("empty", {"note.txt": "x"}, "which holds neither a benchmark's metadata nor sounds"),
        ("exam.jsonl", '{"question": 5}\n', "exam.jsonl, line 1: 'question' is no text"),
        ("exam.jsonl", "no json\n", "exam.jsonl is no benchmark's metadata"),
        ("exam.jsonl", "", "exam.jsonl, and there is no row in it"),
        ("exam.csv", "a,b\n1,2\n", "exam.csv is no table of videos"),
        ("MMAR-meta.jsonl", "{}\n", "MMAR-meta.jsonl, line 1: 'id' is missing"),
    ],
)
def test_benchmark_that_cannot_be_read_stops_the_build_in_one_line(
    tmp_path: Path, name: str, content: Any, said: str
) -> None:
    write_tones(tmp_path / "recordings", 1)
    if isinstance(content, dict):
        write(tmp_path / name, content)
    elif content is not None:
        (tmp_path / name).write_text(content)
    refused = cogito_here("build", str(write_recipe(tmp_path, NOWHERE, select={"against": [name]})))
    assert refused.returncode == 2
    assert said in " ".join(refused.stderr.split())


def test_naming_benchmarks_while_the_rules_are_off_is_refused(tmp_path: Path) -> None:
    recipe = write_recipe(tmp_path, NOWHERE, select={"against": ["x"], "decontaminate": False})
    refused = cogito_here("build", str(recipe))
    assert refused.returncode == 2
    assert "select.decontaminate = false turns their rules off" in " ".join(refused.stderr.split())
