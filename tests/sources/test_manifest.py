"""A manifest is read row by row: what a row says is kept with its origin, and a broken row costs itself alone."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from audio_cogito.errors import SetupError
from audio_cogito.ledger import Failure
from audio_cogito.sources import manifest
from audio_cogito.types import Attribute, Event, Recording, Span, Statement, Turn


def table(folder: Path, text: str | bytes, name: str = "m.jsonl") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def read(path: Path, **settings: Any) -> list[Recording | Failure]:
    return list(manifest.recordings(manifest.Settings(path=str(path), **settings)))


def one(folder: Path, row: dict[str, Any], **settings: Any) -> Recording | Failure:
    (found,) = read(table(folder, json.dumps(row)), **settings)
    return found


def recording(folder: Path, row: dict[str, Any], **settings: Any) -> Recording:
    found = one(folder, {"path": "a.wav"} | row, **settings)
    assert isinstance(found, Recording), found
    return found


def malformed(folder: Path, row: dict[str, Any], **settings: Any) -> str:
    found = one(folder, {"path": "a.wav"} | row, **settings)
    assert isinstance(found, Failure), found
    assert (found.stage, found.reason, found.subject) == ("collect", "malformed", f"{folder / 'm.jsonl'}:1")
    return found.detail


# --- what a row says --------------------------------------------------------------------------------------------------


def test_place_of_a_row_becomes_the_recordings(tmp_path: Path) -> None:
    row = {
        "path": "x/a.wav", "start": 1, "end": 2.5, "source_id": "Q1", "source_time": 30, "group": "youtube:Q1",
        "split": "test", "license": "CC0-1.0", "domain": ["speech", "music"],
    }  # fmt: skip
    assert recording(tmp_path, row) == Recording(
        source="manifest",
        path=str(tmp_path / "x/a.wav"),
        span=Span(start=1, end=2.5),
        source_id="Q1",
        source_time=30,
        group="youtube:Q1",
        split="test",
        licence="CC0-1.0",
        domains=("speech", "music"),
    )


def test_facts_of_a_row_keep_their_origin_and_language(tmp_path: Path) -> None:
    row = {
        "caption": ["a dog", "a yard"], "labels": "bark", "transcript": "Sitz!", "translation": "Sit!",
        "language": "de", "bpm": 120, "sarcasm": True, "instruments": ["oboe", "harp"],
        "turns": [{"text": "Sitz!", "speaker": "A", "start": 0, "end": 1}],
        "events": [{"label": "bark", "start": 0.5, "end": 1, "origin": "composed"}],
    }  # fmt: skip
    facts = recording(tmp_path, row, origins={"bpm": "tool", "turns": "tool"}).facts
    assert facts.captions == (Statement(text="a dog", origin="human"), Statement(text="a yard", origin="human"))
    assert facts.labels == (Statement(text="bark", origin="human"),)
    assert facts.transcript == Statement(text="Sitz!", origin="human", language="de")
    assert facts.translation == Statement(text="Sit!", origin="human")
    assert facts.turns == (Turn(text="Sitz!", origin="tool", speaker="A", start=0, end=1, language="de"),)
    assert facts.events == (Event(label="bark", start=0.5, end=1, origin="composed"),)
    assert facts.attributes == (
        Attribute(key="bpm", value="120", origin="tool"),
        Attribute(key="instruments", value="oboe", origin="human"),
        Attribute(key="instruments", value="harp", origin="human"),
        Attribute(key="sarcasm", value="yes", origin="human"),
    )


def test_field_map_reads_their_names_and_leaves_others_alone(tmp_path: Path) -> None:
    fields = {"path": "audio_filepath", "transcript": "text"}
    found = one(tmp_path, {"audio_filepath": "b.wav", "text": "hi", "transcript": 3, "extra": [1]}, fields=fields)
    assert isinstance(found, Recording)
    assert found.path == str(tmp_path / "b.wav")
    assert found.facts.transcript == Statement(text="hi", origin="human")


def test_what_holds_for_all_gives_way_to_what_a_row_states(tmp_path: Path) -> None:
    holds: dict[str, Any] = {"licence": "CC0-1.0", "domains": ("sound",), "language": "en", "origin": "tool"}
    silent = recording(tmp_path, {"transcript": "hi"}, **holds)
    assert (silent.licence, silent.domains) == ("CC0-1.0", ("sound",))
    assert silent.facts.transcript == Statement(text="hi", origin="tool", language="en")
    stated = recording(tmp_path, {"transcript": "hi", "licence": "MIT", "domain": "speech", "language": "fr"}, **holds)
    assert (stated.licence, stated.domains) == ("MIT", ("speech",))
    assert stated.facts.transcript == Statement(text="hi", origin="tool", language="fr")


@pytest.mark.parametrize("empty", [None, "", "   ", []])
def test_empty_is_absent(tmp_path: Path, empty: Any) -> None:
    row = {"caption": empty, "bpm": empty, "domain": empty, "turns": empty if empty == [] else None}
    assert recording(tmp_path, row) == recording(tmp_path, {})


def test_absolute_path_stays(tmp_path: Path) -> None:
    assert recording(tmp_path, {"path": "/elsewhere/a.wav"}).path == "/elsewhere/a.wav"


@pytest.mark.parametrize("name", ["a dog's bark.wav", "two\nlines.wav", "Früh ☼ 犬.wav"])
def test_strange_names_are_names(tmp_path: Path, name: str) -> None:
    assert recording(tmp_path, {"path": name}).path == str(tmp_path / name)


@pytest.mark.parametrize(
    ("row", "span"),
    [
        ({}, None),
        ({"start": 2, "duration": 3}, (2, 5)),
        ({"end": 3}, (0, 3)),
        ({"duration": 3}, (0, 3)),
        ({"start": 2, "end": 5, "duration": 3.001}, (2, 5)),
    ],
)
def test_span_is_start_with_end_or_duration(tmp_path: Path, row: dict[str, Any], span: tuple[int, int] | None) -> None:
    assert recording(tmp_path, row).span == (Span(start=span[0], end=span[1]) if span else None)


# --- broken rows ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "detail"),
    [
        ({"path": None}, "has no path"),
        ({"path": 3}, "path is no text: 3"),
        ({"path": "a\0.wav"}, "path is no text"),
        ({"start": 2}, "start without end or duration"),
        ({"start": 2, "end": 1}, "0 <= start < end"),
        ({"start": -1, "end": 1}, "0 <= start < end"),
        ({"start": 0, "end": 5, "duration": 3}, "the end is 5 s, but start and duration say 3 s"),
        ({"start": "about 120", "end": 130}, "start is no number: 'about 120'"),
        ({"start": "1", "end": 2}, "start is no number: '1'"),
        ({"end": True}, "end is no number"),
        ({"source_time": "1:30"}, "source_time is no number"),
        ({"domain": "noise"}, "Invalid enum value 'noise'"),
        ({"caption": {"text": "a dog"}}, "caption is neither a text nor a list of texts"),
        ({"labels": ["bark", 3]}, "labels is neither"),
        ({"transcript": ["hi"]}, "transcript is no text"),
        ({"split": 1}, "split is no text"),
        ({"language": 3}, "language is no text"),
        ({"turns": "A: hi"}, "Expected `array`"),
        ({"turns": [{"speaker": "A"}]}, "missing required field `text`"),
        ({"turns": [{"text": "hi", "stat": 3}]}, "unknown field `stat`"),
        ({"events": [{"label": "bark", "start": 1}]}, "missing required field `end`"),
    ],
)
def test_row_of_a_wrong_type_is_malformed_and_not_guessed(tmp_path: Path, row: dict[str, Any], detail: str) -> None:
    assert detail in malformed(tmp_path, row)


@pytest.mark.parametrize(
    "line",
    [
        b"{",
        b"[1, 2]",
        b'"a.wav"',
        b'{"path": "\xff.wav"}',
        b'{"path": "a.wav", "end": NaN}',
        b'{"path": "a.wav", "end": 1' + b"0" * 400 + b"}",
        b'{"path": "a.wav", "x": ' + b"[" * 100_000,
    ],
)
def test_broken_line_is_named_and_the_rest_is_read(tmp_path: Path, line: bytes) -> None:
    path = table(tmp_path, b'{"path": "1.wav"}\n\n' + line + b'\r\n{"path": "4.wav"}')
    first, broken, last = read(path)
    assert isinstance(broken, Failure)
    assert (broken.subject, broken.reason) == (f"{path}:3", "malformed")
    assert "\n" not in broken.detail
    assert [Path(r.path).name for r in (first, last) if isinstance(r, Recording)] == ["1.wav", "4.wav"]


def test_byte_order_mark_is_tolerated(tmp_path: Path) -> None:
    for name, text in (("m.jsonl", '{"path": "a.wav"}'), ("m.csv", "path\na.wav\n")):
        (found,) = read(table(tmp_path, text.encode("utf-8-sig"), name))
        assert isinstance(found, Recording)


# --- CSV --------------------------------------------------------------------------------------------------------------


def test_csv_cells_are_numbers_where_numbers_belong_and_lists_where_parted(tmp_path: Path) -> None:
    text = 'path,start,end,caption,labels,bpm\na.wav, 1 ,2.5,"a dog, near","bark; yard",\n'
    (found,) = read(table(tmp_path, text, "m.csv"), separator=";")
    assert isinstance(found, Recording)
    assert found.span == Span(start=1, end=2.5)
    assert [s.text for s in found.facts.captions] == ["a dog, near"]
    assert [s.text for s in found.facts.labels] == ["bark", "yard"]
    assert found.facts.attributes == ()


def test_without_a_separator_a_cell_is_one_text(tmp_path: Path) -> None:
    (found,) = read(table(tmp_path, "path\tcaption\na.wav\ta; b\n", "m.tsv"))
    assert isinstance(found, Recording)
    assert [s.text for s in found.facts.captions] == ["a; b"]


@pytest.mark.parametrize(
    ("line", "detail"),
    [
        (b"b.wav", "1 cells where the header has 3"),
        (b"b.wav,x,2,3", "4 cells where the header has 3"),
        (b"b.wav,\xff,2", "surrogates not allowed"),
        (b"b.wav,x,soon", "end is no number: 'soon'"),
        (b"b.wav,x,nan", "end is no number"),
        (b'b.wav,"x"y,2', "expected after"),
        (b",x,2", "has no path"),
    ],
)
def test_broken_csv_line_is_named_and_the_rest_is_read(tmp_path: Path, line: bytes, detail: str) -> None:
    path = table(tmp_path, b'path,caption,end\na.wav,"two\nlines",1\n' + line + b"\nc.wav,x,2\n", "m.csv")
    first, broken, last = read(path)
    assert isinstance(broken, Failure)
    assert (broken.subject, broken.reason) == (f"{path}:4", "malformed")
    assert detail in broken.detail
    assert [Path(r.path).name for r in (first, last) if isinstance(r, Recording)] == ["a.wav", "c.wav"]


def test_turns_do_not_fit_into_a_cell(tmp_path: Path) -> None:
    (found,) = read(table(tmp_path, "path,turns\na.wav,A: hi\n", "m.csv"))
    assert isinstance(found, Failure)
    assert "write the manifest as JSONL" in found.detail


# --- wrong settings ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text", "settings", "message"),
    [
        ("m.csv", "file,text\n", {}, r"no column 'path' \(fields\.path\)"),
        ("m.csv", "path,txt\n", {"fields": {"transcript": "text"}}, "did you mean 'txt'"),
        ("m.csv", "", {}, "it is empty"),
        ("m.csv", "path,path\n", {}, "more than one column 'path'"),
        ("m.csv", b"path,\xff\n", {}, "no header that can be read"),
        ("m.jsonl", "", {"fields": {"transcipt": "text"}}, "did you mean 'transcript'"),
        ("m.jsonl", "", {"origins": {"bmp": "tool"}}, "did you mean 'bpm'"),
        ("m.jsonl", "", {"origins": {"start": "tool"}}, "there is no field 'start'"),
        ("m.txt", "", {}, "neither .jsonl nor .csv nor .tsv"),
    ],
)
def test_wrong_setting_is_refused_before_anything_is_asked_for(
    tmp_path: Path, name: str, text: str | bytes, settings: dict[str, Any], message: str
) -> None:
    path = table(tmp_path, text, name)
    with pytest.raises(SetupError, match=message):
        manifest.recordings(manifest.Settings(path=str(path), **settings))


@pytest.mark.parametrize("name", ["absent.jsonl", "absent.csv", "."])
def test_manifest_that_cannot_be_opened_is_refused_at_once(tmp_path: Path, name: str) -> None:
    with pytest.raises(SetupError, match="cannot be read"):
        manifest.recordings(manifest.Settings(path=str(tmp_path / name)))


# --- real data --------------------------------------------------------------------------------------------------------


def test_every_row_of_the_real_manifest_is_read() -> None:
    if not (folder := os.environ.get("COGITO_REAL_AUDIO")):
        pytest.skip("set COGITO_REAL_AUDIO to the folder of real recordings")
    path = Path(folder) / "manifest.jsonl"
    found = read(path, fields={"translation": "translation_en", "group": "dialogue"})
    recordings = [entry for entry in found if isinstance(entry, Recording)]
    assert len(recordings) == len(found) == len(path.read_text("utf-8").splitlines())
    said = Counter(
        name
        for entry in recordings
        for name in ("transcript", "translation", "captions", "labels", "attributes")
        if getattr(entry.facts, name)
    )
    assert min(said.values()) > 0
    assert len(said) == 5
    assert all(entry.licence and entry.domains for entry in recordings)


# --- archives and tables ----------------------------------------------------------------------------------------------


def test_member_of_an_archive_keeps_the_blanks_of_its_name(tmp_path: Path) -> None:
    made = recording(tmp_path, {"path": "k.zip", "member": " Ambience Birds.wav"})
    assert made.ref == f"{tmp_path / 'k.zip'}:: Ambience Birds.wav"
    (found,) = read(table(tmp_path, "path,member\nk.tar, b.wav\n", "m.csv"))
    assert isinstance(found, Recording)
    assert found.member == " b.wav"
    assert "member is no text" in malformed(tmp_path, {"member": 3})


def parquet_table(path: Path, columns: dict[str, Any]) -> Path:
    pyarrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    parquet.write_table(pyarrow.table(columns), path, row_group_size=2)
    return path


def test_parquet_with_sounds_is_a_manifest_of_its_rows(tmp_path: Path) -> None:
    cells = [{"bytes": b"x", "path": f"{i}.wav"} for i in range(3)]
    path = parquet_table(tmp_path / "t.parquet", {"audio": cells, "text": ["a", "b", None], "bpm": [100, 90, None]})
    found = read(path, fields={"transcript": "text"})
    assert [entry.ref for entry in found if isinstance(entry, Recording)] == [f"{path}::audio/{i}" for i in range(3)]
    first, _, last = (entry.facts for entry in found if isinstance(entry, Recording))
    assert first.transcript is not None
    assert (first.transcript.text, first.attributes[0].value) == ("a", "100")
    assert (last.transcript, last.attributes) == (None, ())


def test_parquet_with_two_columns_of_sounds_asks_which(tmp_path: Path) -> None:
    path = parquet_table(tmp_path / "t.parquet", {"near": [b"x"], "far": [b"y"]})
    with pytest.raises(SetupError, match=r"several columns of sounds, near, far: set fields\.member"):
        read(path)
    (found,) = read(path, fields={"member": "far"})
    assert isinstance(found, Recording)
    assert found.member == "far/0"
    with pytest.raises(SetupError, match="no column 'fur' of sounds; did you mean 'far'"):
        read(path, fields={"member": "fur"})


def test_parquet_that_is_none_is_a_wrong_setting(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    (tmp_path / "t.parquet").write_bytes(b"no table")
    with pytest.raises(SetupError, match="the table cannot be read"):
        read(tmp_path / "t.parquet")
