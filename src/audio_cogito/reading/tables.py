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
TSV = Dialect(delimiter="\t", quoted=False)


class Line(Record):
    """A row with its place, `FILE:LINE`."""

    where: str
    cells: dict[str, Any]


def delimited(path: Path, columns: Iterable[str], dialect: Dialect = CSV) -> Iterator[Line | Failure]:
    """The rows below a header, by column. Raises SetupError at once where the file or one of `columns` is not there."""
    try:
        with _opened(path, dialect.encoding) as file:
            header: list[str] = next(_reader(file, dialect), [])
    except (OSError, csv.Error, ValueError) as error:
        raise SetupError(f"{path} cannot be read: {error}") from error
    for column in columns:
        if column not in header:
            hint = rows.nearest(column, header) if header else "it is empty"
            raise SetupError(f"{path} has no column {column!r}; {hint}")
    return _delimited(path, header, dialect)


def _delimited(path: Path, header: list[str], dialect: Dialect) -> Iterator[Line | Failure]:
    with _opened(path, dialect.encoding) as file:
        reader = _reader(file, dialect)
        next(reader)
        while True:
            where = f"{path}:{reader.line_num + 1}"
            try:
                cells = next(reader)
                if cells:
                    yield Line(where=where, cells=_paired(header, cells))
            except StopIteration:
                return
            except (ValueError, csv.Error) as error:
                yield rows.failure(where, error)


def _paired(header: list[str], cells: list[str]) -> dict[str, str]:
    if len(cells) != len(header):
        raise ValueError(f"{len(cells)} cells where the header has {len(header)}")
    "".join(cells).encode()
    return dict(zip(header, cells, strict=True))


def _opened(path: Path, encoding: str) -> TextIO:
    # Bytes that are no UTF-8 come through as surrogates, so that they spoil their row and not the file.
    return path.open(encoding=encoding, errors="surrogateescape", newline="")


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
