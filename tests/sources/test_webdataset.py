"""Members of a shard are samples by the part of their name before the first dot; what they say is never a path."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

import tones
from audio_cogito.errors import SetupError
from audio_cogito.hearing import decoding
from audio_cogito.ledger import Failure
from audio_cogito.sources import webdataset
from audio_cogito.types import Recording, Statement


def shard(folder: Path, *members: tuple[str, bytes], name: str = "s-000.tar") -> Path:
    with tarfile.open(path := folder / name, "w") as tar:
        for member, data in members:
            entry = tarfile.TarInfo(member)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    return path


def read(path: Path, **settings: Any) -> list[Recording | Failure]:
    return list(webdataset.recordings(webdataset.Settings(path=str(path), **settings)))


def test_sample_is_its_sound_with_its_json_and_text(tmp_path: Path) -> None:
    sound = tones.write(tmp_path / "a.wav", tones.tone(0.5)).read_bytes()
    said = json.dumps({"labels": ["bell"], "title": "Bell", "other": 3}).encode()
    path = shard(tmp_path, ("x/1.wav", sound), ("x/1.json", said), ("x/1.txt", b"hello\n"), ("x/2.wav", sound))
    first, second = (one for one in read(path, text="transcript", split="train") if isinstance(one, Recording))
    assert first.ref == f"{path}::x/1.wav"
    assert first.facts.transcript == Statement(text="hello", origin="human")
    assert [label.text for label in first.facts.labels] == ["bell"]
    assert (first.split, second.facts.transcript) == ("train", None)
    assert decoding.duration(Path(first.path), first.member) == 0.5


def test_name_ends_at_the_first_dot_and_a_folder_is_a_part_of_it(tmp_path: Path) -> None:
    members = [("a/-x_0.000.flac", b""), ("a/-x_0.000.json", b"{}"), ("b/-x_0.000.flac", b""), ("c.d/y.WAV", b"")]
    found = read(shard(tmp_path, *members))
    assert [one.member for one in found if isinstance(one, Recording)] == [
        "a/-x_0.000.flac",
        "b/-x_0.000.flac",
        "c.d/y.WAV",
    ]


def test_hidden_and_reserved_members_are_left_out_and_a_sample_without_a_sound_is_missing(tmp_path: Path) -> None:
    path = shard(tmp_path, ("a/__x.wav__", b""), ("._1.wav", b""), ("README", b""), ("1.json", b"{}"), ("1.txt", b""))
    (failed,) = read(path)
    assert isinstance(failed, Failure)
    assert (failed.reason, failed.detail) == ("missing", "the sample holds no sound, only json, txt")


def test_of_several_sounds_one_has_to_be_chosen(tmp_path: Path) -> None:
    path = shard(tmp_path, ("1.mix.flac", b""), ("1.bass.flac", b""))
    (failed,) = read(path)
    assert isinstance(failed, Failure)
    assert "2 sounds to take (mix.flac, bass.flac)" in failed.detail
    (found,) = read(path, sound="mix.flac")
    assert isinstance(found, Recording)


def test_shards_of_a_folder_are_read_by_name_and_a_broken_one_costs_itself(tmp_path: Path) -> None:
    shard(tmp_path, ("1.wav", b""), name="s-1.tar")
    (tmp_path / "s-0.tar").write_bytes(b"no tar" * 200)
    whole = shard(tmp_path, ("2.wav", b"x" * 5000), ("3.wav", b"x" * 5000), name="s-2.tar").read_bytes()
    (tmp_path / "s-2.tar").write_bytes(whole[:3000])
    found = read(tmp_path)
    assert next(one.member for one in found if isinstance(one, Recording)) == "1.wav"
    failed = [one for one in found if isinstance(one, Failure)]
    assert [(Path(one.subject).name, one.reason) for one in failed] == [
        ("s-0.tar", "undecodable"),
        ("s-2.tar", "undecodable"),
    ]


def test_hostile_names_and_texts_are_data(tmp_path: Path) -> None:
    members = [
        ("../../up.wav", b""), ("1.wav", b""), ("1.json", b'{"path": "/etc/passwd", "member": "x"}'),
        ("2.wav", b""), ("2.json", b"{"), ("3.wav", b""), ("3.wav", b""), ("4.wav", b""), ("4.json", b"[" * 100_000),
    ]  # fmt: skip
    path = shard(tmp_path, *members)
    up, named, *failed = read(path)
    assert isinstance(up, Recording)
    assert isinstance(named, Recording)
    assert (named.path, named.member) == (str(path), "1.wav")
    assert [one.reason for one in failed if isinstance(one, Failure)] == ["malformed"] * 3
    assert sorted(tmp_path.iterdir()) == [path]


def test_wrong_setting_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "absent.tar", tmp_path / "a.zip"):
        with pytest.raises(SetupError):
            webdataset.recordings(webdataset.Settings(path=str(path)))
    with pytest.raises(SetupError, match="hold a .txt: set text"):
        read(shard(tmp_path, ("1.wav", b""), ("1.txt", b"hi")))
