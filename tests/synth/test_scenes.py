"""Scenes are drawn within their settings, the same whatever else is made; what cannot be drawn is refused."""

from __future__ import annotations

from itertools import pairwise

import msgspec
import pytest

from audio_cogito import config
from audio_cogito.errors import SetupError
from audio_cogito.synth.composing import compose
from audio_cogito.synth.library import KINDS, clashes
from audio_cogito.synth.scenes import Scene
from audio_cogito.synth.settings import DIALS, EDGE, SHORTEST, STAGGER, Settings

COUNT = 300
ALL = {"small": Settings(), **DIALS}


def scenes(settings: Settings, count: int = COUNT) -> list[Scene]:
    return [compose(settings, 7, i) for i in range(count)]


@pytest.mark.parametrize("name", ALL)
def test_every_event_lies_within_the_scene_and_onsets_can_be_told_apart(name: str) -> None:
    for scene in scenes(ALL[name]):
        assert all(event.start >= 0 and event.end <= scene.seconds + 1e-6 for event in scene.events)
        least = STAGGER if scene.form == "composite" else SHORTEST / 2
        assert all(b.start - a.start >= least - 0.002 for a, b in pairwise(scene.events))


@pytest.mark.parametrize("name", ALL)
def test_numbers_of_events_lengths_and_levels_are_as_set(name: str) -> None:
    settings = ALL[name]
    for scene in scenes(settings):
        assert settings.seconds[0] <= scene.seconds <= settings.seconds[1]
        low, high = settings.events if scene.form == "temporal" else settings.tracks
        assert low <= len(scene.events) <= high
        assert all(event.seconds >= SHORTEST - 0.001 for event in scene.events)
        if scene.snr_db is not None:
            assert settings.snr_db[0] <= scene.snr_db <= settings.snr_db[1]


def test_without_overlap_events_are_apart() -> None:
    settings = Settings(events=(5, 5), gap=0.1)
    for scene in scenes(settings):
        assert all(b.start - a.end >= 0.1 - 0.002 for a, b in pairwise(scene.events))


def test_dial_makes_scenes_overlap_and_harder() -> None:
    hard = [s for s in scenes(DIALS["hard"]) if s.form == "temporal"]
    assert any(b.start < a.end for s in hard for a, b in pairwise(s.events))
    easy = scenes(DIALS["easy"])
    assert max(len(s.events) for s in easy) < min(len(s.events) for s in hard)
    assert min(s.snr_db for s in easy if s.snr_db) > max(s.snr_db for s in hard if s.snr_db)


def test_scene_is_the_same_whatever_else_is_made_and_another_for_another_seed() -> None:
    alone, among = compose(DIALS["medium"], 7, 42), scenes(DIALS["medium"], 50)[42]
    assert alone == among
    assert compose(DIALS["medium"], 8, 42) != alone


def test_score_comes_back_from_json_as_it_was() -> None:
    for scene in scenes(DIALS["hard"], 20):
        assert msgspec.json.decode(msgspec.json.encode(scene), type=Scene) == scene


def test_no_event_could_be_part_of_its_background() -> None:
    for scene in scenes(DIALS["medium"]):
        assert not any(clashes(scene.background, KINDS[event.kind]) for event in scene.events)


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"events": [10, 10], "seconds": [1, 1]}, "10 events of at least 0.25 s, 0.1 s apart, need 3.60 s"),
        ({"composite": 0.5, "tracks": [4, 6], "seconds": [4, 5]}, "6 tracks that begin 0.5 s apart need 4.5 s"),
        ({"kinds": ["beep", "bel"]}, "no sound 'bel'; did you mean 'bell'?"),
        ({"backgrounds": ["raim"]}, "no background 'raim'; did you mean 'rain'?"),
        ({"kinds": ["beep", "bell"]}, "too few for wrong choices"),
        ({"events": [5, 2]}, "events: 5 is more than 2"),
        ({"snr_db": [-20, 0]}, "the quietest event is not heard"),
        ({"gap": -1}, "may overlap by"),
        ({"splits": {"train": 0.5}}, "must sum to 1"),
        ({"splits": {"train": 1.5, "test": -0.5}}, "no share may be less than 0"),
        ({"seconds": [5.0, float("inf")]}, "seconds: both ends must be numbers, not 5 and inf"),
        ({"snr_db": [float("nan"), 20.0]}, "snr_db: both ends must be numbers, not nan and 20"),
        ({"gap": float("nan")}, "gap: nan is no number"),
        ({"seconds": [5, 100000]}, "a scene may last 600 s at most, not 100000"),
        ({"composite": 1, "mixtures": ["sound-music-speech"], "tracks": [2, 3]}, "needs tracks of 3 or more"),
        ({"composite": 2}, "composite"),
        ({"event": [1, 2]}, "did you mean events?"),
    ],
)
def test_impossible_settings_are_refused_with_the_reason(settings: dict[str, object], reason: str) -> None:
    with pytest.raises(SetupError, match=reason.replace("?", r"\?")) as raised:
        config.read_settings(settings, Settings, where="synth scenes")
    assert "\n" not in str(raised.value)


def test_edges_stay_quiet() -> None:
    for scene in scenes(Settings()):
        assert scene.events[0].start >= EDGE - 0.001
        assert scene.events[-1].end <= scene.seconds - EDGE + 0.01
