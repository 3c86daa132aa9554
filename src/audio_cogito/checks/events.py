"""What a chain claims of the sounds, held against the events that are known: an auditor made of code alone.

For clips whose events are exact, such as composed scenes. Which sounds, when, in which order and how many is read from
the chain's text (`answers/claims.py`), not only from its answer, and compared:

    exact          every event is named, and nothing that is claimed is wrong      pass
    partly         nothing is wrong, but events are left out                       pass, or fail where `whole` is set
    contradicted   something claimed is wrong                                      fail
    no claim       nothing could be read                                           unscored

A sound goes by its label, by the words that the composer's library knows for it, and by `words`. The score is the share
of the events that are rightly named.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Annotated

import msgspec

from audio_cogito.answers.claims import Claims, Timed, read_claims
from audio_cogito.checks import CheckInfo
from audio_cogito.messages import Model
from audio_cogito.prompts import Prompt
from audio_cogito.synth.library import BACKGROUNDS, KINDS, Kind, akin
from audio_cogito.synth.sayings import SAYINGS
from audio_cogito.types import Clip, Event, Finding, Origin, Record, Trace, Verdict

INFO = CheckInfo(takes="trace", summary="a chain whose claims about the sounds are those of the known events")
EDGE = 0.25
"""Seconds at both ends within which an event that fills the clip may begin and end: it is a background."""

AGAIN = 0.3
"""Seconds by which another sentence may round the same time otherwise."""


class Settings(Record, omit_defaults=False):
    seconds: Annotated[float, msgspec.Meta(gt=0)] = 0.5
    """How far a claimed time may lie from the event's."""
    whole: bool = False
    """Fail a chain that leaves out an event."""
    origins: tuple[Origin, ...] = ("composed", "human")
    """Whose events are exact enough to contradict a chain."""
    words: dict[str, tuple[str, ...]] = {}
    """Label = other words for it, beside those that the library knows."""


async def check(
    trace: Trace, *, models: Mapping[str, Model], prompts: Mapping[str, Prompt], settings: Settings
) -> Verdict:
    if len(trace.question.clips) != 1:
        return _unscored("which of the recordings a claim is about is not read")
    (clip,) = trace.question.clips
    events = tuple(event for event in clip.recording.facts.events if event.origin in settings.origins)
    if not events:
        return _unscored("no event of this clip is known")
    claims = read_claims(trace.thinking, names(events, settings))
    if claims.none:
        return _unscored("no claim about a sound could be read")
    return _verdict(claims, Truth(events, clip), settings)


def names(events: Sequence[Event], settings: Settings) -> dict[str, str]:
    """Word -> label. A label of the clip that the library knows by any word goes by all words of that kind.

    A sound of the library that shares a word with a label, and is not it, is not listened for: "engine" beside "Motor
    (medium)" may well be the same.
    """
    labels = {event.label: _kind(event.label) for event in events}
    known: dict[str, str] = {}
    for kind in KINDS.values():
        same = [label for label, found in labels.items() if found is kind]
        strange = [Kind(name=label, domain="sound", family="", seconds=(0, 0)) for label in labels if not labels[label]]
        if same or not any(akin(kind, label) for label in strange):
            known |= dict.fromkeys((kind.name, *kind.synonyms, *SAYINGS.get(kind.name, ())), (same or [kind.name])[0])
    known |= {name: name for name in BACKGROUNDS}
    known |= {word: label for label, words in settings.words.items() for word in (label, *words)}
    known |= {part.strip(): label for label in labels for part in re.split(r"[,(/)]", label) if part.strip()}
    return known | {label: label for label in labels}


def _kind(label: str) -> Kind | None:
    """The kind of the library that a label names, by its own name or a synonym."""
    said = label.casefold()
    return next((kind for kind in KINDS.values() if said in (kind.name, *kind.synonyms)), None)


class Truth:
    """The events of a clip, in order; what fills the clip is its background and stands in no order."""

    def __init__(self, events: Sequence[Event], clip: Clip) -> None:
        self.events = sorted(
            (event for event in events if event.start > EDGE or event.end < clip.seconds - EDGE),
            key=lambda event: event.start,
        )
        self.labels = {event.label for event in events}
        self.counts = Counter(event.label for event in self.events)

    def of(self, label: str) -> list[Event]:
        return [event for event in self.events if event.label == label]


def _verdict(claims: Claims, truth: Truth, settings: Settings) -> Verdict:
    matched = _matched(claims.timed, truth)
    wrong = tuple(_contradictions(claims, truth, matched, settings))
    told = _told(claims, truth, matched, settings)
    missing = tuple(
        Finding(kind="missing_event", quote=event.label, detail=f"at {event.start:.1f} s")
        for event in truth.events
        if id(event) not in told
    )
    reason = "contradicted" if wrong else "partly" if missing else "exact"
    failed = wrong or (settings.whole and missing)
    score = len(told) / len(truth.events) if truth.events else None
    return Verdict(
        check="events", outcome="fail" if failed else "pass", reason=reason, score=score, findings=wrong + missing
    )


Matches = list[tuple[Timed, Event | None]]


def _matched(timed: Sequence[Timed], truth: Truth) -> Matches:
    """Each claim with the nearest event of its label that no nearer claim has; another sentence may say it again."""
    pairs = [
        (abs(claim.start - event.start), i, event) for i, claim in enumerate(timed) for event in truth.of(claim.label)
    ]
    taken: dict[int, Event] = {}
    for _, i, event in sorted(pairs, key=lambda pair: pair[:2]):
        free = all(other is not event or _again(timed[j], timed[i]) for j, other in taken.items())
        if i not in taken and free:
            taken[i] = event
    return [(claim, taken.get(i)) for i, claim in enumerate(timed)]


def _again(one: Timed, other: Timed) -> bool:
    return one.start == other.start or (one.sentence != other.sentence and abs(one.start - other.start) <= AGAIN)


def _contradictions(claims: Claims, truth: Truth, matched: Matches, settings: Settings) -> Iterator[Finding]:
    yield from _wrong_times(truth, matched, settings)
    yield from _wrong_order(claims, truth, matched)
    for counted in claims.counted:
        count = len(truth.events) if counted.label is None else truth.counts[counted.label]
        if counted.count != count:
            yield Finding(kind="wrong_count", quote=counted.quote, detail=f"there are {count}")
    for counted in claims.kinds:
        if counted.count not in (len(truth.counts), len(truth.labels)):
            yield Finding(kind="wrong_count", quote=counted.quote, detail=f"{len(truth.counts)} are different")
    for named in claims.present:
        if named.label not in truth.labels:
            yield Finding(kind="extra_event", quote=named.quote, detail="there is none")
    for named in claims.absent:
        if named.label in truth.labels:
            yield Finding(kind="wrong_absence", quote=named.quote, detail="there is one")


def _wrong_times(truth: Truth, matched: Matches, settings: Settings) -> Iterator[Finding]:
    for claim, event in matched:
        if event is None and (claim.label not in truth.labels or truth.counts[claim.label]):
            yield Finding(kind="extra_event", quote=claim.quote, detail="there is none beside those named")
        elif event is not None and not _at(claim, event, settings):
            yield Finding(kind="wrong_time", quote=claim.quote, detail=f"{event.start:.1f} to {event.end:.1f} s")


def _at(claim: Timed, event: Event, settings: Settings) -> bool:
    end_right = claim.end is None or abs(claim.end - event.end) <= settings.seconds
    return abs(claim.start - event.start) <= settings.seconds and end_right


def _wrong_order(claims: Claims, truth: Truth, matched: Matches) -> Iterator[Finding]:
    """Times that are said in another order than the events have, and orders that no two events have."""
    placed = sorted(((claim, event) for claim, event in matched if event), key=lambda pair: pair[0].start)
    for (one, earlier), (other, later) in pairwise(placed):
        if one.start < other.start and earlier.start > later.start:
            yield Finding(
                kind="wrong_order", quote=f"{one.quote}, {other.quote}", detail="they come the other way round"
            )
    for said in claims.ordered:
        pair = [(a, b) for a in truth.of(said.earlier) for b in truth.of(said.later)]
        if pair and not any(a.start < b.start for a, b in pair):
            yield Finding(kind="wrong_order", quote=said.quote, detail="they come the other way round")
    ends = ((claims.first, truth.events[:1]), (claims.last, truth.events[-1:]))
    for named, (event,) in ((named, end) for said, end in ends for named in said if end):
        if named.label != event.label and (truth.counts[named.label] or named.label not in truth.labels):
            yield Finding(kind="wrong_order", quote=named.quote, detail=f"it is the {event.label}")


def _told(claims: Claims, truth: Truth, matched: Matches, settings: Settings) -> set[int]:
    """Ids of the events that are rightly named: by time, by place in an order, or by a count of their kind."""
    by_time = {id(event) for claim, event in matched if event is not None and _at(claim, event, settings)}
    single = {label for label, count in truth.counts.items() if count == 1}
    named = {named.label for said in (claims.first, claims.last, claims.present) for named in said}
    named |= {label for said in claims.ordered for label in (said.earlier, said.later)}
    named = (named & single) | {c.label for c in claims.counted if c.label and c.count == truth.counts[c.label]}
    return by_time | {id(event) for event in truth.events if event.label in named}


def _unscored(reason: str) -> Verdict:
    return Verdict(check="events", outcome="unscored", reason=reason)
