"""Chains in free words and what is planted in them: the words stay as they are, the truth beside them is changed.

So every error keeps a wording that somebody wrote. What a chain says wrongly then is known: an order exchanged, an
event too many, one left out, a time 1.5 s off, a count one off.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import msgspec

from audio_cogito.types import Event, Facts, Record

ERRORS = ("none", "wrong order", "extra event", "missing event", "wrong time", "wrong count")


class Chain(Record):
    says: str
    seconds: float
    events: tuple[str, ...]
    text: str
    background: str | None = None

    @property
    def known(self) -> tuple[Event, ...]:
        return tuple(_event(*event.rsplit(" ", 2)) for event in self.events)


def _event(label: str, start: str, end: str) -> Event:
    return Event(label=label, start=float(start), end=float(end), origin="composed")


def chains(*, held_out: bool) -> list[Chain]:
    """The even ones, which the reader's writer did not look at, or the odd ones."""
    table = tomllib.loads((Path(__file__).parent / "free_chains.toml").read_text("utf-8"))
    every = msgspec.convert(table["chain"], list[Chain])
    return every[1::2] if held_out else every[::2]


def facts(chain: Chain, events: tuple[Event, ...]) -> Facts:
    if chain.background:
        events += (Event(label=chain.background, start=0.0, end=chain.seconds, origin="composed"),)
    return Facts(events=events)


def planted(chain: Chain) -> Iterator[tuple[str, Facts]]:
    """Each error that the chain commits itself to the contrary of, with the truth that makes it one."""
    for error in ERRORS:
        events = _changed(error, chain)
        if events is not None:
            yield error, facts(chain, events)


def _changed(error: str, chain: Chain) -> tuple[Event, ...] | None:
    known = chain.known
    match error:
        case "none":
            return known
        case "wrong order":
            return _exchanged(known) if set(chain.says) & {"o", "t"} else None
        case "extra event":
            return _without(known)
        case "missing event":
            return (*known, _event("chainsaw", str(chain.seconds - 0.6), str(chain.seconds - 0.3)))
        case "wrong time":
            return _moved(known) if "t" in chain.says else None
        case _:
            return _once_more(known, chain.seconds) if "c" in chain.says else None


def _exchanged(known: tuple[Event, ...]) -> tuple[Event, ...] | None:
    """Two neighbours that are each there once."""
    counts = Counter(event.label for event in known)
    for i, (one, other) in enumerate(pairwise(known)):
        if counts[one.label] == counts[other.label] == 1:
            first = msgspec.structs.replace(one, label=other.label)
            return (*known[:i], first, msgspec.structs.replace(other, label=one.label), *known[i + 2 :])
    return None


def _without(known: tuple[Event, ...]) -> tuple[Event, ...] | None:
    """One that is there once is not there."""
    counts = Counter(event.label for event in known)
    single = [event for event in known if counts[event.label] == 1]
    return tuple(event for event in known if event is not single[-1]) if single and len(known) > 1 else None


def _moved(known: tuple[Event, ...]) -> tuple[Event, ...]:
    """The last one comes 1.5 s later, or the first earlier things stay: the order is the same."""
    last = known[-1]
    return (*known[:-1], msgspec.structs.replace(last, start=last.start + 1.5, end=last.end + 1.5))


def _once_more(known: tuple[Event, ...], seconds: float) -> tuple[Event, ...]:
    """What is there most often is there once more, at the end."""
    label = Counter(event.label for event in known).most_common(1)[0][0]
    return (*known, _event(label, str(seconds - 0.6), str(seconds - 0.4)))
