"""Parquet: what `datasets` needs to see a column as sound. What needs pyarrow is skipped where it is not installed."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from audio_cogito.audio import Sounds
from audio_cogito.errors import SetupError
from audio_cogito.exports import Carried, Sample, parquet
from exporting import PASSED, export_to, write_run
from made import make_clip, make_question, make_trace


def rows(folder: Path) -> tuple[Any, list[dict[str, Any]]]:
    pq = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed: audio-cogito[parquet]")
    table = pq.read_table(folder / "run/rows/parquet/train.parquet")
    return table.schema, table.to_pylist()


def test_missing_pyarrow_is_one_line_that_says_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(SetupError, match=r"pip install 'audio-cogito\[parquet\]'"):
        export_to(tmp_path, [make_trace(verdicts=PASSED)], "parquet")
    assert not list((tmp_path / "run/rows/parquet").iterdir())


@pytest.mark.parametrize("how", ["once", "reference", "none"])
def test_row_has_its_sound_as_it_is_carried_and_all_that_a_soundless_row_holds(tmp_path: Path, how: Any) -> None:
    trace = make_trace(make_question("Dog", "Cat"), verdicts=PASSED)
    _, sounds = write_run(tmp_path, [trace])
    carried = Carried(how=how, sounds=sounds, folder=tmp_path)
    row = parquet.columns(Sample(trace=trace, user="Which?", response="<think>\nx\n</think>\n\nDog"), carried)
    clip = trace.question.clips[0].id
    assert row.get("audio") == {
        "once": {"bytes": sounds.flac(clip), "path": f"{clip}.flac"},
        "reference": {"bytes": None, "path": str(sounds.path(clip).absolute())},
        "none": None,
    }[how]  # fmt: skip
    assert (row["question"], row["choices"], row["answer"]) == ("What is nearest?", ["Dog", "Cat"], "Dog")
    assert list(row)[0 if how == "none" else 1] == "id"


def test_every_field_of_a_row_has_a_column_of_its_type() -> None:
    arrow: Any = SimpleNamespace(
        string=lambda: "string",
        float64=lambda: "double",
        binary=lambda: "binary",
        list_=lambda inner: [inner],
        struct=dict,
        field=lambda name, type: (name, type),
        schema=lambda fields, metadata=None: (dict(fields), metadata),
    )
    columns, marks = parquet.schema(arrow, Carried(how="once", sounds=Sounds(Path()), folder=Path()))
    assert columns["audio"] == {"bytes": "binary", "path": "string"}
    assert (columns["choices"], columns["skill"], columns["weight"]) == (["string"], "string", "double")
    assert columns["clips"][0]["source_time"] == "double"
    assert json.loads(marks["huggingface"])["info"]["features"] == {"audio": {"sampling_rate": 16000, "_type": "Audio"}}
    bare, marks = parquet.schema(arrow, Carried(how="none", sounds=Sounds(Path()), folder=Path()))
    assert ("audio" in bare, marks) == (False, None)


def test_sound_that_is_gone_is_one_clear_line(tmp_path: Path) -> None:
    carried = Carried(how="once", sounds=Sounds(tmp_path), folder=tmp_path)
    with pytest.raises(SetupError, match="cannot be read"):
        parquet.columns(Sample(trace=make_trace(), user="u", response="r"), carried)


def test_file_tells_datasets_that_the_column_is_a_sound(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="pyarrow is not installed: audio-cogito[parquet]")
    traces = [make_trace(make_question("Dog", "Cat", clips=(make_clip(str(i)),)), verdicts=PASSED) for i in range(250)]
    done = export_to(tmp_path, traces, "parquet")
    schema, found = rows(tmp_path)
    assert json.loads(schema.metadata[b"huggingface"])["info"]["features"]["audio"]["_type"] == "Audio"
    assert str(schema.field("audio").type) == "struct<bytes: binary, path: string>"
    assert list(done.files.values()) == [len(found)] == [250]
    assert found[0]["audio"]["bytes"].startswith(b"fLaC")
    assert [row["id"] for row in found] == [trace.id for trace in traces]


def test_question_about_several_sounds_is_left_out_and_counted(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="pyarrow is not installed: audio-cogito[parquet]")
    several = make_question("Dog", "Cat", clips=(make_clip("a"), make_clip("b")))
    done = export_to(tmp_path, [make_trace(several, verdicts=PASSED)], "parquet")
    assert (done.files, done.left_out["more than 1 sound to a row"]) == ({}, 1)


def test_datasets_loads_the_folder_with_decoded_features(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets", reason="datasets is not installed")
    export_to(tmp_path, [make_trace(verdicts=PASSED)], "parquet")
    loaded = datasets.load_dataset(str(tmp_path / "run/rows/parquet"), split="train")
    assert isinstance(loaded.features["audio"], datasets.Audio)
