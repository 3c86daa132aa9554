"""Datasets of several layouts go the whole road in one build, and what of them is not there is accounted for."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

import tones
from audio_cogito.types import Trace
from road import build, sums_hold, traces, write_recipe
from server import Options, Server


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with Server(Options()) as server:
        server.keep = True
        yield server


def sound(path: Path, hertz: float, seconds: float = 0.6) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return tones.write(path, tones.tone(seconds, hertz))


def meld(folder: Path) -> None:
    header = "Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID\n"
    lines = [f"Hi {u}.,Ada,joy,positive,{d},{u}\n" for d in range(2) for u in range(2)]
    folder.mkdir()
    (folder / "train_sent_emo.csv").write_text(header + "".join(lines))
    for d, u in ((0, 0), (0, 1), (1, 0)):
        sound(folder / "train_splits" / f"dia{d}_utt{u}.wav", 300 + 10 * d + 20 * u)


def librispeech(folder: Path) -> None:
    sound(folder / "train-clean-5" / "1" / "2" / "1-2-0000.flac", 500)
    (folder / "train-clean-5" / "1" / "2" / "1-2.trans.txt").write_text("1-2-0000 HELLO\n1-2-0001 GONE\n")


def shards(folder: Path) -> None:
    data = sound(folder / "one.wav", 600).read_bytes()
    with tarfile.open(folder / "s-0.tar", "w") as tar:
        for name, content in (("1.wav", data), ("1.json", json.dumps({"labels": "bell"}).encode()), ("2.json", b"{}")):
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))


def parquet(folder: Path) -> None:
    pyarrow, writer = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    data = sound(folder / "two.wav", 700).read_bytes()
    cells = [{"bytes": data, "path": "a.wav"}, {"bytes": None, "path": "b.wav"}]
    writer.write_table(pyarrow.table({"audio": cells, "text": ["a tone", "none"]}), folder / "train-0.parquet")


def sources_of(found: list[Trace]) -> set[str]:
    return {trace.question.clips[0].recording.source for trace in found}


async def test_datasets_of_several_layouts_go_the_whole_road(tmp_path: Path, server: Server) -> None:
    for make, name in ((meld, "MELD"), (librispeech, "LibriSpeech"), (shards, "tars"), (parquet, "hub")):
        make(tmp_path / name)
    tables: dict[str, Any] = {
        "meld": {"path": "MELD"},
        "dialogues": {"kind": "meld", "path": "MELD", "unit": "dialogues", "joined": "joined"},
        "librispeech": {"path": "LibriSpeech"},
        "webdataset": {"path": "tars"},
        "hugging_face": {"path": "hub", "fields": {"caption": "text"}},
    }
    record = await build(
        write_recipe(tmp_path, server.url, sources=tables, select={"splits": {"train": 1.0, "dev": 0.0, "test": 0.0}})
    )
    assert sums_hold(record)
    collected = record.stages["collect"]
    assert (collected.kept, collected.failed) == (7, 5)
    assert sources_of(traces(tmp_path / "runs/recipe")) == set(tables)
    assert list((tmp_path / "joined").glob("meld-train-dia0-*.flac"))
    assert {trace.question.clips[0].split for trace in traces(tmp_path / "runs/recipe")} == {"train"}
