"""The road under kills, faults, one very slow reply and real recordings: what `scripts/test.sh --all` adds."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from pathlib import Path

import pytest

from audio_cogito import shards
from audio_cogito.run import RunRecord
from audio_cogito.store import Replies
from audio_cogito.types import Trace
from road import build, calls, cogito, results, serving, write_recipe, write_tones
from server import Options, Server

pytestmark = pytest.mark.long
KILLS = 50


def traces(run: Path) -> list[Trace]:
    return [trace for _, found in shards.inputs(run / "verify", Trace) for trace in found]


def sums_hold(record: RunRecord) -> bool:
    stages = record.stages.values()
    return all(s.read == s.answered + s.unanswered and s.made == s.kept + s.dropped + s.failed for s in stages)


def remembered(store: Path) -> set[str]:
    if not (store / "replies.sqlite").exists():
        return set()
    replies = Replies(store)
    keys = {key.hex() for key in replies.keys()}  # noqa: SIM118
    replies.close()
    return keys


def test_fifty_kills_lose_nothing_and_pay_for_nothing_twice(tmp_path: Path) -> None:
    """`kill -9` at random moments: the shards of an undisturbed run, and no remembered reply is asked for again."""
    write_tones(tmp_path / "recordings", 400)
    moments, asked_again, log = random.Random(7), Counter[str](), tmp_path / "log"
    with serving("--latency", "0.01", "--log", str(log)) as url:
        recipe = write_recipe(tmp_path, url, server={"concurrency": 4})
        for _ in range(KILLS):
            known, seen = remembered(tmp_path / "store"), len(log.read_text().splitlines()) if log.exists() else 0
            command = [sys.executable, "-m", "audio_cogito.cli", "build", str(recipe)]
            with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
                time.sleep(moments.uniform(0.3, 1.6))
                process.kill()
            new = log.read_text().splitlines()[seen:] if log.exists() else []
            asked_again.update(line.split()[0] for line in new if line.split()[0] in known)
        known = remembered(tmp_path / "store")
        done = cogito("build", str(recipe))
        assert done.returncode == 0, done.stderr
        undisturbed = cogito("build", str(recipe), "run=undisturbed", "store=elsewhere")
        assert undisturbed.returncode == 0, undisturbed.stderr
    assert asked_again == Counter()
    assert known, "the kills came before anything was done"
    assert results(tmp_path / "runs/recipe") == results(tmp_path / "undisturbed")
    assert not [path for path in tmp_path.rglob("*.part") if "run" in str(path)]


async def test_thirty_percent_faults_leave_every_record_accounted_for(tmp_path: Path) -> None:
    write_tones(tmp_path / "recordings", 150)
    async with Server(Options(faults=0.3, stall=60, retry_after="0")) as faulty:
        recipe = write_recipe(tmp_path, faulty.url, server={"timeout": 1.0, "patience": 60.0, "concurrency": 32})
        record = await build(recipe)
        again = await build(recipe)
        stats = faulty.stats()["kinds"]
    assert set(stats) > {"429", "500", "reset", "stall", "cut_json", "wrong_schema", "empty", "looping", "no_think_end"}
    assert sums_hold(record)
    assert record.stages["construct"].read == 150
    assert record.stages["think"].read == record.stages["construct"].kept
    assert record.stages["verify"].made == record.stages["think"].kept == len(traces(tmp_path / "runs/recipe"))
    for trace in traces(tmp_path / "runs/recipe"):
        for verdict in trace.verdicts:
            if verdict.check == "judge":
                assert verdict.outcome != "fail" or verdict.findings
    for name in ("construct", "think", "verify"):
        assert again.stages[name].reasons == record.stages[name].reasons


async def test_no_fault_of_the_judge_becomes_a_verdict(tmp_path: Path) -> None:
    """Every reply to the auditor is spoilt: no trace may be accepted or rejected by it."""
    write_tones(tmp_path / "recordings", 30)
    async with Server(Options()) as whole:
        await build(write_recipe(tmp_path, whole.url), "verify.checks=['complete', 'consistent']")
    async with Server(Options(faults=1.0, kinds=("cut_json", "wrong_schema", "empty", "looping"))) as spoilt:
        await build(write_recipe(tmp_path, spoilt.url), "run=spoilt")
    verdicts = [v.outcome for t in traces(tmp_path / "spoilt") for v in t.verdicts if v.check == "judge"]
    assert verdicts
    assert set(verdicts) == {"unscored"}


def test_one_very_slow_reply_keeps_the_server_busy(tmp_path: Path) -> None:
    """One reply takes 1,000 times the rest's; meanwhile 64 slots stay over 95 % busy."""
    manifest = tmp_path / "spans.jsonl"
    long_tone = write_tones(tmp_path / "long", 1, seconds=600) / "tone 0000.wav"
    rows = [{"path": str(long_tone), "start": i * 0.03, "end": i * 0.03 + 0.03 + i * 1e-4} for i in range(8500)]
    manifest.write_text("".join(json.dumps(row) + "\n" for row in rows))
    with serving("--latency", "0.2", "--slots", "64", "--slow-once", "1000") as url:
        recipe = write_recipe(
            tmp_path,
            url,
            sources={"manifest": {"path": "spans.jsonl"}},
            collect={"min_seconds": 0.01, "processes": 2},
            construct={"seeds": 0},
            think={"draws": 4},
            server={"concurrency": 96, "timeout": 500.0},
        )
        done = cogito("build", str(recipe), timeout=550)
        assert done.returncode == 0, done.stderr
        stats = json.load(urllib.request.urlopen(url.replace("/v1", "/stats")))
        print(stats)
    assert stats["busy_while_slow"] > 0.95, stats


REAL = os.environ.get("COGITO_REAL_AUDIO")


@pytest.mark.skipif(not REAL, reason="set COGITO_REAL_AUDIO to the folder of real recordings")
def test_two_thousand_real_recordings_twice_from_nothing_are_byte_identical(tmp_path: Path) -> None:
    with serving() as url:
        recipe = write_recipe(
            tmp_path,
            url,
            sources={
                "manifest": {"path": f"{REAL}/manifest.jsonl", "fields": {"licence": "license", "group": "dialogue"}}
            },
        )
        first = cogito("build", str(recipe), "--limit", "2000", timeout=600)
        second = cogito("build", str(recipe), "--limit", "2000", "run=second", "store=elsewhere", timeout=600)
        rerun = cogito("build", str(recipe), "--limit", "2000", timeout=600)
    assert first.returncode in (0, 3), first.stderr
    assert "Both sums hold for every stage." in first.stdout
    assert second.returncode == rerun.returncode == first.returncode
    assert results(tmp_path / "runs/recipe") == results(tmp_path / "second")
    assert "annotator: 0 calls paid" in rerun.stdout


async def test_reruns_of_an_unlucky_run_pay_only_for_what_is_missing(tmp_path: Path) -> None:
    write_tones(tmp_path / "recordings", 40)
    kinds = ("429", "500", "reset")
    async with Server(Options(faults=0.2, kinds=kinds, retry_after="0")) as faulty:
        record = await build(write_recipe(tmp_path, faulty.url, server={"patience": 30.0}))
    async with Server(Options()) as healthy:
        again = await build(write_recipe(tmp_path, healthy.url))
    assert calls(again) <= sum(stage.failed for stage in record.stages.values()) * 4
    assert again.state == "finished"
