"""The tables that datasets are published with, row by row as they are: delimited text and lines of JSON.

`rows` and the manifest source read tables under our names; these are for tables whose columns a source knows. Rows are
dicts only until the source has made its records of them. A line that is too long to be a row ends its file: a text
without line ends would else be read into memory whole.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TextIO, TypeVar

import msgspec

from audio_cogito.errors import SetupError
from audio_cogito.ledger import Failure
from audio_cogito.reading import rows
from audio_cogito.types import Record

T = TypeVar("T")

LONGEST_LINE = 2**24
"""Characters. Lines of JSON with word alignments of an hour are shorter."""
LARGEST_DOCUMENT = 2**28
"""Bytes of a JSON file that is one document and is read whole."""


class Dialect(Record):
    """How a delimited table is written."""

    delimiter: str = ","
    quoted: bool = True
    escape: str | None = None
    encoding: str = "utf-8-sig"


CSV = Dialect()
TABBED = Dialect(delimiter="\t")


class Line(Record):
    """A row with its place, `FILE:LINE`."""

    where: str
    cells: dict[str, Any]


class Cells(Record):
    """A row of which nothing says what its columns are."""

    where: str
    cells: list[str]


def delimited(path: Path, columns: Iterable[str], dialect: Dialect = CSV) -> Iterator[Line | Failure]:
    """The rows below a header, by column. Raises SetupError at once where the file or one of `columns` is not there."""
    said = header(path, dialect)
    for column in columns:
        if column not in said:
            raise SetupError(
                f"{path} has no column {column!r}; {rows.nearest(column, said) if said else 'it is empty'}"
            )
    return _paired(path, said, dialect)


def header(path: Path, dialect: Dialect = CSV) -> list[str]:
    """The names of the columns, none for an empty file. Raises SetupError."""
    try:
        with _opened(path, dialect.encoding) as file:
            said: list[str] = next(_reader(file, dialect), [])
        "".join(said).encode()
    except (csv.Error, ValueError) as error:
        raise SetupError(f"{path} has no header that can be read: {error}") from error
    return said


def _paired(path: Path, header: list[str], dialect: Dialect) -> Iterator[Line | Failure]:
    reading = bare(path, dialect)
    next(reading, None)
    for row in reading:
        if isinstance(row, Failure):
            yield row
        elif len(row.cells) != len(header):
            yield rows.failure(row.where, f"{len(row.cells)} cells where the header has {len(header)}")
        else:
            yield Line(where=row.where, cells=dict(zip(header, row.cells, strict=True)))


def certain(path: Path, columns: Iterable[str], dialect: Dialect = CSV) -> Iterator[dict[str, str]]:
    """The rows of a table that others are explained by: one that cannot be read raises SetupError."""
    for row in delimited(path, columns, dialect):
        if isinstance(row, Failure):
            raise SetupError(f"{row.subject}: {row.detail}")
        yield row.cells


def bare(path: Path, dialect: Dialect = CSV) -> Iterator[Cells | Failure]:
    """All rows of a table, a header too; empty ones are left out."""
    with _opened(path, dialect.encoding) as file:
        reader = _reader(file, dialect)
        while True:
            where = f"{path}:{reader.line_num + 1}"
            try:
                cells = next(reader)
                "".join(cells).encode()
            except StopIteration:
                return
            except (ValueError, csv.Error) as error:
                yield rows.failure(where, error)
            else:
                if cells:
                    yield Cells(where=where, cells=cells)


def lines(path: Path) -> Iterator[tuple[str, str | Failure]]:
    """The lines that bear something, with their places, for a table that is read line by line."""
    number = 0
    with _opened(path, CSV.encoding) as file:
        try:
            for number, line in enumerate(_bounded(file), 1):
                if line.strip():
                    yield f"{path}:{number}", line
        except ValueError as error:
            yield f"{path}:{number + 1}", rows.failure(f"{path}:{number + 1}", error)


def _opened(path: Path, encoding: str) -> TextIO:
    # Bytes that are no UTF-8 come through as surrogates, so that they spoil their row and not the file.
    try:
        return path.open(encoding=encoding, errors="surrogateescape", newline="")
    except OSError as error:
        raise SetupError(f"{path} cannot be read: {error.strerror}") from error


def _reader(file: TextIO, dialect: Dialect) -> Any:
    lines = _bounded(file)
    if dialect.quoted:
        return csv.reader(lines, delimiter=dialect.delimiter, escapechar=dialect.escape, strict=True)
    return csv.reader(lines, delimiter=dialect.delimiter, escapechar=dialect.escape, quoting=csv.QUOTE_NONE)


def _bounded(file: TextIO) -> Iterator[str]:
    while line := file.readline(LONGEST_LINE):
        if len(line) == LONGEST_LINE:
            raise ValueError(f"a line of more than {LONGEST_LINE:,} characters: the rest is not read")
        yield line


def json_lines(path: Path) -> Iterator[Line | Failure]:
    """Objects, one a line; packed with gzip where the name ends in .gz. Raises SetupError at once for no such file."""
    try:
        path.open("rb").close()
    except OSError as error:
        raise SetupError(f"{path} cannot be read: {error.strerror}") from error
    return _json_lines(path)


def _json_lines(path: Path) -> Iterator[Line | Failure]:
    decode, number = msgspec.json.Decoder(dict[str, Any]).decode, 0
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
            while line := file.readline(LONGEST_LINE):
                number += 1
                if len(line) == LONGEST_LINE:
                    raise ValueError(f"a line of more than {LONGEST_LINE:,} bytes")
                if line.strip():
                    yield _decoded(f"{path}:{number}", line.removeprefix(b"\xef\xbb\xbf"), decode)
    except (OSError, EOFError, ValueError) as error:
        yield rows.failure(f"{path}:{number + 1}", f"the rest of the file cannot be read: {error}")


def _decoded(where: str, line: bytes, decode: Any) -> Line | Failure:
    try:
        return Line(where=where, cells=decode(line))
    except rows.UNREADABLE as error:
        return rows.failure(where, error)


def document(path: Path, kind: type[T]) -> T:
    """A JSON file that is one document of this kind. Raises SetupError."""
    try:
        if (size := path.stat().st_size) > LARGEST_DOCUMENT:
            raise SetupError(f"{path} has {size:,} bytes, more than {LARGEST_DOCUMENT:,}")
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except OSError as error:
        raise SetupError(f"{path} cannot be read: {error.strerror}") from error
    except rows.UNREADABLE as error:
        raise SetupError(f"{path} cannot be read: {error}") from error
