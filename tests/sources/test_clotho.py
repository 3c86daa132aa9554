"""Clotho: names as they are, a licence for each sound, and the same name in two splits is two sounds."""

from __future__ import annotations

from pathlib import Path

import pytest

from audio_cogito.errors import SetupError
from lying import parted, read, texts, write

HEAD = "file_name,caption_1,caption_2,caption_3,caption_4,caption_5\r\n"
CAPTIONS = (
    HEAD + " Birds.wav,Birds sing,A bird,Birds,Singing,Morning\r\n"
    '"Rain &amp; wind, hard.wav","Rain, hard",Wind,Rain,Drops,Storm\r\nFREEZER#1 [a].wav,A door,Hum,Door,Ice,Cold\r\n'
)
METADATA = (
    "file_name,keywords,sound_id,sound_link,start_end_samples,manufacturer,license\n"
    ' Birds.wav,Ambience;birds,327673,https://freesound.org/s/1,"[88200, 932169]",Juán,http://by-nc/3.0/\n'
    '"Rain &amp; wind, hard.wav",rain;,Not found,,,Zoë,http://zero/1.0/\n'
).encode("latin-1")
SOUNDS = {f"development/{name}": "" for name in (" Birds.wav", "Rain &amp; wind, hard.wav", "FREEZER#1 [a].wav")}
FILES = {"clotho_captions_development.csv": CAPTIONS, "clotho_metadata_development.csv": METADATA} | SOUNDS


def test_odd_names_are_found_and_each_sound_keeps_its_own_licence(tmp_path: Path) -> None:
    write(tmp_path, FILES)
    (birds, rain, freezer), failures = parted(read("clotho", tmp_path))
    assert failures == []
    assert [Path(one.path).name for one in (birds, rain, freezer)] == [name[12:] for name in SOUNDS]
    assert [one.licence for one in (birds, rain, freezer)] == ["http://by-nc/3.0/", "http://zero/1.0/", None]
    assert texts(birds.facts.captions) == ["Birds sing", "A bird", "Birds", "Singing", "Morning"]
    assert texts(birds.facts.labels) == ["Ambience", "birds"]
    assert texts(rain.facts.labels) == ["rain"]
    assert (birds.source_id, birds.source_time, birds.group) == ("327673", 2.0, "freesound:327673")
    assert (rain.source_id, rain.source_time, rain.group) == (None, None, None)


def test_same_name_in_two_splits_is_two_sounds_and_only_development_is_read_unless_told(tmp_path: Path) -> None:
    other = {"clotho_captions_evaluation.csv": HEAD + " Birds.wav,Crows,Caw,Two crows,Caws,Crow\n"}
    write(tmp_path, FILES | other | {"clotho_audio_files/evaluation/ Birds.wav": ""})
    assert {one.split for one in parted(read("clotho", tmp_path))[0]} == {"train"}
    (crows,), _ = parted(read("clotho", tmp_path, splits=("evaluation",)))
    assert (crows.path, crows.split) == (f"{tmp_path}/clotho_audio_files/evaluation/ Birds.wav", "test")
    assert texts(crows.facts.captions)[0] == "Crows"


@pytest.mark.parametrize(
    ("row", "reason", "word"),
    [
        ("gone.wav,a,b,c,d,e", "missing", "gone.wav"),
        ("/etc/passwd,a,b,c,d,e", "malformed", "leaves the folder"),
        ("../development/ Birds.wav,a,b,c,d,e", "malformed", "leaves the folder"),
        (" Birds.wav,,, ,,", "malformed", "no caption"),
        (" Birds.wav,one", "malformed", "2 cells"),
    ],
)
def test_broken_row_costs_itself_alone(tmp_path: Path, row: str, reason: str, word: str) -> None:
    write(tmp_path, FILES | {"clotho_captions_development.csv": f"{CAPTIONS}{row}\r\n"})
    recordings, (failure,) = parted(read("clotho", tmp_path))
    assert (len(recordings), failure.reason) == (3, reason)
    assert word in failure.detail


def test_times_that_are_no_numbers_are_no_times(tmp_path: Path) -> None:
    write(tmp_path, FILES | {"clotho_metadata_development.csv": METADATA.replace(b"[88200,", b"[about,")})
    recordings, (failure,) = parted(read("clotho", tmp_path))
    assert len(recordings) == 2
    assert "start_end_samples are no two numbers" in failure.detail


def test_metadata_that_cannot_be_read_are_said_at_once(tmp_path: Path) -> None:
    write(tmp_path, FILES | {"clotho_metadata_development.csv": METADATA + b"half,a,row\n"})
    with pytest.raises(SetupError, match=r"clotho_metadata_development.csv:4: 3 cells"):
        read("clotho", tmp_path)
