"""Copies among datasets, real recordings in the datasets' own naming: AudioCaps within AudioSet, MusicBench's copies.

Each recording is a clip of AudioSet. AudioCaps has it as mp3 at 64 kb/s that begins a little later, MusicBench has it
at 16 kHz and at another level. Every second one is of another video there, as uploaded again: only the sound tells.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import soundfile
import soxr

from audio_cogito import shards
from audio_cogito.ledger import Drop
from audio_cogito.types import Clip
from road import build, cogito_here, results, sums_hold, write_recipe
from tones import Wave

pytestmark = pytest.mark.long
NOWHERE = "http://127.0.0.1:9/v1"
RATE = 44_100
LATER = 0.4
"""Seconds by which AudioCaps' clips begin later: downloads of one segment differ by more."""
MP3_64 = {"format": "MP3", "subtype": "MPEG_LAYER_III", "compression_level": 0.6, "bitrate_mode": "CONSTANT"}
SOURCES = {"audioset": {"path": "audioset"}, "audiocaps": {"path": "audiocaps"}, "musicbench": {"path": "musicbench"}}


def excerpts(seconds: float) -> Iterator[tuple[str, Wave]]:
    """The first four of each package that are long enough, from their tenth part on, mono and softer by half."""
    if not (folder := os.environ.get("COGITO_REAL_AUDIO")):
        pytest.skip("set COGITO_REAL_AUDIO to the folder of real recordings")
    taken: dict[str, int] = {}
    for line in (Path(folder) / "manifest.jsonl").read_text().splitlines():
        row = json.loads(line)
        info = soundfile.info(Path(folder) / row["path"]) if taken.get(row["package"], 0) < 4 else None
        if info and info.duration * 0.9 > seconds:
            taken[row["package"]] = taken.get(row["package"], 0) + 1
            first = round(info.duration * 0.1 * info.samplerate)
            frames, rate = soundfile.read(
                Path(folder) / row["path"], frames=round(seconds * info.samplerate), start=first, always_2d=True
            )
            yield row["package"], soxr.resample(frames.mean(axis=1) / 2, rate, RATE)


def mp3(path: Path, wave: Wave) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, soxr.resample(wave, RATE, 16_000), 16_000, **MP3_64)
    assert path.stat().st_size * 8 / (len(wave) / RATE) == pytest.approx(64_000, rel=0.05)


def lay_out(folder: Path) -> list[str]:
    """The datasets, and the packages that the recordings are of."""
    for name in ("audioset", "audiocaps", "musicbench/datashare/data"):
        (folder / name).mkdir(parents=True)
    packages, segments, captions, tunes = [], ["# a", "# b", "# YTID, start"], [], list[dict[str, Any]]()
    for number, (package, wave) in enumerate(excerpts(10 + LATER)):
        packages.append(package)
        video, again = f"-rec{number:02d}_abcd", f"{'again' if number % 2 else '-rec'}{number:02d}_abcd"[:11]
        soundfile.write(folder / f"audioset/Y{video}.wav", wave[: 10 * RATE], RATE)
        segments.append(f'{video}, 30.000, 40.000, "/m/09x0r"')
        mp3(folder / f"audiocaps/{again}_30.mp3", wave[round(LATER * RATE) :])
        captions.append(f"{number},{again},30,Caption {number}")
        location = f"data/{again}.wav"
        soundfile.write(
            folder / f"musicbench/datashare/{location}", soxr.resample(wave, RATE, 16_000)[:160_000] / 4, 16_000
        )
        tunes.append(
            {"location": location, "main_caption": f"Tune {number}", "bpm": 80 + number, "key": ["D", "major"]}
        )
    (folder / "audioset/balanced_train_segments.csv").write_text("\n".join(segments) + "\n")
    (folder / "audioset/class_labels_indices.csv").write_text('index,mid,display_name\n0,/m/09x0r,"Speech"\n')
    header = "audiocap_id,youtube_id,start_time,caption"
    (folder / "audiocaps/train.csv").write_text("\r\n".join([header, *captions]) + "\r\n")
    lines = "".join(json.dumps(row) + "\n" for row in tunes)
    (folder / "musicbench/MusicBench_train.json").write_text(lines)
    return packages


def drops(run: Path) -> list[Drop]:
    lines = (line for path in shards.paths(run / "ledger", "select-") for line in shards.read_lines(path))
    return [msgspec.json.decode(line, type=Drop) for line in lines]


def clips(run: Path) -> list[Clip]:
    return [clip for _, found in shards.inputs(run / "select", Clip) for clip in found]


def number_of(text: str) -> int:
    """Which recording a place is of."""
    (number,) = re.findall(r"(?:-rec|again)([0-9]{2})_abc", text)
    return int(number)


async def test_copies_in_three_datasets_become_one_clip_with_the_facts_of_all(tmp_path: Path) -> None:
    packages = lay_out(tmp_path)
    recipe = write_recipe(tmp_path, NOWHERE, sources=SOURCES)
    record = await build(recipe, only="collect")
    count = len(packages)
    assert count >= 8
    stage = record.stages["select"]
    assert (stage.read, stage.kept, stage.reasons) == (3 * count, count, {"near_duplicate": 2 * count})
    assert sums_hold(record)
    kept = clips(tmp_path / "runs/recipe")
    assert {clip.recording.source for clip in kept} == {"audioset"}
    for clip in kept:
        facts, number = clip.recording.facts, number_of(clip.recording.ref)
        assert [label.text for label in facts.labels] == ["Speech"]
        assert [text.text for text in facts.captions] == [f"Caption {number}", f"Tune {number}"]
        assert [(one.key, one.value) for one in facts.attributes] == [("bpm", f"{80 + number}"), ("key", "D major")]
        assert "academic" in (clip.recording.licence or "")
        assert "CC-BY-SA-3.0" in (clip.recording.licence or "")
    dropped = drops(tmp_path / "runs/recipe")
    assert all(number_of(drop.subject) == number_of(drop.detail) for drop in dropped)
    uploaded_again = [drop for drop in dropped if "again" in drop.subject]
    assert len(uploaded_again) == 2 * (count // 2)
    assert all(drop.detail.endswith("by its fingerprint") for drop in uploaded_again)
    first = results(tmp_path / "runs/recipe")
    await build(recipe, only="collect")
    assert results(tmp_path / "runs/recipe") == first


def test_reencoded_crop_in_a_users_benchmark_takes_out_every_copy_and_others_are_not_checked(tmp_path: Path) -> None:
    packages = lay_out(tmp_path)
    asked = range(0, len(packages), 3)
    for number in asked:
        wave, rate = soundfile.read(tmp_path / f"audioset/Y-rec{number:02d}_abcd.wav")
        crop = soxr.resample(soxr.resample(wave[3 * rate : 8 * rate] * 0.2, rate, 8000), 8000, rate)
        mp3(tmp_path / f"exam/item {number}.mp3", np.asarray(crop))
    recipe = write_recipe(tmp_path, NOWHERE, sources=SOURCES, select={"against": ["exam"]})
    told = cogito_here("build", str(recipe), "--only", "select")
    assert told.returncode == 0, told.stderr
    said = " ".join(told.stdout.split())
    assert f"overlap with benchmarks by fingerprint: exam {3 * len(asked)}; not checked: air_bench_chat" in said
    assert "mmau 0" not in said
    found = drops(tmp_path / "runs/recipe")
    assert sum(drop.reason == "benchmark_fingerprint" for drop in found) == 3 * len(asked)
    left = {number_of(clip.recording.ref) for clip in clips(tmp_path / "runs/recipe")}
    assert left == set(range(len(packages))) - set(asked)
