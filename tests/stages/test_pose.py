"""Questions that came with their recording are posed word for word, with every clip that they are about."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from audio_cogito.ledger import Drop, Failure
from audio_cogito.stages.pose import pose
from audio_cogito.stages.select import Settings, Table, select
from audio_cogito.types import Clip, Posed, Question, question_id
from made import make_clip


def posed(text: str = "Which?", *beside: str, **changes: Any) -> Posed:
    return Posed(
        type="choice", text=text, answer="a", choices=("a", "b"), skill="order", author="lab", beside=beside, **changes
    )


def clip(name: str, *questions: Posed, split: str | None = "train", **changes: Any) -> Clip:
    return make_clip(name, posed=questions, split=split, **changes)


def selected(folder: Path, clips: Sequence[Clip]) -> dict[str, Clip]:
    table = Table(folder / "table.sqlite")
    for one in clips:
        table.add(one, 0)
    entries = list(select(table, settings=Settings(), random_seed=0))
    table.close()
    return {entry.recording.path: entry for entry in entries if isinstance(entry, Clip)}


async def test_question_is_posed_as_it_came_and_its_clip_holds_no_questions() -> None:
    one = clip("a", posed(), posed("When?"))
    first, second = await pose(one)
    assert isinstance(first, Question)
    assert isinstance(second, Question)
    assert (first.text, first.choices, first.answer, first.skill, first.author) == (
        "Which?", ("a", "b"), "a", "order", "lab",
    )  # fmt: skip
    assert first.id == question_id((one,), "choice", "Which?", ("a", "b"), "a")
    assert first.clips == (one.alone,)
    assert first.clips[0].recording.posed == ()


async def test_question_about_two_recordings_gets_both_clips_in_order(tmp_path: Path) -> None:
    found = selected(tmp_path, [clip("z", posed("Which?", "a.wav")), clip("a", posed("Other?"))])
    (question,) = await pose(found["z.wav"])
    assert isinstance(question, Question)
    assert [one.recording.path for one in question.clips] == ["z.wav", "a.wav"]
    assert all(one.recording.posed == () and one.beside == {} for one in question.clips)


async def test_equal_sound_that_was_kept_stands_for_the_duplicate_that_was_named(tmp_path: Path) -> None:
    twin = clip("a")
    copy = msgspec.structs.replace(twin, recording=msgspec.structs.replace(twin.recording, path="copy.wav"))
    found = selected(tmp_path, [clip("z", posed("Which?", "copy.wav")), twin, copy])
    assert "copy.wav" not in found
    (question,) = await pose(found["z.wav"])
    assert isinstance(question, Question)
    assert question.clips[1].id == twin.id
    assert question.clips[1].recording.path == "a.wav"


async def test_question_whose_second_recording_became_no_clip_fails_and_the_others_are_asked(tmp_path: Path) -> None:
    found = selected(tmp_path, [clip("z", posed("Which?", "gone.wav"), posed("When?"))])
    failure, question = await pose(found["z.wav"])
    assert isinstance(failure, Failure)
    assert failure.reason == "missing"
    assert "gone.wav" in failure.detail
    assert isinstance(question, Question)


async def test_question_across_splits_is_dropped(tmp_path: Path) -> None:
    found = selected(tmp_path, [clip("z", posed("Which?", "a.wav")), clip("a", split="test")])
    (drop,) = await pose(found["z.wav"])
    assert isinstance(drop, Drop)
    assert drop.reason == "splits_mixed"
    assert "test, train" in drop.detail


async def test_question_that_came_twice_is_asked_once() -> None:
    first, second = await pose(clip("a", posed(), posed()))
    assert isinstance(first, Question)
    assert isinstance(second, Drop)
    assert second.reason == "duplicate"
