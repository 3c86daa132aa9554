"""Remembered replies: a model that is asked the same twice is paid for once, in this run or any that shares the store.

What is remembered is found without waiting for a slot or a switch of tasks: a rerun is bound by this file's speed.
"""

from __future__ import annotations

import asyncio

import msgspec

from audio_cogito.messages import Message, Reply, Sampling, Schema
from audio_cogito.models import meter, request
from audio_cogito.models.openai import usage_of
from audio_cogito.models.sender import Sender
from audio_cogito.store import Replies


class Tokens(msgspec.Struct):
    prompt: int = 0
    completion: int = 0

    def add(self, reply: Reply) -> None:
        usage = usage_of(reply)
        self.prompt += usage.prompt_tokens
        self.completion += usage.completion_tokens


class Memory(msgspec.Struct):
    """What was found in the store, and what was paid for now."""

    hits: int = 0
    calls: int = 0
    remembered: Tokens = msgspec.field(default_factory=Tokens)
    paid: Tokens = msgspec.field(default_factory=Tokens)


class Remembered:
    """A model of `messages.Model`'s shape that asks another one only for what the store does not hold.

    A reply is returned once the store has committed it. A request that is in flight already is waited for, not sent
    twice; where its sender is cancelled, the next one sends it.
    """

    def __init__(self, model: Sender, replies: Replies) -> None:
        self.memory = Memory()
        self._model, self._replies = model, replies
        self._in_flight: dict[bytes, asyncio.Future[None]] = {}

    @property
    def author(self) -> str:
        return self._model.author

    async def __call__(
        self,
        messages: tuple[Message, ...],
        sampling: Sampling,
        *,
        draw: int = 0,
        attempt: int = 0,
        schema: Schema | None = None,
    ) -> Reply:
        asked = self._model.canonical(messages, sampling, schema)
        key = request.key(asked, revision=self._model.revision, draw=draw, attempt=attempt)
        while (leader := self._in_flight.get(key)) is not None:
            await asyncio.shield(leader)
        if (found := self._replies.get(key)) is not None:
            self.memory.hits += 1
            self.memory.remembered.add(found)
            meter.note(found)
            return found
        return await self._ask(key, asked, sampling, draw, attempt)

    async def _ask(self, key: bytes, asked: bytes, sampling: Sampling, draw: int, attempt: int) -> Reply:
        self._in_flight[key] = done = asyncio.get_running_loop().create_future()
        meter.note_paid()
        try:
            reply = await self._model.send(asked, sampling, draw=draw, attempt=attempt)
            await self._replies.put(key, reply)
        except Exception as error:
            done.set_exception(error)
            done.exception()
            raise
        finally:
            del self._in_flight[key]
            if not done.done():
                done.set_result(None)
        self.memory.calls += 1
        self.memory.paid.add(reply)
        meter.note(reply)
        return reply
