"""Questions that came with their recording are posed word for word, with every clip that they are about."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from audio_cogito.cleaning.balance import Settings as Balance
from audio_cogito.cleaning.contamination import Contamination
from audio_cogito.cleaning.known import Known
from audio_cogito.ledger import Drop, Failure
from audio_cogito.stages.near import Pair
from audio_cogito.stages.pose import pose
from audio_cogito.stages.select import Settings, select
from audio_cogito.stages.table import Table
from audio_cogito.types import Clip, Facts, Posed, Question, Statement, question_id
from made import make_clip


def posed(text: str = "Which?", *beside: str, **changes: Any) -> Posed:
    return Posed(
        type="choice", text=text, answer="a", choices=("a", "b"), skill="order", author="lab", beside=beside, **changes
    )


def clip(name: str, *questions: Posed, split: str | None = "train", **changes: Any) -> Clip:
    return make_clip(name, posed=questions, split=split, **changes)


def selected(
    folder: Path,
    clips: Sequence[Clip],
    *,
    benchmark: Clip | None = None,
    dropped: Drop | None = None,
    copies: Sequence[Pair] = (),
    targets: dict[int, int] | None = None,
    **given: Any,
) -> dict[str, Clip]:
    """Each clip is from a source of its own. `benchmark`: a sound that a benchmark has; `dropped`: by a gate."""
    exam = Contamination([Known(benchmark="exam", sounds=("q",))])
    if benchmark:
        exam.hear("exam", benchmark)
    table = Table(folder / "table.sqlite", exam)
    for rank, one in enumerate(clips):
        table.add(one, rank)
    if dropped:
        table.removed(dropped)
    entries = list(select(table, settings=Settings(**given), random_seed=0, copies=copies, targets=targets))
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


async def test_equal_sounds_that_come_with_questions_are_asked_all_of_them(tmp_path: Path) -> None:
    """A table of questions has a row for each, with the sound in each of them."""
    first = clip("a", posed("When?"), licence="MIT")
    second = msgspec.structs.replace(first, recording=clip("b", posed("When?"), posed("Why?"), licence="CC0").recording)
    (found,) = selected(tmp_path, [first, second]).values()
    asked = await pose(found)
    assert [entry.text for entry in asked if isinstance(entry, Question)] == ["When?", "Why?"]
    assert len(asked) == 2
    assert found.recording.licence == "MIT AND CC0"
    silent = msgspec.structs.replace(first, recording=clip("0").recording)
    (found,) = selected(tmp_path, [silent, first]).values()
    assert found.recording.posed == (), "an annotator writes what the first source leaves to one"


async def test_question_whose_second_recording_became_no_clip_fails_and_the_others_are_asked(tmp_path: Path) -> None:
    found = selected(tmp_path, [clip("z", posed("Which?", "gone.wav"), posed("When?"))])
    failure, question = await pose(found["z.wav"])
    assert isinstance(failure, Failure)
    assert failure.reason == "missing"
    assert "gone.wav" in failure.detail
    assert isinstance(question, Question)


TWO = clip("z", posed("Which?", "a.wav"), posed("When?"))
OTHER = make_clip("a", split="train", facts=Facts(labels=(Statement(text="Dog", origin="human"),)))
KEEPER = make_clip("keeper")
TOO_SHORT = Drop(stage="collect", subject="a.wav", reason="too_short", detail="0.10 s, less than 0.5")
REMOVALS: dict[str, tuple[dict[str, Any], str]] = {
    "benchmark_sound": ({"benchmark": OTHER}, "exam has a sound with the same samples"),
    "near_duplicate": (
        {"copies": [Pair(one=KEEPER.id, other=OTHER.id, offset=0, common=9.9, rule="print")]},
        "same recording as keeper.wav, by its fingerprint",
    ),
    "over_target": ({"balance": Balance(labels={"Dog": 0.0})}, "the label Dog has enough clips without it"),
    "over_target, its source": ({"targets": {2: 0}}, "its source has enough clips without it"),
    "too_short": ({"dropped": TOO_SHORT}, "0.10 s, less than 0.5"),
}


@pytest.mark.parametrize("why", REMOVALS)
async def test_question_whose_second_recording_was_removed_goes_for_that_reason_and_the_others_are_asked(
    tmp_path: Path, why: str
) -> None:
    given, said = REMOVALS[why]
    heard = [TWO, KEEPER] if why == "too_short" else [TWO, KEEPER, OTHER]
    found = selected(tmp_path, heard, **given)
    assert set(found) == {"z.wav", "keeper.wav"}
    drop, question = await pose(msgspec.json.decode(msgspec.json.encode(found["z.wav"]), type=Clip))
    assert drop == Drop(
        stage="construct",
        subject=TWO.id,
        reason=why.partition(",")[0],  # type: ignore[arg-type]
        detail=f"a.wav was removed ({said}), so this cannot be asked: Which?",
    )
    assert isinstance(question, Question)
    assert question.clips == (TWO.alone,)


async def test_clip_beside_has_the_split_and_the_facts_that_it_has_by_itself(tmp_path: Path) -> None:
    twin = msgspec.structs.replace(OTHER, recording=make_clip("twin", split="test").recording)
    found = selected(tmp_path, [clip("z", posed("Which?", "a.wav"), split="test"), OTHER, twin])
    (question,) = await pose(found["z.wav"])
    assert isinstance(question, Question)
    assert question.clips[1] == found["a.wav"].alone


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
