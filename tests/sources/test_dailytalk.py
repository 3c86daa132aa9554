"""DailyTalk: turns and whole dialogues; an emotion is DailyDialog's, and none of it is no emotion."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import tones
from audio_cogito.errors import SetupError
from audio_cogito.ledger import Failure
from audio_cogito.sources import dailytalk
from audio_cogito.types import Attribute, Recording


def turn(text: str, speaker: int, emotion: str = "none") -> dict[str, Any]:
    return {"index": 1, "speaker": speaker, "text": text, "turn": 1, "topic": "t", "emotion": emotion, "act": "inform"}


def dataset(folder: Path, dialogues: dict[str, Any], *absent: str) -> Path:
    (folder / "metadata.json").write_text(json.dumps(dialogues))
    for number, turns in dialogues.items():
        for place, said in turns.items() if isinstance(turns, dict) else ():
            if (stem := f"{place}_{said['speaker']}_d{number}") not in absent:
                path = folder / "data" / number / f"{stem}.wav"
                path.parent.mkdir(parents=True, exist_ok=True)
                tones.write(path, tones.tone(0.5))
    return folder


def read(folder: Path, **settings: Any) -> list[Recording | Failure]:
    return list(dailytalk.recordings(dailytalk.Settings(path=str(folder), **settings)))


def test_none_is_no_emotion_and_others_are_said_by_who_read_the_words(tmp_path: Path) -> None:
    dataset(tmp_path, {"7": {"0": turn("hi", 1), "1": turn("hello", 0, "happiness")}})
    first, second = (one for one in read(tmp_path) if isinstance(one, Recording))
    assert Path(first.path).name == "0_1_d7.wav"
    assert first.facts.attributes == ()
    assert second.facts.attributes == (Attribute(key="emotion", value="happiness", origin="read"),)
    assert (first.group, first.source_id, first.split) == ("dailytalk:7", "dailytalk:0_1_d7", None)


def test_dialogue_has_its_turns_in_the_order_of_their_numbers_and_the_stated_speakers(tmp_path: Path) -> None:
    turns = {"10": turn("last", 1), "2": turn("first", 1, "fear"), "9": turn("again", 1)}
    (found,) = read(dataset(tmp_path, {"7": turns}), unit="dialogues", joined=str(tmp_path / "joined"))
    assert isinstance(found, Recording)
    assert [(t.text, t.speaker, t.start, t.end, t.emotion, t.origin) for t in found.facts.turns] == [
        ("first", "B", 0.0, 0.5, "fear", "read"),
        ("again", "B", 0.5, 1.0, None, "human"),
        ("last", "B", 1.0, 1.5, None, "human"),
    ]


def test_dialogue_without_one_of_its_sounds_is_left_out_and_says_which(tmp_path: Path) -> None:
    dataset(tmp_path, {"7": {"0": turn("a", 0), "1": turn("b", 1)}, "8": {"0": turn("c", 0)}}, "1_1_d7")
    failed, whole = read(tmp_path, unit="dialogues", joined=str(tmp_path / "joined"))
    assert isinstance(failed, Failure)
    assert (failed.reason, failed.subject) == ("missing", f"{tmp_path / 'metadata.json'}#7/1")
    assert isinstance(whole, Recording)


@pytest.mark.parametrize(
    ("broken", "detail"),
    [
        (turn("a", 2), "Invalid enum value 2"),
        (turn("a", 0, "neutral"), "no emotion 'neutral'"),
        ({"text": "a"}, "missing required field"),
        ("a", "Expected `object`"),
    ],
)
def test_broken_turn_is_named_and_the_rest_is_read(tmp_path: Path, broken: Any, detail: str) -> None:
    dataset(tmp_path, {"7": {"0": turn("a", 0)}})
    (tmp_path / "metadata.json").write_text(json.dumps({"../x": {}, "7": {"0": turn("a", 0), "1": broken}}))
    hostile, whole, failed = read(tmp_path)
    assert isinstance(hostile, Failure)
    assert isinstance(whole, Recording)
    assert isinstance(failed, Failure)
    assert (failed.reason, detail in failed.detail) == ("malformed", True)


def test_dialogues_without_a_folder_to_join_them_in_are_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="set joined"):
        read(dataset(tmp_path, {}), unit="dialogues")
    (tmp_path / "metadata.json").unlink()
    with pytest.raises(SetupError, match="holds no metadata"):
        read(tmp_path)
