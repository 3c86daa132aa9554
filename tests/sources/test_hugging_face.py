"""Tables of a hub's dataset and of a saved one are read by their splits; a broken table costs itself alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import tones
from audio_cogito.errors import SetupError
from audio_cogito.hearing import decoding
from audio_cogito.hearing.sound import Undecodable
from audio_cogito.ledger import Failure
from audio_cogito.sources import hugging_face
from audio_cogito.types import Recording, Statement

pyarrow = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")


def rows(*texts: str | None, sound: bytes = b"x", **columns: list[Any]) -> Any:
    cells = [{"bytes": sound, "path": f"{i}.wav"} for i in range(len(texts))]
    features = {"kind": {"names": ["bark", "bell"], "_type": "ClassLabel"}, "audio": {"_type": "Audio"}}
    said = {"huggingface": json.dumps({"info": {"features": features}})}
    return pyarrow.table({"audio": cells, "text": list(texts)} | columns).replace_schema_metadata(said)


def hub(path: Path, table: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    parquet.write_table(table, path)
    return path


def saved(path: Path, table: Any, stream: bool = True) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    new = pyarrow.ipc.new_stream if stream else pyarrow.ipc.new_file
    with new(str(path), table.schema) as writer:
        writer.write_table(table, max_chunksize=2)
    return path


def read(path: Path, **settings: Any) -> list[Recording | Failure]:
    return list(hugging_face.recordings(hugging_face.Settings(path=str(path), **settings)))


def test_rows_are_recordings_and_class_labels_have_names(tmp_path: Path) -> None:
    path = hub(tmp_path / "data" / "train-00000-of-00001.parquet", rows("a", None, "c", kind=[1, -1, 0]))
    found = read(tmp_path, fields={"transcript": "text", "labels": "kind"}, licence="MIT", language="en")
    assert [one.ref for one in found if isinstance(one, Recording)] == [f"{path}::audio/{i}" for i in range(3)]
    first, second, _ = (one for one in found if isinstance(one, Recording))
    assert first.facts.transcript == Statement(text="a", origin="human", language="en")
    assert [label.text for label in first.facts.labels] == ["bell"]
    assert (second.facts.transcript, second.facts.labels) == (None, ())
    assert (first.split, first.licence) == ("train", "MIT")


@pytest.mark.parametrize("stream", [True, False])
def test_saved_dataset_is_read_and_its_sounds_decode(tmp_path: Path, stream: bool) -> None:
    sound = tones.write(tmp_path / "a.wav", tones.tone(0.5)).read_bytes()
    saved(tmp_path / "set" / "train" / "data-00000-of-00001.arrow", rows("a", "b", "c", sound=sound), stream)
    saved(tmp_path / "set" / "train" / "cache-123.arrow", rows("x"), stream)
    saved(tmp_path / "set" / "test" / "data-00000-of-00001.arrow", rows("t"), stream)
    found = [one for one in read(tmp_path / "set", fields={"caption": "text"}) if isinstance(one, Recording)]
    assert [one.facts.captions[0].text for one in found] == ["a", "b", "c"]
    assert decoding.duration(Path(found[2].path), found[2].member) == 0.5
    with pytest.raises(Undecodable, match="holds no 'audio/3'"):
        decoding.duration(Path(found[0].path), "audio/3")


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("data/train-00000-of-00002.parquet", "train"),
        ("bal_train/00.parquet", "train"),
        ("clean/validation.other/0000.parquet", "dev"),
        ("data/eval/00.parquet", "test"),
        ("val-3.parquet", "dev"),
        ("test/part-train.parquet", "train"),
        ("contest/latest.parquet", "train"),
    ],
)
def test_split_is_what_the_name_or_the_nearest_folder_says(tmp_path: Path, name: str, split: str) -> None:
    assert hugging_face.split_of(tmp_path / name, tmp_path) == split


def test_only_train_is_read_unless_told(tmp_path: Path) -> None:
    for split in ("train", "validation", "test"):
        hub(tmp_path / "data" / f"{split}-0.parquet", rows(split))
    assert [one.split for one in read(tmp_path) if isinstance(one, Recording)] == ["train"]
    told = read(tmp_path, splits=("dev", "test"))
    assert sorted(str(one.split) for one in told if isinstance(one, Recording)) == ["dev", "test"]


@pytest.mark.parametrize("name", ["train-0.parquet", "train-0.arrow"])
def test_broken_table_costs_itself_alone(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"no table at all")
    hub(tmp_path / "train-1.parquet", rows("a"))
    hub(tmp_path / "train-2.parquet", rows("b", other=[b"y"]))
    broken, good, double = read(tmp_path)
    assert isinstance(broken, Failure)
    assert broken.reason == "undecodable"
    assert isinstance(good, Recording)
    assert isinstance(double, Failure)
    assert "2 columns of sounds (audio, other)" in double.detail


def test_row_of_a_wrong_type_is_malformed(tmp_path: Path) -> None:
    hub(tmp_path / "train.parquet", rows("a", "b", bpm=[{"x": 1}, None]))
    failed, good = read(tmp_path)
    assert isinstance(failed, Failure)
    assert failed.reason == "malformed"
    assert isinstance(good, Recording)


def test_loop_of_links_does_not_hang(tmp_path: Path) -> None:
    hub(tmp_path / "data" / "train.parquet", rows("a"))
    (tmp_path / "data" / "again").symlink_to(tmp_path)
    (tmp_path / "data" / "self.parquet").symlink_to(tmp_path / "data" / "self.parquet")
    assert len(read(tmp_path)) == 1


def test_wrong_setting_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="is no table and holds none"):
        hugging_face.recordings(hugging_face.Settings(path=str(tmp_path)))
    hub(tmp_path / "train.parquet", rows("a"))
    for settings, message in (
        ({"splits": ("dev",)}, "no table of dev, only of train"),
        ({"splits": ("validation",)}, "there is no 'validation'"),
        ({"fields": {"caption": "txt"}}, "no column 'txt'; did you mean 'text'"),
    ):
        with pytest.raises(SetupError, match=message):
            hugging_face.recordings(hugging_face.Settings(path=str(tmp_path), **settings))
