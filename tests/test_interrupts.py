"""Told to end, a command ends in order, however early it is told."""

from __future__ import annotations

import asyncio
import gc
import os
import signal

import pytest

from audio_cogito.interrupts import finished


def test_work_that_is_told_to_end_before_its_loop_began_is_left_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(work: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(asyncio, "run", stopped)
    work = asyncio.sleep(0)
    with pytest.raises(KeyboardInterrupt):
        finished(work)
    gc.collect()  # a warning of work that was never awaited is an error here


def test_termination_lets_the_work_put_its_things_in_order() -> None:
    done: list[str] = []

    async def work() -> None:
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            await asyncio.sleep(20)
        finally:
            done.append("in order")

    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt):
        finished(work())
    assert done == ["in order"]
    assert signal.getsignal(signal.SIGTERM) is before
