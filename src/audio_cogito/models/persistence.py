"""How long a call goes on: which faults are held against its request, and when the server counts as gone."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable

from audio_cogito.errors import CallFailed, EndpointLost
from audio_cogito.models.addresses import Addresses
from audio_cogito.models.faults import Fault, cut

FIRST_WAIT, LONGEST_WAIT = 0.5, 30.0
"""Seconds before the second try, at most, doubled for each further one; the wait is drawn between 0 and that."""
CROWD = 8
"""So many calls in trouble at once are never blamed on their requests."""


class Persistence:
    """One call's tries. `after(fault)` sleeps until the next, or raises what the call comes to.

    A fault is held against the request only where the server answered another call meanwhile: after `retries` further
    tries the call has failed. While nothing is answered, a call goes on until `patience` seconds are over; then the
    server is lost. One case is left: the last requests of a run, or a few alone, on which a healthy server always
    fails. `alive` asks it something easy; where it answers, these calls get one more try (it may just have come back),
    and then it is they that have failed.
    """

    def __init__(
        self, name: str, addresses: Addresses, retries: int, patience: float, alive: Callable[[], Awaitable[bool]]
    ) -> None:
        self._name, self._addresses, self._alive = name, addresses, alive
        self._retries, self._patience = retries, patience
        self._seen = addresses.answers
        self._faults, self._strikes = 0, 0
        self._last_try = False

    async def after(self, fault: Fault) -> None:
        self._faults += 1
        self._addresses.troubled += self._faults == 1
        others_answered, self._seen = self._addresses.answers > self._seen, self._addresses.answers
        left = self._patience_left()
        if others_answered:
            self._strike(fault)
        elif left <= 0:
            await self._give_up(fault)
        wait = random.uniform(0, min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(self._faults - 1, 10)))
        await asyncio.sleep(max(0.0, min(wait if fault.wait is None else fault.wait, left)))

    def end(self) -> None:
        self._addresses.troubled -= self._faults > 0

    def _patience_left(self) -> float:
        since = self._addresses.trouble_since
        return self._patience if since is None else self._patience - (time.monotonic() - since)

    def _strike(self, fault: Fault) -> None:
        self._strikes += 1
        if self._strikes > self._retries:
            raise CallFailed("no_answer", cut(f"{self._faults} tries while others were answered; the last: {fault}"))

    async def _give_up(self, fault: Fault) -> None:
        """Raises what the call comes to; returns where it is to be tried a last time."""
        addresses = self._addresses
        if fault.overloaded or addresses.lost or addresses.troubled >= CROWD or not await self._alive():
            addresses.lost = True
            silence = f"the model {self._name} at {addresses} gave no answer for {self._patience:g} s"
            raise EndpointLost(f"{silence}; the last: {cut(str(fault))}")
        if self._last_try:
            raise CallFailed("no_answer", cut(f"{self._faults} tries of a server that stands; the last: {fault}"))
        self._last_try = True
