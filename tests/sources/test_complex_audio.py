"""Composed scenes walk the road: their questions are thought about and verified, and no annotator is asked."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from audio_cogito import shards
from audio_cogito.errors import SetupError
from audio_cogito.run import RunRecord
from audio_cogito.sources import complex_audio
from audio_cogito.synth import dataset
from audio_cogito.synth.dataset import Making, make
from audio_cogito.types import Question, Recording, Trace
from road import build, results, write_recipe
from server import Options, Server
from tones import noise, write

SCENES = 30


def making(**changes: Any) -> Making:
    return Making(**({"pairs": 1.0, "seconds": (3.0, 4.0), "events": (2, 4)} | changes))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scenes")
    list(make(folder, SCENES, making(), jobs=1))
    return folder


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with Server(Options()) as server:
        server.keep = True
        yield server


def recipe(folder: Path, scenes: Path, server: Server, name: str = "recipe", **source: Any) -> Path:
    sources = {"complex_audio": {"path": str(scenes), **source}}
    path = write_recipe(folder, server.url, name=name, sources=sources)
    text = path.read_text()
    if not source:  # no annotator is named at all
        head, _, rest = text.partition("[models.annotator]")
        path.write_text(head + rest[rest.index("[models.thinker]") :])
    return path


def sums_hold(record: RunRecord) -> bool:
    stages = record.stages.values()
    return all(s.read == s.answered + s.unanswered and s.made == s.kept + s.dropped + s.failed for s in stages)


async def test_posed_questions_are_all_thought_about_and_no_annotator_is_asked(
    tmp_path: Path, folder: Path, server: Server
) -> None:
    record = await build(recipe(tmp_path, folder, server))
    stages = record.stages
    posed = sum(len(one.asked) for one in dataset.composed(folder))
    assert sums_hold(record)
    assert stages["collect"].kept == stages["select"].kept == stages["construct"].read == SCENES
    assert stages["construct"].kept == stages["think"].read == posed
    assert "annotator" not in record.usage
    traces = [trace for _, found in shards.inputs(tmp_path / "runs/recipe/verify", Trace) for trace in found]
    assert len(traces) == stages["think"].kept
    pairs = [trace.question for trace in traces if len(trace.question.clips) == 2]
    assert pairs
    assert all(clip.recording.posed == () for trace in traces for clip in trace.question.clips)
    assert all(trace.question.author == complex_audio.AUTHOR for trace in traces)


async def test_both_roads_write_the_same_traces_from_posed_questions(
    tmp_path: Path, folder: Path, server: Server
) -> None:
    await build(recipe(tmp_path, folder, server, "whole"))
    path = recipe(tmp_path, folder, server, "staged")
    records = [await build(path, only=stage) for stage in ("collect", "select", "construct", "think", "verify")]
    assert all(sums_hold(record) for record in records)
    whole, staged = (results(tmp_path / "runs" / name) for name in ("whole", "staged"))
    same = {place for place in whole if place.startswith(("verify", "select"))}
    assert same
    assert {place: whole[place] for place in same} == {place: staged[place] for place in same}
    questions = [q for _, found in shards.inputs(tmp_path / "runs/staged/construct", Question) for q in found]
    assert len(questions) == records[-1].stages["construct"].kept


async def test_annotator_may_write_its_own_questions_from_exact_facts(
    tmp_path: Path, folder: Path, server: Server
) -> None:
    record = await build(recipe(tmp_path, folder, server, posed=False), limit=5)
    assert record.usage["annotator"].calls == 5
    assert b"exact, by construction" in server.requests[0]


def test_recording_has_the_facts_split_and_domains_of_its_scene(folder: Path) -> None:
    found = list(complex_audio.recordings(complex_audio.Settings(path=str(folder))))
    for one, scene in zip(found, dataset.composed(folder), strict=True):
        assert isinstance(one, Recording)
        assert one.split == scene.scene.split
        assert one.domains == scene.scene.domains
        assert len(one.facts.events) == len(scene.scene.events) + (scene.scene.background is not None)
        assert one.licence == "CC0-1.0"
        assert Path(one.path).is_file()
        for posed in one.posed:
            assert all(Path(ref).is_file() and ref != one.path for ref in posed.beside)


def test_question_about_two_recordings_stays_within_a_split(tmp_path: Path) -> None:
    list(make(tmp_path / "d", 60, making(splits={"train": 0.5, "test": 0.5}), jobs=1))
    scenes = {one.scene.index: one for one in dataset.composed(tmp_path / "d")}
    about = [(one, scenes[a.other]) for one in scenes.values() for a in one.asked if a.other is not None]
    assert about
    assert all(one.scene.split == other.scene.split for one, other in about)


def test_folder_without_scenes_is_refused_with_the_command_that_makes_some(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="cogito synth scenes"):
        complex_audio.recordings(complex_audio.Settings(path=str(tmp_path)))


async def test_missing_sound_is_a_failure_and_so_is_the_question_that_names_it(tmp_path: Path, server: Server) -> None:
    folder = tmp_path / "d"
    list(make(folder, 6, making(), jobs=1))
    holder = next(one for one in dataset.composed(folder) if any(a.other is not None for a in one.asked))
    (folder / dataset.path_of(holder.scene.index + 1)).unlink()
    record = await build(recipe(tmp_path, folder, server))
    assert record.stages["collect"].failed == 1
    assert record.stages["construct"].reasons == {"missing": 1}
    assert sums_hold(record)


async def test_sound_that_a_gate_drops_takes_the_question_that_names_it_along_and_nothing_fails(
    tmp_path: Path, server: Server
) -> None:
    folder = tmp_path / "d"
    list(make(folder, 6, making(), jobs=1))
    holder = next(one for one in dataset.composed(folder) if any(a.other is not None for a in one.asked))
    write(folder / dataset.path_of(holder.scene.index + 1), noise(0.1))
    record = await build(recipe(tmp_path, folder, server))
    assert record.stages["collect"].reasons == record.stages["construct"].reasons == {"too_short": 1}
    assert sums_hold(record)
    assert record.state == "finished"
