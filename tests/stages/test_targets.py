"""Targets: a source gives so many clips and no more, the same ones whatever else is added."""

from __future__ import annotations

from pathlib import Path

import pytest

from audio_cogito import config
from audio_cogito.errors import SetupError
from audio_cogito.ledger import Drop
from audio_cogito.stages.select import Settings, select
from audio_cogito.stages.table import Table
from audio_cogito.types import Clip
from made import make_clip
from road import build, write_recipe, write_tones
from server import Server


def clips(source: str, count: int) -> list[Clip]:
    return [make_clip(f"{source}{i}", source_id=str(i)) for i in range(count)]


def selected(tmp_path: Path, sources: list[list[Clip]], targets: dict[int, int]) -> tuple[list[Clip], list[Drop]]:
    table = Table(tmp_path / "table.sqlite")
    for rank, found in enumerate(sources):
        for clip in found:
            table.add(clip, rank)
    entries = list(select(table, settings=Settings(), random_seed=0, targets=targets))
    table.close()
    return [e for e in entries if isinstance(e, Clip)], [e for e in entries if isinstance(e, Drop)]


def test_source_gives_its_target_and_the_others_all_they_have(tmp_path: Path) -> None:
    kept, dropped = selected(tmp_path, [clips("a", 50), clips("b", 50)], {0: 20})
    assert len(kept) == 70
    assert {drop.reason for drop in dropped} == {"over_target"}
    assert all(drop.subject.startswith("a") for drop in dropped)


def test_target_that_a_source_does_not_reach_drops_nothing(tmp_path: Path) -> None:
    for target in (50, 51):
        kept, dropped = selected(tmp_path, [clips("a", 50)], {0: target})
        assert (len(kept), dropped) == (50, [])


def test_data_that_is_added_displaces_some_and_shuffles_none(tmp_path: Path) -> None:
    before, _ = selected(tmp_path, [clips("a", 100)], {0: 40})
    after, _ = selected(tmp_path, [clips("a", 120)], {0: 40})
    raised, _ = selected(tmp_path, [clips("a", 100)], {0: 60})
    old = {clip.id for clip in before}
    new = {clip.id for clip in after} - old
    assert len(after) == 40
    assert new <= {clip.id for clip in clips("a", 120)[100:]}
    assert old <= {clip.id for clip in raised}


def test_choice_does_not_follow_the_order_of_ids(tmp_path: Path) -> None:
    kept, _ = selected(tmp_path, [clips("a", 100)], {0: 50})
    lowest = sorted(clip.id for clip in clips("a", 100))[:50]
    assert 10 < len({clip.id for clip in kept} & set(lowest)) < 40


def test_duplicate_counts_for_the_source_that_keeps_it(tmp_path: Path) -> None:
    shared = clips("a", 10)
    kept, dropped = selected(tmp_path, [shared, [*shared, *clips("b", 5)]], {0: 10, 1: 5})
    assert len(kept) == 15
    assert {drop.reason for drop in dropped} == {"duplicate"}


def test_target_of_no_source_is_refused_with_the_names_there_are(tmp_path: Path) -> None:
    recipe = write_recipe(tmp_path, "http://127.0.0.1:9/v1", collect={"target_kept": {"fodler": 3}})
    with pytest.raises(SetupError, match="collect.target_kept names 'fodler'; the sources are folder"):
        config.load(recipe)


async def test_build_keeps_to_the_target_and_the_sums_hold(tmp_path: Path) -> None:
    write_tones(tmp_path / "recordings", 12)
    async with Server() as server:
        record = await build(write_recipe(tmp_path, server.url), "collect.target_kept.folder=5")
    stage = record.stages["select"]
    assert (stage.made, stage.kept, stage.reasons) == (12, 5, {"over_target": 7})
    assert record.stages["construct"].read == 5
