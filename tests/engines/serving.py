"""vLLM as a process of its own, on loopback, with the tiny checkpoint: started, waited for, killed, read."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROLES = ("annotator", "thinker", "auditor")
"""Names of the one checkpoint, so that a reply says for which part it was asked."""
START_SECONDS = 600
"""Half a minute on two idle cores; the rest is for busy ones."""
QUIET = {"VLLM_NO_USAGE_STATS": "1", "DO_NOT_TRACK": "1", "HF_HUB_OFFLINE": "1", "VLLM_CPU_KVCACHE_SPACE": "1"}
"""Nothing is reported or fetched; a GiB of keys and values is 64 requests of 4,000 tokens."""


class ServerDied(Exception):
    """The server ended or did not answer in time; the message ends with what it logged last."""


class VLLM:
    """One server; `start` may be called again after `kill`, at the same address."""

    def __init__(self, python: Path, checkpoint: Path, media: Path, log: Path, *options: str) -> None:
        self.port, self.log = free_port(), log
        self.url = f"http://127.0.0.1:{self.port}/v1"
        self.seconds_to_start = 0.0
        self._process: subprocess.Popen[bytes] | None = None
        self._command = [
            str(python), "-m", "vllm.entrypoints.openai.api_server",
            "--model", str(checkpoint), "--served-model-name", *ROLES,
            "--host", "127.0.0.1", "--port", str(self.port),
            "--skip-mm-profiling",
            "--dtype", "float32", "--enforce-eager", "--max-model-len", "8192", "--max-num-seqs", "64",
            "--limit-mm-per-prompt", '{"audio": 3, "image": 0, "video": 0}',
            "--allowed-local-media-path", str(media),
            "--structured-outputs-config", '{"backend": "xgrammar", "disable_any_whitespace": true}',
            *options,
        ]  # fmt: skip

    def start(self) -> None:
        """Returns once it is healthy. Raises ServerDied."""
        began = time.monotonic()
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, stdout=log, stderr=log, env=os.environ | QUIET, start_new_session=True
            )
        while not self.healthy():
            if self._process.poll() is not None:
                raise ServerDied(f"vLLM ended with {self._process.returncode} while it started\n{self.last_words()}")
            if time.monotonic() - began > START_SECONDS:
                self.kill()
                raise ServerDied(f"vLLM was not healthy within {START_SECONDS} s\n{self.last_words()}")
            time.sleep(0.5)
        self.seconds_to_start = time.monotonic() - began

    def healthy(self) -> bool:
        try:
            self._get("/health")
        except OSError:
            return False
        return True

    def kill(self) -> None:
        """With its engine and workers, at once, as a machine that goes down would."""
        if self._process is not None and self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def counter(self, name: str) -> int:
        """A counter of /metrics, such as `prefix_cache_hits`."""
        found = re.findall(rf"^vllm:{name}_total(?:{{.*}})? (\S+)$", self._get("/metrics"), re.MULTILINE)
        assert found, f"vLLM's /metrics have no {name}"
        return int(sum(map(float, found)))

    def last_words(self, lines: int = 40) -> str:
        return "\n".join(self.log.read_text("utf-8", "replace").splitlines()[-lines:])

    def _get(self, path: str) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
            return str(answer.read().decode())


@contextmanager
def serving(python: Path, checkpoint: Path, folder: Path, *options: str) -> Iterator[VLLM]:
    """A started server that may read files below `folder`, and logs there."""
    server = VLLM(python, checkpoint, folder, folder / "vllm.log", *options)
    try:
        server.start()
        yield server
    finally:
        server.kill()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
