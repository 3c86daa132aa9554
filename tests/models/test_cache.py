"""Remembered replies: paid for once, found without a wait, never shared between weights."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from audio_cogito.errors import CallFailed
from audio_cogito.messages import Audio, Message, Sampling, Text
from audio_cogito.models.cache import Remembered
from audio_cogito.models.openai import OpenAI, Settings
from audio_cogito.models.wire import SoundParts
from audio_cogito.store import Replies
from server import Options, Server

SAMPLING = Sampling(max_tokens=64, temperature=0.6)
HEARD = (Message(role="user", parts=(Audio(clip="ab" * 16), Text(text="What is it?"))),)


class Sounds:
    def __init__(self) -> None:
        self.opened = 0

    def wav(self, id: str, /) -> bytes:
        self.opened += 1
        return b"RIFF"

    flac = wav

    def path(self, id: str, /) -> Path:
        raise AssertionError("no sound is asked for in this form")


@pytest.fixture
async def replies(tmp_path: Path) -> AsyncIterator[Replies]:
    store = Replies(tmp_path)
    yield store
    store.close()


def client(url: str, sounds: Sounds | None = None, **changed: Any) -> OpenAI:
    return OpenAI(Settings(name="scripted", url=url, **{"revision": "1"} | changed), SoundParts(sounds or Sounds()))


async def test_second_asking_is_remembered_without_a_call_a_slot_or_a_sound(replies: Replies) -> None:
    sounds = Sounds()
    async with Server() as server, client(server.url) as model:
        first = await Remembered(model, replies)(HEARD, SAMPLING)
    closed = Remembered(client("http://elsewhere:1/v1", sounds), replies)
    assert await closed(HEARD, SAMPLING) == first
    assert (closed.memory.hits, closed.memory.calls, sounds.opened) == (1, 0, 0)
    assert server.served == 1


async def test_hit_needs_no_switch_of_tasks(replies: Replies) -> None:
    async with Server() as server, client(server.url) as model:
        remembered = Remembered(model, replies)
        await remembered(HEARD, SAMPLING)
        with pytest.raises(StopIteration):
            remembered(HEARD, SAMPLING).send(None)


@pytest.mark.parametrize("changed", [{"draw": 1}, {"attempt": 1}])
async def test_another_draw_or_attempt_is_another_reply(replies: Replies, changed: dict[str, int]) -> None:
    async with Server() as server, client(server.url) as model:
        remembered = Remembered(model, replies)
        await remembered(HEARD, SAMPLING)
        await remembered(HEARD, SAMPLING, **changed)
    assert server.served == 2


async def test_two_weights_under_one_name_share_no_reply(replies: Replies) -> None:
    async with Server() as server, client(server.url) as old, client(server.url, revision="2") as new:
        await Remembered(old, replies)(HEARD, SAMPLING)
        await Remembered(new, replies)(HEARD, SAMPLING)
    assert server.served == 2


async def test_same_request_in_flight_twice_is_one_call(replies: Replies) -> None:
    async with Server(Options(latency=0.05)) as server, client(server.url) as model:
        remembered = Remembered(model, replies)
        said = await asyncio.gather(*(remembered(HEARD, SAMPLING) for _ in range(10)))
    assert server.served == 1
    assert all(reply == said[0] for reply in said)
    assert (remembered.memory.calls, remembered.memory.hits) == (1, 9)


async def test_request_whose_sender_is_cancelled_is_sent_by_the_next(replies: Replies) -> None:
    async with Server(Options(latency=0.05)) as server, client(server.url) as model:
        remembered = Remembered(model, replies)
        first, second = (asyncio.create_task(remembered(HEARD, SAMPLING)) for _ in range(2))
        await asyncio.sleep(0.02)
        first.cancel()
        assert await second
    assert server.served == 2


async def test_failure_is_told_to_all_who_wait_and_not_remembered(replies: Replies) -> None:
    async with Server() as server, client(server.url) as model:
        server.script.append("400")
        remembered = Remembered(model, replies)
        said = await asyncio.gather(*(remembered(HEARD, SAMPLING) for _ in range(3)), return_exceptions=True)
        assert all(isinstance(error, CallFailed) for error in said)
        assert await remembered(HEARD, SAMPLING)
    assert server.served == 2


async def test_returned_reply_is_in_the_store(replies: Replies, tmp_path: Path) -> None:
    async with Server() as server, client(server.url) as model:
        await Remembered(model, replies)(HEARD, SAMPLING)
        other = Replies(tmp_path)
        assert len(other.keys()) == 1
        other.close()


async def test_tokens_are_counted_apart_as_paid_and_remembered(replies: Replies) -> None:
    async with Server() as server, client(server.url) as model:
        remembered = Remembered(model, replies)
        for _ in range(3):
            await remembered(HEARD, SAMPLING)
    paid, again = remembered.memory.paid, remembered.memory.remembered
    assert paid.completion > 0
    assert (again.prompt, again.completion) == (2 * paid.prompt, 2 * paid.completion)
