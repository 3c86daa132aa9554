"""MELD is read as distributed: counts are the official ones, its broken files are named, nothing is guessed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

import tones
from audio_cogito.errors import SetupError
from audio_cogito.hearing import decoding
from audio_cogito.ledger import Failure
from audio_cogito.prompts import facts
from audio_cogito.sources import meld
from audio_cogito.types import Recording

HEADER = "Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID,Season,Episode,StartTime,EndTime"


def row(dialogue: int, utterance: int, text: str = "Hi.", emotion: str = "joy", start: str = "0:01:02,500") -> str:
    return f'1,"{text}",Ada,{emotion},positive,{dialogue},{utterance},4,7,"{start}","00:01:03,000"'


def dataset(folder: Path, rows: list[str], split: str = "train", *, place: str | None = None) -> Path:
    """The folder of the split's sounds, empty, with its table written."""
    (folder / f"{split}_sent_emo.csv").write_bytes("\r\n".join([HEADER, *rows, ""]).encode())
    sounds = folder / (place or meld.FOLDERS[split][0])
    sounds.mkdir(parents=True)
    return sounds


def read(folder: Path, **settings: Any) -> list[Recording | Failure]:
    return list(meld.recordings(meld.Settings(path=str(folder), **settings)))


def test_turn_has_its_words_speaker_and_emotion_and_where_it_is_in_the_episode(tmp_path: Path) -> None:
    (dataset(tmp_path, [row(3, 4)]) / "dia3_utt4.mp4").touch()
    (found,) = read(tmp_path)
    assert isinstance(found, Recording)
    assert (found.source_id, found.source_time, found.group, found.split) == (
        "friends:s04e07",
        62.5,
        "meld:train:3",
        "train",
    )
    assert found.domains == ("speech",)
    assert [line.split(": ", 1) for line in facts.lines(found.facts)] == [
        ['transcript, language "en" (a person)', '"Hi."'],
        ["speaker (a person)", '"Ada"'],
        ["emotion (a person who also saw the picture)", '"joy"'],
        ["sentiment (a person who also saw the picture)", '"positive"'],
    ]


def test_control_characters_of_the_tarballs_copy_become_the_letters_they_were(tmp_path: Path) -> None:
    (dataset(tmp_path, [row(0, 0, "company\u0092s \u0097 wait\u0085")]) / "dia0_utt0.mp4").touch()
    (found,) = read(tmp_path)
    assert isinstance(found, Recording)
    assert found.facts.transcript
    assert found.facts.transcript.text == "company’s — wait…"


def test_only_the_train_split_is_read_unless_told(tmp_path: Path) -> None:
    for split in ("train", "dev", "test"):
        (dataset(tmp_path, [row(0, 0)], split) / "dia0_utt0.mp4").touch()
    assert [found.split for found in read(tmp_path) if isinstance(found, Recording)] == ["train"]
    told = read(tmp_path, splits=("dev", "test"))
    assert [found.group for found in told if isinstance(found, Recording)] == ["meld:dev:0", "meld:test:0"]


def test_corrected_clip_of_the_test_split_is_taken_and_junk_is_not(tmp_path: Path) -> None:
    sounds = dataset(tmp_path, [row(1, 1), row(1, 2)], "test")
    for name in ("dia1_utt1.mp4", "final_videos_testdia1_utt1.mp4", "._dia1_utt2.mp4"):
        (sounds / name).touch()
    taken, absent = read(tmp_path, splits=("test",))
    assert isinstance(taken, Recording)
    assert Path(taken.path).name == "final_videos_testdia1_utt1.mp4"
    assert isinstance(absent, Failure)
    assert (absent.reason, absent.subject) == ("missing", f"{tmp_path / 'test_sent_emo.csv'}:3")


def test_clip_that_is_known_to_be_cut_wrongly_is_a_failure(tmp_path: Path) -> None:
    (dataset(tmp_path, [row(38, 4)], "test") / "dia38_utt4.mp4").touch()
    (found,) = read(tmp_path, splits=("test",))
    assert isinstance(found, Failure)
    assert (found.reason, "cut wrongly: 305 s" in found.detail) == ("malformed", True)


def test_sound_in_another_container_is_found_and_needs_no_extra(tmp_path: Path) -> None:
    sounds = dataset(tmp_path, [row(0, 0)], place="train/train_splits")
    (sounds / "dia0_utt0.mp4").touch()
    (sounds / "dia0_utt0.wav").touch()
    (found,) = read(tmp_path)
    assert isinstance(found, Recording)
    assert found.path == str(sounds / "dia0_utt0.wav")


@pytest.mark.parametrize(
    ("broken", "detail"),
    [
        (row(0, 1, emotion="bored"), "no emotion 'bored'"),
        (row(0, 1, start="soon"), "StartTime is no time: 'soon'"),
        ("1,Hi.,Ada", "3 cells where the header has 11"),
        (row(0, 1).replace(",0,1,", ",zero,1,"), "invalid literal"),
    ],
)
def test_broken_row_is_named_and_the_rest_is_read(tmp_path: Path, broken: str, detail: str) -> None:
    sounds = dataset(tmp_path, [row(0, 0), broken, row(0, 2)])
    (sounds / "dia0_utt0.mp4").touch()
    (sounds / "dia0_utt2.mp4").touch()
    first, failed, last = read(tmp_path)
    assert isinstance(first, Recording)
    assert isinstance(last, Recording)
    assert isinstance(failed, Failure)
    assert (failed.reason, failed.subject) == ("malformed", f"{tmp_path / 'train_sent_emo.csv'}:3")
    assert detail in failed.detail


def test_dialogue_is_one_sound_with_the_times_of_its_turns(tmp_path: Path) -> None:
    sounds = dataset(tmp_path, [row(0, 0, "One."), row(0, 1, "Two.", "anger"), row(1, 0, "Alone."), row(2, 0)])
    for name, seconds in (("dia0_utt0", 1.0), ("dia0_utt1", 0.5), ("dia1_utt0", 0.75)):
        tones.write(sounds / f"{name}.wav", tones.tone(seconds))
    pair, alone, absent = read(tmp_path, unit="dialogues", joined=str(tmp_path / "joined"))
    assert isinstance(pair, Recording)
    assert [(t.text, t.start, t.end, t.emotion) for t in pair.facts.turns] == [
        ("One.", 0.0, 1.0, "joy"),
        ("Two.", 1.0, 1.5, "anger"),
    ]
    assert decoding.duration(Path(pair.path)) == 1.5
    assert isinstance(alone, Recording)
    assert isinstance(absent, Failure)
    assert absent.reason == "missing"
    assert read(tmp_path, unit="dialogues", joined=str(tmp_path / "joined")) == [pair, alone, absent]


def test_changed_turn_makes_another_joined_sound_and_a_broken_one_none(tmp_path: Path) -> None:
    sounds = dataset(tmp_path, [row(0, 0)])
    tones.write(sounds / "dia0_utt0.wav", tones.tone(1.0))
    settings: dict[str, Any] = {"unit": "dialogues", "joined": str(tmp_path / "joined")}
    (first,) = read(tmp_path, **settings)
    tones.write(sounds / "dia0_utt0.wav", tones.tone(2.0))
    (second,) = read(tmp_path, **settings)
    assert isinstance(first, Recording)
    assert isinstance(second, Recording)
    assert first.path != second.path
    (sounds / "dia0_utt0.wav").write_bytes(b"no sound")
    (broken,) = read(tmp_path, **settings)
    assert isinstance(broken, Failure)
    assert broken.reason == "undecodable"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"splits": ("tset",)}, "there is no 'tset'; did you mean 'test'"),
        ({"splits": ("dev",)}, "holds no table of dev"),
        ({"unit": "dialogues"}, "set joined"),
    ],
)
def test_wrong_setting_is_refused_at_once(tmp_path: Path, settings: dict[str, Any], message: str) -> None:
    dataset(tmp_path, [row(0, 0)])
    with pytest.raises(SetupError, match=message):
        meld.recordings(meld.Settings(path=str(tmp_path), **settings))


def test_table_without_a_column_is_refused_at_once(tmp_path: Path) -> None:
    (tmp_path / "train_sent_emo.csv").write_text("Utterance,Speaker,Emotions\n")
    with pytest.raises(SetupError, match="no column 'Emotion'; did you mean 'Emotions'"):
        read(tmp_path)


@pytest.mark.parametrize(("split", "dialogues"), [("dev", 114), ("test", 280)])
def test_real_tables_have_the_official_counts(tmp_path: Path, split: str, dialogues: int) -> None:
    if not (shared := os.environ.get("COGITO_SHARED_DATA")):
        pytest.skip("set COGITO_SHARED_DATA to the folder of datasets' metadata")
    published = Path(shared) / "sources" / f"meld_{split}_sent_emo.csv"
    (tmp_path / f"{split}_sent_emo.csv").write_bytes(published.read_bytes())
    (sounds := tmp_path / meld.FOLDERS[split][0]).mkdir()
    absent = read(tmp_path, splits=(split,))
    assert len(absent) == meld.INFO.counts[split]
    stems = {Path(f.detail).stem for f in absent if isinstance(f, Failure) and f.reason == "missing"}
    for stem in stems:
        (sounds / f"{stem}.mp4").touch()
    found = [one for one in read(tmp_path, splits=(split,)) if isinstance(one, Recording)]
    known = sum(split == broken for broken, *_ in meld.CUT_WRONGLY)
    assert len(found) == meld.INFO.counts[split] - known == len(stems)
    assert len({one.group for one in found}) == dialogues
    assert all(one.facts.transcript and one.source_time for one in found)
