"""The demo for real at its smallest: `cogito demo` as a process, killed on the way, and started again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="pip install 'audio-cogito[nano]'")

from road import cogito

RECIPE = Path(__file__).parents[2] / "recipes/demo.toml"
OPEN_DOOR = '[verify]\nchecks = ["complete"]\n'
SIZES = ("questions=12", "held_out=4", "draws=2", "dial=0", "rounds=1")

pytestmark = pytest.mark.long


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    """The demo's, with a check that weights in any state pass now and then."""
    text = RECIPE.read_text()
    start, end = text.index("[verify]"), text.index("[export]")
    path = tmp_path / "recipe.toml"
    path.write_text(text[:start] + OPEN_DOOR + text[end:])
    return path


def test_the_demo_that_was_killed_ends_as_if_it_had_not_been(recipe: Path, tmp_path: Path) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    first = cogito("demo", "--out", str(whole), "--recipe", str(recipe), *SIZES)
    assert first.returncode == 0, first.stderr
    assert "held-out questions" in first.stdout
    assert "event lists exact" in first.stdout
    assert (whole / "report.html").stat().st_size > 10_000
    _kill_after(killed / "steps.json", "exam 0", "demo", "--out", str(killed), "--recipe", str(recipe), *SIZES)
    assert not (killed / "report.html").exists()
    again = cogito("demo", "--out", str(killed), "--recipe", str(recipe), *SIZES)
    assert again.returncode == 0, again.stderr
    assert "exam 0: done already" in again.stderr
    rows = "runs/round-1/rows/swift/train.provenance.jsonl"
    assert (killed / rows).read_bytes() == (whole / rows).read_bytes()
    assert (killed / "comparison.json").read_bytes() == (whole / "comparison.json").read_bytes()


def _kill_after(steps: Path, step: str, *command: str) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "audio_cogito.cli", *command], stderr=subprocess.DEVNULL, env=os.environ
    )
    until = time.monotonic() + 120
    while time.monotonic() < until and not (steps.exists() and step in json.loads(steps.read_bytes())):
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert step in json.loads(steps.read_bytes())


def test_a_model_whose_chains_all_fail_ends_the_demo_with_one_line(tmp_path: Path, fresh: Path) -> None:
    done = cogito("demo", "--out", str(tmp_path / "demo"), f"model=hf:{fresh}", *SIZES)
    assert done.returncode == 2
    assert "was accepted, so there is nothing to teach" in done.stderr
    assert "Traceback" not in done.stderr
