"""Servers that a run starts itself, waits for and stops: a recipe's `models.NAME.serve`.

    [models.thinker]
    name = "round-1"
    dir = "models/round-1"                    # its weights; the model's revision is their digest
    serve = "vllm serve {dir} --port {port} --served-model-name {name}"

Roles with the same weights and the same command share a server. What it prints goes to RUN/server-ROLE.log. It ends
with the run, also where the run is killed (`keeper`).
"""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import aiohttp
import msgspec

from audio_cogito.errors import SetupError
from audio_cogito.models import weights
from audio_cogito.models.openai import Settings

LOOK_SECONDS = 0.25
PLACES = ("dir", "port", "name")


@asynccontextmanager
async def started(servers: Mapping[str, Settings], *, logs: Path) -> AsyncIterator[dict[str, Settings]]:
    """The same models, those with a command of their own running and told where. Raises SetupError."""
    running: dict[tuple[str, str], str] = {}
    async with AsyncExitStack() as stack:
        for role, server in servers.items():
            if server.serve and (server.dir, server.serve) not in running:
                url = await stack.enter_async_context(_running(role, server, logs / f"server-{role}.log"))
                running[server.dir, server.serve] = url
        yield {role: _at(server, running.get((server.dir, server.serve))) for role, server in servers.items()}


def _at(server: Settings, url: str | None) -> Settings:
    return server if url is None else msgspec.structs.replace(server, url=url, serve="")


@asynccontextmanager
async def _running(role: str, server: Settings, log: Path) -> AsyncIterator[str]:
    port = _free_port()
    command = _command(role, server, port)
    if (revision := weights.revision(Path(server.dir))) != server.revision:
        raise SetupError(
            f"models.{role}: the weights in {server.dir} are of revision {revision}, not {server.revision}"
        )
    with log.open("wb") as output:
        keeper = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "audio_cogito.models.keeper", *command),
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
    url = f"http://127.0.0.1:{port}/v1"
    try:
        await _answering(role, server, url, keeper, log)
        yield url
    finally:
        if keeper.stdin:
            keeper.stdin.close()
        await keeper.wait()


def _command(role: str, server: Settings, port: int) -> list[str]:
    said = {"dir": server.dir, "port": str(port), "name": server.name}
    command = shlex.split(server.serve)
    if shutil.which(command[0]) is None:
        raise SetupError(f"models.{role}.serve: there is no program {command[0]}")
    if not any("{port}" in word for word in command):
        raise SetupError(f"models.{role}.serve must say {{port}}, which is a free one: --port {{port}}")
    for place in PLACES:
        command = [word.replace(f"{{{place}}}", said[place]) for word in command]
    return command


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


async def _answering(role: str, server: Settings, url: str, keeper: asyncio.subprocess.Process, log: Path) -> None:
    """Return when the server lists its models. Raises SetupError when it ends before, or takes too long."""
    until = time.monotonic() + server.start_seconds
    async with aiohttp.ClientSession() as session:
        while not await _lists(session, url):
            if keeper.returncode is not None:
                raise SetupError(f"the server of models.{role} ended before it answered: {_last_words(log)} ({log})")
            if time.monotonic() > until:
                waited = f"{server.start_seconds:g} s (models.{role}.start_seconds)"
                raise SetupError(f"the server of models.{role} did not answer within {waited}: {log} tells why")
            await asyncio.sleep(LOOK_SECONDS)


async def _lists(session: aiohttp.ClientSession, url: str) -> bool:
    try:
        async with session.get(f"{url}/models", timeout=aiohttp.ClientTimeout(total=5)) as answer:
            return answer.status == 200
    except (aiohttp.ClientError, TimeoutError):
        return False


def _last_words(log: Path) -> str:
    lines = [line.strip() for line in log.read_text("utf-8", "replace").splitlines() if line.strip()]
    return lines[-1][:300] if lines else "it said nothing"
