"""Members of archives and cells of tables are recordings; what is wrong with one costs that one."""

from __future__ import annotations

import io
import os
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest

from audio_cogito import audio
from audio_cogito.hearing import archives, decoding
from audio_cogito.hearing.sound import Undecodable
from tones import noise, write

NAMES = ["b.wav", "sub/a dog's bark.flac", " leading blank.wav", "犬\n.wav", "-abc_0.000.flac"]


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """A different sound under each name."""
    found = {}
    for number, name in enumerate(NAMES):
        found[name] = write(tmp_path / "files" / f"{number}{Path(name).suffix}", noise(0.5, random_seed=number))
    return found


def packed(path: Path, files: dict[str, Path]) -> Path:
    if path.name.endswith(".zip"):
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, file in files.items():
                archive.write(file, name)
        return path
    if path.name.endswith(".parquet"):
        pyarrow = pytest.importorskip("pyarrow")
        parquet = pytest.importorskip("pyarrow.parquet")
        cells = [{"bytes": file.read_bytes(), "path": name} for name, file in files.items()]
        table = pyarrow.table({"audio": cells, "text": list(files)})
        parquet.write_table(table, path, row_group_size=2)
        return path
    mode = {"tar": "w", "gz": "w:gz", "tgz": "w:gz", "bz2": "w:bz2", "xz": "w:xz"}[path.name.rpartition(".")[2]]
    with tarfile.open(path, mode) as archive:
        for name, file in files.items():
            archive.add(file, name)
    return path


KINDS = ["a.zip", "a.tar", "a.tar.gz", "a.tgz", "a.tar.bz2", "a.tar.xz", "a.parquet"]


@pytest.mark.parametrize("kind", KINDS)
def test_member_is_the_sound_that_was_packed_in_any_order(tmp_path: Path, kind: str, files: dict[str, Path]) -> None:
    path = packed(tmp_path / kind, files)
    members = list(archives.names(path))
    expected = [f"audio/{i}" for i in range(len(files))] if kind == "a.parquet" else list(files)
    assert members == expected
    for number in (4, 0, 3, 1, 2, 2):
        alone = decoding.decode(list(files.values())[number])
        inside = decoding.decode(path, member=members[number])
        assert audio.clip_id(audio.resample(inside)) == audio.clip_id(audio.resample(alone))


@pytest.mark.parametrize("kind", KINDS)
def test_member_that_is_not_there_is_undecodable(tmp_path: Path, kind: str, files: dict[str, Path]) -> None:
    path = packed(tmp_path / kind, files)
    for absent in ("nothing.wav", "audio/99", "audio/x", "sub"):
        with pytest.raises(Undecodable, match="holds no"):
            decoding.decode(path, member=absent)


@pytest.mark.parametrize("kind", KINDS)
def test_damaged_archive_is_undecodable_and_nothing_else(tmp_path: Path, kind: str, files: dict[str, Path]) -> None:
    whole = packed(tmp_path / kind, files).read_bytes()
    for name, data in (("cut", whole[: len(whole) // 2]), ("empty", b""), ("text", b"I am an archive." * 99)):
        path = tmp_path / f"{name}{kind[1:]}"
        path.write_bytes(data)
        with pytest.raises(Undecodable):
            decode_all(path)


def decode_all(path: Path) -> None:
    for member in [*archives.names(path), NAMES[-1]]:
        decoding.decode(path, member=member)


def test_packed_tar_is_read_once_for_members_in_its_order(
    tmp_path: Path, files: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = packed(tmp_path / "a.tar.gz", files)
    opened = []
    open_tar = tarfile.open
    monkeypatch.setattr(tarfile, "open", lambda *given, **named: (opened.append(given), open_tar(*given, **named))[1])
    for name in files:
        decoding.decode(path, member=name)
    assert len(opened) == 1


def test_hidden_members_and_folders_are_no_names(tmp_path: Path, files: dict[str, Path]) -> None:
    shown = {"x/a.wav": files["b.wav"]}
    hidden = dict.fromkeys(("._a.wav", "__MACOSX/a.wav", ".git/a.wav"), files["b.wav"])
    for kind in ("a.zip", "a.tar"):
        assert list(archives.names(packed(tmp_path / kind, hidden | shown))) == ["x/a.wav"]


def test_encrypted_member_says_so(tmp_path: Path, files: dict[str, Path]) -> None:
    data = bytearray(packed(tmp_path / "a.zip", files).read_bytes())
    data[6] |= 1
    central = data.index(b"PK\1\2")
    data[central + 8] |= 1
    (tmp_path / "b.zip").write_bytes(data)
    with pytest.raises(Undecodable, match="encrypted"):
        decoding.decode(tmp_path / "b.zip", member="b.wav")


def test_member_that_does_not_fit_into_memory_is_refused_unread(
    tmp_path: Path, files: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "LARGEST_MEMBER", 1000)
    for kind in ("a.zip", "a.tar", "a.tar.gz"):
        with pytest.raises(Undecodable, match="more than fits into memory"):
            decoding.decode(packed(tmp_path / kind, files), member="b.wav")


def test_tar_that_holds_links_and_devices_yields_files_alone(tmp_path: Path, files: dict[str, Path]) -> None:
    with tarfile.open(tmp_path / "a.tar", "w") as tar:
        link = tarfile.TarInfo("link.wav")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
        pipe = tarfile.TarInfo("pipe.wav")
        pipe.type = tarfile.FIFOTYPE
        tar.addfile(pipe)
        tar.add(files["b.wav"], "b.wav")
    assert list(archives.names(tmp_path / "a.tar")) == ["b.wav"]
    with pytest.raises(Undecodable, match="holds no"):
        decoding.decode(tmp_path / "a.tar", member="link.wav")


def test_archive_that_changed_is_opened_anew(tmp_path: Path, files: dict[str, Path]) -> None:
    path = packed(tmp_path / "a.tar", {"x.wav": files["b.wav"]})
    decoding.decode(path, member="x.wav")
    packed(path, {"y.flac": files["-abc_0.000.flac"], "x.wav": files[" leading blank.wav"]})
    os.utime(path, ns=(1, 1))
    alone = decoding.decode(files[" leading blank.wav"])
    assert np.array_equal(decoding.decode(path, member="x.wav").frames, alone.frames)


def test_null_and_plain_cells_of_parquet(tmp_path: Path, files: dict[str, Path]) -> None:
    pyarrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    parquet.write_table(pyarrow.table({"sound": [None, files["b.wav"].read_bytes()]}), tmp_path / "a.parquet")
    assert decoding.decode(tmp_path / "a.parquet", member="sound/1").seconds == 0.5
    with pytest.raises(Undecodable, match="holds no bytes"):
        decoding.decode(tmp_path / "a.parquet", member="sound/0")


def test_archive_of_no_known_kind_is_said_to_be_none(tmp_path: Path) -> None:
    with pytest.raises(Undecodable, match="no archive that can be read"):
        decoding.decode(write(tmp_path / "a.wav", noise(0.5)), member="x")


def test_bytes_of_a_member_touch_no_disk(tmp_path: Path, files: dict[str, Path]) -> None:
    path = packed(tmp_path / "a.zip", files)
    with archives.opened(path, "b.wav") as file:
        assert isinstance(file, io.FileIO)
        assert str(Path(f"/proc/self/fd/{file.fileno()}").readlink()).startswith("/memfd:")
