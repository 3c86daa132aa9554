"""What tests of the HTTP client share: a client of small clips, and servers that say one thing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
from aiohttp import web

from audio_cogito.messages import Message, Sampling, Text
from audio_cogito.models.openai import OpenAI, Settings
from audio_cogito.models.wire import SoundParts

SAMPLING = Sampling(max_tokens=64, temperature=0.6, top_k=0)


class Sounds:
    def wav(self, id: str, /) -> bytes:
        return b"RIFF" + bytes.fromhex(id)

    def flac(self, id: str, /) -> bytes:
        return b"fLaC" + bytes.fromhex(id)

    def path(self, id: str, /) -> Path:
        return Path("/sounds") / f"{id} .flac"


def says(text: str) -> tuple[Message, ...]:
    return (Message(role="user", parts=(Text(text=text),)),)


def client(url: str | tuple[str, ...], **changed: Any) -> OpenAI:
    settings = {"name": "scripted", "revision": "1", "url": url, "timeout": 5.0, "patience": 5.0}
    return OpenAI(msgspec.convert(settings | changed, Settings), SoundParts(Sounds()))


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(3):
        while not true():  # noqa: ASYNC110 - what is waited for happens in a server that sets no event
            await asyncio.sleep(0.005)


async def answering(answer: Callable[[web.Request], Any]) -> tuple[web.AppRunner, str]:
    """A server of one answer to every call, which stands: it lists its models."""

    async def models(_: web.Request) -> web.Response:
        return web.json_response({"data": []})

    app = web.Application()
    app.router.add_get("/v1/models", models)
    app.router.add_post("/v1/chat/completions", answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return runner, f"http://127.0.0.1:{runner.addresses[0][1]}/v1"


async def told(body: bytes, status: int = 200, **settings: Any) -> Any:
    """What one call comes to at a server that always says `body`."""

    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=body, status=status)

    runner, url = await answering(answer)
    try:
        async with client(url, **settings) as model:
            return await model(says("?"), SAMPLING)
    finally:
        await runner.cleanup()
