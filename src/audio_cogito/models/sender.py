"""A model whose call is in two parts: its request in canonical form, by which a reply is remembered, and sending it."""

from __future__ import annotations

from typing import Protocol

from audio_cogito.messages import Message, Reply, Sampling, Schema


class Sender(Protocol):
    """What can stand behind the reply store (`cache.Remembered`)."""

    @property
    def revision(self) -> str: ...

    @property
    def author(self) -> str: ...

    def canonical(self, messages: tuple[Message, ...], sampling: Sampling, schema: Schema | None = None) -> bytes: ...

    async def send(self, asked: bytes, sampling: Sampling, *, draw: int = 0, attempt: int = 0) -> Reply: ...


async def call(
    self: Sender,
    messages: tuple[Message, ...],
    sampling: Sampling,
    *,
    draw: int = 0,
    attempt: int = 0,
    schema: Schema | None = None,
) -> Reply:
    """The `__call__` of a sender, which makes it a `messages.Model`: asked, and paid for, each time."""
    return await self.send(self.canonical(messages, sampling, schema), sampling, draw=draw, attempt=attempt)
