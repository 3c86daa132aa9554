"""The scripts that a newcomer runs first: what is missing is one line, and nothing half made is taken for whole.

They run in a folder that holds the scripts alone, with a Python that stands in for the one that is asked.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
OLD = 'case "$2" in *version_info*) exit 1;; esac'
NO_VENV = 'case "$1 $2" in "-m venv") exit 1;; esac'
NO_NETWORK = """case "$1 $2" in "-m venv") mkdir -p "$3/bin"; cp "$0" "$3/bin/python";; "-m pip") exit 1;; esac"""
SCRIPTS = {"demo.sh": ".venv-nano", "nano.sh": ".venv-nano", "test.sh": ".venv", "check.sh": ".venv"}


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A checkout in which nothing was ever installed."""
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts")
    for name in ("pyproject.toml", "constraints.txt", "constraints-nano.txt"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def run(bare: Path, script: str, python: str) -> subprocess.CompletedProcess[str]:
    """A script, asked to use a Python that does what a line of shell says."""
    stand_in = bare / "python"
    stand_in.write_text(f"#!/usr/bin/env bash\n{python}\n")
    stand_in.chmod(0o755)
    command = ["bash", str(bare / "scripts" / script)]
    env = os.environ | {"PYTHON": str(stand_in)}
    return subprocess.run(command, capture_output=True, text=True, env=env, check=False)


@pytest.mark.parametrize("script", SCRIPTS)
def test_python_that_is_too_old_is_one_line(bare: Path, script: str) -> None:
    done = run(bare, script, OLD)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "audio-cogito needs Python 3.11 or later; PYTHON=/path/to/python names another\n"


@pytest.mark.parametrize("script", SCRIPTS)
def test_folder_that_cannot_be_written_is_one_line(bare: Path, script: str) -> None:
    done = run(bare, script, NO_VENV)
    assert done.returncode == 2
    assert f"cannot make {SCRIPTS[script]} here: is the folder writable" in done.stderr.splitlines()[-1]


@pytest.mark.parametrize("script", SCRIPTS)
def test_installation_that_fails_is_one_line_and_is_tried_again(bare: Path, script: str) -> None:
    for _ in range(2):
        done = run(bare, script, NO_NETWORK)
        assert done.returncode == 2
        assert "cannot be installed: is there a network, and room on the disk?" in done.stderr.splitlines()[-1]
