"""A folder yields its audio files in the order of their names, with what stands beside each."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from audio_cogito.errors import SetupError
from audio_cogito.ledger import Failure
from audio_cogito.sources import folder
from audio_cogito.types import Attribute, Recording, Statement


def files(root: Path, names: Iterable[str]) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"")
    return root


def read(root: Path, **settings: Any) -> list[Recording | Failure]:
    return list(folder.recordings(folder.Settings(path=str(root), **settings)))


def recordings(root: Path, **settings: Any) -> list[Recording]:
    found = read(root, **settings)
    kept = [entry for entry in found if isinstance(entry, Recording)]
    assert len(kept) == len(found), found
    return kept


def names(root: Path, found: list[Recording]) -> list[str]:
    return [str(Path(entry.path).relative_to(root)) for entry in found]


def captions(recording: Recording | Failure) -> list[str]:
    assert isinstance(recording, Recording), recording
    return [statement.text for statement in recording.facts.captions]


def test_audio_files_are_found_below_in_the_order_of_their_names(tmp_path: Path) -> None:
    audio = ["B.WAV", "a.flac", "b/x.ogg", "b/y.oga", "b/z/1.opus", "c d.mp3", "Früh\n犬.wav"]
    files(tmp_path, [*audio, ".hidden.wav", ".git/a.wav", "notes.pdf", "wav", "a.wav.bak"])
    assert names(tmp_path, recordings(tmp_path)) == sorted(audio)


def test_link_to_a_folder_above_is_entered_once(tmp_path: Path) -> None:
    files(tmp_path, ["a/1.wav"])
    (tmp_path / "a/up").symlink_to(tmp_path)
    (tmp_path / "b").symlink_to(tmp_path / "a")
    assert names(tmp_path, recordings(tmp_path)) == ["a/1.wav"]


def test_broken_link_is_yielded_for_collect_to_name(tmp_path: Path) -> None:
    (tmp_path / "gone.wav").symlink_to(tmp_path / "nowhere.wav")
    assert names(tmp_path, recordings(tmp_path)) == ["gone.wav"]


def test_folder_called_wav_is_a_folder(tmp_path: Path) -> None:
    files(tmp_path, ["x.wav/1.wav"])
    assert names(tmp_path, recordings(tmp_path)) == ["x.wav/1.wav"]


def test_name_that_is_no_utf8_is_a_failure_that_can_be_written(tmp_path: Path) -> None:
    with open(os.fsencode(tmp_path) + b"/\xff.wav", "wb"):  # noqa: PTH123
        pass
    (found,) = read(tmp_path)
    assert isinstance(found, Failure)
    assert "no UTF-8" in found.detail
    found.subject.encode()


def test_folder_that_cannot_be_read_is_a_failure_and_the_rest_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files(tmp_path, ["a/1.wav", "b/2.wav"])
    listing = os.scandir

    def refuse(path: str) -> Any:
        if path.endswith("/a"):
            raise PermissionError(13, "Permission denied")
        return listing(path)

    monkeypatch.setattr(os, "scandir", refuse)
    failed, found = read(tmp_path)
    assert isinstance(failed, Failure)
    assert (failed.reason, failed.subject) == ("missing", str(tmp_path / "a"))
    assert isinstance(found, Recording)


def test_text_beside_a_sound_is_what_the_recipe_says_it_is(tmp_path: Path) -> None:
    files(tmp_path, ["a.wav", "b.wav"])
    (tmp_path / "a.txt").write_text("\ufeff Sit! \n", "utf-8")
    (tmp_path / "b.txt").write_text(" \n")
    heard = recordings(tmp_path, text="transcript", language="en")
    assert heard[0].facts.transcript == Statement(text="Sit!", origin="human", language="en")
    assert heard[1].facts.transcript is None
    assert captions(recordings(tmp_path, text="caption", origin="tool")[0]) == ["Sit!"]
    assert captions(recordings(tmp_path, text="ignored")[0]) == []
    with pytest.raises(SetupError, match='set text = "caption"'):
        read(tmp_path)


def test_nearest_to_the_sound_counts_where_several_say_the_same(tmp_path: Path) -> None:
    files(tmp_path, ["a.wav", "b.wav", "c.wav"])
    (tmp_path / "a.txt").write_text("by text")
    for name in "ab":
        (tmp_path / f"{name}.json").write_text(json.dumps({"caption": "by json", "bpm": 90}))
    (tmp_path / "m.csv").write_text("path,caption,genre\n" + "".join(f"{name}.wav,by table,jazz\n" for name in "abc"))
    a, b, c = recordings(tmp_path, text="caption", metadata="m.csv")
    assert [captions(entry) for entry in (a, b, c)] == [["by text"], ["by json"], ["by table"]]
    assert a.facts.attributes == (
        Attribute(key="bpm", value="90", origin="human"),
        Attribute(key="genre", value="jazz", origin="human"),
    )


def test_metadata_names_files_below_its_own_folder_by_the_field_map(tmp_path: Path) -> None:
    files(tmp_path, ["wav/a.wav", "wav/b.wav"])
    (tmp_path / "wav/m.jsonl").write_text('{"file": "./a.wav", "text": "a dog"}\n')
    found = recordings(tmp_path, metadata="wav/m.jsonl", fields={"path": "file", "caption": "text"})
    assert [captions(entry) for entry in found] == [["a dog"], []]


def test_metadata_row_without_a_file_or_with_a_file_twice_is_a_failure(tmp_path: Path) -> None:
    files(tmp_path, ["a.wav"])
    (tmp_path / "m.csv").write_text("path,caption\na.wav,first\na.wav,again\ngone.wav,x\n,none\n")
    found = read(tmp_path, metadata="m.csv")
    failed = {entry.subject: entry for entry in found if isinstance(entry, Failure)}
    where = tmp_path / "m.csv"
    assert {key: entry.reason for key, entry in failed.items()} == {
        f"{where}:3": "malformed",
        f"{where}:4": "missing",
        f"{where}:5": "malformed",
    }
    (kept,) = [entry for entry in found if isinstance(entry, Recording)]
    assert captions(kept) == ["first"]


@pytest.mark.parametrize("text", [b"{", b"[]", b'{"caption": 3}', b'{"caption": "\xff"}', b'{"start": 1}'])
def test_broken_sidecar_is_malformed_and_the_rest_is_read(tmp_path: Path, text: bytes) -> None:
    files(tmp_path, ["a.wav", "b.wav"])
    (tmp_path / "a.json").write_bytes(text)
    failed, found = read(tmp_path)
    assert isinstance(failed, Failure)
    assert (failed.reason, failed.subject) == ("malformed", str(tmp_path / "a.wav"))
    assert isinstance(found, Recording)


def test_text_that_is_no_utf8_is_malformed(tmp_path: Path) -> None:
    files(tmp_path, ["a.wav"])
    (tmp_path / "a.txt").write_bytes(b"\xff\xfe")
    (failed,) = read(tmp_path, text="caption")
    assert isinstance(failed, Failure)
    assert failed.reason == "malformed"


def test_files_of_one_folder_are_one_group_where_no_row_says_another(tmp_path: Path) -> None:
    root = files(tmp_path / "lab", ["1.wav", "x/2.wav", "x/3.wav", "x/4.wav"])
    (root / "x/4.json").write_text('{"group": "mine"}')
    assert [entry.group for entry in recordings(root, group="folder")] == ["lab", "lab/x", "lab/x", "mine"]
    assert [entry.group for entry in recordings(root)] == [None, None, None, "mine"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"path": "absent"}, "there is no folder"),
        ({"metadata": "absent.csv"}, "cannot be read"),
        ({"fields": {"captoin": "x"}}, "did you mean 'caption'"),
    ],
)
def test_wrong_setting_is_refused_at_once(tmp_path: Path, settings: dict[str, Any], message: str) -> None:
    given = {"path": str(tmp_path)} | settings
    with pytest.raises(SetupError, match=message):
        folder.recordings(folder.Settings(**given))


# --- archives ---------------------------------------------------------------------------------------------------------


def zipped(path: Path, *members: str) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for member in members:
            archive.writestr(member, b"x")
    return path


def test_archive_in_a_folder_is_a_folder_of_its_members(tmp_path: Path) -> None:
    files(tmp_path, ["a.wav", "z.m4a"])
    zipped(tmp_path / "k.zip", "b/2.WAV", "b/1.flac", "read.me", "cover.jpg", "._1.flac", " blank.mp3")
    found = recordings(tmp_path)
    assert [entry.ref.removeprefix(f"{tmp_path}/") for entry in found] == [
        "a.wav",
        "k.zip::b/2.WAV",
        "k.zip::b/1.flac",
        "k.zip:: blank.mp3",
        "z.m4a",
    ]
    assert all(Path(entry.path).exists() for entry in found)


def test_table_tells_of_members_by_path_and_member(tmp_path: Path) -> None:
    zipped(tmp_path / "k.zip", "1.wav", "2.wav")
    row = {"path": "k.zip", "member": "2.wav", "caption": "two"}
    absent = {"path": "k.zip", "member": "3.wav", "caption": "three"}
    (tmp_path / "m.jsonl").write_text(f"{json.dumps(row)}\n{json.dumps(absent)}\n")
    one, two, missing = read(tmp_path, metadata="m.jsonl")
    assert isinstance(one, Recording)
    assert isinstance(two, Recording)
    assert (one.facts.captions, [caption.text for caption in two.facts.captions]) == ((), ["two"])
    assert isinstance(missing, Failure)
    assert missing.reason == "missing"


def test_members_of_one_folder_in_an_archive_are_tied_where_folders_are(tmp_path: Path) -> None:
    zipped(tmp_path / "k.zip", "x/1.wav", "x/2.wav", "y/3.wav")
    one, two, three = (entry.group for entry in recordings(tmp_path, group="folder"))
    assert one == two == f"{tmp_path.name}/k.zip/x"
    assert three == f"{tmp_path.name}/k.zip/y"


@pytest.mark.parametrize("name", ["k.zip", "k.tar", "k.tar.gz", "k.parquet"])
def test_damaged_archive_is_one_failure_and_the_rest_is_read(tmp_path: Path, name: str) -> None:
    files(tmp_path, ["a.wav", "z.wav"])
    (tmp_path / name).write_bytes(b"I am an archive.")
    one, failed, two = read(tmp_path)
    assert isinstance(one, Recording)
    assert isinstance(two, Recording)
    assert isinstance(failed, Failure)
    assert (failed.subject, failed.reason) == (str(tmp_path / name), "undecodable")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_name_that_stands_twice_in_an_archive_is_a_failure(tmp_path: Path) -> None:
    zipped(tmp_path / "k.zip", "1.wav", "1.wav")
    one, failed = read(tmp_path)
    assert isinstance(one, Recording)
    assert isinstance(failed, Failure)
    assert "stands twice" in failed.detail


def test_parquet_yields_every_cell_that_holds_a_sound(tmp_path: Path) -> None:
    pyarrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    cells = [{"bytes": b"x", "path": "a.wav"}, {"bytes": b"y", "path": "b.wav"}]
    parquet.write_table(pyarrow.table({"audio": cells, "text": ["a", "b"]}), tmp_path / "t.parquet")
    assert [entry.member for entry in recordings(tmp_path)] == ["audio/0", "audio/1"]
