"""Guards: a run that would only spend on stops with one line, nothing lost, and never over what is remembered."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from audio_cogito import runner, shards
from audio_cogito.errors import GuardTripped
from audio_cogito.ledger import Failure
from audio_cogito.run import Run
from audio_cogito.spending.guards import Guards, Settings, Window
from audio_cogito.types import Finding, Trace, Verdict
from made import make_trace
from road import build, calls, cogito, cogito_here, results, write_recipe, write_tones
from server import Options, Server

BAD = Failure(stage="construct", subject="c1", reason="unreadable", detail="3 replies refused")


def guards(folder: Path, tokens: int = 0, **settings: float) -> Guards:
    whole = Settings(**{"window": 10} | settings)  # type: ignore[arg-type]
    return Guards(whole, tokens_paid=lambda: tokens, examples=folder / "guard.jsonl")


def saying(outcome: str, *kinds: str, check: str = "complete") -> Trace:
    verdict = Verdict(check=check, outcome=outcome, findings=tuple(Finding(kind=kind) for kind in kinds))  # type: ignore[arg-type]
    return make_trace(verdicts=(verdict,))


def test_window_counts_the_last_records_and_no_others() -> None:
    window = Window(size=4, allowed=2)
    assert [window.add(bad, BAD) for bad in (True, False, True, False)] == [False] * 4
    assert not window.add(True, BAD), "the first has left"
    assert window.add(True, BAD)
    assert (window.bad, len(window.seen)) == (3, 4)


def test_guard_trips_when_more_than_its_share_of_a_whole_window_is_bad(tmp_path: Path) -> None:
    guarded = guards(tmp_path, max_unreadable=0.2)
    for _ in range(2):
        guarded.constructed([BAD], paid=True)
    with pytest.raises(
        GuardTripped, match=r"unreadable: 3 of the last 3 clips, more than guards\.max_unreadable = 0\.2"
    ):
        guarded.constructed([BAD], paid=True)
    assert (tmp_path / "guard.jsonl").read_text().count("3 replies refused") == 3


def test_what_is_remembered_never_trips_a_guard(tmp_path: Path) -> None:
    guarded = guards(tmp_path, max_unreadable=0.0, max_truncated=0.0, max_rejected=0.0)
    cut = saying("fail", "truncated")
    for _ in range(20):
        guarded.constructed([BAD], paid=False)
        guarded.thought("q", [make_trace(finish="length")], paid=False, verified_next=True)
        guarded.verified("q", [cut], paid=False)
    assert not (tmp_path / "guard.jsonl").exists()


@pytest.mark.parametrize(
    ("rate", "trace"),
    [
        ("truncated", make_trace(finish="length")),
        ("looping", saying("fail", "looping")),
        ("unscored", saying("unscored", check="judge")),
        ("rejected", saying("fail", "logic", check="judge")),
    ],
)
def test_each_rate_has_its_guard(tmp_path: Path, rate: str, trace: Trace) -> None:
    off = {f"max_{name}": 1.0 for name in ("failed", "unreadable", "truncated", "looping", "unscored", "rejected")}
    guarded = guards(tmp_path, **off | {f"max_{rate}": 0.0})

    def walk() -> None:
        guarded.thought("q", [trace], paid=True, verified_next=True)
        guarded.verified("q", [trace], paid=True)

    with pytest.raises(GuardTripped, match=f"^{rate}: 1 of the last 1 "):
        walk()


def test_failed_chains_are_counted_apart_from_failed_clips(tmp_path: Path) -> None:
    guarded = guards(tmp_path, max_failed=0.1, max_unreadable=1.0)
    refused = Failure(stage="think", subject="q", reason="refused", detail="status 400")
    guarded.constructed([BAD], paid=True)
    guarded.thought("q", [refused], paid=True, verified_next=False)
    with pytest.raises(GuardTripped, match="2 of the last 2 chains"):
        guarded.thought("q", [refused], paid=True, verified_next=False)


def test_chain_that_was_paid_for_is_judged_though_its_check_cost_nothing(tmp_path: Path) -> None:
    guarded = guards(tmp_path, max_looping=0.0)
    guarded.thought("q", [make_trace()], paid=True, verified_next=True)
    with pytest.raises(GuardTripped, match="looping"):
        guarded.verified("q", [saying("fail", "looping")], paid=False)


def test_trip_is_told_before_what_merely_broke_beside_it() -> None:
    trip = GuardTripped("looping")
    assert runner.gravest(BaseExceptionGroup("", [ValueError("broke"), trip])) is trip


def test_budgets_of_tokens_and_hours(tmp_path: Path) -> None:
    with pytest.raises(GuardTripped, match=r"1,200 tokens were paid and guards\.max_tokens is 1,000"):
        guards(tmp_path, tokens=1200, max_tokens=1000).constructed([make_trace()], paid=True)
    guards(tmp_path, tokens=1200, max_tokens=1000).constructed([make_trace()], paid=False)
    with pytest.raises(GuardTripped, match=r"guards\.max_hours = 1e-09 are over"):
        guards(tmp_path, max_hours=1e-9).spending(paid=False)


LOOPING = Options(faults=1.0, kinds=("looping",))
STRICT = {"window": 8, "max_truncated": 0.5, "max_looping": 0.5, "max_rejected": 1.0}
LOOSE = ("guards.max_truncated=1.0", "guards.max_looping=1.0")


async def test_looping_thinker_stops_the_run_with_examples_and_a_rerun_goes_on(tmp_path: Path) -> None:
    write_tones(tmp_path / "recordings", 30)
    async with Server() as sound, Server(LOOPING) as loops:
        recipe = write_recipe(tmp_path, sound.url, guards=STRICT, server={"concurrency": 4})
        with pytest.raises(GuardTripped, match="such as .*raise think.sampling.max_tokens"):
            await build(recipe, f"models.thinker.url={loops.url}")
        stopped = Run(tmp_path / "runs/recipe").record
        assert stopped.state == "stopped by a guard"
        assert stopped.stopped_by is not None
        assert sum(stage.failed for stage in stopped.stages.values()) == 0, "what is in flight is owed, not failed"
        examples = [json.loads(line) for line in (tmp_path / "runs/recipe/guard.jsonl").read_text().splitlines()]
        assert {example["finish"] for example in examples} == {"length"}
        assert 5 <= loops.served < 25
        over = await build(recipe, f"models.thinker.url={loops.url}", *LOOSE)
        served = sound.served + loops.served
    assert over.state == "finished"
    asked = sum(usage.calls + usage.remembered_calls for usage in over.usage.values())
    assert asked <= served <= asked + 12, "all but what was in flight is remembered"
    assert not (tmp_path / "runs/recipe/guard.jsonl").exists()


async def test_rerun_over_remembered_loops_trips_nothing(tmp_path: Path) -> None:
    write_tones(tmp_path / "recordings", 12)
    async with Server() as sound, Server(LOOPING) as loops:
        recipe = write_recipe(tmp_path, sound.url, guards=STRICT)
        await build(recipe, f"models.thinker.url={loops.url}", *LOOSE)
        before = results(tmp_path / "runs/recipe")
        again = await build(recipe)
    assert calls(again) == 0
    assert results(tmp_path / "runs/recipe") == before


async def test_guards_leave_a_sound_run_alone_and_change_none_of_its_bytes(tmp_path: Path) -> None:
    write_tones(tmp_path / "recordings", 8)
    async with Server() as server:
        await build(write_recipe(tmp_path, server.url))
        await build(write_recipe(tmp_path, server.url), "run=loose", "store=other", "guards.window=9")
    assert results(tmp_path / "loose") == results(tmp_path / "runs/recipe")


async def test_budget_of_tokens_stops_and_the_same_command_goes_on_with_a_new_one(tmp_path: Path) -> None:
    write_tones(tmp_path / "recordings", 20)
    async with Server() as server:
        recipe = write_recipe(tmp_path, server.url, guards={"max_tokens": 40_000}, server={"concurrency": 2})
        ended = []
        for _ in range(12):
            done = await asyncio.to_thread(cogito, "build", str(recipe))
            ended.append(done.returncode)
            if done.returncode == 0:
                break
            assert done.stderr.strip().count("\n") == 0, done.stderr
            assert "guards.max_tokens is 40,000" in done.stderr
    assert ended[0] == 5
    assert ended[-1] == 0
    assert len(list(shards.paths(tmp_path / "runs/recipe/verify"))) == 1
    status = cogito_here("status", str(tmp_path / "runs/recipe"))
    assert "finished" in status.stdout


async def test_loops_of_the_thinker_alone_are_caught_where_they_are_cut(tmp_path: Path) -> None:
    write_tones(tmp_path / "recordings", 20)
    async with Server() as server:
        recipe = write_recipe(tmp_path, server.url, guards=STRICT)
        await build(recipe, only="collect")
        await build(recipe, only="construct")
    async with Server(LOOPING) as looping:
        recipe = write_recipe(tmp_path, looping.url, guards=STRICT)
        with pytest.raises(GuardTripped, match="truncated"):
            await build(recipe, only="think")


async def test_what_no_attempt_gave_in_readable_form_is_asked_anew_by_more_attempts_and_nothing_else_is(
    tmp_path: Path,
) -> None:
    write_tones(tmp_path / "recordings", 10)
    async with Server(Options(faults=0.7, kinds=("cut_json",))) as server:
        recipe = write_recipe(tmp_path, server.url)
        first = await build(recipe, only="collect") and await build(recipe, only="construct")
        unreadable = first.stages["construct"].reasons["unreadable"]
        assert 0 < unreadable < 10
        assert calls(await build(recipe, only="construct")) == 0
    async with Server() as server:
        recipe = write_recipe(tmp_path, server.url, construct={"asking": {"attempts": 4}})
        more = await build(recipe, only="construct")
    assert calls(more) == unreadable
    assert more.stages["construct"].failed == 0
