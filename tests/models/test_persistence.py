"""What each fault of a server comes to: another try, a failed call, a lost server, a wrong setting."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time

import msgspec
import pytest
from aiohttp import web

from audio_cogito.errors import CallFailed, EndpointLost, SetupError
from audio_cogito.models import openai, persistence
from audio_cogito.parsing import read_reply
from clients import SAMPLING, answering, client, says, told
from server import Options, Server


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(persistence, "FIRST_WAIT", 0.01)


@pytest.mark.parametrize("kind", ["408", "429", "500", "502", "503", "reset", "cut", "short"])
async def test_passing_fault_is_tried_again(kind: str) -> None:
    async with Server(Options(retry_after="0")) as server, client(server.url) as model:
        server.script.append(kind)
        reply = await model(says("hello"), SAMPLING)
    assert read_reply(reply).text
    assert server.served == 2


async def test_stalled_reply_is_tried_again_after_the_timeout() -> None:
    async with Server() as server, client(server.url, timeout=0.2) as model:
        server.script.append("stall")
        assert await model(says("hello"), SAMPLING)
    assert server.served == 2


@pytest.mark.long
async def test_server_that_takes_no_connection_is_not_said_to_be_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openai, "CONNECT_SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, contextlib.ExitStack() as waiting:
        for _ in range(4):
            one = waiting.enter_context(socket.socket())
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        async with client(f"http://127.0.0.1:{full.getsockname()[1]}/v1", timeout=3, patience=0.05) as model:
            with pytest.raises(EndpointLost, match="no connection in time"):
                await model(says("?"), SAMPLING)


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b'{"choices":[]}', b'{"error":{"message":"overloaded"}}', b'{"choices":[{"a":"\xff"}]}']
)
async def test_ok_without_a_whole_choice_is_a_fault_of_transport(body: bytes) -> None:
    with pytest.raises(CallFailed, match="no_answer: .*chat completion"):
        await told(body, patience=0.05)


async def test_server_says_how_long_to_wait() -> None:
    async with Server(Options(retry_after="0.3")) as server, client(server.url) as model:
        server.script.append("429")
        began = time.monotonic()
        await model(says("hello"), SAMPLING)
    assert 0.3 <= time.monotonic() - began < 2


async def test_wait_that_the_server_asks_for_is_capped_by_patience() -> None:
    async with Server(Options(retry_after="3600")) as server, client(server.url, patience=0.3) as model:
        server.script.append("429")
        async with asyncio.timeout(3):
            await model(says("hello"), SAMPLING)
        assert model.tally.retries == 1


@pytest.mark.parametrize("status", [400, 413, 422])
async def test_refused_request_fails_at_once_with_the_servers_sentence(status: int) -> None:
    said = msgspec.json.encode({"error": {"message": "too\nlong " + "x" * 1000}})
    with pytest.raises(CallFailed) as caught:
        await told(said, status=status)
    assert caught.value.reason == "refused"
    assert caught.value.detail.startswith(f"status {status}: too long xxx")
    assert len(caught.value.detail) < 330


@pytest.mark.parametrize("status", [307, 401, 403, 404])
async def test_wrong_setting_stops_the_run_at_the_first_answer(status: int) -> None:
    with pytest.raises(SetupError, match=f"the model scripted at http://127.0.0.1:.*status {status}"):
        await told(b"no", status=status)


async def test_unknown_model_is_told_which_models_are_served() -> None:
    async with Server(Options(model="q3o")) as server, client(server.url) as model:
        with pytest.raises(SetupError, match="it serves q3o"):
            await model(says("?"), SAMPLING)


async def test_request_that_always_fails_while_others_are_answered_fails_alone() -> None:
    async def answer(asked: web.Request) -> web.Response:
        if b"poison" in await asked.read():
            return web.Response(status=500, text="out of range")
        return web.Response(body=b'{"choices":[{"message":{"content":"ok"}}]}')

    runner, url = await answering(answer)
    async with client(url, retries=3) as model:
        poisoned = asyncio.create_task(model(says("poison"), SAMPLING))
        async with asyncio.timeout(4):
            while not poisoned.done():
                await model(says("fine"), SAMPLING)
    await runner.cleanup()
    with pytest.raises(CallFailed, match=r"no_answer: \d+ tries while others were answered; .*500: out of range"):
        poisoned.result()
    assert 3 <= model.tally.retries < 40


async def test_last_request_on_which_a_standing_server_fails_does_not_end_the_run() -> None:
    with pytest.raises(CallFailed, match="no_answer: .*a server that stands.*500"):
        await told(b"oops", status=500, patience=0.1)


async def test_server_that_fails_on_everything_is_lost() -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=500)

    runner, url = await answering(answer)
    async with client(url, patience=0.2, concurrency=4) as model:
        said = await asyncio.gather(*(model(says(str(i)), SAMPLING) for i in range(20)), return_exceptions=True)
    await runner.cleanup()
    assert all(isinstance(error, EndpointLost) for error in said)


async def test_overloaded_server_is_lost_though_it_lists_its_models() -> None:
    options = Options(faults=1.0, kinds=("429",), retry_after="0")
    async with Server(options) as server, client(server.url, patience=0.2) as model:
        with pytest.raises(EndpointLost, match="429"):
            await model(says("?"), SAMPLING)


async def test_dead_server_is_lost_after_its_patience_in_one_line(unused_tcp_port: int) -> None:
    async with client(f"http://127.0.0.1:{unused_tcp_port}/v1", patience=0.3, retries=0) as model:
        began = time.monotonic()
        with pytest.raises(EndpointLost) as caught:
            await model(says("?"), SAMPLING)
        assert 0.3 <= time.monotonic() - began < 2
    said = str(caught.value)
    assert f"the model scripted at http://127.0.0.1:{unused_tcp_port}/v1 gave no answer for 0.3 s" in said
    assert "\n" not in said
    assert caught.value.exit_code == 4


async def test_server_that_dies_fails_no_record() -> None:
    async with Server(Options(die_after=10)) as server, client(server.url, patience=0.4, concurrency=4) as model:
        said = await asyncio.gather(*(model(says(str(i)), SAMPLING) for i in range(30)), return_exceptions=True)
    assert sum(not isinstance(one, BaseException) for one in said) == 10
    assert sum(isinstance(one, EndpointLost) for one in said) == 20


async def test_server_that_comes_back_within_patience_loses_nothing() -> None:
    async with Server(Options(latency=0.01)) as server, client(server.url, retries=0, patience=4) as model:
        server.script.extend(["503"] * 25)
        said = await asyncio.gather(*(model(says(str(i)), SAMPLING) for i in range(5)))
    assert len(said) == 5


async def test_server_that_is_found_standing_when_patience_is_over_is_asked_once_more() -> None:
    async with Server(Options(stall=30)) as server, client(server.url, timeout=0.1, patience=0.1) as model:
        server.script.append("stall")
        assert await model(says("?"), SAMPLING)


async def test_seconds_without_calls_do_not_count_as_silence() -> None:
    async with Server() as server, client(server.url, patience=0.3) as model:
        await model(says("first"), SAMPLING)
        await asyncio.sleep(0.4)
        server.script.append("503")
        assert await model(says("second"), SAMPLING)


async def test_least_busy_address_is_asked() -> None:
    slow = Options(latency=0.05)
    async with Server(slow) as one, Server(slow) as other, client((one.url, other.url)) as model:
        await asyncio.gather(*(model(says(str(i)), SAMPLING) for i in range(20)))
    assert (one.served, other.served) == (10, 10)


async def test_address_that_fails_is_avoided_while_another_works(unused_tcp_port: int) -> None:
    async with Server() as server, client((f"http://127.0.0.1:{unused_tcp_port}/v1", server.url)) as model:
        for i in range(20):
            await model(says(str(i)), SAMPLING)
    assert server.served == 20
    assert model.tally.retries == 1
