"""Copies on the whole road: an mp3 of a recording is in the funnel and the ledger, and a rerun gives the same bytes."""

from __future__ import annotations

from pathlib import Path

import pytest

from audio_cogito import shards
from audio_cogito.hearing.prints import Prints
from audio_cogito.types import Clip
from road import build, cogito_here, results, serving, sums_hold, write_recipe
from tones import melody, write

SOURCES = {"folder": {"path": "recordings", "licence": "CC0-1.0", "text": "caption"}}


def lay_out(folder: Path) -> None:
    for number in range(3):
        write(folder / f"recordings/{number}.wav", melody(5, number))
        (folder / f"recordings/{number}.txt").write_text(f"melody {number}")
    write(folder / "recordings/1 again.mp3", melody(5, 1), subtype="MPEG_LAYER_III")
    (folder / "recordings/1 again.txt").write_text("a tune")


def clips(run: Path) -> list[Clip]:
    return [clip for _, found in shards.inputs(run / "select", Clip) for clip in found]


async def test_copy_is_dropped_with_its_caption_kept_and_a_rerun_reads_no_print(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay_out(tmp_path)
    run = tmp_path / "runs/recipe"
    with serving() as url:
        record = await build(write_recipe(tmp_path, url, sources=SOURCES))
        assert record.stages["select"].reasons == {"near_duplicate": 1}
        assert sums_hold(record)
        captions = sorted([text.text for text in clip.recording.facts.captions] for clip in clips(run))
        assert captions == [["a tune", "melody 1"], ["melody 0"], ["melody 2"]]
        first = results(run)

        def refuse(*_: object) -> None:
            raise AssertionError("prints were read")

        with monkeypatch.context() as patched:
            patched.setattr(Prints, "of", refuse)
            await build(tmp_path / "recipe.toml")
        assert results(run) == first
        (tmp_path / "store/prints.sqlite").unlink()
        await build(tmp_path / "recipe.toml")
        assert results(run) == first
        kept = await build(tmp_path / "recipe.toml", "select.near_duplicates='keep'")
        assert (kept.stages["select"].reasons, kept.stages["select"].kept) == ({}, 4)


def test_ledger_says_which_recording_a_copy_is_the_same_as(tmp_path: Path) -> None:
    lay_out(tmp_path)
    recipe = write_recipe(tmp_path, "http://127.0.0.1:9/v1", sources=SOURCES)
    assert cogito_here("build", str(recipe), "--only", "select").returncode == 0
    said = cogito_here("show", str(tmp_path / "runs/recipe"), "near_duplicate").stdout
    assert "1.wav" in said
    assert "same recording as" in said
    assert "by its fingerprint" in said


def test_wrong_value_is_one_clear_line(tmp_path: Path) -> None:
    lay_out(tmp_path)
    write_recipe(tmp_path, "http://127.0.0.1:9/v1", sources=SOURCES, select={"near_duplicates": "merge"})
    said = cogito_here("build", str(tmp_path / "recipe.toml"))
    assert said.returncode == 2
    assert "near_duplicates" in said.stderr.replace("\n", "")
    assert "Traceback" not in said.stderr
