"""A model whose replies a test writes: `Scripted(lambda request: "text")`, or a dict, or an exception to raise."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from audio_cogito.messages import Message, Reply, Sampling, Schema
from audio_cogito.models import request, sender

Script = Callable[[bytes, int, int], "str | dict[str, Any] | Awaitable[str | dict[str, Any]]"]


class Scripted:
    """Answers `script(canonical request, draw, attempt)`; a string is the content, a dict the whole choice.

    It can stand behind the reply store like any other (`models/sender`).
    """

    def __init__(self, script: Script, name: str = "scripted", revision: str = "1") -> None:
        self.name, self.revision, self.script = name, revision, script
        self.requests: list[bytes] = []

    @property
    def author(self) -> str:
        return f"{self.name}@{self.revision}"

    __call__ = sender.call

    def canonical(self, messages: tuple[Message, ...], sampling: Sampling, schema: Schema | None = None) -> bytes:
        return request.canonical(self.name, messages, sampling, schema=schema)

    async def send(self, asked: bytes, sampling: Sampling, *, draw: int = 0, attempt: int = 0) -> Reply:
        self.requests.append(asked)
        said = self.script(asked, draw, attempt)
        said = await said if inspect.isawaitable(said) else said
        if isinstance(said, str):
            said = {"message": {"role": "assistant", "content": said}, "finish_reason": "stop"}
        return Reply(
            model=self.name,
            revision=self.revision,
            choice=msgspec.Raw(msgspec.json.encode(said)),
            usage=msgspec.Raw(b"null"),
            sampling=sampling,
        )
