"""A run's folder: one process at a time, and whoever comes second is told who holds it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from audio_cogito.errors import RunLocked, SetupError
from audio_cogito.run import Run, RunRecord

HOLD = """
import sys; from pathlib import Path; from audio_cogito.run import Run
with Run(Path(sys.argv[1])).locked(): print('held', flush=True); sys.stdin.read()
"""


def test_second_process_is_told_who_holds_the_run(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        run = Run(tmp_path)
        with pytest.raises(RunLocked, match=f"is held by process {process.pid} on .* since 20"), run.locked():
            pass
        assert run.holder is not None
        assert str(process.pid) in run.holder
        process.kill()
        process.wait()
        with run.locked():
            pass
    assert run.holder is None


def test_run_is_held_on_a_full_disk_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with Run(tmp_path).locked():
        assert Run(tmp_path).holder == "another process"
        with pytest.raises(RunLocked), Run(tmp_path).locked():
            pass


def test_folder_without_a_run_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"holds no run.*cogito build"):
        _ = Run(tmp_path).record


def test_damaged_record_is_named(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text('{"recipe": ')
    with pytest.raises(SetupError, match=r"run\.json cannot be read"):
        _ = Run(tmp_path).record


def test_record_comes_back_as_it_was(tmp_path: Path) -> None:
    record = RunRecord(
        recipe={"run": "x"}, recipe_digest="d", random_seed=3, only=None, limit=4, state="finished", began="now"
    )
    Run(tmp_path).write(record)
    assert Run(tmp_path).record == record


def test_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SetupError, match="cannot be written"), Run(tmp_path / "file" / "run").locked():
        pass


def test_what_a_killed_build_left_half_written_goes_and_what_a_reviewer_is_writing_stays(tmp_path: Path) -> None:
    ours, anothers = tmp_path / ".run.json.7.7.part", tmp_path / ".samples.msgpack.7.7.part"
    ours.touch()
    anothers.touch()
    with Run(tmp_path).locked():
        assert not ours.exists()
        assert anothers.exists()
