"""What the model is taught is true, worded as a recipe words it, and never asked in the exam. No torch is needed."""

from __future__ import annotations

from collections import Counter

from audio_cogito.answers import read_answer
from audio_cogito.nano import lessons
from audio_cogito.nano.lessons import KNOWN, SKILLS, Lesson, lesson, scene_of
from audio_cogito.stages.think import render_question
from audio_cogito.synth.questions import questions
from audio_cogito.synth.scenes import draw_for
from audio_cogito.types import Question
from made import make_clip


def taught(count: int, **options: object) -> list[Lesson]:
    drawn = (lesson(scene_of(1, i), draw_for(1, i, "t"), **options) for i in range(count))  # type: ignore[arg-type]
    return [one for one in drawn if one is not None]


def test_the_answer_is_the_scores() -> None:
    for one in taught(200):
        keys = {asked.answer for asked in questions(one.scene, vocabulary=KNOWN) if asked.text == one.question}
        assert one.skill == "strange" or one.answer in keys


def test_the_words_are_those_of_the_think_stage() -> None:
    clip = make_clip()
    for one in taught(50):
        kind = "choice" if one.choices else "open"
        asked = Question(
            id="1", clips=(clip,), type=kind, text=one.question, choices=one.choices, answer=one.answer, skill=one.skill
        )  # fmt: skip
        assert one.words == render_question(asked, lessons.think_prompt())


def test_the_reply_is_read_as_the_answer_and_names_no_letter() -> None:
    for one in taught(200):
        reply = "".join(one.parts)
        text = reply.rpartition("</think>")[2]
        if one.choices and one.skill != "strange":
            asked = Question(id="1", clips=(), type="choice", text=one.question, choices=one.choices, answer=one.answer)
            assert read_answer(text, asked) == one.answer
        assert "option" not in reply.lower()


def test_every_skill_is_taught_and_none_alone() -> None:
    counts = Counter(one.skill for one in taught(1500))
    assert set(counts) == {*SKILLS, "strange"}
    assert max(counts.values()) < 6 * min(counts.values())


def test_strange_questions_are_answered_with_not_knowing() -> None:
    for one in taught(40, skill="strange"):
        assert one.answer == "I cannot tell."
        assert one.timeline
        if one.choices:
            asked = Question(id="1", clips=(), type="choice", text=one.question, choices=one.choices, answer="")
            assert read_answer(one.answer, asked) is None


def test_strange_questions_of_the_exam_are_never_taught() -> None:
    assert lessons.strange_questions(True)
    assert not set(lessons.strange_questions(True)) & set(lessons.strange_questions(False))
    unknown = {one.question for one in taught(300, skill="strange", exam=True)}
    assert not unknown & {one.question for one in taught(3000, skill="strange")} - {
        text for text in unknown if not any(sound in text for sound in lessons.STRANGE_SOUNDS)
    }


def test_a_scene_of_its_world_has_only_what_it_knows() -> None:
    for index in range(100):
        scene = scene_of(3, index)
        assert {event.kind for event in scene.events} <= set(lessons.WORLD.kinds)
        assert scene.seconds <= 10
