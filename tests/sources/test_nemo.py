"""A NeMo manifest says file, span, words and language; a tarred one names members of shards."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from audio_cogito.errors import SetupError
from audio_cogito.ledger import Failure
from audio_cogito.sources import nemo
from audio_cogito.types import Attribute, Recording, Span, Statement


def read(folder: Path, *lines: dict[str, Any] | str, **settings: Any) -> list[Recording | Failure]:
    path = folder / "train_manifest.json"
    path.write_text("".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines), "utf-8")
    return list(nemo.recordings(nemo.Settings(path=str(path), **settings)))


def test_row_becomes_a_recording(tmp_path: Path) -> None:
    row = {"audio_filepath": "clips/a.wav", "duration": 3.2, "offset": 1.0, "text": "hello", "lang": "en", "speaker": 7}
    (found,) = read(tmp_path, row, split="train", licence="MIT")
    assert isinstance(found, Recording)
    assert (found.path, found.span) == (str(tmp_path / "clips/a.wav"), Span(start=1.0, end=4.2))
    assert found.facts.transcript == Statement(text="hello", origin="human", language="en")
    assert found.facts.attributes == (Attribute(key="speaker", value="7", origin="human"),)
    assert (found.split, found.licence) == ("train", "MIT")


def test_other_names_and_other_fields_are_read(tmp_path: Path) -> None:
    row = {"audio_filename": "a.wav", "duration": 1.0, "normalized_text": "hi", "emo": "joy", "_skipme": False}
    (found,) = read(tmp_path, row, fields={"emotion": "emo"}, origin="tool")
    assert isinstance(found, Recording)
    assert found.facts.transcript == Statement(text="hi", origin="tool")
    assert found.facts.attributes == (Attribute(key="emotion", value="joy", origin="tool"),)


def test_row_to_be_skipped_is_left_out(tmp_path: Path) -> None:
    assert read(tmp_path, {"audio_filepath": "a.wav", "duration": 1.0, "_skipme": True}) == []


def test_tarred_row_is_a_member_of_its_shard(tmp_path: Path) -> None:
    row = {"audio_filepath": "a.wav", "duration": 1.0, "shard_id": 12}
    (found,) = read(tmp_path, row, tars="tars/audio_{shard}.tar")
    assert isinstance(found, Recording)
    assert found.ref == f"{tmp_path}/tars/audio_12.tar::a.wav@0.0-1.0"
    (failed,) = read(tmp_path, row)
    assert isinstance(failed, Failure)
    assert "set tars" in failed.detail


def test_text_in_a_file_is_read_and_no_file_elsewhere_is(tmp_path: Path) -> None:
    (inner := tmp_path / "in").mkdir()
    (tmp_path / "secret.txt").write_text("secret")
    (inner / "a.txt").write_text("\ufeffhello\n", "utf-8")
    (inner / "loop").symlink_to(inner / "loop")
    rows = [
        {"audio_filepath": "a.wav", "duration": 1.0, "text_filepath": name}
        for name in ("a.txt", "../secret.txt", str(tmp_path / "secret.txt"), "loop", "absent", 3)
    ]
    first, *failed = read(inner, *rows)
    assert isinstance(first, Recording)
    assert first.facts.transcript == Statement(text="hello", origin="human")
    assert [one.reason for one in failed if isinstance(one, Failure)] == ["malformed"] * 5


@pytest.mark.parametrize(
    ("line", "detail"),
    [
        ({"duration": 1.0}, "has no audio_filepath"),
        ({"audio_filepath": 3}, "audio_filepath is no text: 3"),
        ({"audio_filepath": "a.wav", "duration": "1"}, "duration is no number"),
        ("{", "truncated"),
        ("[1]", "Expected `object`"),
    ],
)
def test_broken_row_is_named_and_the_rest_is_read(tmp_path: Path, line: dict[str, Any] | str, detail: str) -> None:
    good = {"audio_filepath": "a.wav", "duration": 1.0}
    first, failed, last = read(tmp_path, good, line, good)
    assert isinstance(first, Recording)
    assert isinstance(last, Recording)
    assert isinstance(failed, Failure)
    assert failed.subject.endswith("train_manifest.json:2")
    assert detail in failed.detail


def test_wrong_setting_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="cannot be read"):
        nemo.recordings(nemo.Settings(path=str(tmp_path / "absent.json")))
    with pytest.raises(SetupError, match="does not say where the shard's number belongs"):
        read(tmp_path, tars="audio.tar")
    with pytest.raises(SetupError, match="did you mean 'emotion'"):
        read(tmp_path, fields={"emotio": "emo"})
