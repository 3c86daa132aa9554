"""Inputs made to do harm: each is refused or stands in the ledger, nothing is written outside, memory is bounded."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet
import pytest
import soundfile

from audio_cogito import shards
from audio_cogito.ledger import Drop, Failure
from audio_cogito.run import Run, RunRecord
from audio_cogito.types import Clip
from lying import write
from road import build, cogito_here, sums_hold, write_recipe, write_tones
from tones import noise

NOWHERE = "http://127.0.0.1:9/v1"
MEASURED = """
import re, sys
from pathlib import Path
from audio_cogito import cli
code = cli.main(sys.argv[1:])
peak = re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())
print("peak", int(peak[1]) // 1024, file=sys.stderr)
sys.exit(code)
"""
"""The process's own peak: what `getrusage` says begins with that of the process it was forked from."""
LONG = pytest.mark.long
PEAK_MB = 300
"""A build of nothing takes some 110 MB."""


def ledger(run: Path) -> list[Drop | Failure]:
    lines = (line for path in shards.paths(run / "ledger", "collect-") for line in shards.read_lines(path))
    return [msgspec.json.decode(line, type=Drop | Failure) for line in lines]


def kept(run: Path) -> list[Clip]:
    return [clip for _, found in shards.inputs(run / "select", Clip) for clip in found]


def measured(recipe: Path) -> tuple[subprocess.CompletedProcess[str], int]:
    """The command over a recipe's collection in a process of its own, and its peak in MB."""
    command = [sys.executable, "-c", MEASURED, "build", str(recipe), "--only", "collect"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, env=dict(os.environ))
    assert "Traceback" not in done.stderr, done.stderr
    return done, int(done.stderr.rsplit("peak ", 1)[1])


def sound(seconds: float = 0.6, random_seed: int = 0) -> bytes:
    written = io.BytesIO()
    soundfile.write(written, noise(seconds, random_seed=random_seed), 16000, format="WAV", subtype="PCM_16")
    return written.getvalue()


@pytest.mark.parametrize("kind", ["folder", "webdataset"])
async def test_tar_with_names_that_climb_writes_nothing_outside(tmp_path: Path, kind: str) -> None:
    names = ["../../climbed.wav", "in/../../climbed-too.wav", "good.wav"]
    (tmp_path / "deep/recordings").mkdir(parents=True)
    with tarfile.open(tmp_path / "deep/recordings/shard.tar", "w") as tar:
        for number, name in enumerate(names):
            data = sound(random_seed=number)
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    before = {path for path in tmp_path.rglob("*") if path.is_file()}
    recipe = write_recipe(tmp_path, NOWHERE, sources={kind: {"path": "deep/recordings"}})
    record = await build(recipe, only="collect")
    assert sums_hold(record)
    assert record.stages["collect"].read == len(names)
    assert [clip.recording.member for clip in kept(tmp_path / "runs/recipe")] == ["good.wav"]
    assert {entry.reason for entry in ledger(tmp_path / "runs/recipe")} == {"undecodable"}
    assert len(ledger(tmp_path / "runs/recipe")) == 2
    new = {path for path in tmp_path.rglob("*") if path.is_file()} - before - {recipe}
    assert all(path.is_relative_to(tmp_path / "runs") or path.is_relative_to(tmp_path / "store") for path in new)
    assert not list(tmp_path.rglob("climbed*"))


@pytest.mark.parametrize(
    ("source", "columns"),
    [
        ("manifest", {"path": pa.array([1, 2])}),
        ("manifest", {"path": pa.array([["a.wav"], None])}),
        ("hugging_face", {"audio": pa.array(["text", "for sound"])}),
        ("hugging_face", {"audio": pa.array([{"bytes": 5, "path": 7}, {"bytes": 6, "path": 8}])}),
        ("folder", {"audio": pa.array([{"bytes": b"no sound", "path": "a.wav"}, {"bytes": None, "path": None}])}),
        ("audioset", {"video_id": pa.array([1, 2]), "audio": pa.array([{"bytes": b"x", "path": "p"}] * 2)}),
    ],
)
def test_parquet_of_wrong_types_is_refused_or_in_the_ledger(
    tmp_path: Path, source: str, columns: dict[str, Any]
) -> None:
    place = tmp_path / "recordings" / ("bal_train" if source == "audioset" else "data")
    place.mkdir(parents=True)
    pyarrow.parquet.write_table(pa.table(columns), place / "train.parquet")
    write(tmp_path / "recordings", {"class_labels_indices.csv": 'index,mid,display_name\n0,/m/09x0r,"Speech"\n'})
    settings = {"path": "recordings/data/train.parquet" if source == "manifest" else "recordings"}
    done = cogito_here("build", str(write_recipe(tmp_path, NOWHERE, sources={source: settings})), "--only", "collect")
    assert done.returncode in (2, 3), done.stdout + done.stderr
    if done.returncode == 3:
        entries = ledger(tmp_path / "runs/recipe")
        assert entries
        assert all(entry.detail and "\n" not in entry.detail for entry in entries)
        assert not kept(tmp_path / "runs/recipe")


@pytest.mark.long
@pytest.mark.parametrize(
    ("source", "name", "head"),
    [
        ("manifest", "list.csv", b"path,caption\n"),
        ("manifest", "list.jsonl", b'{"path": "'),
        ("audioset", "balanced_train_segments.csv", b"# a\n# b\n# YTID, start_seconds\n"),
        pytest.param("audiocaps", "train.csv", b"audiocap_id,youtube_id,start_time,caption\n1,", marks=LONG),
        pytest.param("clotho", "clotho_captions_development.csv", b"file_name,caption_1,caption_2\n", marks=LONG),
        pytest.param("fma", "tracks.csv", b",album,", marks=LONG),
        ("folder", "metadata.csv", b"file_name,caption\n"),
    ],
)
def test_table_of_a_gigabyte_in_one_line_is_refused_in_bounded_memory(
    tmp_path: Path, source: str, name: str, head: bytes
) -> None:
    write_tones(tmp_path / "recordings", 1)
    (tmp_path / "recordings/tone 0000.txt").unlink()
    (tmp_path / "recordings/class_labels_indices.csv").write_text('index,mid,display_name\n0,/m/09x0r,"Speech"\n')
    with (tmp_path / "recordings" / name).open("wb") as file:
        file.write(head)
        file.truncate(10**9)
    settings = {"path": f"recordings/{name}" if source == "manifest" else "recordings"}
    settings |= {"metadata": name} if source == "folder" else {}
    done, peak = measured(write_recipe(tmp_path, NOWHERE, sources={source: settings}))
    assert done.returncode in (2, 3), done.stdout + done.stderr
    assert peak < PEAK_MB
    assert len(done.stderr) < 5_000, "no gigabyte is printed"


@pytest.mark.long
@pytest.mark.parametrize(
    "name", ["exam.json", pytest.param("MMAR-meta.jsonl", marks=LONG), pytest.param("videos.csv", marks=LONG)]
)
def test_benchmark_of_a_gigabyte_is_refused_in_bounded_memory(tmp_path: Path, name: str) -> None:
    write_tones(tmp_path / "recordings", 1)
    with (tmp_path / name).open("wb") as file:
        file.truncate(10**9)
    done, peak = measured(write_recipe(tmp_path, NOWHERE, select={"against": [name]}))
    assert done.returncode == 2
    assert "is no benchmark's metadata: it has 1,000 MB" in " ".join(done.stderr.split())
    assert peak < PEAK_MB


async def test_loops_of_links_end_in_recordings_and_in_benchmarks(tmp_path: Path) -> None:
    recordings = write_tones(tmp_path / "recordings", 2)
    (recordings / "round").symlink_to(recordings, target_is_directory=True)
    (recordings / "self.wav").symlink_to(recordings / "self.wav")
    exam = write_tones(tmp_path / "exam", 1)
    (exam / "round").symlink_to(tmp_path / "exam", target_is_directory=True)
    (exam / "self.wav").symlink_to(exam / "self.wav")
    record = await build(write_recipe(tmp_path, NOWHERE, select={"against": ["exam"]}), only="collect")
    assert record.stages["collect"].read == 3
    (lost,) = [entry for entry in ledger(tmp_path / "runs/recipe") if isinstance(entry, Failure)]
    assert (Path(lost.subject).name, lost.reason) == ("self.wav", "missing")
    assert record.stages["select"].reasons == {"benchmark_sound": 1}
    (sound,) = [one for one in record.decontamination if (one.rule, one.benchmark) == ("sound", "exam")]
    assert sound.why == "1 of 2 sounds could not be heard"


@pytest.fixture(scope="module")
def bomb(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A zip of half a MB that unpacks to 500."""
    path = tmp_path_factory.mktemp("bomb") / "bomb"
    kind = zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(path, "w", kind, compresslevel=1) as archive, archive.open("zeros.wav", "w") as file:
        for _ in range(500):
            file.write(bytes(10**6))
    return path


@pytest.mark.long
@pytest.mark.parametrize(
    "name", ["bomb.flac", "bomb.zip", pytest.param("bomb.wav", marks=LONG), pytest.param("bomb.mp3", marks=LONG)]
)
def test_zip_bomb_under_any_name_is_in_the_ledger_in_bounded_memory(tmp_path: Path, bomb: Path, name: str) -> None:
    (tmp_path / "recordings").mkdir()
    shutil.copy(bomb, tmp_path / "recordings" / name)
    done, peak = measured(write_recipe(tmp_path, NOWHERE))
    assert done.returncode == 3, done.stdout + done.stderr
    (entry,) = ledger(tmp_path / "runs/recipe")
    assert entry.reason == "undecodable"
    assert peak < PEAK_MB


SECRET = "root:x:0:0"


@pytest.mark.parametrize(
    "row", ['{"path": "/etc/passwd"}', '{"path": "recordings/../../../../../../../../etc/passwd"}']
)
async def test_manifest_that_names_a_file_of_the_system_reads_nothing_of_it_into_the_run(
    tmp_path: Path, row: str
) -> None:
    write_tones(tmp_path / "recordings", 1)
    (tmp_path / "list.jsonl").write_text(f'{row}\n{{"path": "recordings/tone 0000.wav"}}\n')
    record: RunRecord = await build(
        write_recipe(tmp_path, NOWHERE, sources={"manifest": {"path": "list.jsonl"}}), only="collect"
    )
    assert (record.stages["collect"].failed, record.stages["select"].kept) == (1, 1)
    (entry,) = ledger(tmp_path / "runs/recipe")
    assert entry.reason == "undecodable"
    assert SECRET not in entry.detail
    assert all(SECRET.encode() not in path.read_bytes() for path in (tmp_path / "runs").rglob("*") if path.is_file())
    assert Run(tmp_path / "runs/recipe").record.stages["collect"].read == 2
