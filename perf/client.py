"""The HTTP client beside its peers: 256 calls in flight, a 10 s clip in each, a server that answers after 200 ms.

    python perf/client.py [--rounds 5] [--calls 2000]

Three clients in turn, several rounds, each client in a process of its own: a bare aiohttp loop that posts ready bytes,
ours (several calls a clip, clips encoded before the clock starts), and the `openai` library. Printed: calls per second
and CPU per call, by the median over rounds, and both beside the bare loop's of the same round. Expected of ours: at
least 0.95 of the bare loop's rate, at most 1.3 of its CPU.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import resource
import statistics
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Awaitable, Callable
from pathlib import Path

IN_FLIGHT, LATENCY, CLIPS = 256, 0.2, 64
SAMPLES = 160_000
PROMPT = "Which of these is heard first?\nSelect one option from the provided choices:\na bell\na horn\na dog\na door"
MESSAGE = {"role": "assistant", "content": "a bell", "reasoning": "A bell rings, and then a horn is heard. " * 100}
REPLY = json.dumps(
    {
        "id": "chatcmpl-1",
        "choices": [{"index": 0, "message": MESSAGE, "finish_reason": "stop"}],
        "created": 1,
        "model": "perf",
        "object": "chat.completion",
        "usage": {"prompt_tokens": 300, "completion_tokens": 1000, "total_tokens": 1300},
    }
).encode()


class Sink(asyncio.BufferedProtocol):
    """Reads a request into one buffer that is never kept, and answers LATENCY seconds after its last byte."""

    def __init__(self) -> None:
        self._buffer = bytearray(2**18)
        self._missing = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def get_buffer(self, _sizehint: int) -> memoryview:
        return memoryview(self._buffer)

    def buffer_updated(self, count: int) -> None:
        if self._missing == 0:
            head, _, rest = bytes(self._buffer[:count]).partition(b"\r\n\r\n")
            length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
            self._missing, count = int(length.partition(b":")[2]), len(rest)
        self._missing -= count
        if self._missing == 0:
            asyncio.get_running_loop().call_later(LATENCY, self._answer)

    def _answer(self) -> None:
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(REPLY)
        if not self._transport.is_closing():
            self._transport.write(head + REPLY)


async def serve() -> None:
    server = await asyncio.get_running_loop().create_server(Sink, "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1", flush=True)
    await server.serve_forever()


def sound(index: int) -> bytes:
    """A 10 s clip's worth of bytes at 16 kHz, int16: what they hold plays no part."""
    return index.to_bytes(4, "big") * (SAMPLES // 2)


async def drive(call: Callable[[int], Awaitable[object]], calls: int) -> tuple[float, float]:
    """Calls per second and CPU seconds per call, IN_FLIGHT at once. The first call of each worker does not count."""

    async def worker(numbers: range) -> None:
        for number in numbers:
            await call(number)

    async def crowd(count: int) -> None:
        await asyncio.gather(*(worker(range(start, count, IN_FLIGHT)) for start in range(IN_FLIGHT)))

    await crowd(IN_FLIGHT)
    began, cpu = time.perf_counter(), cpu_seconds()
    await crowd(calls)
    return calls / (time.perf_counter() - began), (cpu_seconds() - cpu) / calls


def cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


async def bare(url: str, calls: int) -> tuple[float, float]:
    import aiohttp

    bodies = [json.dumps(fields(b64encode(sound(i)).decode())).encode() for i in range(CLIPS)]
    connector = aiohttp.TCPConnector(limit=IN_FLIGHT)
    async with aiohttp.ClientSession(connector=connector) as session:

        async def call(number: int) -> None:
            headers = {"Content-Type": "application/json"}
            async with session.post(
                f"{url}/chat/completions", data=bodies[number % CLIPS], headers=headers
            ) as response:
                await response.read()

        return await drive(call, calls)


async def ours(url: str, calls: int) -> tuple[float, float]:
    from audio_cogito.messages import Audio, Message, Sampling, Text
    from audio_cogito.models.openai import OpenAI, Settings
    from audio_cogito.models.wire import SoundParts

    class Clips:
        def wav(self, id: str, /) -> bytes:
            return sound(int(id, 16))

        def flac(self, id: str, /) -> bytes:
            raise AssertionError("no sound is asked for in this form")

        def path(self, id: str, /) -> Path:
            raise AssertionError("no sound is asked for in this form")

    sampling = Sampling(temperature=0.6, top_p=0.95, top_k=20, max_tokens=16384)
    asked = [Message(role="user", parts=(Audio(clip=f"{i:032x}"), Text(text=PROMPT))) for i in range(CLIPS)]
    settings = Settings(name="perf", revision="1", url=url, concurrency=IN_FLIGHT)
    async with OpenAI(settings, SoundParts(Clips())) as model:
        return await drive(lambda number: model((asked[number % CLIPS],), sampling), calls)


async def library(url: str, calls: int) -> tuple[float, float]:
    from openai import AsyncOpenAI

    sounds = [b64encode(sound(i)).decode() for i in range(CLIPS)]
    async with AsyncOpenAI(base_url=url, api_key="none", max_retries=0) as client:

        async def call(number: int) -> None:
            body = fields(sounds[number % CLIPS])
            await client.chat.completions.create(**body)  # type: ignore[call-overload]

        return await drive(call, calls)


def fields(data: str) -> dict[str, object]:
    heard = {"type": "input_audio", "input_audio": {"data": data, "format": "wav"}}
    message = {"role": "user", "content": [heard, {"type": "text", "text": PROMPT}]}
    return {"model": "perf", "messages": [message], "temperature": 0.6, "top_p": 0.95, "max_tokens": 16384}


CLIENTS = {"bare": bare, "ours": ours, "openai": library}


def measure(name: str, url: str, calls: int) -> tuple[float, float]:
    return asyncio.run(CLIENTS[name](url, calls))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--calls", type=int, default=2000)
    parser.add_argument("--serve", action="store_true", help="be the server")
    options = parser.parse_args()
    if options.serve:
        return asyncio.run(serve())
    with subprocess.Popen([sys.executable, __file__, "--serve"], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            compare(server.stdout.readline().strip(), options.rounds, options.calls)
        finally:
            server.kill()
    return None


def compare(url: str, rounds: int, calls: int) -> None:
    measured: dict[str, list[tuple[float, float]]] = {name: [] for name in CLIENTS}
    for number in range(rounds):
        order = list(CLIENTS) if number % 2 == 0 else list(reversed(CLIENTS))
        for name in order:
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                measured[name].append(pool.apply(measure, (name, url, calls)))
    for name, runs in measured.items():
        rate, cpu = (statistics.median(column) for column in zip(*runs, strict=True))
        rates, cpus = (
            statistics.median(mine[which] / base[which] for mine, base in zip(runs, measured["bare"], strict=True))
            for which in (0, 1)
        )
        print(f"{name:8} {rate:8.0f} calls/s {cpu * 1e3:8.3f} ms CPU a call   x{rates:.2f} rate   x{cpus:.2f} CPU")


if __name__ == "__main__":
    main()
