"""Runs a server for as long as whoever started it lives: `python -m audio_cogito.models.keeper COMMAND ...`.

Its standard input is a pipe that nobody writes to. When it closes, by design or because the other end was killed, the
server and all that it started are told to end, and after a while are ended. So no model is left behind on a GPU.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from contextlib import suppress

GRACE_SECONDS = 30.0
LOOK_SECONDS = 0.2


def main() -> int:
    """The server's exit code, or 0 where it was told to end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupt reaches us by the pipe, when its receiver is done
    server = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, start_new_session=True)
    signal.signal(signal.SIGTERM, lambda *_: _end(server))
    while server.poll() is None:
        if select.select([sys.stdin], [], [], LOOK_SECONDS)[0] and not os.read(sys.stdin.fileno(), 1):
            _end(server)
            return 0
    _signal(server, signal.SIGKILL)
    return server.returncode


def _end(server: subprocess.Popen[bytes]) -> None:
    _signal(server, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        server.wait(GRACE_SECONDS)
    _signal(server, signal.SIGKILL)
    server.wait()


def _signal(server: subprocess.Popen[bytes], number: int) -> None:
    """To the server's whole session, which may outlive it."""
    with suppress(ProcessLookupError):
        os.killpg(server.pid, number)


if __name__ == "__main__":
    sys.exit(main())
