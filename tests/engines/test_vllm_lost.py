"""A vLLM that goes down in the middle of a run, and one that leaves think tags in the text. Sounds go by file here.

One server plays both parts: it is started without a reasoning parser, is killed, and is started again.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from audio_cogito.parsing import read_reply
from audio_cogito.run import Run
from engines.conftest import Say
from engines.recordings import Recordings
from engines.road_recipe import engine_recipe, replies_of
from engines.serving import ROLES, VLLM, serving
from road import cogito

pytestmark = pytest.mark.engine
CLIPS = "60"
WAITED = 300.0
"""Seconds for the first replies of a run."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("lost")


@pytest.fixture(scope="module")
def server(vllm_python: Path, checkpoint: Path, folder: Path) -> Iterator[VLLM]:
    with serving(vllm_python, checkpoint, folder) as started:
        yield started


def test_a_run_whose_server_is_killed_ends_with_4_and_is_finished_after_its_return(
    server: VLLM, folder: Path, recordings: Recordings, say: Say
) -> None:
    recipe = engine_recipe(folder, server.url, recordings.sources, concurrency=4, audio="file")
    lost = build_and_kill(recipe, server, folder)
    assert lost.returncode == 4, lost.stderr
    assert lost.stderr.strip().splitlines()[-1].startswith("cogito: ")
    assert "Traceback" not in lost.stderr
    record = Run(folder / "runs/recipe").record
    assert record.state == "endpoint lost"
    assert all(stage.failed == 0 for name, stage in record.stages.items() if name != "collect")
    kept = sum(len(replies_of(folder / "store", role)) for role in ROLES)
    server.start()
    done = cogito("build", str(recipe), "--limit", CLIPS, timeout=600)
    assert done.returncode in (0, 3), f"{done.stderr}\n{server.last_words()}"
    usage = Run(folder / "runs/recipe").record.usage
    paid, remembered = (sum(getattr(u, field) for u in usage.values()) for field in ("calls", "remembered_calls"))
    held = sum(len(replies_of(folder / "store", role)) for role in ROLES)
    assert remembered == kept > 0
    assert paid == held - kept > 0
    say(f"server killed after {kept} replies: exit 4; back after {server.seconds_to_start:.0f} s, {paid} more paid for")


def build_and_kill(recipe: Path, server: VLLM, folder: Path) -> subprocess.CompletedProcess[str]:
    """Builds, and kills the server once some replies are in."""
    command = [sys.executable, "-W", "error", "-m", "audio_cogito.cli", "build", str(recipe), "--limit", CLIPS]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        ends = time.monotonic() + WAITED
        while len(remembered(folder)) < 8 and process.poll() is None and time.monotonic() < ends:
            time.sleep(0.1)
        server.kill()
        out, err = process.communicate(timeout=120)
    return subprocess.CompletedProcess(command, process.returncode, out, err)


def remembered(folder: Path) -> list[object]:
    if not (folder / "store/replies.sqlite").exists():
        return []
    return [reply for role in ROLES for reply in replies_of(folder / "store", role)]


def test_tags_in_the_text_are_read_as_reasoning(folder: Path, say: Say) -> None:
    """After the run above, whose thinker answered through a server that knows nothing of reasoning."""
    replies = replies_of(folder / "store", "thinker")
    tagged = [reply for reply in replies if b"</think>" in bytes(reply.choice)]
    readings = [read_reply(reply) for reply in tagged]
    assert len(tagged) > len(replies) / 2
    assert all(b'"reasoning":null' in bytes(reply.choice).replace(b" ", b"") for reply in replies)
    assert all("think>" not in reading.thinking for reading in readings)
    assert sum(bool(reading.thinking and reading.text) for reading in readings) > len(readings) / 2
    say(f"without a reasoning parser: {len(tagged)} of {len(replies)} chains end with a tag in the text, all read")
