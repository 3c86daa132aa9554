"""Mixtures: domains at a stated ratio, sounds of the library beside recordings, one split, a truth that stays exact."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from audio_cogito.synth import card, dataset
from audio_cogito.synth.asking import Asked
from audio_cogito.synth.composing import compose
from audio_cogito.synth.dataset import Composed, Making, composed, make
from audio_cogito.synth.facts import facts
from audio_cogito.synth.library import BACKGROUNDS, KINDS, Kind, Modality, akin, clashes
from audio_cogito.synth.material import Material, Take, takes
from audio_cogito.synth.palette import comparable, vocabulary
from audio_cogito.synth.questions import questions
from audio_cogito.synth.render import loudness, render, voice
from audio_cogito.synth.scenes import Scene
from audio_cogito.synth.settings import DIALS, Settings, domains_of
from road import build, cogito, write_recipe
from synth.truth import is_true

MODALITIES: tuple[Modality, ...] = ("sound-music", "sound-speech", "music-speech", "sound-music-speech")
MIXED = Settings(composite=1.0, tracks=(3, 3), seconds=(6, 6), mixtures=MODALITIES, quiet=0.2)
BOTH: dict[str, Any] = {"recorded": 1.0, "blended": 1.0, "splits": {"train": 1.0}}
LONG = {
    "sound": ("engine", "waterfall", "helicopter"),
    "speech": ("lecture", "prayer"),
    "music": ("tabla", "sitar", "bagpipes"),
}


@pytest.fixture(scope="module")
def tracks(tmp_path_factory: pytest.TempPathFactory) -> Material:
    """Recordings of 4 s, two a label, one of each split."""
    folder = tmp_path_factory.mktemp("tracks")
    draw, found = np.random.default_rng(0), []
    for domain, labels in LONG.items():
        for label in labels:
            for split in ("train", "test"):
                path = folder / f"{label}-{split}.flac"
                soundfile.write(path, 0.2 * draw.standard_normal(64000), 16000)
                found.append(Take(label=label, path=str(path), domain=domain, split=split, skip=0.0, seconds=4.0,
                                  licence="CC-BY-4.0"))  # type: ignore[arg-type]  # fmt: skip
    return Material(found)


def sorts(scene: Scene) -> set[tuple[str, bool]]:
    return {(event.domain, event.recording is not None) for event in scene.events}


# --- modalities and ratios --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("modality", MODALITIES)
def test_scene_of_a_mixed_modality_holds_its_domains_and_no_other(modality: Modality) -> None:
    settings = Settings(composite=1.0, tracks=(3, 3), seconds=(6, 6), mixtures=(modality,), quiet=0.0)
    made = [compose(settings, 7, i) for i in range(60)]
    assert any(scene.background for scene in made) is ("sound" in modality)
    for scene in made:
        assert set(scene.domains) == set(domains_of(modality))
        assert scene.modality == f"mix-{modality}"
        assert {BACKGROUNDS[scene.background]} <= set(scene.domains) if scene.background else True


def test_one_dataset_holds_all_four_modalities_about_equally_often() -> None:
    counts = Counter(compose(MIXED, 3, i).modality for i in range(400))
    assert set(counts) == {f"mix-{modality}" for modality in MODALITIES}
    assert min(counts.values()) > 70


def test_what_is_in_front_lies_above_the_rest_by_the_stated_ratio() -> None:
    """Measured on the samples: the level of the one against the summed power of the others."""
    fronts = Counter[str]()
    for i in range(60):
        scene = compose(Settings(**mixed_with(front_db=(-3.0, 15.0))), 4, i)
        heard = [loudness(voice(event)) for event in scene.events]
        (front,) = [n for n, event in enumerate(scene.events) if event.kind == scene.front]
        rest = 10 * np.log10(sum(10 ** (level / 10) for n, level in enumerate(heard) if n != front))
        assert scene.front_db is not None
        assert -3.0 <= scene.front_db <= 15.0
        assert heard[front] - rest == pytest.approx(scene.front_db, abs=0.1)
        fronts[scene.events[front].domain] += 1
    assert set(fronts) == {"sound", "speech", "music"}


def mixed_with(**changes: Any) -> dict[str, Any]:
    return {"composite": 1.0, "tracks": (2, 4), "seconds": (6, 6), "mixtures": MODALITIES[:3], **changes}


def test_mixture_never_clips() -> None:
    for i in range(20):
        samples = render(compose(Settings(**mixed_with(front_db=(15.0, 15.0), rooms=1.0, codecs=0.5)), 4, i))
        assert 0.01 < np.abs(samples).max() < 1.0


# --- the library beside recordings ------------------------------------------------------------------------------------


def test_scene_in_sequence_holds_bundled_recordings_and_sounds_of_the_library() -> None:
    material = Material(takes("bundled"))
    made = [compose(Settings(**BOTH), 0, i, material) for i in range(150)]
    both = [scene for scene in made if len({recorded for _, recorded in sorts(scene)}) == 2]
    assert len(both) > 140
    for scene in both:
        domains = [domain for domain, _ in sorts(scene)]
        assert len(domains) == len(set(domains)), "a domain of both sorts"
        assert scene.made_from
        assert all(event.kind in KINDS for event in scene.events if event.recording is None)


@pytest.mark.parametrize("modality", MODALITIES)
def test_mixed_modalities_are_made_of_recordings_and_the_library(modality: Modality, tracks: Material) -> None:
    settings = Settings(composite=1.0, tracks=(3, 3), seconds=(6, 6), mixtures=(modality,), **BOTH)
    for i in range(40):
        scene = compose(settings, 7, i, tracks)
        assert {recorded for _, recorded in sorts(scene)} == {True, False}
        assert set(scene.domains) == set(domains_of(modality))


def test_half_of_the_scenes_with_recordings_are_blended_unless_said_otherwise(tracks: Material) -> None:
    made = [compose(Settings(recorded=1.0, splits={"train": 1.0}), 1, i, tracks) for i in range(200)]
    shares = Counter(frozenset(recorded for _, recorded in sorts(scene)) for scene in made)
    assert 70 < shares[frozenset({True, False})] < 130
    assert shares[frozenset({True})] > 70
    assert not any(sorts(compose(Settings(recorded=1.0, blended=0.0), 1, i, tracks)) >= {("sound", False)}
                   for i in range(50))  # fmt: skip


def test_blended_scene_is_of_one_split(tracks: Material) -> None:
    split_of = {take.path: take.split for take in tracks.all}
    made = [compose(Settings(**{**BOTH, "splits": {"train": 0.5, "test": 0.5}}), 2, i, tracks) for i in range(100)]
    assert {scene.split for scene in made} == {"train", "test"}
    assert all({split_of[path] for path in scene.made_from} == {scene.split} for scene in made)


def test_domain_that_the_recordings_lack_comes_of_the_library() -> None:
    """Even where nobody asked for a blend: recordings alone cannot fill the mixture."""
    found = [Take(label=f"song {i}", path="x", domain="music", split="train", skip=0, seconds=4) for i in range(5)]
    settings = Settings(composite=1.0, mixtures=("music-speech",), recorded=1.0, blended=0.0, splits={"train": 1.0})
    for i in range(20):
        assert sorts(compose(settings, 1, i, Material(found))) == {("music", True), ("speech", False)}


def test_sound_that_may_be_a_recordings_by_another_name_is_neither_there_nor_named(tracks: Material) -> None:
    """A recording is called "engine": the library's engine, also called a motor, is not offered beside recordings."""
    assert akin(KINDS["engine"], tracks.kinds["engine"])
    assert akin(KINDS["engine"], Kind(name="Motor (medium)", domain="sound", family="x", seconds=(1, 1)))
    assert not akin(KINDS["engine"], tracks.kinds["sitar"])
    for i in range(200):
        scene = compose(Settings(**BOTH), 5, i, tracks)
        own = [event.kind for event in scene.events if event.recording is None]
        assert "engine" not in own
        known = vocabulary(Settings(), tracks, scene)
        recorded = {domain for domain, sort in sorts(scene) if sort}
        assert {kind.domain for name, kind in known.kinds.items() if name in tracks.kinds} <= recorded
        assert not {kind.domain for name, kind in known.kinds.items() if name not in tracks.kinds} & recorded


def test_every_question_about_a_blended_scene_is_true_and_its_wrong_choices_are_false(tracks: Material) -> None:
    seen: Counter[str] = Counter()
    for dial in ("medium", "hard"):
        settings = Settings(**{**_as_table(DIALS[dial]), **BOTH})
        for i in range(80):
            scene = compose(settings, 9, i, tracks)
            for asked in questions(scene, vocabulary=vocabulary(settings, tracks, scene)):
                _holds(asked, scene)
                seen[asked.skill] += 1
    assert len(seen) >= 18


def _as_table(settings: Settings) -> dict[str, Any]:
    return {name: getattr(settings, name) for name in settings.__struct_fields__}


def _holds(asked: Asked, scene: Scene) -> None:
    assert len(asked.choices) == len(set(asked.choices))
    for choice in asked.choices:
        assert is_true(asked, choice, scene) is (choice == asked.answer), (asked, choice)


def test_recorded_speech_is_not_put_before_a_crowd_nor_the_sea_before_waves() -> None:
    for label, domain, bed in (("lecture", "speech", "crowd"), ("Ocean", "sound", "waves"), ("Car", "sound", "traffic"),
                               ("Rain on a roof", "sound", "rain"), ("waltz", "music", "soft music")):  # fmt: skip
        assert clashes(bed, Kind(name=label, domain=domain, family=domain, seconds=(1, 1)))  # type: ignore[arg-type]
    assert not clashes("waves", Kind(name="lecture", domain="speech", family="speech", seconds=(1, 1)))


def test_two_scenes_are_compared_only_where_a_domain_is_of_one_sort(tracks: Material) -> None:
    settings = Settings(**BOTH)
    made = [compose(settings, 6, i, tracks) for i in range(60)]
    counts = Counter(comparable(one, other) for one, other in pairwise(made))
    assert set(counts) == {True, False}
    for one, other in pairwise(made):
        if comparable(one, other):
            known = vocabulary(settings, tracks, one, other)
            assert {event.kind for scene in (one, other) for event in scene.events} <= set(known.kinds)
            assert not any((domain, not sort) in sorts(other) for domain, sort in sorts(one))


# --- the dataset ------------------------------------------------------------------------------------------------------


@pytest.mark.long
async def test_any_collected_clips_are_mixed_with_the_library_and_credited(tmp_path: Path) -> None:
    folder = tmp_path / "recordings"
    folder.mkdir()
    draw = np.random.default_rng(1)
    for number, (domain, labels) in enumerate(LONG.items()):
        for label in labels:
            soundfile.write(folder / f"{label}.wav", 0.2 * draw.standard_normal(40000 + number), 16000)
            (folder / f"{label}.json").write_text(f'{{"labels": ["{label}"], "domain": "{domain}", "split": "train"}}')
    recipe = write_recipe(tmp_path, "http://127.0.0.1:9/v1", sources={"folder": {"path": "recordings", "licence": "L"}})
    await build(recipe, only="collect")
    wish = ["composite=0.5", f"mixtures={list(MODALITIES)}", "tracks=[3,3]", "seconds=[5,6]", "recorded=1.0",
            "blended=1.0", "splits={train=1.0}"]  # fmt: skip
    run = f"recordings={tmp_path / 'runs/recipe'}"
    done = cogito("synth", "scenes", "--n", "24", "--out", str(tmp_path / "d"), run, *wish)
    assert done.returncode == 0, done.stderr
    found = list(composed(tmp_path / "d"))
    assert all(_mixed_and_credited(one) for one in found)
    assert {one.scene.modality for one in found if one.scene.form == "composite"} <= {f"mix-{m}" for m in MODALITIES}
    counted = card.write(tmp_path / "d", Making())
    assert counted.licences == {"L": 24}
    labels = {statement.text for one in found for statement in facts(one.scene).labels}
    assert labels & set(KINDS)
    assert labels & {label for names in LONG.values() for label in names}


def _mixed_and_credited(one: Composed) -> bool:
    return {recorded for _, recorded in sorts(one.scene)} == {True, False} and one.licences == ("L",)


def test_blended_dataset_of_bundled_recordings_asks_about_pairs(tmp_path: Path) -> None:
    making = Making(recordings="bundled", pairs=1.0, **BOTH)
    list(make(tmp_path, 40, making, jobs=1))
    found = {one.scene.index: one for one in composed(tmp_path)}
    pairs = [(one.scene, asked) for one in found.values() for asked in one.asked if asked.other is not None]
    assert pairs
    for scene, asked in pairs:
        other = found[asked.other or 0].scene
        for choice in asked.choices:
            assert is_true(asked, choice, scene, other) is (choice == asked.answer)


def test_same_settings_give_the_same_blended_scenes(tracks: Material) -> None:
    settings = Settings(**BOTH)
    assert [compose(settings, 3, i, tracks) for i in range(20)] == [compose(settings, 3, i, tracks) for i in range(20)]
    assert dataset.VERSION == 2
