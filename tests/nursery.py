"""Processes for tests, forked off one that has imported what they need: they start in milliseconds, not in a second.

    with start("cogito", ["status", "run"], out=file, err=file) as born:
        code = born.wait(timeout=60)

Each is a process of its own, with its environment, folder, output and exit code, as if Python had started it with
`-W error`. The one they come of ends with the tests.
"""

from __future__ import annotations

import atexit
import importlib
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any, NoReturn


class Born:
    """A process that was started."""

    def __init__(self, line: socket.socket) -> None:
        self._line, self._said = line, b""
        self.pid = self._number()
        self._code: int | None = None

    def wait(self, timeout: float) -> int:
        """Its exit code, negative where a signal ended it. Raises TimeoutError."""
        self._line.settimeout(timeout)
        self._code = self._number()
        return self._code

    def end(self) -> None:
        """Kill it, where it has not ended: an id may be another process's then."""
        if self._code is None and not self._said and not select.select([self._line], [], [], 0)[0]:
            os.kill(self.pid, signal.SIGKILL)

    def _number(self) -> int:
        while b"\n" not in self._said:
            said = self._line.recv(64)
            if not said:
                raise RuntimeError("the process that the tests' processes come of has ended")
            self._said += said
        number, _, self._said = self._said.partition(b"\n")
        return int(number)


@contextmanager
def start(
    program: str, arguments: Sequence[str], *, out: int, err: int, environment: Mapping[str, str] | None = None
) -> Iterator[Born]:
    """`cogito` or `server` (tests/server.py), its output in these files; killed where it has not ended by the end."""
    asked: dict[str, Any] = {"program": program, "arguments": arguments, "folder": str(Path.cwd())}
    asked["environment"] = {**os.environ, **(environment or {})}
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(_nursery())
        socket.send_fds(line, [json.dumps(asked).encode() + b"\n"], [out, err])
        born = Born(line)
        try:
            yield born
        finally:
            born.end()


@cache
def _nursery() -> str:
    """Where the one of this process listens."""
    path = str(Path(tempfile.mkdtemp(prefix="cogito-tests-")) / "nursery")
    # One thread, since threads do not survive a fork.
    process = subprocess.Popen(
        [sys.executable, "-W", "error", __file__, path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
    )
    atexit.register(process.communicate)
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n", "the tests' processes cannot be started"
    return path


# --- in the process that they come of ---------------------------------------------------------------------------------


def main(path: str) -> None:
    programs = _programs()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen(64)
        os.write(1, b"ready\n")
        while True:
            if 0 in select.select([0, listener.fileno()], [], [])[0]:  # the tests have ended
                shutil.rmtree(Path(path).parent)
                return
            with suppress(ChildProcessError):
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass
            line, _ = listener.accept()
            if os.fork() == 0:
                break
            line.close()
    _bear(line, programs)


def _programs() -> dict[str, Callable[[list[str]], Any]]:
    from audio_cogito import cli, commands

    for name in cli.names():
        importlib.import_module(f"{commands.__name__}.{name}")
    return {"cogito": cli.main, "server": importlib.import_module("server").main}


def _bear(line: socket.socket, programs: dict[str, Callable[[list[str]], Any]]) -> None:
    """Start the process that is asked for, and say its id and how it ended."""
    words, files, _, _ = socket.recv_fds(line, 1 << 20, 2)
    while not words.endswith(b"\n"):
        words += line.recv(1 << 20)
    if (pid := os.fork()) == 0:
        line.close()
        _live(json.loads(words), files, programs)
    line.sendall(b"%d\n" % pid)
    _, status = os.waitpid(pid, 0)
    with suppress(BrokenPipeError):
        line.sendall(b"%d\n" % os.waitstatus_to_exitcode(status))
    os._exit(0)


def _live(asked: dict[str, Any], files: list[int], programs: dict[str, Callable[[list[str]], Any]]) -> NoReturn:
    for place, file in enumerate([os.open(os.devnull, os.O_RDONLY), *files]):
        os.dup2(file, place)
        os.close(file)
    os.environ.clear()
    os.environ.update(asked["environment"])
    os.chdir(asked["folder"])
    sys.exit(programs[asked["program"]](asked["arguments"]))


if __name__ == "__main__":
    main(sys.argv[1])
