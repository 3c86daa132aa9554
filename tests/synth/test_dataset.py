"""A dataset of scenes: the same from any number of processes, resumed after a kill, refused where it cannot be made."""

from __future__ import annotations

import re
import subprocess
import sys
from hashlib import blake2b
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import soundfile

from audio_cogito.errors import SetupError
from audio_cogito.synth import card, dataset
from audio_cogito.synth import material as material_module
from audio_cogito.synth.composing import compose
from audio_cogito.synth.dataset import Making, composed, make
from audio_cogito.synth.material import Material, samples, sounding, takes
from audio_cogito.synth.questions import chosen
from audio_cogito.synth.render import render
from road import build, cogito_here, write_recipe

SMALL: dict[str, Any] = {"seconds": (2.0, 2.5), "events": (2, 3)}


def digests(folder: Path) -> dict[str, str]:
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {str(path.relative_to(folder)): blake2b(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts of ten scenes."""
    monkeypatch.setattr(dataset, "PART", 10)


def test_sound_and_questions_are_those_of_the_score(tmp_path: Path) -> None:
    making = Making(**SMALL, pairs=0.0)
    assert list(make(tmp_path, 12, making, jobs=1)) == [0, 12]
    found = list(composed(tmp_path))
    assert [one.scene.index for one in found] == list(range(12))
    for one in found:
        heard, rate = soundfile.read(tmp_path / one.path, dtype="float32")
        assert rate == 16000
        assert np.abs(heard - render(one.scene)).max() < 1e-4
        assert one.asked == chosen(one.scene, 3, vocabulary=dataset.vocabulary(making))


@pytest.mark.usefixtures("parts")
def test_killed_and_resumed_dataset_is_the_same_as_one_made_at_once(tmp_path: Path) -> None:
    making = Making(**SMALL)
    list(make(tmp_path / "once", 25, making, jobs=1))
    killed = make(tmp_path / "twice", 25, making, jobs=1)
    assert [next(killed), next(killed)] == [0, 10]
    killed.close()
    (tmp_path / "twice/audio/00001").mkdir()
    (tmp_path / "twice/audio/00001/.0000010.flac.1.2.part").write_bytes(b"half")
    assert list(make(tmp_path / "twice", 25, making, jobs=1)) == [10, 20, 25]
    (tmp_path / "twice/audio/00001/.0000010.flac.1.2.part").unlink()
    assert digests(tmp_path / "once") == digests(tmp_path / "twice")


@pytest.mark.usefixtures("parts")
def test_more_scenes_add_to_those_that_are_there(tmp_path: Path) -> None:
    making = Making(**SMALL, pairs=0.0)
    list(make(tmp_path, 12, making, jobs=1))
    before = {one.path: one for one in composed(tmp_path)}
    first, *_ = make(tmp_path, 30, making, jobs=1)
    assert first == 10
    after = {one.path: one for one in composed(tmp_path)}
    assert len(after) == 30
    assert all(after[path] == one for path, one in before.items())
    assert list(make(tmp_path, 12, making, jobs=1)) == [12]
    assert len(list(composed(tmp_path))) == 30


@pytest.mark.long
def test_processes_make_what_one_makes(tmp_path: Path) -> None:
    making = Making(**SMALL)
    list(make(tmp_path / "one", 1010, making, jobs=1))
    list(make(tmp_path / "two", 1010, making, jobs=2))
    assert digests(tmp_path / "one") == digests(tmp_path / "two")


def test_other_settings_and_foreign_folders_are_refused_and_left_alone(tmp_path: Path) -> None:
    list(make(tmp_path / "d", 3, Making(**SMALL), jobs=1))
    before = digests(tmp_path / "d")
    with pytest.raises(SetupError, match="other settings"):
        list(make(tmp_path / "d", 3, Making(**SMALL, random_seed=1), jobs=1))
    assert digests(tmp_path / "d") == before
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/thesis.txt").write_text("years of work")
    with pytest.raises(SetupError, match="holds something else"):
        list(make(tmp_path / "mine", 3, Making(), jobs=1))


def test_only_skills_that_are_named_are_asked_about_the_same_scenes(tmp_path: Path) -> None:
    """And a folder made before skills could be named keeps its stamp, so that it can be added to."""
    list(make(tmp_path / "all", 20, Making(**SMALL, pairs=0.0), jobs=1))
    list(make(tmp_path / "two", 20, Making(**SMALL, pairs=0.0, skills=("first", "present")), jobs=1))
    every, two = list(composed(tmp_path / "all")), list(composed(tmp_path / "two"))
    assert [one.scene for one in every] == [one.scene for one in two]
    assert {asked.skill for one in two for asked in one.asked} == {"first", "present"}
    assert len({asked.skill for one in every for asked in one.asked}) > 5
    assert b"skills" not in (tmp_path / "all" / dataset.STAMP).read_bytes()
    with pytest.raises(ValueError, match=r"nothing is asked of 'presnt'.*present"):
        Making(**SMALL, skills=("presnt",))


def test_full_disk_is_one_line_and_nothing_half_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, data: bytes) -> None:
        raise OSError(28, "No space left on device")

    list(make(tmp_path, 3, Making(**SMALL), jobs=1))
    monkeypatch.setattr(dataset, "write_whole", full)
    with pytest.raises(SetupError, match="cannot be written: No space left on device"):
        list(make(tmp_path, 8, Making(**SMALL), jobs=1))
    assert len(list(composed(tmp_path))) == 3


def test_full_disk_is_one_line_wherever_it_fills(tmp_path: Path) -> None:
    """By a limit on the size of files: at the first file, and at a picture of the card."""
    for kib, at in ((0, "cannot be written"), (150, r"pictures/0000000\.png")):
        out = tmp_path / str(kib)
        limited = f"ulimit -f {kib}; exec {sys.executable} -m audio_cogito.cli synth scenes --n 1 --out {out} --jobs 1"
        done = subprocess.run(["bash", "-c", limited], capture_output=True, text=True, check=False)
        assert done.returncode == 2
        assert re.search(f"cogito: .*{at}.*File too large", done.stderr), done.stderr
        assert "Traceback" not in done.stderr
        assert not list(out.rglob("*.part"))


def test_card_counts_what_is_there_and_shows_pictures(tmp_path: Path) -> None:
    list(make(tmp_path, 12, Making(**SMALL), jobs=1))
    counted = card.write(tmp_path, Making(**SMALL))
    text = (tmp_path / card.CARD).read_text()
    assert "12 scenes" in text
    assert f"{counted.questions:,} questions" in text
    pictures = sorted((tmp_path / "pictures").glob("*.png"))
    assert len(pictures) == card.SHOWN
    assert all(path.read_bytes().startswith(b"\x89PNG\r\n\x1a\n") for path in pictures)
    assert all(f"(pictures/{path.name})" in text for path in pictures)


# --- recordings -------------------------------------------------------------------------------------------------------


def test_bundled_recordings_are_small_credited_and_sound_from_their_beginning() -> None:
    folder = Path(dataset.__file__).parent / "recordings"
    found, credits = takes("bundled"), (folder / "CREDITS").read_text()
    assert sum(path.stat().st_size for path in folder.iterdir()) < 400_000
    assert {path.name for path in folder.glob("*.flac")} == {Path(take.path).name for take in found}
    for take in found:
        assert Path(take.path).name in credits
        assert take.licence == "CC0-1.0"
        assert take.skip < 0.05
        assert take.seconds <= 1.4


def test_scene_is_made_of_recordings_of_its_own_split() -> None:
    material = Material(takes("bundled"))
    of = {take.path: take for take in material.all}
    making = Making(recorded=1.0, blended=0.0, splits={"train": 0.5, "test": 0.5})
    made = [compose(making, 0, i, material) for i in range(100)]
    recorded = [scene for scene in made if scene.made_from]
    assert {scene.split for scene in recorded} == {"train", "test"}
    for scene in recorded:
        assert all(of[path].split == scene.split for path in scene.made_from)
        assert all(event.recording and of[event.recording].label == event.kind for event in scene.events)
        assert all(event.seconds <= of[event.recording or ""].seconds + 0.001 for event in scene.events)


async def test_any_collected_clips_with_one_label_can_be_composed(tmp_path: Path) -> None:
    folder = tmp_path / "recordings"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for i, name in enumerate(("saw", "owl", "gong", "tap", "horn", "hoof", "two labels")):
        quiet, sound = np.zeros(3200), 0.3 * np.sin(2 * np.pi * (200 + 90 * i) * np.arange(9600) / 16000)
        soundfile.write(
            folder / f"{name}.wav", np.concatenate([quiet, sound + 0.01 * rng.standard_normal(9600)]), 16000
        )
        labels = f'["{name}"]' if name != "two labels" else '["a", "b"]'
        (folder / f"{name}.json").write_text(f'{{"labels": {labels}, "domain": "sound", "split": "train"}}')
    recipe = write_recipe(
        tmp_path, "http://127.0.0.1:9/v1", sources={"folder": {"path": "recordings", "licence": "CC-BY-4.0"}}
    )
    await build(recipe, only="collect")
    found = takes(str(tmp_path / "runs/recipe"))
    assert {take.label for take in found} == {"saw", "owl", "gong", "tap", "horn", "hoof"}
    assert all(
        take.skip == pytest.approx(0.2, abs=0.02) and take.seconds == pytest.approx(0.6, abs=0.02) for take in found
    )
    making = Making(
        recorded=1.0, blended=0.0, recordings=str(tmp_path / "runs/recipe"), splits={"train": 1.0}, quiet=1.0
    )
    list(make(tmp_path / "d", 8, making, jobs=1))
    for one in composed(tmp_path / "d"):
        assert one.licences == ("CC-BY-4.0",)
        assert {event.kind for event in one.scene.events} <= {take.label for take in found}
        named = {c for a in one.asked if a.skill in ("first", "last", "nth", "after", "before") for c in a.choices}
        assert named <= {take.label for take in found}


def test_label_of_two_domains_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """No code can say which it names; "household" was a sound in one collection and a list of words in another."""
    every = list(takes("bundled"))
    told = [msgspec.structs.replace(every[0], domain="speech", label=every[-1].label), *every]
    monkeypatch.setattr(material_module, "_bundled", lambda: told)
    left = takes("bundled")
    assert {take.label for take in every} - {take.label for take in left} == {every[-1].label}


def test_quiet_around_a_recording_is_cut() -> None:
    heard = np.concatenate([np.zeros(1600), np.ones(3200) * 0.5, np.zeros(800)]).astype(np.float32)
    assert sounding(heard) == (0.1, 0.2)
    assert len(samples(takes("bundled")[0].path)) > 0


# --- the command ------------------------------------------------------------------------------------------------------


def test_command_makes_scenes_with_their_card(tmp_path: Path) -> None:
    done = cogito_here("synth", "scenes", "--n", "4", "--out", str(tmp_path / "d"), "--dial", "easy", "seconds=[3,3]")
    assert done.returncode == 0, done.stderr
    assert "4 scenes" in done.stdout
    assert len(list(composed(tmp_path / "d"))) == 4
    assert (tmp_path / "d/README.md").exists()


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["events=[10,10]", "seconds=[1,1]"], "10 events of at least 0.25 s"),
        (["evnts=[1,2]"], "did you mean events?"),
        (["recordings=nowhere"], "nowhere"),
        (["random_seed=many"], "random_seed"),
    ],
)
def test_impossible_wish_is_one_line_and_nothing_is_written(tmp_path: Path, arguments: list[str], line: str) -> None:
    done = cogito_here("synth", "scenes", "--n", "4", "--out", str(tmp_path / "d"), *arguments)
    assert done.returncode == 2
    assert line in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "d").exists()


def test_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = cogito_here("synth", "scenes", "--n", "4", "--out", str(tmp_path / "file/d"))
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1
    assert "cannot be written" in done.stderr
