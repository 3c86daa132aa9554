"""A pilot: so many recordings of each source, what they cost and give, and what the whole will be."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import pytest

from audio_cogito import config, pipeline, shards
from audio_cogito.audio import Sounds
from audio_cogito.errors import EndpointLost
from audio_cogito.opening import opened
from audio_cogito.run import RunRecord
from audio_cogito.spending import pilot, projection
from audio_cogito.spending.pilot import Pilot, Spent, Walked, Work
from audio_cogito.spending.projection import Projection
from audio_cogito.types import Clip, Trace
from road import build, calls, cogito, cogito_here, write_recipe, write_tones
from server import Options, Server


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two sources of different sizes."""
    write_tones(tmp_path / "bells", 24)
    write_tones(tmp_path / "horns", 8, seconds=0.9)
    return tmp_path


def recipe_over(folder: Path, url: str, **tables: Any) -> Path:
    sources = {name: {"kind": "folder", "path": name, "text": "caption"} for name in ("bells", "horns")}
    return write_recipe(folder, url, sources=sources, **tables)


async def flown(recipe: Path, size: int) -> tuple[RunRecord, Pilot]:
    whole = config.load(recipe)
    flight = Pilot(size, Sounds(Path(whole.store) / "audio"))
    async with opened(pilot.of(whole), pilot=flight) as one, flight.timed(one.clients.values()):
        await pipeline.walk(one)
    return one.run.record, flight


def clips(run: Path) -> set[str]:
    return {clip.id for _, found in shards.inputs(run / "select", Clip) for clip in found}


async def test_pilot_takes_so_many_of_each_source_and_counts_what_they_yield(folder: Path) -> None:
    async with Server() as server:
        record, flight = await flown(recipe_over(folder, server.url), 6)
    assert flight.found == {"bells": 24, "horns": 8}
    assert Counter(walked.source for walked in flight.clips.values()) == {"bells": 6, "horns": 6}
    assert record.pilot == 6
    assert record.stages["collect"].read == 12


async def test_larger_pilot_adds_to_a_smaller_one_and_the_whole_pays_for_none_of_it_again(folder: Path) -> None:
    async with Server() as server:
        recipe = recipe_over(folder, server.url)
        await flown(recipe, 3)
        small = clips(folder / "runs/recipe-pilot")
        record, _ = await flown(recipe, 6)
        assert small < clips(folder / "runs/recipe-pilot")
        asked = sum(usage.calls + usage.remembered_calls for usage in record.usage.values())
        assert calls(record) < asked
        whole = await build(recipe)
        everything = sum(usage.calls + usage.remembered_calls for usage in whole.usage.values())
    assert calls(whole) == everything - asked


async def test_what_is_measured_of_clips_is_what_the_run_holds(folder: Path) -> None:
    async with Server(Options(faults=0.6, kinds=("looping", "cut_json"))) as server:
        record, flight = await flown(recipe_over(folder, server.url), 8)
    traces = [t for _, found in shards.inputs(folder / "runs/recipe-pilot/verify", Trace) for t in found]
    walked = flight.clips.values()
    assert sum(one.traces for one in walked) == len(traces)
    assert sum(one.questions for one in walked) == record.stages["construct"].kept
    assert sum(one.accepted for one in walked) == sum(trace.standing == "accepted" for trace in traces)
    assert sum(one.truncated for one in walked) == sum(trace.finish == "length" for trace in traces) > 0
    assert sum(one.unreadable for one in walked) == record.stages["construct"].reasons["unreadable"] > 0
    spent = [spent for one in walked for spent in one.spent.values()]
    assert sum(one.completion_tokens for one in spent) == sum(u.completion_tokens for u in record.usage.values())
    assert sum(one.calls for one in spent) == calls(record)


async def test_rerun_of_a_pilot_measures_the_same_though_all_is_remembered(folder: Path) -> None:
    async with Server() as server:
        recipe = recipe_over(folder, server.url)
        _, first = await flown(recipe, 6)
        record, again = await flown(recipe, 6)
    assert calls(record) == 0
    assert again.clips == first.clips


async def test_folder_never_holds_a_mixture_of_two_pilots(folder: Path) -> None:
    async with Server() as server:
        recipe = recipe_over(folder, server.url, server={"patience": 0.3})
        await flown(recipe, 3)
    assert shards.paths(folder / "runs/recipe-pilot/verify")
    with pytest.raises(EndpointLost):
        await flown(recipe, 6)
    assert not shards.paths(folder / "runs/recipe-pilot/verify")


def walked(source: str, **changes: Any) -> Walked:
    given = {"seconds": 10.0, "sound_bytes": 200_000, "questions": 2, "traces": 2, "accepted": 1, "rows": 1} | changes
    spent = {"thinker@1": Spent(calls=2, prompt_tokens=600, completion_tokens=1600)}
    return Walked(source=source, spent=spent, **given)


def made_pilot(tmp_path: Path, **found: int) -> Pilot:
    """100 of each source, of which the horns have a clip in two only."""
    flight = Pilot(100, Sounds(tmp_path))
    flight.found.update(found)
    flight.clips = {f"b{i}": walked("bells") for i in range(100)} | {f"h{i}": walked("horns") for i in range(50)}
    return flight


WORK = {"thinker@1": Work(completion_tokens=240_000, busy_seconds=60.0)}


def test_whole_is_expanded_source_by_source(tmp_path: Path) -> None:
    found = projection.project(made_pilot(tmp_path, bells=1000, horns=9000), WORK, targets={}, shard_bytes=300_000)
    assert found.totals["clips"].value == pytest.approx(1000 + 4500)
    assert found.totals["rows"].value == pytest.approx(5500)
    assert found.totals["hours of audio"].value == pytest.approx(5500 * 10 / 3600)
    assert found.totals["bytes of the run"].value == pytest.approx(300_000 / 300 * 11_000)
    assert found.totals["clips"].low < 5500 < found.totals["clips"].high
    (cost,) = found.models
    assert cost.completion_tokens.value == pytest.approx(5500 * 1600)
    assert cost.hours is not None
    assert cost.hours.value == pytest.approx(5500 * 1600 / 4000 / 3600)
    assert [rates.source for rates in found.rates] == ["bells", "horns", "the whole"]
    whole = found.rates[-1]
    assert whole.clips is not None
    assert whole.clips.value == pytest.approx(0.55)
    assert whole.completion_tokens is not None
    assert whole.completion_tokens.value == pytest.approx(800)


def test_target_caps_what_a_source_gives(tmp_path: Path) -> None:
    flight = made_pilot(tmp_path, bells=1000, horns=9000)
    found = projection.project(flight, WORK, targets={"horns": 700, "bells": 5000}, shard_bytes=0)
    assert found.totals["clips"].value == pytest.approx(1700)
    assert found.rates[1].clips is not None
    assert found.rates[1].clips.value == pytest.approx(0.5)


def test_speed_that_was_not_measured_is_not_guessed(tmp_path: Path) -> None:
    found = projection.project(made_pilot(tmp_path, bells=1000, horns=9000), {}, targets={}, shard_bytes=0)
    assert found.models[0].hours is None


def test_speed_of_an_earlier_pilot_stands_in_where_all_was_remembered(tmp_path: Path) -> None:
    flight = made_pilot(tmp_path, bells=100, horns=100)
    projection.write(projection.project(flight, WORK, targets={}, shard_bytes=0), tmp_path / "p")
    nothing = {"thinker@1": Work(completion_tokens=0, busy_seconds=0.0)}
    assert projection.better(nothing, tmp_path / "p") == WORK
    more = {"thinker@1": Work(completion_tokens=300_000, busy_seconds=60.0)}
    assert projection.better(more, tmp_path / "p") == more
    assert projection.better(nothing, tmp_path / "none") == nothing


def test_speed_is_of_the_time_in_which_the_model_had_work() -> None:
    assert Work(completion_tokens=900, busy_seconds=3.0).speed == 300
    assert Work(completion_tokens=0, busy_seconds=3.0).speed is None


async def test_command_prints_rates_yields_hours_and_disk_and_keeps_them(folder: Path) -> None:
    write_tones(folder / "none", 0)
    async with Server(Options(latency=0.02)) as server:
        recipe = recipe_over(folder, server.url)
        recipe.write_text(recipe.read_text() + '[sources.none]\nkind = "folder"\npath = "none"\n')
        done = await asyncio.to_thread(cogito, "build", str(recipe), "--pilot", "6")
    assert done.returncode == 0, done.stderr
    counts = ("6 of 24", "6 of 8", "0 of 0", "12 of 32")
    for expected in (*counts, "model hours: ", " rows, ", "GB of replies", "truncated"):
        assert expected in done.stdout
    assert "could not be measured" not in done.stdout
    kept = msgspec.json.decode((folder / "runs/recipe-pilot/pilot.json").read_bytes(), type=Projection)
    assert kept.rates[-1].of == 32
    assert kept.models[0].hours is not None
    assert kept.models[0].hours.value > 0


@pytest.mark.parametrize("with_", [["--limit", "3"], ["--only", "think"]])
def test_pilot_with_another_choice_of_recordings_is_refused(folder: Path, with_: list[str]) -> None:
    done = cogito_here("build", str(recipe_over(folder, "http://127.0.0.1:9/v1")), "--pilot", "5", *with_)
    assert (done.returncode, done.stderr.strip().count("\n")) == (2, 0)
    assert "leave --only and --limit out" in done.stderr


def test_pilot_of_nothing_is_refused(folder: Path) -> None:
    assert cogito_here("build", str(recipe_over(folder, "http://127.0.0.1:9/v1")), "--pilot", "0").returncode == 2
