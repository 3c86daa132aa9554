"""Several processes that listen (`listener`), as one thing to be asked.

A process is started when there is work for it, so a rerun starts none. One that dies of a file, or says nothing for too
long, costs that file and is replaced. They end with this one, however it ends: their input closes.
"""

from __future__ import annotations

import asyncio
import os
import queue
import select
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import msgspec

from audio_cogito.audio import Sounds
from audio_cogito.errors import SetupError
from audio_cogito.hearing import listener
from audio_cogito.hearing.listener import Answer, Job, Refusal

PACKAGE_FOLDER = Path(__file__).parents[2]
PATIENCE = 900.0
"""Seconds for one job. A member far into a packed archive may take minutes; a decoder that takes longer hangs."""

_encode = msgspec.json.Encoder().encode
_decoder: msgspec.json.Decoder[Answer | Refusal] = msgspec.json.Decoder(Answer | Refusal)


class Listeners:
    """Up to `processes` of them; with 0, this process listens itself, one sound at a time. To be closed."""

    def __init__(self, sounds: Sounds, processes: int, patience: float = PATIENCE) -> None:
        self.sounds, self._processes, self._patience = sounds, processes, patience
        self._threads = ThreadPoolExecutor(max(1, processes), thread_name_prefix="listen")
        self._idle: queue.SimpleQueue[Process] = queue.SimpleQueue()
        self._started: set[Process] = set()
        self._lock, self._closed = threading.Lock(), False

    async def listen(self, job: Job) -> Answer | Refusal:
        """Raises SetupError where no process can be started."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._listen, job)

    def close(self) -> None:
        """End them all, in the middle of a sound too: a sound is written whole or not at all."""
        with self._lock:
            self._closed = True
            started = list(self._started)
        for process in started:
            process.kill()
        self._threads.shutdown(cancel_futures=True)
        for process in started:
            process.end()

    def _listen(self, job: Job) -> Answer | Refusal:
        if not self._processes:
            return listener.answered(job, self.sounds)
        process = self._taken()
        if not process.takes(job):
            # It died while it had nothing to do, which is not this job's fault.
            self._forget(process)
            process = self._taken()
            process.takes(job)
        answer = process.answers(self._patience)
        if isinstance(answer, str):
            self._forget(process)
            return Refusal(reason="crashed", detail=answer)
        self._idle.put(process)
        return answer

    def _taken(self) -> Process:
        with suppress(queue.Empty):
            return self._idle.get_nowait()
        with self._lock:
            if self._closed:
                raise SetupError("the listening processes have ended")
            process = Process(self.sounds.root)
            self._started.add(process)
            return process

    def _forget(self, process: Process) -> None:
        process.end()
        with self._lock:
            self._started.discard(process)


class Process:
    """One that listens."""

    def __init__(self, sounds: Path) -> None:
        paths = [str(PACKAGE_FOLDER), *filter(None, [os.environ.get("PYTHONPATH")])]
        command = [sys.executable, "-P", "-m", "audio_cogito.hearing.listener", str(sounds.absolute())]
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
                bufsize=0,
            )
        except OSError as error:
            raise SetupError(f"a process that listens cannot be started: {error.strerror or error}") from error

    def takes(self, job: Job) -> bool:
        """Whether it lived to be sent the job."""
        assert self._process.stdin is not None
        try:
            data = memoryview(_encode(job) + b"\n")
            while data:
                data = data[self._process.stdin.write(data) or 0 :]
        except OSError:
            return False
        return True

    def answers(self, patience: float) -> Answer | Refusal | str:
        """What it says, or what became of it."""
        assert self._process.stdout is not None
        ready = select.poll()
        ready.register(self._process.stdout, select.POLLIN)
        said = b""
        while not said.endswith(b"\n"):
            if not ready.poll(patience * 1000):
                return f"its decoder hung for {patience:g} s"
            part = self._process.stdout.read(1 << 20)
            if not part:
                return self._death()
            said += part
        return _decoder.decode(said)

    def kill(self) -> None:
        self._process.kill()

    def end(self) -> None:
        self.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def _death(self) -> str:
        code = self._process.wait()
        how = signal.Signals(-code).name if code < 0 else f"with exit code {code}"
        killed = ", perhaps for memory" if code == -signal.SIGKILL else ""
        return f"the process that decoded it died ({how}{killed})"
