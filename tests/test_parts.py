"""Parts of long recordings: where they are cut, and what is known of each."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio_cogito.hearing import parts
from audio_cogito.prompts import facts
from audio_cogito.prompts.tasks import task_of
from audio_cogito.types import Attribute, Event, Facts, Recording, Span, Statement, Turn

WHOLE = Facts(
    captions=(Statement(text="a long day", origin="human"),),
    labels=(Statement(text="speech", origin="human"),),
    transcript=Statement(text="all that is said", origin="human"),
    translation=Statement(text="alles", origin="human"),
    turns=(
        Turn(text="one", origin="human", speaker="A", start=1, end=4),
        Turn(text="two, cut", origin="human", speaker="B", start=8, end=12, emotion="joy"),
        Turn(text="somewhere", origin="human", speaker="C"),
    ),
    events=(
        Event(label="door", start=2, end=3, origin="human"),
        Event(label="rain", start=5, end=25, origin="human"),
        Event(label="click", start=10, end=10, origin="human"),
    ),
    attributes=(Attribute(key="sarcasm", value="yes", origin="human"),),
)


@given(st.floats(0, 1e5), st.floats(0.01, 1e5), st.floats(0.05, 600))
def test_parts_meet_cover_all_and_none_is_a_short_tail(start: float, seconds: float, longest: float) -> None:
    if seconds / longest > 2000:
        return
    made = parts.split(start, start + seconds, longest)
    assert (made[0].start, made[-1].end) == (start, start + seconds)
    assert all(left.end == right.start for left, right in pairwise(made))
    assert max(part.end - part.start for part in made) <= longest + 0.0011
    if len(made) > 1:
        assert min(part.end - part.start for part in made) >= longest / 2 - 0.0011


def test_twice_the_longest_is_two_parts() -> None:
    assert parts.split(0, 60, 30) == [Span(start=0, end=30), Span(start=30, end=60)]
    assert len(parts.split(0, 60.2, 30)) == 3


def test_crop_is_one_part_whose_place_the_recording_decides() -> None:
    spans = [parts.crop(10, 110, 30, f"{i}.wav") for i in range(40)]
    assert spans == [parts.crop(10, 110, 30, f"{i}.wav") for i in range(40)]
    assert all(span.end - span.start == pytest.approx(30) and span.start >= 10 and span.end <= 110 for span in spans)
    assert len({span.start for span in spans}) > 30
    assert max(span.start for span in spans) - min(span.start for span in spans) > 50


def test_part_keeps_its_events_and_turns_with_its_own_times() -> None:
    first, second = parts.facts_of(WHOLE, 0, 10), parts.facts_of(WHOLE, 10, 20)
    assert [(e.label, e.start, e.end) for e in first.events] == [("door", 2, 3), ("rain", 5, 10), ("click", 10, 10)]
    assert [(e.label, e.start, e.end) for e in second.events] == [("rain", 0, 10), ("click", 0, 0)]
    assert [(t.text, t.speaker, t.start, t.end) for t in first.turns] == [
        ("one", "A", 1, 4),
        ("", "B", 8, 10),
        ("somewhere", "C", None, None),
    ]
    assert [(t.text, t.speaker, t.start, t.end, t.emotion) for t in second.own.turns] == [("", "B", 0, 2, "joy")]


def test_words_about_the_whole_stay_in_the_record_and_are_shown_to_nobody() -> None:
    part = parts.facts_of(WHOLE, 0, 10)
    assert part.captions[0].text == "a long day"
    shown = "\n".join(facts.lines(part))
    for words in ("a long day", "speech", "all that is said", "alles", "somewhere", "sarcasm", "two, cut"):
        assert words in "\n".join(facts.lines(WHOLE))
        assert words not in shown
    assert 'turn, speaker "B", emotion "joy", 8.00 to 10.00 s (a person): only partly in the clip' in shown
    assert task_of(WHOLE) == "sarcasm"
    assert task_of(part) == "dialogue"


def test_facts_of_a_clip_that_is_no_part_are_all_its_own() -> None:
    assert WHOLE.own is WHOLE


def test_parts_share_a_group_that_moving_the_folder_does_not_change() -> None:
    here, there = (Recording(source="s", path=f"{folder}/a.wav", source_time=100.0) for folder in ("x", "y/z"))
    one, two = (parts.part_of(here, span, 77) for span in parts.split(0, 60, 30))
    assert one.group == two.group == parts.part_of(there, Span(start=0, end=30), 77).group
    assert one.group != parts.part_of(here, Span(start=0, end=30), 78).group
    assert (one.source_time, two.source_time) == (100, 130)
    stated = Recording(source="s", path="a.wav", group="youtube:x", span=Span(start=50, end=110))
    part = parts.part_of(stated, Span(start=80, end=110), 77)
    assert (part.group, part.span) == ("youtube:x", Span(start=80, end=110))


def test_part_of_a_span_counts_its_facts_from_the_span() -> None:
    made = Recording(source="s", path="a.wav", span=Span(start=100, end=120), facts=WHOLE)
    part = parts.part_of(made, Span(start=110, end=120), 1)
    assert [(e.label, e.start, e.end) for e in part.facts.events] == [("rain", 0, 10), ("click", 0, 0)]
