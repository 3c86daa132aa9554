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

from audio_cogito.messages import Reply
from audio_cogito.parsing import read_reply
from audio_cogito.run import Run, RunRecord
from audio_cogito.types import Record
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


class Story(Record):
    """What became of a run whose server was killed and came back."""

    code: int
    said: str
    """What the command wrote to its error output."""
    lost: RunRecord
    kept: int
    """Replies in the store when the server was gone."""
    finished: RunRecord


@pytest.fixture(scope="module")
def story(server: VLLM, folder: Path, recordings: Recordings, say: Say) -> Story:
    recipe, run = (
        engine_recipe(folder, server.url, recordings.sources, concurrency=4, audio="file"),
        folder / "runs/recipe",
    )
    killed = build_and_kill(recipe, server, folder)
    lost, kept = Run(run).record, len(remembered(folder))
    server.start()
    done = cogito("build", str(recipe), "--limit", CLIPS, timeout=600)
    assert done.returncode in (0, 3), f"{done.stderr}\n{server.last_words()}"
    say(f"server killed after {kept} replies: exit {killed.returncode}; back after {server.seconds_to_start:.0f} s")
    return Story(code=killed.returncode, said=killed.stderr, lost=lost, kept=kept, finished=Run(run).record)


def test_a_killed_server_ends_the_run_with_4_and_one_line(story: Story) -> None:
    assert story.code == 4, story.said
    assert story.said.strip().splitlines()[-1].startswith("cogito: ")
    assert "Traceback" not in story.said
    assert story.lost.state == "endpoint lost"
    assert all(stage.failed == 0 for name, stage in story.lost.stages.items() if name != "collect")


def test_the_run_is_finished_when_the_server_is_back_and_pays_for_the_rest_alone(story: Story, folder: Path) -> None:
    usage = story.finished.usage.values()
    assert story.finished.state.startswith("finished")
    assert sum(part.remembered_calls for part in usage) == story.kept > 0
    assert sum(part.calls for part in usage) == len(remembered(folder)) - story.kept > 0


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


def remembered(folder: Path) -> list[Reply]:
    if not (folder / "store/replies.sqlite").exists():
        return []
    return [reply for role in ROLES for reply in replies_of(folder / "store", role)]


def test_tags_in_the_text_are_read_as_reasoning(story: Story, folder: Path, say: Say) -> None:
    """The run's thinker answered through a server that knows nothing of reasoning."""
    replies = replies_of(folder / "store", "thinker")
    tagged = [reply for reply in replies if b"</think>" in bytes(reply.choice)]
    readings = [read_reply(reply) for reply in tagged]
    assert len(tagged) > len(replies) / 2
    assert all(b'"reasoning":null' in bytes(reply.choice).replace(b" ", b"") for reply in replies)
    assert all("think>" not in reading.thinking for reading in readings)
    assert sum(bool(reading.thinking and reading.text) for reading in readings) > len(readings) / 2
    say(f"without a reasoning parser: {len(tagged)} of {len(replies)} chains end with a tag in the text, all read")
