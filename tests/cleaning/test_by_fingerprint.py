"""Decontamination by fingerprint on the whole road: what a user's folder of sounds holds goes, however it was cut."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import soxr

from audio_cogito import shards
from audio_cogito.audio import RATE
from audio_cogito.ledger import Drop
from audio_cogito.run import RunRecord
from road import build, results, sums_hold, write_recipe
from tones import Wave, melody, write

NOWHERE = "http://127.0.0.1:9/v1"


def drops(run: Path) -> dict[str, Drop]:
    lines = (line for path in shards.paths(run / "ledger", "select-") for line in shards.read_lines(path))
    found = (msgspec.json.decode(line, type=Drop) for line in lines)
    return {Path(drop.subject).name: drop for drop in found}


def looked(record: RunRecord, rule: str) -> dict[str, int | None]:
    return {one.benchmark: one.removed for one in record.decontamination if one.rule == rule}


def through_8_khz(wave: Wave) -> Wave:
    narrow: Wave = soxr.resample(wave, RATE, 8000)
    return narrow


def lay_out(folder: Path) -> None:
    """Five recordings. The exam has a telephone copy of one, a long sound of which one holds a part, and a third."""
    for number in range(4):
        write(folder / f"recordings/{number}.wav", melody(6, number))
    write(folder / "recordings/mixed.wav", np.concatenate([melody(3, 8), melody(40, 30)[20 * RATE : 24 * RATE]]))
    write(folder / "exam/1.mp3", through_8_khz(0.2 * melody(6, 1)[RATE // 2 : RATE // 2 + 5 * RATE]), 8000)
    write(folder / "exam/long.flac", 0.001 * melody(40, 30))
    write(folder / "exam/own.wav", melody(6, 9))


async def test_crop_of_a_recording_in_a_users_folder_takes_it_out_and_other_benchmarks_are_not_checked(
    tmp_path: Path,
) -> None:
    lay_out(tmp_path)
    recipe = write_recipe(tmp_path, NOWHERE, select={"against": ["exam"]})
    record = await build(recipe, only="collect")
    assert record.stages["select"].reasons == {"benchmark_fingerprint": 2}
    assert sums_hold(record)
    found = drops(tmp_path / "runs/recipe")
    assert set(found) == {"1.wav", "mixed.wav"}
    assert "s are in common with exam's sound" in found["1.wav"].detail
    by_print = looked(record, "fingerprint")
    assert by_print.pop("exam") == 2
    assert set(by_print.values()) == {None}, "no other benchmark's sounds are here"
    first = results(tmp_path / "runs/recipe")
    again = await build(recipe, only="collect")
    assert (results(tmp_path / "runs/recipe"), looked(again, "fingerprint")["exam"]) == (first, 2)


async def test_benchmarks_sounds_are_looked_for_though_copies_are_kept(tmp_path: Path) -> None:
    lay_out(tmp_path)
    recipe = write_recipe(tmp_path, NOWHERE, select={"against": ["exam"], "near_duplicates": "keep"})
    record = await build(recipe, only="collect")
    assert looked(record, "fingerprint")["exam"] == 2
    assert record.stages["select"].reasons == {"benchmark_fingerprint": 2}


async def test_sounds_that_are_too_short_to_be_told_are_not_checked_and_some_of_them_are_counted(
    tmp_path: Path,
) -> None:
    write(tmp_path / "recordings/1.wav", melody(6, 1))
    write(tmp_path / "exam/1.wav", melody(6, 1)[: 2 * RATE])
    recipe = write_recipe(tmp_path, NOWHERE, select={"against": ["exam"]})
    record = await build(recipe, only="collect")
    assert looked(record, "fingerprint")["exam"] is None
    assert looked(record, "sound")["exam"] == 0
    write(tmp_path / "exam/2.wav", melody(6, 2))
    record = await build(recipe, only="collect")
    (exam,) = [one for one in record.decontamination if (one.rule, one.benchmark) == ("fingerprint", "exam")]
    assert (exam.removed, exam.why) == (0, "1 of 2 sounds are shorter than 3 s")
