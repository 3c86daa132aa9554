"""The server that the other tests trust: a function of the request, whichever process runs it."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

import aiohttp
import msgspec

import server as scripted
from clients import until
from server import CONTENT, TRANSPORT, Options, Server
from server_replies import INSTRUCTION, completion, decode_request, message_for

QUESTIONS = {
    "type": "object",
    "properties": {
        "questions": {
            "type": "array",
            "minItems": 2,
            "maxItems": 2,
            "items": {
                "type": "object",
                "properties": {
                    "question": {"type": "string"},
                    "difficulty": {"enum": ["easy", "hard"]},
                    "choices": {"type": "array", "items": {"type": "string"}, "minItems": 4, "maxItems": 4},
                    "answer": {"type": "string"},
                    "score": {"type": "integer", "minimum": 1, "maximum": 5},
                },
            },
        }
    },
}


def asked(text: str, schema: dict[str, Any] | None = None, sound: str = "AAAA", **more: Any) -> bytes:
    content = [
        {"type": "input_audio", "input_audio": {"data": sound, "format": "wav"}},
        {"type": "text", "text": text},
    ]
    form = {"response_format": {"type": "json_schema", "json_schema": {"name": "questions", "schema": schema}}}
    body = {"model": "scripted", "messages": [{"role": "user", "content": content}], **more}
    return msgspec.json.encode(body | (form if schema else {}))


def said(body: bytes) -> dict[str, Any]:
    request = decode_request(body)
    return msgspec.json.decode(completion(request, message_for(request), "stop"))["choices"][0]["message"]


def test_annotator_gets_distinct_choices_with_the_answer_among_them() -> None:
    made = msgspec.json.decode(said(asked("Write two.", QUESTIONS))["content"])["questions"]
    assert len(made) == 2
    for question in made:
        assert len(set(question["choices"])) == 4
        assert question["answer"] in question["choices"]
        assert question["difficulty"] in ("easy", "hard")
        assert 1 <= question["score"] <= 5


def test_thinker_gets_reasoning_and_one_of_the_choices() -> None:
    choices = ["a bell", "a horn", "a dog", "a door"]
    message = said(asked(f"Which?\n{INSTRUCTION}\n" + "\n".join(choices)))
    assert message["content"] in choices
    assert len(message["reasoning"]) > 100


def test_reply_follows_the_words_and_the_sound_alone() -> None:
    assert said(asked("Which?")) == said(asked("Which?", temperature=0.1))
    assert said(asked("Which?")) != said(asked("What?"))
    assert said(asked("Which?")) != said(asked("Which?", sound="AAAB"))


async def test_same_share_of_requests_goes_wrong_each_time_with_every_kind() -> None:
    async def kinds() -> dict[str, int]:
        options = Options(faults=0.3, stall=0.0)
        async with Server(options) as server, aiohttp.ClientSession() as session:
            for i in range(400):
                try:
                    async with session.post(f"{server.url}/chat/completions", data=asked(str(i))) as response:
                        await response.read()
                except aiohttp.ClientError:
                    pass
            return dict(server.kinds)

    first = await kinds()
    assert await kinds() == first
    assert set(first) == {*TRANSPORT, *CONTENT, "whole"}
    assert 240 < first["whole"] < 320


async def test_fault_of_content_stays_with_its_request() -> None:
    async with Server(Options(faults=1.0, kinds=("empty",))) as server, aiohttp.ClientSession() as session:
        for _ in range(2):
            async with session.post(f"{server.url}/chat/completions", data=asked("?")) as response:
                assert (await response.json())["choices"][0]["message"]["content"] == ""


async def test_slots_bound_what_is_served_and_busy_time_is_counted() -> None:
    async with Server(Options(latency=0.05, slots=2)) as server, aiohttp.ClientSession() as session:

        async def post(i: int) -> None:
            async with session.post(f"{server.url}/chat/completions", data=asked(str(i))) as response:
                await response.read()

        async with asyncio.timeout(5):
            await asyncio.gather(*(post(i) for i in range(8)))
        assert 0.8 < server.stats()["busy"] <= 1.0


async def test_busy_share_while_the_slow_request_is_out_is_told_apart_from_the_rest() -> None:
    options = Options(latency=0.01, slots=2, slow_once=20)
    async with Server(options) as server, aiohttp.ClientSession() as session:

        async def post(i: int) -> None:
            async with session.post(f"{server.url}/chat/completions", data=asked(str(i))) as response:
                await response.read()

        slow = asyncio.create_task(post(0))
        await until(lambda: server.in_flight == 1)
        assert server.stats()["busy_while_slow"] is None
        await slow
        await asyncio.sleep(0.1)
        await post(1)
    assert 0.45 < server.stats()["busy_while_slow"] <= 0.5
    assert server.stats()["busy"] < 0.45


def test_program_prints_its_url_logs_its_requests_and_dies_when_told(tmp_path: Path) -> None:
    log = tmp_path / "log"
    command = [sys.executable, scripted.__file__, "--port", "0", "--die-after", "2", "--log", str(log)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        served = asyncio.run(_post_until_gone(url))
        assert process.wait(timeout=10) == 1
    assert served == 2
    assert [line.split()[0::2] for line in log.read_text().splitlines()] == [["0", "200"], ["1", "200"]]


async def _post_until_gone(url: str) -> int:
    async with aiohttp.ClientSession() as session:
        for i in range(10):
            try:
                headers = {"X-Request-Id": str(i)}
                async with session.post(f"{url}/chat/completions", data=asked("?"), headers=headers) as response:
                    await response.read()
            except aiohttp.ClientError:
                return i
    return 10
