"""Ask until the answer can be read: a reply that its reader refuses is asked again, a stated number of times."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import msgspec

from audio_cogito.errors import Unreadable
from audio_cogito.messages import Message, Model, Sampling, Schema
from audio_cogito.parsing import Reading, read_reply
from audio_cogito.types import Record

T = TypeVar("T")


class Asking(Record):
    """How a reply that must be read is asked for."""

    sampling: Sampling
    attempts: int = 3
    """How often one answer is asked for before it counts as unreadable."""
    retry_temperature: float = 0.3
    """Temperature of every asking but the first: the same words at the same temperature tend to fail alike."""

    def attempt(self, number: int) -> Sampling:
        return (
            self.sampling if number == 0 else msgspec.structs.replace(self.sampling, temperature=self.retry_temperature)
        )


async def ask(
    model: Model,
    messages: tuple[Message, ...],
    asking: Asking,
    read: Callable[[Reading], T],
    schema: Schema | None = None,
) -> T:
    """The first reply that `read` accepts. Raises Unreadable when none is, CallFailed when one cannot be had."""
    refusals: list[str] = []
    for number in range(asking.attempts):
        reply = await model(messages, asking.attempt(number), attempt=number, schema=schema)
        try:
            return read(read_reply(reply))
        except Unreadable as error:
            refusals.append(str(error))
    raise Unreadable(f"{len(refusals)} replies refused; the last: {refusals[-1] if refusals else 'none was asked for'}")
