"""A judge behind HTTP that tests tell what to say: `async with Judge() as judge: judge.url`."""

from __future__ import annotations

import asyncio
import json
import re
from collections import Counter
from typing import Any

from aiohttp import web

TOLD = re.compile(r"points ([01,]+)")
FIVE = 5


class Judge:
    """Gives the points that the chain asks for: `points 11000,11111` gives the first judgement two of five.

    A chain may also ask for trouble, once for each of its judgements: `malformed`, `limited` (429), `slow`, `broken`
    (500); and for good: `refused` (400), `mute` (never in form). `dead` closes all connections from then on.
    """

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.bodies: list[dict[str, Any]] = []
        self.dead = False
        self.dies_after = 10**9

    async def __aenter__(self) -> Judge:
        app = web.Application(client_max_size=2**26)
        app.router.add_post("/v1/chat/completions", self._serve)
        app.router.add_get("/v1/models", self._models)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/v1"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    @property
    def name(self) -> str:
        return f"judge@{self.url}"

    async def _models(self, request: web.Request) -> web.Response:
        self._hang_up_if_dead(request)
        return web.json_response({"data": [{"id": "judge"}]})

    async def _serve(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.bodies.append(body)
        if self._hang_up_if_dead(request) or len(self.bodies) > self.dies_after:
            self.dead = True
            self._hang_up_if_dead(request)
            return web.Response()
        chain = body["messages"][1]["content"].partition("- Model's Reasoning:\n")[2]
        ident = request.headers["X-Request-Id"]
        again = self.asked[ident] > 0
        self.asked[ident] += 1
        return await self._answer(chain, again)

    async def _answer(self, chain: str, again: bool) -> web.Response:
        if "refused" in chain:
            return web.json_response({"error": {"message": "too long"}}, status=400)
        if "limited" in chain and not again:
            return web.json_response({}, status=429, headers={"Retry-After": "0"})
        if "broken" in chain and not again:
            return web.json_response({}, status=500)
        if "slow" in chain:
            await asyncio.sleep(0.3)
        self.asked[chain] += 1
        number = self.asked[chain] - 1
        if "mute" in chain or ("malformed" in chain and number % 2 == 0):
            return self._said("I would rather not say.")
        told = TOLD.search(chain)
        given = told[1].split(",") if told else ["11111"]
        points = given[(number // 2 if "malformed" in chain else number) % len(given)]
        entries = [{"name": str(k), "score": int(p), "justification": ""} for k, p in enumerate(points)]
        return self._said(f"Sure:\n{json.dumps(entries)}")

    def _said(self, content: str) -> web.Response:
        choice = {"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": "stop"}
        return web.json_response({"choices": [choice], "usage": {"prompt_tokens": 9, "completion_tokens": 9}})

    def _hang_up_if_dead(self, request: web.Request) -> bool:
        if self.dead and request.transport is not None:
            request.transport.abort()
        return self.dead
