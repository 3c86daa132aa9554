"""AudioSet is read as published, as re-saved and as downloaded; what cannot be read is said, never guessed."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from audio_cogito.errors import SetupError
from audio_cogito.reading import tables
from audio_cogito.sources import audioset
from lying import parted, published, read, real, texts, write

CLASSES = (
    'index,mid,display_name\n0,/m/09x0r,"Speech"\n1,/t/dd00088,"Gush"\n2,/m/068hy,"Animals, at home"\n3,/m/a1,"Song"\n'
)
ONTOLOGY = """[
 {"id": "/m/09x0r", "name": "Speech", "child_ids": []}, {"id": "/m/0jbk", "name": "Animal", "child_ids": ["/m/068hy"]},
 {"id": "/t/dd00088", "name": "Gush", "child_ids": []}, {"id": "/m/04rlf", "name": "Music", "child_ids": ["/m/a1"]},
 {"id": "/m/068hy", "name": "Animals, at home", "child_ids": []},
 {"id": "/m/voice", "name": "Voice", "child_ids": ["/m/a1"]},
 {"id": "/m/a1", "name": "Song", "child_ids": ["/m/voice"]}]"""
HEAD = "# Segments csv created\n# num_ytids=2\n# YTID, start_seconds, end_seconds, positive_labels\n"
SEGMENTS = HEAD + '--PJHxphWEs, 30.000, 40.000, "/m/09x0r,/t/dd00088"\nYabcdefghi_, 0.000, 7.500, "/m/068hy"\n'
METADATA = {"balanced_train_segments.csv": SEGMENTS, "class_labels_indices.csv": CLASSES}


def test_row_becomes_a_recording_with_names_of_classes_and_its_place_in_the_video(tmp_path: Path) -> None:
    write(tmp_path, METADATA | {"clips/--PJHxphWEs.wav": ""})
    (recording,), (gone,) = parted(read("audioset", tmp_path))
    assert texts(recording.facts.labels) == ["Speech", "Gush"]
    assert {label.origin for label in recording.facts.labels} == {"human"}
    assert (recording.source_id, recording.source_time, recording.group) == ("--PJHxphWEs", 30.0, "youtube:--PJHxphWEs")
    assert (recording.split, recording.span, recording.domains) == ("train", None, ("sound",))
    assert (gone.reason, gone.subject) == ("missing", f"{tmp_path}/balanced_train_segments.csv:5")


@pytest.mark.parametrize(
    "copy",
    [
        SEGMENTS,
        "# a\n# b\n--PJHxphWEs,30,40,\"/m/09x0r,/t/dd00088\"\nYabcdefghi_,0,7.5,/m/068hy\n",
        'YTID,start_seconds,end_seconds,positive_labels\n--PJHxphWEs,30,40," ""/m/09x0r,/t/dd00088"""\n'
        'Yabcdefghi_,0,7.5," ""/m/068hy"""\n',
        '--PJHxphWEs,30.000,40.000,"""/m/09x0r","/t/dd00088""",,,\r\nYabcdefghi_,0.0,7.5,"""/m/068hy""",,,\r\n',
    ],
    ids=["published", "re-saved", "header", "spread"],
)  # fmt: skip
def test_every_copy_that_circulates_says_the_same(tmp_path: Path, copy: str) -> None:
    write(tmp_path, {"balanced_train_segments.csv": copy})
    rows = [row for _, row in audioset.segments(tmp_path / "balanced_train_segments.csv")]
    assert rows == [
        audioset.Segment(video="--PJHxphWEs", start=30, end=40, mids=("/m/09x0r", "/t/dd00088")),
        audioset.Segment(video="Yabcdefghi_", start=0, end=7.5, mids=("/m/068hy",)),
    ]


def test_copy_that_a_spreadsheet_destroyed_is_refused_at_once(tmp_path: Path) -> None:
    write(tmp_path, METADATA | {"balanced_train_segments.csv": '#NAME?,30,40,"/m/09x0r"\n'})
    with pytest.raises(SetupError, match=r"segments.csv:1: a spreadsheet .* #NAME\?"):
        audioset.recordings(audioset.Settings(path=str(tmp_path)))


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("short, 0, 1, /m/09x0r", "no YouTube id: 'short'"),
        ("--PJHxphWEs, 0, 1", "3 cells"),
        ("--PJHxphWEs, 4, 1, /m/09x0r", "no times of a segment: 4 to 1"),
        ("--PJHxphWEs, 0, inf, /m/09x0r", "no times"),
        ("--PJHxphWEs, x, 1, /m/09x0r", "could not convert"),
        ("--PJHxphWEs, 0, 1, Speech", "no class: 'Speech'"),
        ("--PJHxphWEs, 0, 1, ,", "no class: 'nothing'"),
        ("--PJHxphWEs, 30, 40, /m/unheard", "no table names the class '/m/unheard'"),
    ],
)
def test_broken_row_costs_itself_alone(tmp_path: Path, line: str, word: str) -> None:
    sounds = {"--PJHxphWEs.wav": "", "Yabcdefghi_.wav": ""}
    write(tmp_path, METADATA | {"balanced_train_segments.csv": f"{SEGMENTS}{line}\n"} | sounds)
    recordings, (failure,) = parted(read("audioset", tmp_path))
    assert len(recordings) == 2
    assert failure.reason == "malformed"
    assert word in failure.detail


def test_eval_is_read_only_when_it_is_asked_for(tmp_path: Path) -> None:
    files = METADATA | {"eval_segments.csv": SEGMENTS.replace("--PJ", "--EV"), "--EVHxphWEs.wav": ""}
    write(tmp_path, files)
    assert not parted(read("audioset", tmp_path))[0]
    (recording,), _ = parted(read("audioset", tmp_path, splits=("eval",)))
    assert (recording.source_id, recording.split) == ("--EVHxphWEs", "test")
    with pytest.raises(SetupError, match="no metadata of the split 'unbalanced_train'"):
        read("audioset", tmp_path, splits=("unbalanced_train",))


def test_unbalanced_segments_are_not_taken_for_balanced_ones(tmp_path: Path) -> None:
    write(tmp_path, {"class_labels_indices.csv": CLASSES, "unbalanced_train_segments.csv": SEGMENTS})
    with pytest.raises(SetupError, match="no metadata of the split 'balanced_train'"):
        read("audioset", tmp_path, splits=("balanced_train",))
    assert len(read("audioset", tmp_path)) == 2


def test_ontology_says_domains_and_every_path_even_round_a_circle(tmp_path: Path) -> None:
    files = METADATA | {"ontology.json": ONTOLOGY, "--PJHxphWEs.wav": "", "Yabcdefghi_.wav": "", "songsongsng.wav": ""}
    files["balanced_train_segments.csv"] = f"{SEGMENTS}songsongsng, 0, 10, /m/a1\n"
    write(tmp_path, files)
    (speech, animal, song), _ = parted(read("audioset", tmp_path, paths=True))
    assert speech.domains == ("sound", "speech")
    assert texts(animal.facts.labels) == ["Animal > Animals, at home"]
    assert texts(song.facts.labels) == ["Music > Song", "Voice > Song"]
    assert song.domains == ("music",)


def test_clip_named_for_another_time_is_not_taken(tmp_path: Path) -> None:
    write(tmp_path, METADATA | {"--PJHxphWEs_70.000_80.000.wav": ""})
    recordings, failures = parted(read("audioset", tmp_path))
    assert not recordings
    assert "begins at another time" in failures[0].detail


def parquet(path: Path, **columns: list[object]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    audio = pa.array(
        [{"bytes": b"fLaC", "path": "a.flac"}] * len(columns["labels"]),
        pa.struct([("bytes", pa.binary()), ("path", pa.string())]),
    )
    pq.write_table(pa.table({"video_id": columns["video_id"], "audio": audio, "labels": columns["labels"]}), path)


def test_parquet_is_read_by_itself_and_with_its_segments(tmp_path: Path) -> None:
    write(tmp_path, {"class_labels_indices.csv": CLASSES})
    table = tmp_path / "data/bal_train/00.parquet"
    parquet(table, video_id=["--PJHxphWEs", "Yabcdefghi_"], labels=[["/m/09x0r"], ["/m/068hy"]])
    recordings, _ = parted(read("audioset", tmp_path))
    assert [(one.member, one.source_time, one.split) for one in recordings] == [
        ("audio/0", None, "train"),
        ("audio/1", None, "train"),
    ]
    write(tmp_path, METADATA)
    recordings, _ = parted(read("audioset", tmp_path))
    assert [(one.path, one.member, one.source_time) for one in recordings] == [
        (str(table), "audio/0", 30.0),
        (str(table), "audio/1", 0.0),
    ]


def test_parquet_of_wrong_types_or_of_no_table_is_a_failure_and_the_rest_is_read(tmp_path: Path) -> None:
    write(tmp_path, {"class_labels_indices.csv": CLASSES, "bal_train/1.parquet": "no table"})
    parquet(tmp_path / "bal_train/0.parquet", video_id=[1], labels=[["/m/09x0r"]])
    parquet(tmp_path / "bal_train/2.parquet", video_id=["--PJHxphWEs"], labels=[[7]])
    parquet(tmp_path / "bal_train/3.parquet", video_id=["--PJHxphWEs"], labels=[["/m/09x0r"]])
    recordings, failures = parted(read("audioset", tmp_path))
    assert [one.path for one in recordings] == [str(tmp_path / "bal_train/3.parquet")]
    assert [one.reason for one in failures] == ["undecodable", "undecodable", "malformed"]


def test_circle_of_links_and_a_line_without_end_do_not_hang(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "LONGEST_LINE", 2**20)
    write(tmp_path, METADATA | {"a/--PJHxphWEs.wav": "", "Yabcdefghi_.wav": ""})
    (tmp_path / "a/round").symlink_to(tmp_path)
    with (tmp_path / "balanced_train_segments.csv").open("a") as file:
        file.write("x" * (2**20 + 5))
    recordings, (failure,) = parted(read("audioset", tmp_path))
    assert len(recordings) == 2
    assert "more than 1,048,576 characters" in failure.detail


@pytest.mark.parametrize("lacking", [("class_labels_indices.csv",), ("balanced_train_segments.csv",)])
def test_absent_metadata_are_said_at_once(tmp_path: Path, lacking: tuple[str, ...]) -> None:
    write(tmp_path, {name: text for name, text in METADATA.items() if name not in lacking})
    with pytest.raises(SetupError, match=r"no names of classes|no metadata of a training split"):
        audioset.recordings(audioset.Settings(path=str(tmp_path)))


@real
@pytest.mark.parametrize(
    ("split", "rows", "labels", "short"), [("balanced_train", 22160, 52882, 345), ("eval", 20371, 51804, 361)]
)
def test_published_segments_are_counted_in_full(split: str, rows: int, labels: int, short: int) -> None:
    found = [row for _, row in audioset.segments(published() / f"audioset_{split}_segments.csv")]
    segments = [row for row in found if isinstance(row, audioset.Segment)]
    assert len(found) == len(segments) == rows == audioset.INFO.counts[split]
    assert sum(len(segment.mids) for segment in segments) == labels
    assert sum(segment.end - segment.start < 9.999 for segment in segments) == short


@real
@pytest.mark.parametrize("split", ["balanced_train", "eval"])
def test_every_published_row_finds_its_clip_under_names_that_begin_with_a_dash(tmp_path: Path, split: str) -> None:
    with zipfile.ZipFile(tmp_path / "clips.zip", "w") as clips:
        for _, row in audioset.segments(published() / f"audioset_{split}_segments.csv"):
            assert isinstance(row, audioset.Segment)
            clips.writestr(f"Y{row.video}_{row.start:.3f}.flac", "")
    recordings, failures = parted(read("audioset", tmp_path, metadata=str(published()), splits=(split,)))
    assert (len(recordings), failures) == (audioset.INFO.counts[split], [])
    assert len({recording.source_id for recording in recordings}) == len(recordings)
