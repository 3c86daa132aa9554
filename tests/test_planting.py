"""Planting: an error is real, in one place, the same each time, and never a guess."""

from __future__ import annotations

import difflib
from typing import Any

import pytest

from audio_cogito.calibration.planting import ALL_KINDS, Kind, Planted, claims_of, english, plant
from audio_cogito.types import Event, Facts, Trace
from made import make_clip, make_question, make_trace

CHAIN = {
    "order_swapped": "The room is quiet and the air is still. A dog barks before the door is closed.",
    "sound_inserted": "The room is quiet and the air is still. A dog barks in the yard.",
    "sound_removed": "The room is quiet and the air is still. I can hear a dog in the yard.",
    "count": "The room is quiet and the air is still. There are two barks in the yard.",
    "speaker": "The room is quiet and the air is still. Then a man speaks of the weather.",
    "time": "The room is quiet and the air is still. At about 3.5 seconds the door is closed.",
    "emotion": "The room is quiet and the air is still. This is a sad voice with a tremor.",
    "unsupported_step": "The room is quiet and the air is still. A dog barks in the yard.",
}
EXPECTED = {
    "order_swapped": ("before", "after"),
    "sound_removed": ("a", "no"),
    "count": ("two", "three"),
    "speaker": ("man", "woman"),
    "time": ("3.5", "6.0"),
    "emotion": ("a sad", "a happy"),
}
EDITED: list[Kind] = [kind for kind in ALL_KINDS if kind != "answer_swapped"]


def chain(thinking: str, seconds: float = 10.0, **changes: Any) -> Trace:
    question = make_question(
        "a dog", "a cat", "a fox", clips=(make_clip(seconds=seconds),), caption="A dog barks in a yard.", **changes
    )
    return make_trace(question, thinking=thinking)


def planted_in(thinking: str, kind: Kind, **changes: Any) -> Planted | None:
    return plant(chain(thinking, **changes), kind)


@pytest.mark.parametrize("kind", EDITED)
def test_planted_chain_differs_in_that_claim_alone(kind: Kind) -> None:
    before = chain(CHAIN[kind])
    planted = plant(before, kind)
    assert planted is not None
    old, new = before.thinking, planted.trace.thinking
    blocks = difflib.SequenceMatcher(None, old.split(), new.split(), autojunk=False).get_opcodes()
    changed = [(" ".join(old.split()[a:b]), " ".join(new.split()[c:d])) for tag, a, b, c, d in blocks if tag != "equal"]
    assert len(changed) == 1
    if kind in EXPECTED:
        assert (planted.was, planted.now) == EXPECTED[kind]
        assert changed[0] == tuple(words.removeprefix("a ") for words in EXPECTED[kind])
        assert planted.sentence in new
        assert planted.sentence not in old
    else:
        assert changed[0] == ("", planted.now)
    kept = ("question", "draw", "prompt", "author", "text", "answer", "finish", "closed")
    assert all(getattr(before, name) == getattr(planted.trace, name) for name in kept)
    assert planted.trace.id != before.id == planted.original


def test_other_answer_is_another_choice_and_leaves_the_chain() -> None:
    before = chain(CHAIN["count"])
    planted = plant(before, "answer_swapped")
    assert planted is not None
    assert planted.trace.thinking == before.thinking
    assert planted.trace.answer == planted.trace.text == planted.now
    assert planted.now in {"a cat", "a fox"}


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_same_chain_bears_the_same_error(kind: Kind) -> None:
    trace = chain(" ".join(CHAIN.values()))
    assert plant(trace, kind) == plant(trace, kind) is not None


def test_place_is_drawn_by_the_random_seed() -> None:
    trace = chain(
        "There are two barks in the yard. There are three knocks in the hall. There are four rings of the bell."
    )
    planted = [plant(trace, "count", random_seed=seed) for seed in range(20)]
    assert {one.was for one in planted if one} == {"two", "three", "four"}


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_planted_trace_has_no_verdict_of_what_it_was_made_of(kind: Kind) -> None:
    trace = plant(chain(" ".join(CHAIN.values())), kind)
    assert trace is not None
    assert (trace.trace.verdicts, trace.trace.right, trace.trace.pass_rate) == ((), None, None)


@pytest.mark.parametrize("kind", EDITED)
@pytest.mark.parametrize(
    "thinking",
    [
        "房间很安静。一只狗叫了两声，然后门关上了。一个男人在说话。",
        "Der Raum ist still. Ein Hund bellt zweimal vor dem Haus, und dann spricht ein Mann um 3 s.",
        "Звучат два удара, затем мужчина говорит.",
        "Le chien aboie deux fois. Un homme parle à 3 s.",
        "",
    ],
)
def test_chain_in_another_language_carries_no_edit(kind: Kind, thinking: str) -> None:
    assert planted_in(thinking, kind) is None


@pytest.mark.parametrize("thinking", ["一只狗在叫。", ""])
def test_another_answer_needs_no_language(thinking: str) -> None:
    assert planted_in(thinking, "answer_swapped") is not None


@pytest.mark.parametrize(
    ("kind", "thinking"),
    [
        ("order_swapped", "The dog is heard, and after all it is close to the door."),
        ("order_swapped", "Is the dog heard before the door is closed in the hall?"),
        ("order_swapped", "The dog barks before the door and after the bell of the hall."),
        ("order_swapped", "Perhaps the dog barks before the door is closed in the hall."),
        ("order_swapped", 'The man says that "the dog is out before the rain" in the hall.'),
        ("count", "The clip is two seconds long and the room is quiet."),
        ("count", "There are two options in the list that is given."),
        ("count", "The door isn't heard in two rooms of the house."),
        ("count", "The bark is at 2.5 units and the room is quiet."),
        ("count", "This is the Four Seasons and the hall is quiet."),
        ("speaker", "A man and a woman talk in the hall."),
        ("speaker", "A man clears his throat in the hall."),
        ("speaker", "It might be a man in the hall."),
        ("time", "The door is closed at 30 seconds of the clip in the hall."),
        ("time", "The door is closed within 3 seconds of the bark in the hall."),
        ("emotion", "The song is the Happy Birthday of the room."),
        ("emotion", "The voice is sad and the music is happy in the hall."),
        ("sound_removed", "A recording begins in the hall and the room is quiet."),
        ("sound_removed", "The room is quiet and the air is still."),
    ],
)
def test_nothing_is_planted_on_a_guess(kind: Kind, thinking: str) -> None:
    assert english(thinking)
    assert planted_in(thinking, kind) is None


def test_moment_is_moved_to_where_the_clip_still_goes_on() -> None:
    late = planted_in("The room is quiet. The door is closed at 9 seconds of it.", "time")
    assert late is not None
    assert late.now == "6"
    assert planted_in("The door is closed at 1 s of the clip.", "time", seconds=2.5) is None


def test_sound_is_inserted_only_where_something_is_known_that_does_not_name_it() -> None:
    question = make_question("a dog", "a cat")
    assert plant(make_trace(question, thinking=CHAIN["sound_inserted"]), "sound_inserted") is None
    events = tuple(
        Event(label=label, start=0, end=1, origin="human")
        for label in ("rooster", "bell", "baby", "glass", "horn", "typing", "saw", "applause", "horse", "phone")
    )
    known = make_question("a dog", "a cat", clips=(make_clip(facts=Facts(events=events)),))
    assert plant(make_trace(known, thinking=CHAIN["sound_inserted"]), "sound_inserted") is None


def test_sections_of_a_structured_chain_stay_whole() -> None:
    parts = "<PLANNING>\nThe order of the sounds.\n</PLANNING>\n<CAPTION>\n{}\n</CAPTION>"
    for kind in EDITED:
        planted = planted_in(parts.format(CHAIN[kind]), kind)
        assert planted is not None, kind
        assert planted.trace.thinking.startswith("<PLANNING>\nThe order")
        assert planted.trace.thinking.endswith("\n</CAPTION>")
        assert planted.trace.thinking.count("<") == 4


def test_claims_are_plain_statements_alone() -> None:
    text = "A dog barks. Is it near? It may be far. Two cars pass by at 3.5 s. So the answer is a dog. - no stop"
    assert [claim.text for claim in claims_of(text)] == ["A dog barks.", "Two cars pass by at 3.5 s."]
    assert all(text[claim.start : claim.end] == claim.text for claim in claims_of(text))
