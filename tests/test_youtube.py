"""A clip's name says the video and perhaps the time, whoever downloaded it; what says neither is no clip."""

from __future__ import annotations

from pathlib import Path

import pytest

from audio_cogito.reading import youtube
from lying import write


@pytest.mark.parametrize(
    ("stem", "said"),
    [
        ("--4gqARaEJE", ("--4gqARaEJE", None)),
        ("Y--4gqARaEJE", ("--4gqARaEJE", None)),
        ("YxlGt805lTA", ("YxlGt805lTA", None)),
        ("YYxlGt805lTA", ("YxlGt805lTA", None)),
        ("Yabcdefghi__30", ("Yabcdefghi_", 30.0)),
        ("--4gqARaEJE_0.000", ("--4gqARaEJE", 0.0)),
        ("--4gqARaEJE_30000_40000", ("--4gqARaEJE", 30000.0)),
        ("--4gqARaEJE_30-40", ("--4gqARaEJE", 30.0)),
        ("Y--4gqARaEJE_60.000_70.000", ("--4gqARaEJE", 60.0)),
        ("a_1_2_3_4_5_30", ("a_1_2_3_4_5", 30.0)),
        ("short", None),
        ("--4gqARaEJE_x", None),
        ("--4gqARaEJE_", None),
        ("X--4gqARaEJE", None),
        ("--4gqARaEJÉ", None),
        ("--4gqARaEJE_٣٠", None),
    ],
)
def test_every_habit_of_naming_is_read(stem: str, said: tuple[str, float | None] | None) -> None:
    assert youtube.parsed(stem) == said


@pytest.mark.parametrize(
    ("names", "start", "taken"),
    [
        (["--4gqARaEJE.wav", "--4gqARaEJE_30.wav"], 30, "--4gqARaEJE_30.wav"),
        (["--4gqARaEJE_30000_40000.wav", "Y--4gqARaEJE.wav"], 30, "--4gqARaEJE_30000_40000.wav"),
        (["--4gqARaEJE_30000_40000.wav", "Y--4gqARaEJE.wav"], 20, "Y--4gqARaEJE.wav"),
        (["--4gqARaEJE_0.wav"], 0, "--4gqARaEJE_0.wav"),
        (["--4gqARaEJE/audio.wav"], 7, "--4gqARaEJE/audio.wav"),
        (["--4gqARaEJE_202.700_212.700.wav"], 202.7, "--4gqARaEJE_202.700_212.700.wav"),
        (["--4gqARaEJE_30.wav"], 31, None),
        (["--4gqARaEJE.txt"], 0, None),
    ],
)
def test_clip_of_the_right_time_is_taken(tmp_path: Path, names: list[str], start: float, taken: str | None) -> None:
    write(tmp_path, dict.fromkeys(names, ""))
    place = youtube.clips(str(tmp_path)).find("--4gqARaEJE", start)
    assert (place.path if place else None) == (f"{tmp_path}/{taken}" if taken else None)


def test_broken_archive_and_name_that_is_no_utf8_are_failures_and_the_rest_is_found(tmp_path: Path) -> None:
    write(tmp_path, {"a.zip": "no zip", "--4gqARaEJE.wav": ""})
    (tmp_path / b"\xff.wav".decode("utf-8", "surrogateescape")).touch()
    clips = youtube.clips(str(tmp_path))
    assert list(clips.places) == ["--4gqARaEJE"]
    assert [failure.reason for failure in clips.failures] == ["undecodable", "malformed"]
