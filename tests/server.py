"""A chat-completions server whose reply is a function of the request: `python tests/server.py --port 0` prints its url.

The same request gets the same reply in every process (`server_replies`). Faults of content (`CONTENT`) stay with a
request; faults of transport (`TRANSPORT`) may pass when it is asked again.
In tests: `async with Server(Options(latency=0.1)) as server: server.url`.
"""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import os
import sys
import time
from collections import Counter, deque
from hashlib import blake2b
from pathlib import Path
from typing import Any

from aiohttp import web

from server_replies import Chance, completion, decode_request, message_for, spoil

TRANSPORT = ("429", "500", "reset", "stall", "cut", "short")
CONTENT = ("cut_json", "wrong_schema", "empty", "looping", "no_think_end")


@dataclasses.dataclass(frozen=True)
class Options:
    """How the server behaves; times in seconds."""

    latency: float = 0.0
    slots: int = 0
    """Requests served at once; 0 is no limit."""
    slow_once: float = 1.0
    """The first request takes this many times the latency."""
    faults: float = 0.0
    """Share of requests that go wrong."""
    kinds: tuple[str, ...] = TRANSPORT + CONTENT
    retry_after: str = "1"
    stall: float = 3600.0
    die_after: int = 0
    """Requests until the server is gone for good; 0 is never."""
    log: str = ""
    model: str = "scripted"
    key: str = ""
    """The key that requests must carry; the refusal of a wrong one repeats what was sent, as some servers do."""
    random_seed: int = 0


class Server:
    """Serves on loopback while it is open. `script` holds kinds of fault (or "") for the next requests, in order."""

    def __init__(self, options: Options = Options(), port: int = 0, *, exit_on_death: bool = False) -> None:
        self.options, self.port, self.exit_on_death = options, port, exit_on_death
        self.script: deque[str] = deque()
        self.requests: list[bytes] = []
        """Bodies as they came, where `keep` is set."""
        self.idents: list[str] = []
        self.keep = False
        self.kinds: Counter[str] = Counter()
        self.in_flight = self.most_in_flight = 0
        self._asked: Counter[str] = Counter()
        self._slots = asyncio.Semaphore(options.slots or 10**9)
        self._busy = Busy(options.slots)
        self.busy_while_slow: float | None = None
        """The share of slots that were taken until the first request, which may be slow, was answered."""

    async def __aenter__(self) -> Server:
        app = web.Application(client_max_size=2**28)
        app.router.add_post("/v1/chat/completions", self._serve)
        app.router.add_get("/v1/models", self._models)
        app.router.add_get("/stats", self._stats)
        self._runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def served(self) -> int:
        return self.kinds.total()

    def stats(self) -> dict[str, Any]:
        return {
            "requests": self.served,
            "busy": self._busy.share,
            "busy_while_slow": self.busy_while_slow,
            "kinds": dict(sorted(self.kinds.items())),
        }

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        body, ident = await request.read(), request.headers.get("X-Request-Id", "")
        sha = blake2b(body, digest_size=16).hexdigest()
        kind = self._kind(sha)
        self.kinds[kind or "whole"] += 1
        self.idents.append(ident)
        if self.keep:
            self.requests.append(body)
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            response = await self._answer(request, body, kind, self.served == 1)
        finally:
            self.in_flight -= 1
        if self.options.log:
            self._note(f"{ident} {sha} {kind or response.status}")
        return response

    def _note(self, line: str) -> None:
        with Path(self.options.log).open("a") as log:
            log.write(f"{line}\n")

    async def _answer(self, request: web.Request, body: bytes, kind: str, first: bool) -> web.StreamResponse:
        if self._dead() or kind == "reset":
            return hang_up(request)
        if self.options.key and request.headers.get("Authorization") != f"Bearer {self.options.key}":
            return refusal(401, f"wrong key: {request.headers.get('Authorization')}")
        if kind == "429":
            return refusal(429, "slow down", {"Retry-After": self.options.retry_after})
        if kind.isdigit():
            return refusal(int(kind), f"you asked for {kind}")
        if kind == "stall":
            await asyncio.sleep(self.options.stall)
        async with self._slots:
            with self._busy:
                await asyncio.sleep(self.options.latency * (self.options.slow_once if first else 1))
            if first:
                self.busy_while_slow = self._busy.share
        return await self._reply(request, body, kind)

    async def _reply(self, request: web.Request, body: bytes, kind: str) -> web.StreamResponse:
        asked = decode_request(body)
        if asked.model != self.options.model:
            return refusal(404, f"The model `{asked.model}` does not exist.")
        message, finish = spoil(message_for(asked), kind)
        whole = completion(asked, message, finish)
        if kind == "cut":
            whole = whole[: len(whole) * 2 // 3]
        if kind != "short":
            return web.Response(body=whole, content_type="application/json")
        response = web.StreamResponse()
        response.content_length = len(whole)
        await response.prepare(request)
        await response.write(whole[: len(whole) // 2])
        hang_up(request)
        return response

    def _kind(self, sha: str) -> str:
        if self.script:
            return self.script.popleft()
        count = self._asked[sha] = self._asked[sha] + 1
        lasting = self._draw(sha, 0)
        if lasting in CONTENT or count == 1:
            return lasting
        passing = self._draw(sha, count)
        return "" if passing in CONTENT else passing

    def _draw(self, sha: str, count: int) -> str:
        chance = Chance(sha, count, self.options.random_seed)
        return chance.pick(self.options.kinds) if chance.below(10**6) < self.options.faults * 10**6 else ""

    def _dead(self) -> bool:
        dead = 0 < self.options.die_after < self.served
        if dead and self.exit_on_death:
            os._exit(1)
        return dead

    async def _models(self, request: web.Request) -> web.Response:
        if self._dead():
            return hang_up(request)
        return web.json_response({"object": "list", "data": [{"id": self.options.model, "object": "model"}]})

    async def _stats(self, request: web.Request) -> web.Response:
        return web.json_response(self.stats())


class Busy:
    """The share of slots that are taken, over the time from the first request to the last."""

    def __init__(self, slots: int) -> None:
        self._slots, self._taken, self._area = max(1, slots), 0, 0.0
        self._first: float | None = None
        self._last = 0.0

    def __enter__(self) -> None:
        self._change(1)

    def __exit__(self, *_: object) -> None:
        self._change(-1)

    def _change(self, by: int) -> None:
        now = time.monotonic()
        if self._first is None:
            self._first = self._last = now
        self._area += self._taken * (now - self._last)
        self._taken, self._last = self._taken + by, now

    @property
    def share(self) -> float:
        elapsed = self._last - (self._first or 0.0)
        return self._area / (self._slots * elapsed) if elapsed > 0 else 0.0


def refusal(status: int, message: str, headers: dict[str, str] | None = None) -> web.Response:
    return web.json_response({"error": {"message": message, "code": status}}, status=status, headers=headers)


def hang_up(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


async def serve(options: Options, port: int) -> None:
    async with Server(options, port, exit_on_death=True) as server:
        sys.stdout.write(f"{server.url}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    for field in dataclasses.fields(Options):
        flag = "--" + field.name.replace("_", "-")
        if field.name == "kinds":
            parser.add_argument(flag, type=lambda text: tuple(text.split(",")), default=field.default)
        else:
            parser.add_argument(flag, type=type(field.default), default=field.default)
    chosen = vars(parser.parse_args(arguments))
    port = chosen.pop("port")
    try:
        asyncio.run(serve(Options(**chosen), port))
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
