"""What one record costs, whoever asks for it: a stage, a check, or a check of a check.

A record's work runs in a context of its own, so the meter that is set there sees that record's calls and no others,
those of tasks that it starts too. Where none is set, nothing is noted.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import msgspec

from audio_cogito.messages import Reply


class Meter(msgspec.Struct):
    paid: bool = False
    """Whether a server was asked: not everything was remembered."""
    replies: list[Reply] | None = None
    """What was answered, remembered or not, where that is kept."""


METER: ContextVar[Meter | None] = ContextVar("METER", default=None)


@contextmanager
def metered(*, keep: bool = False) -> Iterator[Meter]:
    """The meter of what is done inside. `keep`: with the replies, which weigh."""
    meter = Meter(replies=[] if keep else None)
    token = METER.set(meter)
    try:
        yield meter
    finally:
        METER.reset(token)


def note(reply: Reply) -> None:
    if (meter := METER.get()) is not None and meter.replies is not None:
        meter.replies.append(reply)


def note_paid() -> None:
    if (meter := METER.get()) is not None:
        meter.paid = True
