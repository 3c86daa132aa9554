"""Shards appear whole and in order, whatever the order of arrival."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from audio_cogito import shards
from audio_cogito.errors import SetupError
from audio_cogito.shards import Sink
from audio_cogito.types import Clip
from made import make_clip


def write_in_order(folder: Path, order: list[int]) -> list[bytes]:
    sink = Sink(folder / "out", folder / "ledger", "build", lambda path: None)
    for index in order:
        sink.add(index // 4, index % 4, f"{index}\n".encode(), b"" if index % 3 else f"drop {index}\n".encode())
    for shard in range(3):
        sink.close_input(shard, 4)
    sink.finish()
    return [path.read_bytes() for name in ("out", "ledger") for path in sorted((folder / name).iterdir())]


def test_order_of_arrival_changes_no_byte(tmp_path: Path) -> None:
    order = list(range(12))
    first = write_in_order(tmp_path / "a", order)
    random.Random(5).shuffle(order)
    assert write_in_order(tmp_path / "b", order) == first


def test_records_are_in_order_of_their_index(tmp_path: Path) -> None:
    write_in_order(tmp_path, [7, 3, 0, 11, 5, 1, 2, 4, 6, 8, 10, 9])
    lines = [line for path in shards.paths(tmp_path / "out") for line in shards.read_lines(path)]
    assert lines == [f"{i}".encode() for i in range(12)]


def test_shard_is_not_there_before_its_last_record(tmp_path: Path) -> None:
    sink = Sink(tmp_path / "out", tmp_path / "ledger", "build", lambda path: None)
    sink.add(0, 1, b"1\n", b"")
    sink.close_input(0, 2)
    assert shards.paths(tmp_path / "out") == []
    sink.add(0, 0, b"0\n", b"")
    assert len(shards.paths(tmp_path / "out")) == 1
    sink.finish()


def test_shard_without_any_record_is_there_and_empty(tmp_path: Path) -> None:
    sink = Sink(tmp_path / "out", tmp_path / "ledger", "build", lambda path: None)
    sink.add(0, 0, b"", b"drop\n")
    sink.close_input(0, 1)
    (path,) = shards.paths(tmp_path / "out")
    assert list(shards.read_lines(path)) == []


def test_finish_removes_what_a_longer_run_left(tmp_path: Path) -> None:
    write_in_order(tmp_path, list(range(12)))
    sink = Sink(tmp_path / "out", tmp_path / "ledger", "build", lambda path: None)
    sink.add(0, 0, b"x\n", b"")
    sink.close_input(0, 1)
    sink.finish()
    assert [path.name for path in shards.paths(tmp_path / "out")] == ["00000.jsonl.zst"]
    assert shards.paths(tmp_path / "ledger", "build-") == []


def test_new_sink_removes_part_files_of_a_killed_run(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / ".00000.jsonl.zst.unordered.part").write_bytes(b"x\n")
    Sink(tmp_path / "out", tmp_path / "ledger", "build", lambda path: None)
    assert not list((tmp_path / "out").glob(".*.part"))


def test_damaged_shard_is_named_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "00000.jsonl.zst"
    shards.write(path, [shards.lines_of([make_clip()])])
    path.write_bytes(path.read_bytes()[:-8])
    with pytest.raises(SetupError, match=r"00000\.jsonl\.zst cannot be read.*run the build again"):
        list(shards.read(path, Clip))


def test_records_come_back_as_they_were(tmp_path: Path) -> None:
    path = tmp_path / "00000.jsonl.zst"
    clips = [make_clip(name) for name in "abc"]
    shards.write(path, [shards.lines_of(clips)])
    assert list(shards.read(path, Clip)) == clips


@pytest.mark.parametrize("cut", [1, 4, 8, 20])
def test_cut_shard_is_never_read_as_a_shorter_one(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "00000.jsonl.zst"
    shards.write(path, [shards.lines_of([make_clip(name)]) for name in "abcdef"])
    path.write_bytes(path.read_bytes()[:-cut])
    with pytest.raises(SetupError):
        list(shards.read(path, Clip))
