"""One recording's facts from what several rows say of it: the same sound, or copies of it that begin at another time.

Captions and labels are gathered. Of a transcript, a translation, an attribute, turns and events there is one: where two
disagree the more trusted origin is believed, and of equal ones the row whose clip stays; nothing is mixed. Whatever is
taken keeps its origin, and the row's licence then names both. Questions are taken of equal sounds alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from audio_cogito.hearing import parts
from audio_cogito.types import Attribute, Event, Facts, Origin, Recording, Statement, Turn

TRUSTED: tuple[Origin, ...] = ("composed", "human", "seen", "read", "tool")
"""Whom to believe, the first the most."""
TOGETHER = 0.25
"""Seconds within which two copies must begin and end for the words of one to be those of the other."""


class Copy(NamedTuple):
    """Another row's account of the sound."""

    recording: Recording
    seconds: float
    shift: float
    """Seconds into the clip that stays at which it begins."""


def merged(first: Recording, seconds: float, copies: Iterable[Copy]) -> Recording:
    """The recording of the clip that stays, which lasts so long, with what the others add."""
    for copy in copies:
        facts = _joined(first.facts, _as_of(copy, seconds))
        if facts != first.facts:
            other = copy.recording
            first = msgspec.structs.replace(
                first,
                facts=facts,
                licence=_both(first.licence, other.licence),
                domains=tuple(dict.fromkeys((*first.domains, *other.domains))),
            )
    return first


def asked(first: Recording, equals: Iterable[Recording]) -> Recording:
    """With the questions that equal sounds come with, where it has some: equal samples have equal answers. To one that
    has none an annotator is to write some, as its source says."""
    for other in equals if first.posed else ():
        posed = tuple(dict.fromkeys((*first.posed, *other.posed)))
        if posed != first.posed:
            first = msgspec.structs.replace(first, posed=posed, licence=_both(first.licence, other.licence))
    return first


def _as_of(copy: Copy, seconds: float) -> Facts:
    """What a copy's row says, in the time of the clip that stays."""
    facts = copy.recording.facts.own
    together = abs(copy.shift) <= TOGETHER and abs(copy.shift + copy.seconds - seconds) <= TOGETHER
    if not together:
        facts = msgspec.structs.replace(
            facts,
            transcript=None,
            translation=None,
            turns=tuple(turn for turn in facts.turns if turn.start is not None),
        )
    if copy.shift == 0 and together:
        return facts
    timed = parts.facts_of(Facts(turns=facts.turns, events=facts.events), -copy.shift, seconds - copy.shift)
    turns = (msgspec.structs.replace(turn, whole=False) for turn in timed.turns)
    return msgspec.structs.replace(facts, turns=tuple(turns), events=timed.events)


def _joined(one: Facts, other: Facts) -> Facts:
    return Facts(
        captions=_gathered(one.captions, other.captions),
        labels=_gathered(one.labels, other.labels),
        transcript=_believed(one.transcript, other.transcript),
        translation=_believed(one.translation, other.translation),
        turns=other.turns if _trusted(other.turns) < _trusted(one.turns) else one.turns,
        events=other.events if _trusted(other.events) < _trusted(one.events) else one.events,
        attributes=_attributes(one.attributes, other.attributes),
    )


def _gathered(one: tuple[Statement, ...], other: tuple[Statement, ...]) -> tuple[Statement, ...]:
    said = {statement.text.casefold() for statement in one if not statement.whole}
    return (*one, *(statement for statement in other if statement.text.casefold() not in said))


def _believed(one: Statement | None, other: Statement | None) -> Statement | None:
    if other is None:
        return one
    return other if _trusted([other]) < _trusted([one] if one else []) else one


def _attributes(one: tuple[Attribute, ...], other: tuple[Attribute, ...]) -> tuple[Attribute, ...]:
    """Each key's from one of the two."""
    kept = one
    for key in dict.fromkeys(attribute.key for attribute in other):
        mine = [attribute for attribute in one if attribute.key == key]
        theirs = [attribute for attribute in other if attribute.key == key]
        if _trusted(theirs) < _trusted(mine):
            kept = (*(attribute for attribute in kept if attribute.key != key), *theirs)
    return kept


def _trusted(said: Iterable[Statement | Turn | Event | Attribute]) -> int:
    """The least trusted origin of what is said of the clip itself; what says nothing is trusted least."""
    own = [one for one in said if isinstance(one, Event) or not one.whole]
    return max((TRUSTED.index(one.origin) for one in own), default=len(TRUSTED))


def _both(one: str | None, other: str | None) -> str | None:
    """The licences that hold together; unknown where one of them is."""
    if one is None or other is None:
        return None
    return " AND ".join(dict.fromkeys((*one.split(" AND "), *other.split(" AND "))))
