"""Hostile datasets: each is refused or stands in the ledger, the rest is built, and memory stays where it was."""

from __future__ import annotations

import io
import json
import tarfile
import tracemalloc
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

import tones
from audio_cogito import shards
from audio_cogito.ledger import Drop, Failure
from road import build, sums_hold, traces, write_recipe
from server import Options, Server

CAPTIONS = "file_name,caption_1,caption_2,caption_3,caption_4,caption_5\n"


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with Server(Options()) as server:
        yield server


def climbing_tar(folder: Path, sound: bytes) -> None:
    folder.mkdir()
    with tarfile.open(folder / "s.tar", "w") as tar:
        for name in ("../../up.wav", "/etc/abs.wav", "ok.wav"):
            entry = tarfile.TarInfo(name)
            entry.size = len(sound)
            tar.addfile(entry, io.BytesIO(sound))
        loop = tarfile.TarInfo("link.wav")
        loop.type, loop.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(loop)


def wrong_parquet(folder: Path) -> None:
    pyarrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    folder.mkdir()
    cells = [{"bytes": b"no sound", "path": "a.wav"}, {"bytes": None, "path": "../b.wav"}]
    parquet.write_table(pyarrow.table({"audio": cells, "caption": [1, 2]}), folder / "train.parquet")


def endless_line(folder: Path) -> None:
    (folder / "development").mkdir(parents=True)
    with (folder / "clotho_captions_development.csv").open("w") as file:
        file.write(CAPTIONS)
        file.truncate(2**28)


def recordings(folder: Path) -> bytes:
    """One sound, a bomb under a sound's name, a circle of links."""
    sound = tones.write(folder / "good.wav", tones.tone(0.7, 500)).read_bytes()
    with zipfile.ZipFile(folder / "bomb.flac", "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("zeros", bytes(2**26))
    (folder / "around").mkdir()
    (folder / "around" / "again").symlink_to(folder)
    return sound


def ledger(run: Path) -> list[Failure]:
    lines = (line for path in shards.paths(run / "ledger", "collect-") for line in shards.read_lines(path))
    entries = [msgspec.json.decode(line, type=Drop | Failure) for line in lines]
    return [entry for entry in entries if isinstance(entry, Failure)]


async def test_hostile_datasets_cost_themselves_alone_in_bounded_memory(tmp_path: Path, server: Server) -> None:
    sound = recordings(tmp_path / "recordings")
    climbing_tar(tmp_path / "tars", sound)
    wrong_parquet(tmp_path / "hub")
    endless_line(tmp_path / "Clotho")
    (tmp_path / "m.jsonl").write_text(json.dumps({"path": "/etc/passwd"}) + "\n")
    sources: dict[str, Any] = {
        "folder": {"path": "recordings"},
        "webdataset": {"path": "tars"},
        "hugging_face": {"path": "hub"},
        "clotho": {"path": "Clotho"},
        "manifest": {"path": "m.jsonl"},
    }
    tracemalloc.start()
    record = await build(write_recipe(tmp_path, server.url, sources=sources))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert sums_hold(record)
    said = {(failure.subject.rpartition("/")[2], failure.reason) for failure in ledger(tmp_path / "runs/recipe")}
    assert ("passwd", "undecodable") in said
    assert ("bomb.flac", "undecodable") in said
    assert ("clotho_captions_development.csv:2", "malformed") in said
    assert {reason for subject, reason in said if "train.parquet" in subject} <= {"malformed", "undecodable"}
    assert len({trace.question.clips[0].id for trace in traces(tmp_path / "runs/recipe")}) == 1
    assert not (tmp_path.parent / "up.wav").exists()
    assert (record.sources["folder"].present, record.sources["folder"].broken) == (1, 1)
    assert peak < 2**27
