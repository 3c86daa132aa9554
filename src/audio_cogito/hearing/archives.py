"""Members of archives and cells of tables as recordings: zip, tar (plain, gz, bz2, xz), parquet and Arrow.

Nothing is unpacked to disk: a member's bytes are held in memory while it is decoded. A zip and a plain tar are entered
anywhere, a parquet table by its row groups. A packed tar can only be read from its beginning: members that are asked
for in its order cost one reading of it for each process that listens, and going back costs another. Repack a large one
as a plain tar. A member of a table is `column/row` (`columns`).
"""

from __future__ import annotations

import io
import os
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import IO, Protocol

from audio_cogito.hearing.sound import Undecodable
from audio_cogito.reading import columns
from audio_cogito.reading.columns import one_line

TARS = (".tar",)
PACKED_TARS = (".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
TABLES = (".parquet", ".arrow")
SUFFIXES = (".zip", *TARS, *PACKED_TARS, *TABLES)
LARGEST_MEMBER = 2**31
"""Bytes; a larger member is refused, since it is held in memory."""
HARMLESS, SWELLING = 2**26, 200
"""A member of a zip that is larger than the one, in bytes, and unpacks to more than the other times its size is a bomb:
of all sounds only silence is as empty."""
OPENED_AT_ONCE = 4
DAMAGED = (OSError, EOFError, zlib.error, zipfile.BadZipFile, tarfile.TarError, NotImplementedError, RuntimeError)
"""What reading an archive may raise: RuntimeError is zipfile's word for an encrypted member."""


class Archive(Protocol):
    """An opened archive."""

    def names(self) -> Iterator[str]:
        """Members that may be sounds, in their order; a name that stands twice comes twice."""
        ...

    def read(self, member: str) -> bytes:
        """Raises KeyError where there is none of that name, Undecodable, or one of DAMAGED."""
        ...


def is_archive(path: str) -> bool:
    return path.lower().endswith(SUFFIXES)


def names(path: Path) -> Iterator[str]:
    """The members of an archive, hidden ones left out. Raises Undecodable, NotInstalled; FileNotFoundError and such."""
    with path.open("rb"):
        pass
    try:
        for name in _open(path).names():
            if not any(_is_hidden(part) for part in PurePosixPath(name).parts):
                yield name
    except DAMAGED as error:
        raise Undecodable(f"the archive cannot be read: {one_line(error)}") from error


def _is_hidden(part: str) -> bool:
    # A part that climbs hides nothing: the member is named, and refused when it is to be read.
    return (part.startswith(".") and part != "..") or part == "__MACOSX"


@contextmanager
def opened(path: Path, member: str) -> Iterator[io.FileIO]:
    """A member's bytes as a file that lies in memory. Raises Undecodable, NotInstalled, OSError."""
    if ".." in PurePosixPath(member).parts:
        raise Undecodable(f"a name that leaves the archive: {member!r}")
    with path.open("rb") as found:
        status = os.fstat(found.fileno())
    try:
        data = _opened(path, status.st_size, status.st_mtime_ns).read(member)
    except KeyError as error:
        raise Undecodable(f"the archive holds no {member!r}") from error
    except DAMAGED as error:
        raise Undecodable(f"cannot be read from the archive: {one_line(error)}") from error
    with _in_memory(data) as file:
        yield file


def _in_memory(data: bytes) -> io.FileIO:
    """A file without a name: in memory where the system can (Linux), else one that is gone when it is closed."""
    if hasattr(os, "memfd_create"):
        file = io.FileIO(os.memfd_create("member"), "w+")
    else:
        with tempfile.TemporaryFile(buffering=0) as temporary:
            file = io.FileIO(os.dup(temporary.fileno()), "w+")
    view = memoryview(data)
    while view:
        view = view[file.write(view) or 0 :]
    file.seek(0)
    return file


@lru_cache(maxsize=OPENED_AT_ONCE)
def _opened(path: Path, size: int, changed: int) -> Archive:
    """Kept open for the members to come, under what tells another archive at the same place."""
    return _open(path)


def _open(path: Path) -> Archive:
    name = path.name.lower()
    if name.endswith(".zip"):
        return Zip(path)
    if name.endswith(TARS):
        return Tar(path)
    if name.endswith(PACKED_TARS):
        return PackedTar(path)
    if name.endswith(TABLES):
        return columns.table(path)
    raise Undecodable(f"no archive that can be read: it ends in none of {', '.join(SUFFIXES)}")


class Zip:
    """Entered anywhere."""

    def __init__(self, path: Path) -> None:
        self._zip = zipfile.ZipFile(path)

    def names(self) -> Iterator[str]:
        return (entry.filename for entry in self._zip.infolist() if not entry.is_dir())

    def read(self, member: str) -> bytes:
        entry = self._zip.getinfo(member)
        _refuse_large(entry.file_size)
        if entry.file_size > max(HARMLESS, SWELLING * entry.compress_size):
            times = entry.file_size // max(1, entry.compress_size)
            raise Undecodable(f"unpacks to {times:,} times its size, as no sound but silence does")
        return self._zip.read(entry)


class Tar:
    """Entered anywhere, by an index that one pass over its headers makes. Of two members of a name the first counts."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        self._index: dict[str, tuple[int, int]] | None = None

    def __del__(self) -> None:
        self._file.close()

    def names(self) -> Iterator[str]:
        with tarfile.open(fileobj=self._file, mode="r:") as tar:
            for entry in _members(tar):
                yield entry.name

    def read(self, member: str) -> bytes:
        if self._index is None:
            self._index = {}
            with tarfile.open(fileobj=self._file, mode="r:") as tar:
                for entry in _members(tar):
                    self._index.setdefault(entry.name, (entry.offset_data, entry.size))
        offset, size = self._index[member]
        _refuse_large(size)
        self._file.seek(offset)
        return _whole(self._file, size)


class PackedTar:
    """Read forwards; asked for what lies behind, it begins anew."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._tar: tarfile.TarFile | None = None

    def __del__(self) -> None:
        self._rewind()

    def names(self) -> Iterator[str]:
        with tarfile.open(self._path, "r|*") as tar:
            for entry in _members(tar):
                yield entry.name

    def read(self, member: str) -> bytes:
        behind = self._tar is not None
        data = self._forward(member)
        if data is None and behind:
            self._rewind()
            data = self._forward(member)
        if data is None:
            raise KeyError(member)
        return data

    def _forward(self, member: str) -> bytes | None:
        if self._tar is None:
            self._tar = tarfile.open(self._path, "r|*")  # noqa: SIM115
        try:
            for entry in _members(self._tar):
                if entry.name == member:
                    _refuse_large(entry.size)
                    content = self._tar.extractfile(entry)
                    return _whole(content, entry.size) if content else None
        except BaseException:
            self._rewind()
            raise
        self._rewind()
        return None

    def _rewind(self) -> None:
        if self._tar is not None:
            self._tar.close()
        self._tar = None


def _members(tar: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    """Files, in their order. What was read is forgotten, so that memory does not grow with the archive."""
    while (entry := tar.next()) is not None:
        tar.members.clear()  # type: ignore[attr-defined]
        if entry.isreg():
            yield entry


def _refuse_large(size: int) -> None:
    if size > LARGEST_MEMBER:
        raise Undecodable(f"a member of {size:,} bytes, more than fits into memory: unpack the archive")


def _whole(file: IO[bytes], size: int) -> bytes:
    data = file.read(size)
    if len(data) < size:
        raise Undecodable(f"truncated: {len(data)} of {size} bytes in the archive")
    return data
