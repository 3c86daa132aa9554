"""What tests of real engines share. They run with `scripts/test.sh --engines`, which makes the environments first.

Where an environment is not there, its tests skip and say so; COGITO_ENGINES=required, as in CI, makes that a failure.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from engines.recordings import Recordings, real_recordings

HERE = Path(__file__).parent
ENVIRONMENTS = HERE.parents[1] / ".venv-engines"
SAID = pytest.StashKey[list[str]]()
Say = Callable[[str], None]


def pytest_configure(config: pytest.Config) -> None:
    config.stash[SAID] = []


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if config.stash[SAID]:
        terminalreporter.section("engines")
        for line in config.stash[SAID]:
            terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def say(pytestconfig: pytest.Config) -> Say:
    """Prints a line in the summary at the end: what was measured, by whatever outcome."""
    return pytestconfig.stash[SAID].append


def environment(name: str, *, on_request: bool = False) -> Path:
    """The Python of an engine's environment; skips or fails where it was not made. One that `scripts/engines.sh` makes
    on request alone never fails."""
    python = ENVIRONMENTS / name / "bin" / "python"
    if not any(python.parents[1].glob("made-for-*")):
        reason = f"the engine {name} is not installed: bash scripts/engines.sh {name}"
        if os.environ.get("COGITO_ENGINES") == "required" and not on_request:
            pytest.fail(reason)
        pytest.skip(reason)
    return python


@pytest.fixture(scope="session")
def vllm_python() -> Path:
    return environment("vllm")


@pytest.fixture(scope="session")
def checkpoint(vllm_python: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny Qwen3-Omni."""
    folder = tmp_path_factory.mktemp("checkpoint")
    command = [str(vllm_python), str(HERE / "checkpoint.py"), str(folder)]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr[-2000:]
    return folder


@pytest.fixture(scope="session")
def recordings(tmp_path_factory: pytest.TempPathFactory, say: Say) -> Recordings:
    found = real_recordings(ENVIRONMENTS / "recordings", tmp_path_factory.mktemp("recordings"))
    say(found.origin)
    return found
