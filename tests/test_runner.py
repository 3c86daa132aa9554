"""Walks: everything is counted, one bad record stops nothing, and nobody waits for a slow one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from audio_cogito import shards
from audio_cogito.errors import EndpointLost, SetupError
from audio_cogito.ledger import Drop, Failure
from audio_cogito.runner import Made, Tally, tallied, walk
from audio_cogito.shards import Sink
from audio_cogito.types import Clip
from made import make_clip


async def walk_over(
    folder: Path, items: list[list[int]], step: Callable[[int], Awaitable[Made]], width: int = 4
) -> list[str]:
    sink = Sink(folder / "out", folder / "ledger", "build", lambda path: None)
    await walk(enumerate(items), step, sink, width=width)
    return [clip.recording.path for _, found in shards.inputs(folder / "out", Clip) for clip in found]


async def test_results_are_in_input_order_though_they_finish_in_another(tmp_path: Path) -> None:
    async def step(item: int) -> Made:
        await asyncio.sleep((7 * item % 5) / 500)
        return Made([make_clip(str(item))])

    assert await walk_over(tmp_path, [[0, 1, 2], [], [3, 4, 5, 6]], step) == [f"{i}.wav" for i in range(7)]


async def test_slow_record_holds_up_only_its_own_worker(tmp_path: Path) -> None:
    done: list[int] = []
    release = asyncio.Event()

    async def step(item: int) -> Made:
        if item == 0:
            await release.wait()
        done.append(item)
        if len(done) == 19:
            release.set()
        return Made()

    await asyncio.wait_for(walk_over(tmp_path, [list(range(10)), list(range(10, 20))], step, width=2), 5)
    assert done[-1] == 0


async def test_no_more_than_the_width_are_under_way(tmp_path: Path) -> None:
    under_way, most = 0, 0

    async def step(item: int) -> Made:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.001)
        under_way -= 1
        return Made()

    await walk_over(tmp_path, [list(range(40))], step, width=3)
    assert most == 3


@pytest.mark.parametrize("error", [EndpointLost("gone"), SetupError("wrong")])
async def test_error_that_ends_a_run_comes_out_as_itself(tmp_path: Path, error: Exception) -> None:
    async def step(item: int) -> Made:
        await asyncio.sleep(0.001)
        raise error if item == 3 else ValueError("less grave")

    with pytest.raises(type(error)):
        await walk_over(tmp_path, [list(range(4))], step)
    assert not list((tmp_path / "out").glob(".*.part"))


async def test_crash_becomes_the_records_failure() -> None:
    tally = Tally()

    async def work() -> list[Clip]:
        raise ZeroDivisionError("of its own")

    (entry,) = await tallied(tally, "think", "some id", work())
    assert entry == Failure(stage="think", subject="some id", reason="crashed", detail="ZeroDivisionError: of its own")
    assert (tally.read, tally.unanswered, tally.failed, tally.in_flight) == (1, 1, 1, 0)


async def test_stage_that_returns_nothing_is_a_crash() -> None:
    tally = Tally()

    async def work() -> list[Clip]:
        return []

    (entry,) = await tallied(tally, "think", "id", work())
    assert isinstance(entry, Failure)


async def test_owed_record_is_not_counted() -> None:
    tally = Tally()

    async def work() -> list[Clip]:
        raise EndpointLost("gone")

    with pytest.raises(EndpointLost):
        await tallied(tally, "think", "id", work())
    assert (tally.read, tally.in_flight) == (0, 0)


def test_both_sums_hold_over_mixed_entries() -> None:
    tally = Tally()
    drop = Drop(stage="s", subject="x", reason="silent")
    failure = Failure(stage="s", subject="x", reason="missing")
    for entries in ([make_clip(), drop], [failure], [failure, failure], [make_clip(), failure], [drop]):
        tally.count(entries)
    assert (tally.read, tally.answered, tally.unanswered) == (5, 3, 2)
    assert (tally.made, tally.kept, tally.dropped, tally.failed) == (8, 2, 2, 4)
    assert tally.reasons == {"silent": 2, "missing": 4}
