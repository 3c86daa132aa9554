"""Tables of strangers are read row by row with bounded memory; what is no table says so."""

from __future__ import annotations

import gzip
import tracemalloc
from pathlib import Path

import pytest

from audio_cogito.errors import SetupError
from audio_cogito.ledger import Failure
from audio_cogito.reading import disk, tables
from audio_cogito.reading.tables import Line


def test_text_without_line_ends_is_not_read_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "LONGEST_LINE", 2**12)
    (tmp_path / "t.csv").write_bytes(b"a\n1\n" + b"x" * 2**24)
    (tmp_path / "t.jsonl").write_bytes(b'{"a": 1}\n' + b"x" * 2**24)
    (tmp_path / "bomb.jsonl.gz").write_bytes(gzip.compress(b'{"a": 1}\n' + b" " * 2**24))
    tracemalloc.start()
    found = [
        list(tables.delimited(tmp_path / "t.csv", ["a"])),
        list(tables.json_lines(tmp_path / "t.jsonl")),
        list(tables.json_lines(tmp_path / "bomb.jsonl.gz")),
    ]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**21
    for first, failed in found:
        assert isinstance(first, Line)
        assert isinstance(failed, Failure)
        assert "a line of more than" in failed.detail


def test_row_that_is_no_utf8_spoils_itself_alone(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(b'\xef\xbb\xbfa,b\r\n1,2\r\n\xff,2\r\n"x\ny",3\r\n4\r\n5,6')
    found = list(tables.delimited(tmp_path / "t.csv", ["a", "b"]))
    assert [one.cells for one in found if isinstance(one, Line)] == [
        {"a": "1", "b": "2"},
        {"a": "x\ny", "b": "3"},
        {"a": "5", "b": "6"},
    ]
    assert [one.subject.rpartition(":")[2] for one in found if isinstance(one, Failure)] == ["3", "6"]


def test_document_that_is_too_large_is_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "LARGEST_DOCUMENT", 10)
    (tmp_path / "d.json").write_text('{"a": "0123456789"}')
    with pytest.raises(SetupError, match="more than 10"):
        tables.document(tmp_path / "d.json", dict)


def test_sound_is_found_by_its_stem_and_what_needs_no_extra_comes_first(tmp_path: Path) -> None:
    for name in ("a.mp4", "a.flac", "a.txt", "._b.mp4", "c.MP4", "d.x.wav"):
        (tmp_path / name).touch()
    held = disk.Holdings()
    assert held.find(tmp_path / "a.mp4") == tmp_path / "a.flac"
    assert held.find(tmp_path / "b.mp4") is None
    assert held.find(tmp_path / "c.mp4") == tmp_path / "c.MP4"
    assert held.find(tmp_path / "d.x.mp4") == tmp_path / "d.x.wav"
    assert held.find(tmp_path / "absent" / "a.wav") is None


def test_sound_of_a_row_is_taken_as_named_before_its_folder_is_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.mp3").touch()
    monkeypatch.setattr("os.listdir", lambda _: pytest.fail("the folder was listed"))
    assert disk.Holdings().there("t.csv:2", tmp_path / "a.mp3") == tmp_path / "a.mp3"


def test_row_without_its_sound_is_missing_under_its_place(tmp_path: Path) -> None:
    failed = disk.Holdings().there("t.csv:2", tmp_path / "a.mp3")
    assert isinstance(failed, Failure)
    assert (failed.subject, failed.reason) == ("t.csv:2", "missing")
    assert str(tmp_path / "a.mp3") in failed.detail


def test_folder_of_sounds_is_the_nearest_of_its_name_or_of_the_next(tmp_path: Path) -> None:
    for name in ("x/train", "x/y/clips/clips", "elsewhere"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "x/linked").symlink_to(tmp_path / "elsewhere")
    assert disk.place(tmp_path, "train_splits", "train") == tmp_path / "x/train"
    assert disk.place(tmp_path / "x", "clips") == tmp_path / "x/y/clips/clips"
    assert disk.place(tmp_path / "x", "linked") == tmp_path / "x/linked"
    assert disk.place(tmp_path, "absent") is None
