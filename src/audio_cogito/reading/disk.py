"""A published dataset as it lies on a disk: where its metadata are, their rows, and the sounds below a folder.

Nobody unpacks a dataset as the next person does, so metadata are looked for by name, in the folder that a recipe names
and two levels below it. A table is read row by row: a broken row is a `Failure` and costs itself alone, and a line that
no table would have (a file of one endless line) ends the reading, in bounded memory.
"""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO, TypeVar

from audio_cogito.errors import SetupError
from audio_cogito.hearing import archives
from audio_cogito.ledger import Failure
from audio_cogito.reading import rows
from audio_cogito.sources.folder import SUFFIXES
from audio_cogito.types import Record

DEPTH = 2
"""Levels below the folder in which metadata are looked for."""
LONGEST_LINE = 2**20
"""Characters. The longest cells known, biographies in HTML, are some 20,000."""

Split = TypeVar("Split", bound=str)
Metadata = TypeVar("Metadata")
Row = dict[str, str]
Entry = tuple[str, "Row | Failure"]
"""The place of a row (file and line), and its cells by column or why it cannot be read."""


class Lying(Record, omit_defaults=False, kw_only=True):
    """What a dataset's settings share."""

    path: str
    """The folder in which the dataset lies, sounds and metadata."""
    metadata: str | None = None
    """The folder of the metadata, named from the other, where they lie elsewhere or in several versions."""


def folders(settings: Lying) -> list[Path]:
    """Where metadata may lie, the nearest first. Raises SetupError where there is no such folder."""
    root = Path(settings.path)
    metadata = root / settings.metadata if settings.metadata else root
    for path in (root, metadata):
        if not path.is_dir():
            raise SetupError(f"there is no folder {path}")
    return list(_nearest_first(metadata))


def _nearest_first(root: Path) -> Iterator[Path]:
    level, seen = [root], set[tuple[int, int]]()
    for depth in range(DEPTH + 1):
        below: list[Path] = []
        for folder in level:
            if _is_new(folder, seen):
                yield folder
                below += _folders_in(folder) if depth < DEPTH else []
        level = below


def _folders_in(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            return sorted(folder / entry.name for entry in entries if entry.is_dir() and not entry.name.startswith("."))
    except OSError:
        return []


def _is_new(folder: Path, seen: set[tuple[int, int]]) -> bool:
    """Whether a folder was not reached before, as by a link to one above."""
    try:
        place = folder.stat()
    except OSError:
        return False
    key = (place.st_dev, place.st_ino)
    return key not in seen and not seen.add(key)  # type: ignore[func-returns-value]


def find(places: list[Path], name: str) -> Path | None:
    """The file whose name matches a regular expression, in the nearest folder. Raises SetupError for several there."""
    whole = re.compile(name)
    for folder in places:
        found = _files_in(folder, whole)
        if len(found) > 1:
            raise SetupError(f"{found[0]} and {found[1].name} lie side by side: leave the one that counts")
        if found:
            return found[0]
    return None


def _files_in(folder: Path, name: re.Pattern[str]) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            names = sorted(entry.name for entry in entries if name.fullmatch(entry.name))
    except OSError:
        return []
    return [folder / found for found in names if (folder / found).is_file()]


def chosen(
    asked: tuple[Split, ...] | None, found: dict[Split, Metadata], training: tuple[Split, ...], wanted: str
) -> dict[Split, Metadata]:
    """The metadata of the splits that are asked for, or of the training splits that are there. Raises SetupError."""
    if asked is None:
        kept = {split: found[split] for split in training if split in found}
        if not kept:
            raise SetupError(f"no metadata of a training split were found: {wanted}")
        return kept
    if absent := [split for split in asked if split not in found]:
        raise SetupError(f"no metadata of the split {absent[0]!r} were found: {wanted}")
    return {split: found[split] for split in asked}


def table(path: Path, columns: tuple[str, ...], *, delimiter: str = ",", encoding: str = "utf-8") -> Iterator[Entry]:
    """The rows of a table with a header. Raises SetupError at once where it lacks one of these columns."""
    with _opened(path, encoding) as file:
        try:
            header = next(csv.reader(_lines(file), delimiter=delimiter), [])
        except csv.Error as error:
            raise SetupError(f"{path} has no header that can be read: {error}") from error
    if absent := [column for column in columns if column not in header]:
        raise SetupError(f"{path} has no column {absent[0]!r}; {rows.nearest(absent[0], header or ['nothing'])}")
    return _rows(path, header, delimiter, encoding)


def cells(path: Path, *, delimiter: str = ",", encoding: str = "utf-8") -> Iterator[tuple[str, list[str] | Failure]]:
    """The rows of a table without saying what its header is."""
    with _opened(path, encoding) as file:
        reader = csv.reader(_lines(file), delimiter=delimiter)
        while True:
            where = f"{path}:{reader.line_num + 1}"
            try:
                found = next(reader)
                "".join(found).encode()
            except StopIteration:
                return
            except (UnicodeEncodeError, csv.Error) as error:
                yield where, rows.failure(where, error)
            else:
                if found:
                    yield where, found


def _rows(path: Path, header: list[str], delimiter: str, encoding: str) -> Iterator[Entry]:
    reading = cells(path, delimiter=delimiter, encoding=encoding)
    next(reading, None)
    for where, found in reading:
        if isinstance(found, Failure):
            yield where, found
        elif len(found) != len(header):
            yield where, rows.failure(where, f"{len(found)} cells where the header has {len(header)}")
        else:
            yield where, dict(zip(header, found, strict=True))


def lines(path: Path, encoding: str = "utf-8") -> Iterator[tuple[str, str | Failure]]:
    """The lines of a file that bear something, with their places."""
    with _opened(path, encoding) as file:
        number = 0
        try:
            for number, line in enumerate(_lines(file), 1):
                if line.strip():
                    yield f"{path}:{number}", line
        except csv.Error as error:
            yield f"{path}:{number + 1}", rows.failure(f"{path}:{number + 1}", error)


def _opened(path: Path, encoding: str) -> TextIO:
    # Bytes that are no UTF-8 come through as surrogates, so that they spoil their row and not the file.
    name = "utf-8-sig" if encoding == "utf-8" else encoding
    try:
        return path.open(encoding=name, errors="surrogateescape", newline="")
    except OSError as error:
        raise SetupError(f"{path} cannot be read: {error.strerror}") from error


def _lines(file: TextIO) -> Iterator[str]:
    while line := file.readline(LONGEST_LINE + 1):
        if len(line) > LONGEST_LINE:
            raise csv.Error(f"a line of more than {LONGEST_LINE:,} characters: what follows is not read")
        yield line


def below(folder: Path, name: str) -> Path:
    """The file that a row names, which must lie below this folder. Raises ValueError."""
    if not name or "\0" in name or name.startswith("/") or ".." in name.split("/"):
        raise ValueError(f"a name that leaves the folder: {name!r}")
    return folder / name


def sounds(folder: str) -> Iterator[str | Failure]:
    """Audio files and archives below a folder, in the order of their names. A folder reached twice is entered once."""
    waiting, seen = [folder], set[tuple[int, int]]()
    while waiting:
        place = waiting.pop()
        if not _is_new(Path(place), seen):
            continue
        try:
            with os.scandir(place) as scanned:
                entries = sorted((entry.name, _is_folder(entry)) for entry in scanned if entry.name[0] != ".")
            place.encode()
        except (OSError, UnicodeEncodeError) as error:
            yield rows.failure(ascii(place), f"the folder cannot be read: {error}", "missing")
            continue
        waiting += [f"{place}/{name}" for name, is_folder in reversed(entries) if is_folder]
        yield from (_named(f"{place}/{name}") for name, is_folder in entries if not is_folder and _sounds(name))


def _is_folder(entry: os.DirEntry[str]) -> bool:
    """Whether it is one, through links; one that leads to itself is none, and costs the rest of its folder nothing."""
    try:
        return entry.is_dir()
    except OSError:
        return False


def _sounds(name: str) -> bool:
    return os.path.splitext(name)[1].lower() in SUFFIXES or archives.is_archive(name)  # noqa: PTH122


def _named(path: str) -> str | Failure:
    try:
        path.encode()
    except UnicodeEncodeError:
        return rows.failure(ascii(path), "the file's name is no UTF-8: rename it")
    return path
