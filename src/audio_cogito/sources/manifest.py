"""Recordings that a JSONL or CSV file lists, one a row.

The names of the fields are in `reading.rows`; `fields` maps ours to the file's. Relative paths are relative to the
manifest. Times of `turns` and `events` count from the start of the clip, which is that of the span where there is one.
Where `path` is an archive, `member` names the file in it. A .parquet file with sounds in a column is a manifest too:
each row is a recording of the cell in the column that `fields.member` names, or in the only one that holds sounds.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

import msgspec

from audio_cogito.errors import SetupError
from audio_cogito.hearing.sound import NotInstalled, Undecodable
from audio_cogito.ledger import Failure
from audio_cogito.reading import rows
from audio_cogito.reading.columns import Parquet
from audio_cogito.reading.rows import Provenance
from audio_cogito.sources import SourceInfo
from audio_cogito.types import Recording

INFO = SourceInfo(title="A manifest: JSONL or CSV, one recording a row")
DELIMITERS = {".csv": ",", ".tsv": "\t"}

Entry = tuple[str, "dict[str, Any] | Failure"]
"""The place of a row (file and line), and what it says under our names or why it cannot be read."""


class Settings(Provenance, kw_only=True):
    path: str
    """The manifest: .jsonl, .csv or .tsv, in UTF-8, or .parquet."""


def recordings(settings: Settings) -> Iterator[Recording | Failure]:
    manifest = Path(settings.path)
    return (_recording(*entry, manifest.parent, settings) for entry in entries(manifest, settings))


def entries(path: Path, provenance: Provenance) -> Iterator[Entry]:
    """The rows of a table. Raises SetupError at once for a file, a column or a name that is not there."""
    rows.check_names(provenance)
    try:
        path.open("rb").close()
    except OSError as error:
        raise SetupError(f"the manifest {path} cannot be read: {error.strerror}") from error
    suffix = path.suffix.lower()
    if suffix == ".parquet":
        return _table(path, provenance)
    if suffix in (".jsonl", ".ndjson"):
        return _lines(path, provenance)
    if suffix not in DELIMITERS:
        raise SetupError(f"the manifest {path} is neither .jsonl nor .csv nor .tsv nor .parquet")
    return _cells(path, _columns(path, provenance), provenance)


def _recording(where: str, said: dict[str, Any] | Failure, folder: Path, settings: Settings) -> Recording | Failure:
    if isinstance(said, Failure):
        return said
    try:
        path = said.get("path")
        if not isinstance(path, str) or "\0" in path:
            raise ValueError(f"path is no text: {path!r}" if "path" in said else "has no path")
        return rows.recording(said, str(folder / path), "manifest", settings)
    except rows.UNREADABLE as error:
        return rows.failure(where, error)


def _lines(path: Path, provenance: Provenance) -> Iterator[Entry]:
    decode = msgspec.json.Decoder(dict[str, Any]).decode
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            where, text = f"{path}:{number}", line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
            if not text.strip():
                continue
            try:
                yield where, rows.ours(decode(text), provenance)
            except rows.UNREADABLE as error:
                yield where, rows.failure(where, error)


def _table(path: Path, provenance: Provenance) -> Iterator[Entry]:
    try:
        table = Parquet(path)
        sounds, asked = table.columns(), provenance.fields.get("member")
    except (NotInstalled, Undecodable) as error:
        raise SetupError(f"the manifest {path}: {error}") from error
    if asked is not None and asked not in sounds:
        raise SetupError(f"the manifest {path} has no column {asked!r} of sounds; {rows.nearest(asked, sounds)}")
    if asked is None and len(sounds) > 1:
        raise SetupError(f"the manifest {path} has several columns of sounds, {', '.join(sounds)}: set fields.member")
    return _table_rows(path, table, asked or next(iter(sounds), None), provenance)


def _table_rows(path: Path, table: Parquet, sound: str | None, provenance: Provenance) -> Iterator[Entry]:
    number = 0
    try:
        for number, row in enumerate(table.rows()):
            place = {"path": path.name, "member": f"{sound}/{number}"} if sound else {}
            yield f"{path}:{number}", rows.ours(row, provenance) | place
    except Undecodable as error:
        yield f"{path}:{number}", rows.failure(f"{path}:{number}", error)


def _columns(path: Path, provenance: Provenance) -> list[str]:
    try:
        with _opened(path) as file:
            columns = next(csv.reader(file, delimiter=DELIMITERS[path.suffix.lower()], strict=True), [])
        "".join(columns).encode()
    except (UnicodeEncodeError, csv.Error) as error:
        raise SetupError(f"the manifest {path} has no header that can be read: {error}") from error
    if twice := sorted(column for column in set(columns) if column and columns.count(column) > 1):
        raise SetupError(f"the manifest {path} has more than one column {twice[0]!r}")
    for name in {"path": "path"} | provenance.fields:
        column = provenance.fields.get(name, name)
        if column not in columns:
            hint = rows.nearest(column, columns) if columns else "it is empty"
            raise SetupError(f"the manifest {path} has no column {column!r} (fields.{name}); {hint}")
    return columns


def _opened(path: Path) -> TextIO:
    # Bytes that are no UTF-8 come through as surrogates, so that they spoil their row and not the file.
    return path.open(encoding="utf-8-sig", errors="surrogateescape", newline="")


def _cells(path: Path, columns: list[str], provenance: Provenance) -> Iterator[Entry]:
    with _opened(path) as file:
        reader = csv.reader(file, delimiter=DELIMITERS[path.suffix.lower()], strict=True)
        next(reader)
        while True:
            where = f"{path}:{reader.line_num + 1}"
            try:
                cells = next(reader)
                if cells:
                    yield where, rows.from_cells(_paired(columns, cells), provenance)
            except StopIteration:
                return
            except (*rows.UNREADABLE, csv.Error) as error:
                yield where, rows.failure(where, error)


def _paired(columns: list[str], cells: list[str]) -> dict[str, str]:
    if len(cells) != len(columns):
        raise ValueError(f"{len(cells)} cells where the header has {len(columns)}")
    "".join(cells).encode()
    return dict(zip(columns, cells, strict=True))
