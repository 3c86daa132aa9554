"""Walking many records down a road at once, and counting what became of each.

Workers take the next record as soon as they are free, so a slow reply holds one worker and nobody else; how many
records are under way is bounded, and so is memory. Results leave in order of arrival (`shards.Sink` restores the
order). Two sums hold for every stage, at any moment when nothing is in flight, and are printed:

    read = answered + failed          (what went in)
    made = kept + dropped + failed    (what came out)
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from audio_cogito.errors import EndpointLost, GuardTripped, SetupError
from audio_cogito.ledger import Drop, Failure, Ledgered
from audio_cogito.shards import Sink, lines_of
from audio_cogito.types import Record, Standing

T = TypeVar("T")
E = TypeVar("E", bound=Record)
LOG = logging.getLogger("audio_cogito")


@dataclass
class Tally:
    """What became of a stage's records so far."""

    total: int | None = None
    """How many records are to be read, once that is known."""
    read: int = 0
    answered: int = 0
    unanswered: int = 0
    kept: int = 0
    dropped: int = 0
    failed: int = 0
    in_flight: int = 0
    began: float | None = None
    """When the first record was taken up, by the monotonic clock."""
    standings: Counter[Standing] = field(default_factory=Counter)
    """What verify decided; empty elsewhere."""
    right: Counter[Standing] = field(default_factory=Counter)
    """Of those, the traces whose answer is known to be the key."""
    reasons: Counter[str] = field(default_factory=Counter)
    """Drops and failures by reason; for verify, the verdicts that are no pass and the questions whose key is
    suspect, too; for think, those verdicts of questions that it did not draw a chain for."""

    @property
    def made(self) -> int:
        return self.kept + self.dropped + self.failed

    def count(self, entries: Sequence[Record]) -> None:
        """One record was read and gave these entries."""
        failed = dropped = 0
        for entry in entries:
            if isinstance(entry, Failure):
                failed += 1
                self.reasons[entry.reason] += 1
            elif isinstance(entry, Drop):
                dropped += 1
                self.reasons[entry.reason] += 1
        self.read += 1
        self.failed += failed
        self.dropped += dropped
        self.kept += len(entries) - failed - dropped
        if failed == len(entries):
            self.unanswered += 1
        else:
            self.answered += 1


async def tallied(tally: Tally, stage: str, subject: str, work: Awaitable[Sequence[E]]) -> Sequence[E | Failure]:
    """Do one record's work in a stage and count it. An error of its own becomes that record's Failure.

    A lost endpoint, a wrong setting and a cancellation end the run instead; the record is then owed and not counted.
    """
    tally.in_flight += 1
    tally.began = tally.began or time.monotonic()
    entries: Sequence[E | Failure]
    try:
        entries = await work
        if not entries:
            raise ValueError("the stage returned no entry, which it must for whatever it tried")
    except (EndpointLost, SetupError):
        raise
    except Exception as error:
        LOG.exception("%s: %s", stage, subject)
        detail = f"{type(error).__name__}: {error}"
        entries = [Failure(stage=stage, subject=subject, reason="crashed", detail=detail)]
    finally:
        tally.in_flight -= 1
    tally.count(entries)
    return entries


@dataclass(frozen=True)
class Made:
    """What came of one item of a walk."""

    records: Sequence[Record] = ()
    ledger: Sequence[Ledgered] = ()


def ledgered(entries: Iterable[Record]) -> list[Ledgered]:
    """What of a stage's entries belongs in the ledger."""
    return [entry for entry in entries if isinstance(entry, Drop | Failure)]


async def walk(
    shards: Iterable[tuple[int, Iterable[T]]], step: Callable[[T], Awaitable[Made]], sink: Sink, *, width: int
) -> None:
    """Take every item of the numbered shards through `step`, `width` of them at a time, into the sink."""
    items = _items(shards, sink)

    async def work() -> None:
        for shard, index, item in items:
            made = await step(item)
            sink.add(shard, index, lines_of(made.records), lines_of(made.ledger))
            await asyncio.sleep(0)

    try:
        async with asyncio.TaskGroup() as workers:
            for _ in range(width):
                workers.create_task(work())
        sink.finish()
    except BaseExceptionGroup as errors:
        raise gravest(errors) from None
    finally:
        sink.discard()


def _items(shards: Iterable[tuple[int, Iterable[T]]], sink: Sink) -> Iterator[tuple[int, int, T]]:
    for shard, items in shards:
        count = 0
        for item in items:
            yield shard, count, item
            count += 1
        sink.close_input(shard, count)


def gravest(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    """Of several workers' errors, the one to tell: what ends a run before what merely broke."""
    leaves = [error for error in errors.exceptions if not isinstance(error, BaseExceptionGroup)]
    return next((error for error in leaves if isinstance(error, EndpointLost | SetupError | GuardTripped)), leaves[0])
