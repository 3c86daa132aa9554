"""A folder of hostile audio, end to end: one clear entry for each file, nothing lost, and the build goes on."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import msgspec
import numpy as np
import pytest
import soundfile

from audio_cogito import shards
from audio_cogito.ledger import Drop, Failure
from audio_cogito.types import Clip
from road import build, cogito, write_recipe
from tones import noise, tone, write

NAMES = ["a space.wav", 'quo\'te "both".wav', "new\nline.wav", "雨の音.wav", "-x.wav", "%s {0}.wav"]


def fill(folder: Path) -> tuple[set[str], dict[str, str]]:
    """Files that can be heard, and the others with the reason that each is to be answered with."""
    for number, name in enumerate(NAMES):
        write(folder / name, noise(0.6, random_seed=number))
    for number, subtype in enumerate(["PCM_U8", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"]):
        write(folder / f"{subtype}.wav", noise(0.6, random_seed=100 + number), subtype=subtype)
    write(folder / "96 kHz.wav", noise(0.6, 96_000, random_seed=200), 96_000)
    channels = np.stack([noise(0.6, 48_000, random_seed=300 + i) for i in range(7)], axis=1)
    write(folder / "seven.wav", channels, 48_000)
    heard = {*NAMES, "PCM_U8.wav", "PCM_24.wav", "PCM_32.wav", "FLOAT.wav", "DOUBLE.wav", "96 kHz.wav", "seven.wav"}

    (folder / "empty.wav").touch()
    (folder / "text.wav").write_text("I am a wave.\n" * 50)
    (folder / "broken link.wav").symlink_to(folder / "nowhere.wav")
    os.mkfifo(folder / "pipe.wav")
    write(folder / "cut.ogg", noise(2))
    os.truncate(folder / "cut.ogg", 9_000)
    spoilt = tone(0.6)
    spoilt[5] = np.nan
    write(folder / "nan.wav", spoilt, subtype="FLOAT")
    soundfile.write(folder / "hour.flac", np.zeros(3600 * 8000, "i2"), 8000)
    (folder / "a folder.wav").mkdir()
    (folder / "bad.zip").write_bytes(b"PK\3\4 no archive")
    with zipfile.ZipFile(folder / "good.zip", "w") as archive:
        archive.write(write(folder / ".hidden.wav", noise(0.6, random_seed=400)), "sub/in a zip.wav")
        archive.writestr("empty.wav", b"")
    heard.add("good.zip::sub/in a zip.wav")
    return heard, {
        "empty.wav": "undecodable",
        "text.wav": "undecodable",
        "broken link.wav": "missing",
        "pipe.wav": "undecodable",
        "cut.ogg": "undecodable",
        "nan.wav": "not_numbers",
        "hour.flac": "too_long",
        "bad.zip": "undecodable",
        "good.zip::empty.wav": "undecodable",
    }


def ledger(run: Path) -> list[Drop | Failure]:
    lines = (line for path in shards.paths(run / "ledger", "collect-") for line in shards.read_lines(path))
    return [msgspec.json.decode(line, type=Drop | Failure) for line in lines]


@pytest.mark.parametrize("processes", [0, 2])
async def test_every_hostile_file_has_one_clear_entry(tmp_path: Path, processes: int) -> None:
    heard, reasons = fill(tmp_path / "recordings")
    recipe = write_recipe(tmp_path, "http://127.0.0.1:9/v1", collect={"processes": processes})
    record = await build(recipe, only="collect")
    stage = record.stages["collect"]
    assert stage.read == stage.answered + stage.unanswered == len(heard) + len(reasons)
    assert stage.made == stage.kept + stage.dropped + stage.failed
    assert stage.kept == len(heard)
    entries = ledger(tmp_path / "runs/recipe")
    root = f"{tmp_path / 'recordings'}/"
    assert {entry.subject.removeprefix(root): entry.reason for entry in entries} == reasons
    assert all(entry.detail and "\n" not in entry.detail for entry in entries)
    clips = [c for _, found in shards.inputs(tmp_path / "runs/recipe/select", Clip) for c in found]
    assert {clip.recording.ref.removeprefix(root) for clip in clips} == heard


async def test_split_builds_parts_and_the_sums_hold(tmp_path: Path) -> None:
    write(tmp_path / "recordings/long.wav", noise(70))
    write(tmp_path / "recordings/short.wav", noise(2, random_seed=1))
    (tmp_path / "recordings/long.txt").write_text("a caption of the whole")
    recipe = write_recipe(tmp_path, "http://127.0.0.1:9/v1", collect={"long": "split"})
    stage = (await build(recipe, only="collect")).stages["collect"]
    assert (stage.read, stage.answered, stage.made, stage.kept) == (2, 2, 4, 4)
    clips = [c for _, found in shards.inputs(tmp_path / "runs/recipe/select", Clip) for c in found]
    assert len({clip.split for clip in clips if clip.recording.span}) == 1


def test_command_says_which_extra_an_m4a_needs(tmp_path: Path) -> None:
    """As where PyAV is not installed: a folder that stands before it holds a module that cannot be imported."""
    pytest.importorskip("av")
    from encoded import encode

    encode(tmp_path / "recordings/a.m4a", tone(1, rate=48_000))
    write(tmp_path / "recordings/b.wav", tone(1))
    (tmp_path / "site").mkdir()
    (tmp_path / "site/av.py").write_text("raise ImportError('no PyAV')")
    recipe = write_recipe(tmp_path, "http://127.0.0.1:9/v1", collect={"processes": 1})
    said = cogito("build", str(recipe), "--only", "collect", environment={"PYTHONPATH": str(tmp_path / "site")})
    assert said.returncode == 3, said.stderr
    assert "not_installed" in said.stdout
    (failed,) = ledger(tmp_path / "runs/recipe")
    assert failed.detail.endswith("pip install 'audio-cogito[av]'")
    assert cogito("build", str(recipe), "--only", "collect").returncode == 0
