"""AudioCaps: captions of a clip come together, in both versions, and a row that no parser can mend is a Failure."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from audio_cogito.errors import SetupError
from lying import parted, published, read, real, texts, write

HEAD = "audiocap_id,youtube_id,start_time,caption\n"
VAL = HEAD + '1,-bcdefghijk,30,A dog barks\n2,_other_id-1,0,"Rain, then thunder"\n3,-bcdefghijk,30,Barking by a door\n'
TRAIN = HEAD + "7,-bcdefghijk,100,A car passes\n"


def test_captions_of_a_clip_come_together_from_wherever_they_stand(tmp_path: Path) -> None:
    write(tmp_path, {"dataset/val.csv": VAL.replace("\n", "\r\n"), "-bcdefghijk_30.flac": "", "_other_id-1.wav": ""})
    (dog, rain), failures = parted(read("audiocaps", tmp_path, splits=("val",)))
    assert failures == []
    assert texts(dog.facts.captions) == ["A dog barks", "Barking by a door"]
    assert texts(rain.facts.captions) == ["Rain, then thunder"]
    assert (dog.source_id, dog.source_time, dog.group) == ("-bcdefghijk", 30.0, "youtube:-bcdefghijk")
    assert (dog.split, dog.path) == ("dev", str(tmp_path / "-bcdefghijk_30.flac"))


def test_clip_is_taken_by_its_time_where_several_are_of_one_video(tmp_path: Path) -> None:
    names = ["-bcdefghijk_30.flac", "-bcdefghijk_100.flac", "Y-bcdefghijk.wav", "-bcdefghijk_100000_110000.flac"]
    write(tmp_path, {"dataset2.0/train.csv": TRAIN} | dict.fromkeys(names, ""))
    (recording,), _ = parted(read("audiocaps", tmp_path))
    assert Path(recording.path).name == "-bcdefghijk_100.flac"


def test_only_train_is_read_unless_told(tmp_path: Path) -> None:
    write(tmp_path, {"train.csv": TRAIN, "val.csv": VAL, "-bcdefghijk.flac": ""})
    (recording,), _ = parted(read("audiocaps", tmp_path))
    assert (recording.split, texts(recording.facts.captions)) == ("train", ["A car passes"])


def test_two_versions_side_by_side_are_not_chosen_between(tmp_path: Path) -> None:
    write(tmp_path, {"dataset/train.csv": TRAIN, "dataset2.0/train.csv": TRAIN})
    with pytest.raises(SetupError, match=r"both versions: set metadata"):
        read("audiocaps", tmp_path)
    assert len(read("audiocaps", tmp_path, metadata="dataset2.0")) == 1


def test_rows_with_embedded_newlines_are_read_and_shifted_rows_are_not(tmp_path: Path) -> None:
    broken = '8,-bcdefghijk,100,"loud\nand louder"\n9,-bcdefghijk,A caption,100\n10,-bcdefghijk\n11,-bcdefghijk,100,\n'
    write(tmp_path, {"train.csv": TRAIN + broken + "12,,3,x\n", "-bcdefghijk.wav": ""})
    (recording,), failures = parted(read("audiocaps", tmp_path))
    assert texts(recording.facts.captions) == ["A car passes", "loud and louder"]
    assert [failure.detail for failure in failures] == [
        "start_time is no whole number of seconds: 'A caption'",
        "2 cells where the header has 4",
        "an empty caption",
        "no YouTube id: ''",
    ]
    assert [failure.subject.rpartition(":")[2] for failure in failures] == ["5", "6", "7", "8"]


def test_table_without_the_columns_is_refused_at_once(tmp_path: Path) -> None:
    write(tmp_path, {"train.csv": "fname,raw_text\na,b\n"})
    with pytest.raises(SetupError, match=r"train.csv has no column 'audiocap_id'"):
        read("audiocaps", tmp_path)


@real
@pytest.mark.parametrize(
    ("split", "file", "clips"), [("test", "audiocaps_v1_test.csv", 975), ("val", "audiocaps_v2_val.csv", 495)]
)
def test_published_captions_are_five_for_each_clip(tmp_path: Path, split: str, file: str, clips: int) -> None:
    rows = [line.split(",")[1:3] for line in (published() / file).read_text("utf-8").splitlines()[1:]]
    with zipfile.ZipFile(tmp_path / "clips.zip", "w") as sounds:
        for video, start in sorted({(video, start) for video, start in rows}):
            sounds.writestr(f"{video}_{start}.flac", "")
    recordings, failures = parted(read("audiocaps", tmp_path, metadata=str(published()), splits=(split,)))
    assert (len(recordings), failures) == (clips, [])
    assert {len(recording.facts.captions) for recording in recordings} == {5}
