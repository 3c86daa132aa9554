"""Parts of a recording that is longer than a clip may be, and what is known of each.

A part is a recording with a span. Its events and turns are those that lie in it, their times counted from its start.
What is said of the whole without a time (captions, labels, a transcript, attributes) stays with the part but is marked
`whole`: it may not hold there, and nobody is asked about it. All parts of a recording share a group, so that no split
tears them apart.
"""

from __future__ import annotations

import math
from hashlib import blake2b
from itertools import pairwise
from pathlib import PurePath

import msgspec

from audio_cogito.types import Event, Facts, Recording, Span, Turn, identity

WITHIN = 0.05
"""Seconds by which a turn may reach beyond a part and still count as heard whole: tables round their times."""


def split(start: float, end: float, longest: float) -> list[Span]:
    """As few equal parts as there must be, so that none is a short tail; they meet at whole milliseconds."""
    count = max(1, math.ceil((end - start) / longest - 1e-9))
    edges = [start, *(round(start + (end - start) * i / count, 3) for i in range(1, count)), end]
    return [Span(start=left, end=right) for left, right in pairwise(edges)]


def crop(start: float, end: float, longest: float, ref: str) -> Span:
    """One part of the longest length, at a place that a hash of the recording's place decides."""
    point = int.from_bytes(blake2b(f"crop\n{ref}".encode(), digest_size=8).digest(), "big") / 2**64
    left = round(start + max(0.0, end - start - longest) * point, 3)
    return Span(start=left, end=min(end, left + longest))


def part_of(recording: Recording, span: Span, size: int) -> Recording:
    """The part of a recording that is the span of its file, which has `size` bytes."""
    offset = span.start - (recording.span.start if recording.span else 0.0)
    name = PurePath(recording.path).name
    return msgspec.structs.replace(
        recording,
        span=span,
        source_time=None if recording.source_time is None else recording.source_time + offset,
        group=recording.group or f"whole:{identity(name, recording.member or '', str(size))}",
        facts=facts_of(recording.facts, offset, offset + span.end - span.start),
    )


def facts_of(facts: Facts, start: float, end: float) -> Facts:
    """What is known of the part from `start` to `end` seconds of what `facts` is about."""
    events = (_event(event, start, end) for event in facts.events)
    turns = (_turn(turn, start, end) for turn in facts.turns)
    return Facts(
        captions=tuple(msgspec.structs.replace(caption, whole=True) for caption in facts.captions),
        labels=tuple(msgspec.structs.replace(label, whole=True) for label in facts.labels),
        transcript=msgspec.structs.replace(facts.transcript, whole=True) if facts.transcript else None,
        translation=msgspec.structs.replace(facts.translation, whole=True) if facts.translation else None,
        turns=tuple(turn for turn in turns if turn),
        events=tuple(event for event in events if event),
        attributes=tuple(msgspec.structs.replace(attribute, whole=True) for attribute in facts.attributes),
    )


def _event(event: Event, start: float, end: float) -> Event | None:
    left, right = max(event.start, start), min(event.end, end)
    if left > right or (left == right and event.start < event.end):
        return None
    return msgspec.structs.replace(event, start=round(left - start, 6), end=round(right - start, 6))


def _turn(turn: Turn, start: float, end: float) -> Turn | None:
    """Of a turn that is cut only the speaker and the times are known, not which of its words are heard."""
    if turn.start is None or turn.end is None:
        return msgspec.structs.replace(turn, whole=True)
    left, right = max(turn.start, start), min(turn.end, end)
    if left >= right:
        return None
    is_cut = turn.start < start - WITHIN or turn.end > end + WITHIN
    text = "" if is_cut else turn.text
    return msgspec.structs.replace(turn, text=text, start=round(left - start, 6), end=round(right - start, 6))
