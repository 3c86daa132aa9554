"""Guards: a run that would only spend on is stopped, by a rate over its last records or by a budget.

A rate is judged over the last `window` records of its kind that were paid for in this invocation. What is remembered
costs nothing and says nothing new, so a rerun never trips over it and goes on where the last one stopped. A guard trips
as soon as more than its share of a whole window is bad: a thinker that loops on every question is stopped after 126
chains of 500, and a small run that goes well at its end is never stopped by its beginning.

A trip ends a run as a lost endpoint does: what is in flight is owed, not failed, and the same command goes on. Examples
lie whole in RUN/guard.jsonl, since the shard that would hold them is not finished.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from audio_cogito.errors import GuardTripped
from audio_cogito.ledger import Failure
from audio_cogito.shards import lines_of
from audio_cogito.store import write_whole
from audio_cogito.types import Record, Trace, Verdict

Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Rate = Literal["failed", "unreadable", "truncated", "looping", "unscored", "rejected"]
EXAMPLES, NAMED = 20, 3
"""Examples that are kept of each rate, and ids that the message names."""
ADVICE: dict[Rate, str] = {
    "failed": "they say what the server answered",
    "unreadable": "they say what was written instead, and `cogito doctor` whether schemas are honoured",
    "truncated": "raise think.sampling.max_tokens and the server's --max-model-len, or see whether the chains loop",
    "looping": "look at the chains: another temperature, or another checkpoint",
    "unscored": "the verdicts say why a check could not do its work",
    "rejected": "the verdicts say why",
}


class Settings(Record, omit_defaults=False):
    """Limits. A share that is passed stops the run; 1 never is."""

    window: Annotated[int, msgspec.Meta(ge=1)] = 500
    """So many records, the last ones, are looked at."""
    max_failed: Share = 0.25
    """Of clips in construct, and of chains in think: those that ended as failures."""
    max_unreadable: Share = 0.25
    """Of clips in construct: those whose questions came in no form that can be read, all attempts taken."""
    max_truncated: Share = 0.25
    """Of chains: those cut at max_tokens."""
    max_looping: Share = 0.25
    """Of chains that `checks/complete` looked at: those that say the same over and over."""
    max_unscored: Share = 0.25
    """Of traces: those on which a check could not do its work."""
    max_rejected: Share = 0.95
    """Of traces: those that are rejected, whatever for."""
    max_tokens: Annotated[int, msgspec.Meta(ge=1)] | None = None
    """Tokens paid, prompt and completion of all models; of one invocation, as are the hours. What is in flight when a
    budget is reached may still be charged by the server."""
    max_hours: Annotated[float, msgspec.Meta(gt=0)] | None = None


@dataclass
class Window:
    """Which of the last records were bad."""

    size: int
    allowed: float
    """So many bad ones are still well."""
    seen: deque[bool] = field(default_factory=deque)
    bad: int = 0
    examples: deque[Record] = field(default_factory=lambda: deque(maxlen=EXAMPLES))

    def add(self, bad: bool, example: Record) -> bool:
        """Whether there are too many bad ones now."""
        self.seen.append(bad)
        if bad:
            self.bad += 1
            self.examples.append(example)
        if len(self.seen) > self.size:
            self.bad -= self.seen.popleft()
        return self.bad > self.allowed


class Guards:
    """The guards of one invocation. Each method is told of records, and whether anything was paid for them; all raise
    GuardTripped."""

    def __init__(self, settings: Settings, *, tokens_paid: Callable[[], int], examples: Path) -> None:
        self._settings, self._tokens_paid, self._examples = settings, tokens_paid, examples
        self._windows: dict[tuple[Rate, str], Window] = {}
        self._paid_chains: set[str] = set()
        self._began = time.monotonic()
        examples.unlink(missing_ok=True)

    def constructed(self, entries: Sequence[Record], *, paid: bool) -> None:
        """A clip's questions, drops and failures."""
        self.spending(paid=paid)
        if paid:
            failure = next((entry for entry in entries if isinstance(entry, Failure)), None)
            example = failure or entries[0]
            self._see("unreadable", "clips", failure is not None and failure.reason == "unreadable", example)
            self._see("failed", "clips", failure is not None, example)

    def thought(self, question: str, entries: Sequence[Record], *, paid: bool, verified_next: bool) -> None:
        """A question's chains and failures. `verified_next`: the same traces will come to `verified` in this run."""
        self.spending(paid=paid)
        if not paid:
            return
        for entry in entries:
            if isinstance(entry, Trace | Failure):
                self._see("failed", "chains", isinstance(entry, Failure), entry)
            if isinstance(entry, Trace):
                self._see("truncated", "chains", entry.finish == "length", entry)
        if verified_next and any(isinstance(entry, Trace) for entry in entries):
            self._paid_chains.add(question)

    def verified(self, question: str, entries: Sequence[Record], *, paid: bool) -> None:
        """A question's traces with their verdicts."""
        self.spending(paid=paid)
        chains_paid = question in self._paid_chains
        self._paid_chains.discard(question)
        for trace in entries if paid or chains_paid else ():
            if not isinstance(trace, Trace):
                continue
            if chains_paid and (complete := _said_by("complete", trace)) is not None:
                self._see("looping", "chains", any(found.kind == "looping" for found in complete.findings), trace)
            self._see("unscored", "traces", any(v.outcome == "unscored" for v in trace.verdicts), trace)
            self._see("rejected", "traces", trace.standing == "rejected", trace)

    def spending(self, *, paid: bool) -> None:
        """Whether there is budget left: of time, and where something was paid just now, of tokens."""
        limit, hours = self._settings.max_tokens, self._settings.max_hours
        if limit is not None and paid and (tokens := self._tokens_paid()) >= limit:
            raise GuardTripped(f"{tokens:,} tokens were paid and guards.max_tokens is {limit:,}; {AGAIN}")
        if hours is not None and time.monotonic() - self._began >= hours * 3600:
            raise GuardTripped(f"guards.max_hours = {hours:g} are over; {AGAIN}")

    def _see(self, rate: Rate, things: str, bad: bool, example: Record) -> None:
        window = self._windows.get((rate, things))
        if window is None:
            size, share = self._settings.window, getattr(self._settings, f"max_{rate}")
            window = self._windows[rate, things] = Window(size, share * size)
        if window.add(bad, example):
            self._trip(rate, things, window)

    def _trip(self, rate: Rate, things: str, window: Window) -> None:
        write_whole(self._examples, lines_of(window.examples))
        named = ", ".join(_id(example) for example in list(window.examples)[-NAMED:])
        limit = f"guards.max_{rate} = {getattr(self._settings, f'max_{rate}'):g} of {window.size}"
        raise GuardTripped(
            f"{rate}: {window.bad} of the last {len(window.seen)} {things}, more than {limit} allows, such as {named}; "
            f"{ADVICE[rate]}; examples are in {self._examples}; {AGAIN}"
        )


AGAIN = "nothing is lost, and the same command goes on"


def _said_by(check: str, trace: Trace) -> Verdict | None:
    return next((verdict for verdict in trace.verdicts if verdict.check == check), None)


def _id(example: Record) -> str:
    named = getattr(example, "subject", None) or getattr(example, "id", "")
    return str(named)[:12]
