"""The HTTP client against a scripted server: what is sent, what is kept, and what is never told."""

from __future__ import annotations

import asyncio
from base64 import b64decode

import msgspec
import pytest
from aiohttp import web

from audio_cogito.errors import CallFailed, EndpointLost, SetupError
from audio_cogito.messages import Audio, Message, Schema, Text
from audio_cogito.models import persistence, request
from audio_cogito.models.openai import OpenAI, Settings
from audio_cogito.models.wire import SoundParts
from audio_cogito.parsing import read_reply
from clients import SAMPLING, Sounds, answering, client, says, told, until
from server import Options, Server

CLIP = "ab" * 16
KEY = 'sk-"very/secret'
HEARD = (Message(role="user", parts=(Audio(clip=CLIP), Text(text="What is it?"))),)
SCHEMA = Schema(name="verdict", schema={"type": "object", "properties": {"fair": {"type": "boolean"}}})


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(persistence, "FIRST_WAIT", 0.01)


@pytest.mark.parametrize(("form", "data"), [("wav", Sounds().wav(CLIP)), ("flac", Sounds().flac(CLIP))])
async def test_sound_travels_as_base64_where_its_clip_id_stood(form: str, data: bytes) -> None:
    async with Server() as server, client(server.url, audio=form) as model:
        server.keep = True
        await model(HEARD, SAMPLING)
    sound, text = msgspec.json.decode(server.requests[0])["messages"][0]["content"]
    assert sound["type"] == "input_audio"
    assert sound["input_audio"]["format"] == form
    assert b64decode(sound["input_audio"]["data"]) == data
    assert text == {"type": "text", "text": "What is it?"}


async def test_sound_travels_as_a_file_address_where_the_disk_is_shared() -> None:
    async with Server() as server, client(server.url, audio="file") as model:
        server.keep = True
        await model(HEARD, SAMPLING)
    sound = msgspec.json.decode(server.requests[0])["messages"][0]["content"][0]
    assert sound == {"type": "audio_url", "audio_url": {"url": f"file:///sounds/{CLIP}%20.flac"}}


async def test_body_over_a_mebibyte_is_sent_whole_without_a_warning() -> None:
    class Long(Sounds):
        def wav(self, id: str, /) -> bytes:
            return bytes(3_000_000)

    async with Server() as server:
        server.keep = True
        settings = Settings(name="scripted", revision="1", url=server.url)
        async with OpenAI(settings, SoundParts(Long())) as model:
            await model(HEARD, SAMPLING)
    assert len(server.requests[0]) > 4_000_000


async def test_request_is_what_is_remembered_with_its_key_as_request_id() -> None:
    async with Server() as server, client(server.url, body={"seed": 7}) as model:
        server.keep = True
        await model(says("hello"), SAMPLING, draw=2, attempt=1, schema=SCHEMA)
        asked = model.canonical(says("hello"), SAMPLING, SCHEMA)
    assert server.requests == [asked]
    assert server.idents == [request.key(asked, revision="1", draw=2, attempt=1).hex()]
    sent = msgspec.json.decode(asked)
    assert sent["seed"] == 7
    assert sent["response_format"]["json_schema"]["name"] == "verdict"
    assert "top_k" not in sent


async def test_schema_stays_at_home_where_the_server_cannot_enforce_one() -> None:
    asked = client("http://127.0.0.1:9/v1", structured=False).canonical(says("?"), SAMPLING, SCHEMA)
    assert "response_format" not in msgspec.json.decode(asked)


async def test_choice_and_usage_are_kept_byte_for_byte() -> None:
    choice, usage = (
        b'{ "message": {"content":"\\u00e9 x"},\n "odd":1.50 }',
        b'{"prompt_tokens" : 3,"completion_tokens":4}',
    )
    reply = await told(b'{"id":"1","choices":[' + choice + b', {"second":1}],"usage":' + usage + b"}")
    assert bytes(reply.choice) == choice
    assert bytes(reply.usage) == usage
    assert (reply.model, reply.revision, reply.sampling) == ("scripted", "1", SAMPLING)


async def test_usage_that_is_not_sent_is_null() -> None:
    assert bytes((await told(b'{"choices":[{"message":{}}]}')).usage) == b"null"


async def test_tally_counts_calls_retries_and_tokens() -> None:
    async with Server() as server, client(server.url) as model:
        server.script.extend(["500", ""])
        reply = await model(says("hello"), SAMPLING)
        await model(says("goodbye"), SAMPLING)
    assert (model.tally.calls, model.tally.retries, model.tally.in_flight) == (2, 1, 0)
    assert model.tally.completion_tokens > msgspec.json.decode(reply.usage)["completion_tokens"] > 0


async def test_no_more_calls_are_in_flight_than_concurrency_allows() -> None:
    async with Server(Options(latency=0.02)) as server, client(server.url, concurrency=3) as model:
        await asyncio.gather(*(model(says(str(i)), SAMPLING) for i in range(12)))
    assert server.most_in_flight == 3


async def test_cancelled_call_cancels_its_request() -> None:
    async with Server(Options(latency=30)) as server, client(server.url) as model:
        call = asyncio.create_task(model(says("?"), SAMPLING))
        await until(lambda: server.in_flight == 1)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        await until(lambda: server.in_flight == 0)
    assert model.tally.in_flight == 0


async def test_key_goes_in_the_header_and_nowhere_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_KEY", KEY)
    async with Server(Options(key=KEY)) as server, client(server.url, key_env="LAB_KEY") as model:
        assert await model(says("?"), SAMPLING)
        assert KEY not in repr(model) + repr(model.settings) + repr(vars(model))


async def test_key_that_a_server_echoes_is_hidden_in_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_KEY", KEY)
    async with Server(Options(key="another")) as server, client(server.url, key_env="LAB_KEY") as model:
        with pytest.raises(SetupError, match=r"wrong key: Bearer \[key\]") as caught:
            await model(says("?"), SAMPLING)
    assert KEY not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("status", [400, 500, 503])
async def test_key_is_hidden_whatever_the_status(monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    monkeypatch.setenv("LAB_KEY", KEY)
    said = msgspec.json.encode({"message": "x" * 280 + f" Bearer {KEY}"})
    with pytest.raises((CallFailed, EndpointLost)) as caught:
        await told(said, status=status, key_env="LAB_KEY", patience=0.05)
    assert "sk-" not in str(caught.value)


async def test_key_that_a_server_echoes_is_hidden_in_replies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_KEY", KEY)
    body = msgspec.json.encode({"choices": [{"message": {"content": f"your key is {KEY}"}}]})
    reply = await told(body, key_env="LAB_KEY")
    assert read_reply(reply).text == "your key is [key]"


async def test_redirect_is_not_followed_so_no_key_goes_astray() -> None:
    async def elsewhere(_: web.Request) -> web.Response:
        return web.Response(status=307, headers={"Location": f"{server.url}/chat/completions"})

    async with Server() as server:
        runner, url = await answering(elsewhere)
        async with client(url) as model:
            with pytest.raises(SetupError, match="sends us elsewhere"):
                await model(says("?"), SAMPLING)
        await runner.cleanup()
    assert server.served == 0


async def test_missing_key_is_a_wrong_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LAB_KEY", raising=False)
    with pytest.raises(SetupError, match="LAB_KEY"):
        client("http://127.0.0.1:9/v1", key_env="LAB_KEY")


@pytest.mark.parametrize("end", ["\n", " ", "  two words", "é"])
async def test_key_that_no_header_can_carry_is_a_wrong_setting(monkeypatch: pytest.MonkeyPatch, end: str) -> None:
    monkeypatch.setenv("LAB_KEY", KEY + end)
    with pytest.raises(SetupError, match="no header can carry") as caught:
        client("http://127.0.0.1:9/v1", key_env="LAB_KEY")
    assert "sk-" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    ["http://me:hunter22@host/v1", "https://hunter22@host/v1", "http://host/v1?key=hunter22", "http://[hunter22/v1"],
)
async def test_credentials_in_a_url_are_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(SetupError) as caught:
        client(url)
    assert "hunter22" not in str(caught.value)


@pytest.mark.parametrize("url", ["127.0.0.1:8000/v1", "ftp://host/v1", "file:///tmp", ()])
async def test_what_is_no_http_address_is_a_wrong_setting(url: str | tuple[str, ...]) -> None:
    with pytest.raises(SetupError):
        client(url)


@pytest.mark.parametrize("field", ["stream", "messages", "temperature", "n"])
async def test_body_cannot_set_what_others_decide(field: str) -> None:
    with pytest.raises(SetupError, match=field):
        client("http://127.0.0.1:9/v1", body={field: 1})
