"""Recordings that a JSONL or CSV file lists, one a row.

The names of the fields are in `reading.rows`; `fields` maps ours to the file's. Relative paths are relative to the
manifest. Times of `turns` and `events` count from the start of the clip, which is that of the span where there is one.
Where `path` is an archive, `member` names the file in it. A .parquet file with sounds in a column is a manifest too:
each row is a recording of the cell in the column that `fields.member` names, or in the only one that holds sounds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from audio_cogito.errors import SetupError
from audio_cogito.hearing.sound import NotInstalled, Undecodable
from audio_cogito.ledger import Failure
from audio_cogito.reading import rows, tables
from audio_cogito.reading.columns import Parquet
from audio_cogito.reading.rows import Provenance
from audio_cogito.reading.tables import Line
from audio_cogito.sources import SourceInfo
from audio_cogito.types import Recording

INFO = SourceInfo(title="A manifest: JSONL or CSV, one recording a row")
LINES = (".jsonl", ".ndjson")
DIALECTS = {".csv": tables.CSV, ".tsv": tables.TABBED}

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
    suffix = path.suffix.lower()
    if suffix == ".parquet":
        return _table(path, provenance)
    if path.is_file() and suffix not in (*LINES, *DIALECTS):
        raise SetupError(f"the manifest {path} is neither .jsonl nor .csv nor .tsv nor .parquet")
    if suffix not in DIALECTS:
        return (_said(line, rows.ours, provenance) for line in tables.json_lines(path))
    _check_columns(path, tables.header(path, DIALECTS[suffix]), provenance)
    return (_said(line, rows.from_cells, provenance) for line in tables.delimited(path, (), DIALECTS[suffix]))


def _said(line: Line | Failure, under_our_names: Callable[..., dict[str, Any]], provenance: Provenance) -> Entry:
    if isinstance(line, Failure):
        return line.subject, line
    try:
        return line.where, under_our_names(line.cells, provenance)
    except rows.UNREADABLE as error:
        return line.where, rows.failure(line.where, error)


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


def _check_columns(path: Path, columns: list[str], provenance: Provenance) -> None:
    if twice := sorted(column for column in set(columns) if column and columns.count(column) > 1):
        raise SetupError(f"the manifest {path} has more than one column {twice[0]!r}")
    for name in {"path": "path"} | provenance.fields:
        column = provenance.fields.get(name, name)
        if column not in columns:
            hint = rows.nearest(column, columns) if columns else "it is empty"
            raise SetupError(f"the manifest {path} has no column {column!r} (fields.{name}); {hint}")
