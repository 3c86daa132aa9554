"""Processes that listen: one that dies or hangs costs the file it was at, and none outlives the run."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from audio_cogito.audio import Sounds
from audio_cogito.errors import SetupError
from audio_cogito.hearing import listener
from audio_cogito.hearing.listener import Answer, Job, Refusal
from audio_cogito.hearing.listeners import PACKAGE_FOLDER, Listeners
from tones import noise, write


@pytest.fixture
def listeners(tmp_path: Path) -> Iterator[Listeners]:
    listeners = Listeners(Sounds(tmp_path / "sounds"), 2)
    yield listeners
    listeners.close()


def pids(listeners: Listeners) -> list[int]:
    return [process._process.pid for process in listeners._started]


async def started(listeners: Listeners) -> int:
    """The id of the one process, as soon as there is one."""
    for _ in range(1000):
        if found := pids(listeners):
            return found[0]
        await asyncio.sleep(0.01)
    raise AssertionError("no process was started")


def hold(path: Path) -> Job:
    """A job that is never done: to open the pipe waits for somebody who writes it."""
    os.mkfifo(path)
    return Job(path=str(path))


@pytest.fixture
def waiting(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Processes for which a named pipe is a file like any other."""
    site = tmp_path / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text("import stat; stat.S_ISREG = lambda mode: True\n")
    monkeypatch.setenv("PYTHONPATH", str(site))


async def test_many_sounds_are_heard_as_one_process_hears_them(listeners: Listeners, tmp_path: Path) -> None:
    jobs = [Job(path=str(write(tmp_path / f"{i}.wav", noise(0.5, random_seed=i)))) for i in range(12)]
    heard = await asyncio.gather(*(listeners.listen(job) for job in jobs))
    alone = Sounds(tmp_path / "alone")
    assert heard == [listener.listen(job, alone) for job in jobs]
    assert len(pids(listeners)) == 2
    assert all(isinstance(one, Answer) and listeners.sounds.holds(str(one.heard[0].id)) for one in heard)


@pytest.mark.usefixtures("waiting")
async def test_process_that_dies_of_a_file_costs_that_file(listeners: Listeners, tmp_path: Path) -> None:
    deadly = asyncio.create_task(listeners.listen(hold(tmp_path / "deadly.wav")))
    pid = await started(listeners)
    await asyncio.sleep(0.3)
    os.kill(pid, signal.SIGSEGV)
    died = await deadly
    assert died == Refusal(reason="crashed", detail="the process that decoded it died (SIGSEGV)")
    answer = await listeners.listen(Job(path=str(write(tmp_path / "a.wav", noise(0.5)))))
    assert isinstance(answer, Answer)


async def test_process_that_dies_with_nothing_to_do_costs_nothing(listeners: Listeners, tmp_path: Path) -> None:
    job = Job(path=str(write(tmp_path / "a.wav", noise(0.5))))
    await listeners.listen(job)
    (pid,) = pids(listeners)
    os.kill(pid, signal.SIGKILL)
    await asyncio.to_thread(os.waitid, os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    assert isinstance(await listeners.listen(job), Answer)


@pytest.mark.usefixtures("waiting")
async def test_decoder_that_hangs_costs_its_file(tmp_path: Path) -> None:
    listeners = Listeners(Sounds(tmp_path / "sounds"), 1, patience=1.5)
    answer = await listeners.listen(hold(tmp_path / "slow.wav"))
    assert answer == Refusal(reason="crashed", detail="its decoder hung for 1.5 s")
    listeners._patience = 60
    assert isinstance(await listeners.listen(Job(path=str(write(tmp_path / "a.wav", noise(0.5))))), Answer)
    listeners.close()


@pytest.mark.usefixtures("waiting")
async def test_closing_ends_the_processes_in_the_middle_of_a_sound(listeners: Listeners, tmp_path: Path) -> None:
    held = asyncio.create_task(listeners.listen(hold(tmp_path / "slow.wav")))
    pid = await started(listeners)
    began = time.monotonic()
    listeners.close()
    assert time.monotonic() - began < 5
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert isinstance(await held, Refusal)
    with pytest.raises((SetupError, RuntimeError)):
        await listeners.listen(Job(path="a.wav"))


@pytest.mark.parametrize("name", ["SIGKILL", "SIGINT"])
@pytest.mark.usefixtures("waiting")
def test_no_process_outlives_the_one_that_started_it(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / "slow.wav")
    script = f"""
import asyncio, signal, sys
from pathlib import Path
from audio_cogito.audio import Sounds
from audio_cogito.hearing.listeners import PACKAGE_FOLDER, Listeners
from audio_cogito.hearing.listener import Job
signal.signal(signal.SIGINT, signal.default_int_handler)  # which a shell's background job is born without
listeners = Listeners(Sounds(Path({str(tmp_path / "sounds")!r})), 1)
async def main():
    task = asyncio.create_task(listeners.listen(Job(path={str(tmp_path / "slow.wav")!r})))
    while not listeners._started:
        await asyncio.sleep(0.01)
    print(next(iter(listeners._started))._process.pid, flush=True)
    try:
        await task
    finally:
        listeners.close()
asyncio.run(main())
"""
    environment = os.environ | {"PYTHONPATH": f"{PACKAGE_FOLDER}:{os.environ['PYTHONPATH']}"}
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
    ) as parent:
        assert parent.stdout
        child = int(parent.stdout.readline())
        time.sleep(0.5)
        parent.send_signal(signal.Signals[name])
        parent.wait(60)
    deadline = time.monotonic() + 60
    while is_running(child) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not is_running(child)


def is_running(pid: int) -> bool:
    """Whether there is such a process that is no zombie."""
    status = Path(f"/proc/{pid}/status")
    return status.exists() and "\nState:\tZ" not in status.read_text()


async def test_fault_of_ours_is_a_refusal_with_its_traceback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def break_down(*_: object) -> None:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr(listener, "listen", break_down)
    answer = listener.answered(Job(path="a.wav"), Sounds(tmp_path))
    assert isinstance(answer, Refusal)
    assert (answer.reason, answer.detail) == ("crashed", "ZeroDivisionError: division by zero")
    assert "break_down" in answer.traceback


async def test_module_of_the_working_folder_is_not_taken_for_ours(
    listeners: Listeners, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "numpy.py").write_text("raise SystemExit('not numpy')")
    monkeypatch.chdir(tmp_path)
    assert isinstance(await listeners.listen(Job(path=str(write(tmp_path / "a.wav", noise(0.5))))), Answer)
