"""A gold chain says what the score says, concludes its answer and passes the checks that a model's chain must pass."""

from __future__ import annotations

import re

import pytest

from audio_cogito.answers import conclusion, read_answer
from audio_cogito.checks import complete, consistent
from audio_cogito.synth.chains import chain, timeline
from audio_cogito.synth.composing import compose
from audio_cogito.synth.facts import facts
from audio_cogito.synth.pairs import pair_questions
from audio_cogito.synth.questions import questions
from audio_cogito.synth.scenes import Scene
from audio_cogito.synth.settings import DIALS
from made import make_question, make_trace

SCENES = [compose(DIALS[dial], 5, i) for dial in DIALS for i in range(25)]


def test_timeline_names_every_event_in_order_with_its_time() -> None:
    for scene in SCENES:
        said = timeline(scene)
        found = re.findall(r"(?:at|from) (\d+\.\d)", said)
        assert [float(moment) for moment in found] == pytest.approx([e.start for e in scene.events], abs=0.051)
        place = 0
        for event in scene.events:
            place = said.index(event.kind, place) + 1
        assert f"Background: {scene.background or 'nothing'}." in said


@pytest.mark.long
async def test_gold_chain_is_complete_and_consistent_for_every_question() -> None:
    for scene in SCENES:
        for asked in questions(scene):
            question = make_question(*asked.choices, answer=asked.answer, text=asked.text, type=asked.type)
            trace = make_trace(question, thinking=chain(scene, asked).text, text=asked.answer)
            assert read_answer(asked.answer, question) == asked.answer
            assert conclusion(trace.thinking, question) in (asked.answer, None)
            for check in (complete, consistent):
                verdict = await check.check(trace, models={}, prompts={}, settings=check.Settings())
                assert verdict.outcome == "pass", (trace.thinking, asked, verdict)


def test_chain_holds_no_letter_of_an_option_and_ends_with_the_answer() -> None:
    for scene in SCENES:
        for asked in questions(scene):
            text = chain(scene, asked).text
            assert text.endswith(f"so the answer is {asked.answer}.")
            assert not re.search(r"\b(option|choice) [A-D]\b|\([a-dA-D]\)", text)
            assert "None" not in text
            assert "{" not in text


def test_timeline_is_the_same_whatever_is_asked() -> None:
    for scene in SCENES[:20]:
        bodies = {re.split(r" (?=an? )", chain(scene, asked).timeline, maxsplit=1)[1] for asked in questions(scene)}
        assert len(bodies) == 1


def test_marks_are_said_where_they_are_certain() -> None:
    loud = [scene for scene in SCENES if " loud " in timeline(scene)]
    assert loud
    for scene in loud:
        levels = sorted(event.level_db for event in scene.events)
        assert levels[-1] - levels[-2] >= 6


def test_chain_of_two_recordings_tells_both() -> None:
    one, other = compose(DIALS["easy"], 1, 0), compose(DIALS["easy"], 1, 1)
    asked = pair_questions(one, other)[0]
    text = chain(one, asked, other=other).text
    assert text.startswith("In the first recording: ")
    assert all(event.kind in text for scene in (one, other) for event in scene.events)


def test_facts_are_exact_and_composed() -> None:
    for scene in SCENES:
        said = facts(scene)
        events = [event for event in said.events if event.label != scene.background]
        assert [(e.label, e.start, e.end) for e in events] == [
            (e.kind, e.start, pytest.approx(e.end)) for e in scene.events
        ]
        assert {s.origin for s in (*said.labels, *said.events, *said.captions)} == {"composed"}


def test_time_is_said_to_the_grid_that_is_asked_for() -> None:
    scene: Scene = SCENES[3]
    asked = questions(scene)[0]
    assert set(re.findall(r"\.(\d)\b", chain(scene, asked, grid=0.5).timeline)) <= {"0", "5"}
