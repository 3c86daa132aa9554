"""What a person sees: sums that do not hold are said, and the time left is said only once it can be known."""

from __future__ import annotations

import io
import time
from pathlib import Path

import pytest
from rich.console import Console, RenderableType

from audio_cogito import config, report
from audio_cogito.opening import opened
from audio_cogito.run import RunRecord, StageRecord
from road import build, write_recipe, write_tones
from server import Options, Server


def shown(thing: RenderableType) -> str:
    console = Console(width=120, file=io.StringIO())
    with console.capture() as captured:
        console.print(thing)
    return captured.get()


def stage(**changes: int) -> StageRecord:
    counts = {"read": 5, "answered": 4, "unanswered": 1, "made": 7, "kept": 4, "dropped": 2, "failed": 1} | changes
    return StageRecord(**counts, standings={}, reasons={"silent": 2})


def record(**stages: StageRecord) -> RunRecord:
    return RunRecord(
        recipe={}, recipe_digest="d", random_seed=0, only=None, limit=None, state="finished", began="now", stages=stages
    )


def test_funnel_says_that_both_sums_hold() -> None:
    text = shown(report.funnel(record(collect=stage())))
    assert "Both sums hold for every stage." in text
    assert "collect: silent 2" in text


@pytest.mark.parametrize("wrong", [{"answered": 5}, {"kept": 5}])
def test_funnel_says_where_a_sum_does_not_hold(wrong: dict[str, int]) -> None:
    text = shown(report.funnel(record(collect=stage(), think=stage(**wrong))))
    assert "The sums do NOT hold for think." in text


def test_stage_that_read_nothing_is_left_out() -> None:
    nothing = StageRecord(
        read=0, answered=0, unanswered=0, made=0, kept=0, dropped=0, failed=0, standings={}, reasons={}
    )
    assert "think" not in shown(report.funnel(record(collect=stage(), think=nothing)))


async def test_funnel_of_a_build_tells_standings_with_their_share(tmp_path: Path) -> None:
    write_tones(tmp_path / "recordings", 6)
    async with Server(Options()) as server:
        done = await build(write_recipe(tmp_path, server.url))
    accepted, total = done.stages["verify"].standings["accepted"], done.stages["verify"].made
    assert f"{accepted} accepted ({accepted / total:.1%})" in shown(report.funnel(done))


async def test_progress_shows_every_stage_with_tokens_and_time(tmp_path: Path) -> None:
    write_tones(tmp_path / "recordings", 1)
    async with opened(config.load(write_recipe(tmp_path, "http://127.0.0.1:9/v1"))) as one:
        one.tallies["construct"].total, one.tallies["construct"].read = 40, 10
        one.tallies["construct"].kept, one.tallies["construct"].in_flight = 20, 3
        assert "left" not in report.remaining(one)
        one.tallies["construct"].began = time.monotonic() - 60
        assert "left" not in report.remaining(one), "nothing came to its end yet"
        one.tallies["verify"].read = 20
        assert report.remaining(one).endswith("so far, about 3:00 left")
        one.tallies["verify"].read = 10
        assert report.remaining(one).endswith("so far, about 7:00 left"), "questions in flight are not done"
        one.tallies["verify"].read = 20
        text = shown(report.progress(one, report.Rate()))
    for expected in ("construct", "verify", "in flight", "tokens/s", "about 3:00 left"):
        assert expected in text
    assert "construct 10" in report.one_line(one)


def test_rate_is_over_the_last_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(100))
    monkeypatch.setattr(report.time, "monotonic", lambda: float(next(clock)))
    rate = report.Rate(looks=3)
    assert [rate.of(tokens) for tokens in (0, 10, 30, 60)] == [0.0, 10.0, 15.0, 25.0]


async def test_server_that_does_not_answer_is_named_while_it_is_waited_for(tmp_path: Path) -> None:
    write_tones(tmp_path / "recordings", 1)
    async with opened(config.load(write_recipe(tmp_path, "http://127.0.0.1:9/v1"))) as one:
        assert report.silences(one) == []
        one.clients["thinker"]._addresses.trouble_since = time.monotonic() - 7.2
        assert report.silences(one) == ["thinker: no answer from scripted for 7 s; the run ends after 2 s"]
        assert "no answer from scripted" in report.one_line(one)
        assert "no answer from scripted" in shown(report.progress(one, report.Rate()))
