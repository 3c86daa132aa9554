"""Merging: facts of copies are gathered with their origins, what disagrees is never mixed, and licences add up."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from audio_cogito.stages.merging import Copy, merged
from audio_cogito.types import Attribute, Event, Facts, Origin, Recording, Statement, Turn


def recording(facts: Facts | None = None, **changes: Any) -> Recording:
    return Recording(source="made", path="a.wav", facts=facts or Facts(), **{"licence": "CC0-1.0"} | changes)


def said(text: str, origin: Origin = "human", **changes: Any) -> Statement:
    return Statement(text=text, origin=origin, **changes)


def joined(one: Facts, *others: Facts, shift: float = 0.0, seconds: float = 10.0) -> Facts:
    copies = [Copy(recording(other), seconds, shift) for other in others]
    return merged(recording(one), 10.0, copies).facts


def test_captions_and_labels_are_gathered_once_each_with_their_origin() -> None:
    one = Facts(labels=(said("Dog"), said("Bark", "tool")))
    other = Facts(captions=(said("A dog barks"),), labels=(said("dog", "tool"), said("Growling")))
    assert joined(one, other) == Facts(
        captions=(said("A dog barks"),), labels=(said("Dog"), said("Bark", "tool"), said("Growling"))
    )


@pytest.mark.parametrize(
    ("mine", "theirs", "kept"),
    [
        ("tool", "human", "theirs"),
        ("human", "tool", "mine"),
        ("human", "human", "mine"),
        ("human", "composed", "theirs"),
        ("read", "seen", "theirs"),
    ],
)
def test_of_two_that_disagree_the_more_trusted_origin_is_believed_and_else_the_one_that_stays(
    mine: Origin, theirs: Origin, kept: str
) -> None:
    def facts(text: str, origin: Origin) -> Facts:
        return Facts(
            transcript=said(text, origin),
            translation=said(text, origin),
            attributes=(Attribute(key="bpm", value=text, origin=origin),),
            events=(Event(label=text, start=1, end=2, origin=origin),),
            turns=(Turn(text=text, start=1.0, end=2.0, origin=origin),),
        )

    expected = {"mine": facts("mine", mine), "theirs": facts("theirs", theirs)}[kept]
    assert joined(facts("mine", mine), facts("theirs", theirs)) == expected


def test_attributes_of_different_keys_stand_beside_each_other() -> None:
    def attributes(**values: str) -> tuple[Attribute, ...]:
        return tuple(Attribute(key=key, value=value, origin="tool") for key, value in values.items())

    assert joined(
        Facts(attributes=attributes(bpm="120")), Facts(attributes=attributes(bpm="60", key="A minor"))
    ) == Facts(attributes=attributes(bpm="120", key="A minor"))


def test_times_are_moved_to_those_of_the_clip_that_stays() -> None:
    other = Facts(
        events=(
            Event(label="bark", start=2, end=3, origin="human"),
            Event(label="end", start=9.5, end=10, origin="human"),
        ),
        turns=(Turn(text="no", start=4.0, end=5.0, origin="human"), Turn(text="when?", origin="human")),
    )
    assert joined(Facts(), other, shift=0.6) == Facts(
        events=(Event(label="bark", start=2.6, end=3.6, origin="human"),),
        turns=(Turn(text="no", start=4.6, end=5.6, origin="human"),),
    )


def test_words_are_taken_only_where_the_copies_begin_and_end_together() -> None:
    words = Facts(transcript=said("five words in all here"), translation=said("cinq"), captions=(said("A man talks"),))
    assert joined(Facts(), words, shift=0.2) == words
    assert joined(Facts(), words, shift=0.6) == joined(Facts(), words, seconds=9.4) == Facts(captions=words.captions)


def test_what_is_said_of_a_longer_whole_is_not_taken_and_gives_way() -> None:
    whole = Facts(captions=(said("An hour", whole=True),), transcript=said("All of it", whole=True))
    assert joined(Facts(labels=(said("Dog"),)), whole) == Facts(labels=(said("Dog"),))
    own = Facts(transcript=said("This", "tool"))
    assert joined(whole, own).transcript == own.transcript


@pytest.mark.parametrize(
    ("mine", "theirs", "both"),
    [
        ("CC0-1.0", "CC0-1.0", "CC0-1.0"),
        ("CC-BY-4.0", "CC0-1.0", "CC-BY-4.0 AND CC0-1.0"),
        ("A AND B", "B", "A AND B"),
        (None, "CC0-1.0", None),
        ("CC0-1.0", None, None),
    ],
)
def test_licence_of_what_was_taken_is_added_and_an_unknown_one_makes_it_unknown(
    mine: str | None, theirs: str | None, both: str | None
) -> None:
    first = recording(Facts(labels=(said("Dog"),)), licence=mine, domains=("sound",))
    other = recording(Facts(captions=(said("A dog"),)), licence=theirs, domains=("speech", "sound"))
    made = merged(first, 10, [Copy(other, 10, 0)])
    assert (made.licence, made.domains) == (both, ("sound", "speech"))


def test_copy_that_adds_nothing_changes_nothing() -> None:
    first = recording(Facts(labels=(said("Dog"),)), domains=("sound",))
    other = msgspec.structs.replace(first, licence=None, domains=("music",), path="b.wav")
    assert merged(first, 10, [Copy(other, 10, 0), Copy(first, 10, 0)]) == first
