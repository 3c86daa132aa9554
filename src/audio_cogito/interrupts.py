"""How a command ends when it is told to: SIGTERM means what an interrupt means, at any moment.

asyncio ends its work in order on SIGINT alone, and a shell's background job ignores that one from its birth. So while a
loop runs, SIGTERM cancels the work; outside it, it raises.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Coroutine
from contextlib import closing
from typing import Any, TypeVar

T = TypeVar("T")


def finished(work: Coroutine[Any, Any, T]) -> T:
    """What the work returns. Raises KeyboardInterrupt where it was told to end, its things in order."""
    before = signal.getsignal(signal.SIGTERM)
    try:
        # Told to end before the loop has begun, neither has been awaited.
        with closing(work), closing(_cancellable(work)) as cancellable:
            return asyncio.run(cancellable)
    except _Terminated:
        raise KeyboardInterrupt from None
    finally:
        signal.signal(signal.SIGTERM, before)


def on_termination() -> None:
    """From now on SIGTERM raises KeyboardInterrupt."""
    signal.signal(signal.SIGTERM, _raise)


class _Terminated(Exception):
    pass


async def _cancellable(work: Coroutine[Any, Any, T]) -> T:
    task = asyncio.ensure_future(work)
    told = asyncio.Event()

    def end() -> None:
        told.set()
        task.cancel()

    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, end)
    try:
        return await task
    except asyncio.CancelledError:
        if told.is_set():
            raise _Terminated from None
        raise


def _raise(*_: object) -> None:
    raise KeyboardInterrupt
