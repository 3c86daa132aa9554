"""Tables of strangers are read row by row with bounded memory; what is no table says so."""

from __future__ import annotations

import gzip
import tracemalloc
from pathlib import Path

import pytest

from audio_cogito.errors import SetupError
from audio_cogito.ledger import Failure
from audio_cogito.reading import holdings, tables
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
    held = holdings.Holdings()
    assert held.find(tmp_path, "a") == tmp_path / "a.flac"
    assert held.find(tmp_path, "b") is None
    assert held.find(tmp_path, "c") == tmp_path / "c.MP4"
    assert held.find(tmp_path, "d.x") == tmp_path / "d.x.wav"
    assert held.find(tmp_path / "absent", "a") is None
