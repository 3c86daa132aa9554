"""What a remembered reply costs: canonical form, key, look-up and decoding, with a 3 KB prompt and a 4 KB reply.

    python perf/cache.py [--replies 20000]

Every request differs, as in a rerun. Printed: microseconds a hit, by the median of five passes. Expected: below 60.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import statistics
import tempfile
import time
from pathlib import Path

import msgspec

from audio_cogito.messages import Audio, Message, Reply, Sampling, Text
from audio_cogito.models import request
from audio_cogito.models.cache import Remembered
from audio_cogito.models.openai import OpenAI, Settings
from audio_cogito.models.wire import SoundParts
from audio_cogito.store import Replies

PASSES = 5
SAMPLING = Sampling(temperature=0.6, top_p=0.95, top_k=20, max_tokens=16384)


def prose(characters: int, random_seed: int) -> str:
    words = random.Random(random_seed)
    return "".join(words.choice("abcdefghijklmnop    \n") for _ in range(characters))


PROMPT = prose(3_000, 0)


class NoSounds:
    """Nothing is sent, so no clip is read."""

    def wav(self, id: str, /) -> bytes:
        raise AssertionError("no sound is asked for in this form")

    flac = wav

    def path(self, id: str, /) -> Path:
        raise AssertionError("no sound is asked for in this form")


def asked(number: int) -> tuple[Message, ...]:
    return (Message(role="user", parts=(Audio(clip=f"{number:032x}"), Text(text=PROMPT))),)


def reply(number: int) -> Reply:
    message = {"role": "assistant", "content": "a bell", "reasoning": prose(4_000, number)}
    return Reply(
        model="perf",
        revision="1",
        choice=msgspec.Raw(json.dumps({"index": 0, "message": message, "finish_reason": "stop"}).encode()),
        usage=msgspec.Raw(b'{"prompt_tokens":800,"completion_tokens":1000,"total_tokens":1800}'),
        sampling=SAMPLING,
    )


async def measure(folder: Path, count: int) -> None:
    model = OpenAI(Settings(name="perf", revision="1", url="http://127.0.0.1:9/v1"), SoundParts(NoSounds()))
    replies = Replies(folder)
    for start in range(0, count, 1000):
        keys = [request.key(model.canonical(asked(i), SAMPLING), revision="1", draw=0, attempt=0) for i in batch(start)]
        await asyncio.gather(*(replies.put(key, reply(i)) for i, key in zip(batch(start), keys, strict=True)))
    remembered = Remembered(model, replies)
    questions = [asked(i) for i in range(count)]
    passes = []
    for _ in range(PASSES):
        began = time.perf_counter()
        for question in questions:
            await remembered(question, SAMPLING)
        passes.append((time.perf_counter() - began) / count * 1e6)
    replies.close()
    print(f"{statistics.median(passes):.1f} us a hit ({remembered.memory.hits} hits, {remembered.memory.calls} calls)")


def batch(start: int) -> range:
    return range(start, start + 1000)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replies", type=int, default=20_000)
    count = -(-parser.parse_args().replies // 1000) * 1000
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(measure(Path(folder), count))


if __name__ == "__main__":
    main()
