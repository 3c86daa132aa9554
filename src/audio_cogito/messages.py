"""What is said to models, and what they say.

A `Message` goes out with its sounds by clip id; a `Reply` comes back and is kept as it came.
"""

from __future__ import annotations

from typing import Any, Literal, Protocol

import msgspec

from audio_cogito.types import Record


class Text(Record, tag="text"):
    text: str


class Audio(Record, tag="audio"):
    """A clip, by id. How it travels (bytes or file) is the model client's business."""

    clip: str


class Message(Record):
    role: Literal["system", "user", "assistant"]
    parts: tuple[Text | Audio, ...]


class Sampling(Record, omit_defaults=False):
    """How to draw a reply. None leaves a number to the server's generation_config, as does `top_k = 0`."""

    max_tokens: int | None
    """None asks for no limit but the server's own."""
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None

    @property
    def greedy(self) -> bool:
        return self.temperature == 0


class Schema(Record):
    """A JSON schema that a reply is to follow, enforced where the server can."""

    name: str
    schema: dict[str, Any]


class Reply(Record):
    """What a model said, as it came. Reasoning, text and finish are read from it each time, never stored."""

    model: str
    revision: str
    choice: msgspec.Raw
    """The server's own choice object, verbatim."""
    usage: msgspec.Raw
    """The server's own usage object, verbatim; `null` where it sent none."""
    sampling: Sampling


class Model(Protocol):
    """Something that answers. `draw` is the n-th answer to the same words; `attempt` the n-th asking for one answer.

    Raises CallFailed when this one call cannot be had, EndpointLost when the server is gone for good.
    """

    @property
    def author(self) -> str: ...

    async def __call__(
        self,
        messages: tuple[Message, ...],
        sampling: Sampling,
        *,
        draw: int = 0,
        attempt: int = 0,
        schema: Schema | None = None,
    ) -> Reply: ...
