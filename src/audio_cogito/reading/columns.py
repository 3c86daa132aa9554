"""Tables whose cells hold sounds: parquet, and the Arrow files that `datasets` saves.

A member of a table is `column/row`, with bytes in the cell or in its `bytes`, as `datasets` writes them. Parquet is
read by its row groups, Arrow through a memory map. pyarrow reads both and is an extra.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from audio_cogito.hearing.sound import NotInstalled, Undecodable

if TYPE_CHECKING:
    import pyarrow.parquet

PARQUET_MISSING = "parquet is read by pyarrow, which is not installed: pip install 'audio-cogito[parquet]'"
ARROW_FILE = b"ARROW1"
"""What an Arrow file begins with; a stream does not."""


def table(path: Path) -> Parquet | Arrow:
    """A table by its name's ending. Raises NotInstalled, Undecodable, OSError."""
    return Arrow(path) if path.name.lower().endswith(".arrow") else Parquet(path)


def sounds(schema: pyarrow.Schema) -> list[str]:
    """Columns that hold sounds: a struct with `bytes`, or nothing but bytes."""
    import pyarrow

    def is_sound(type_: pyarrow.DataType) -> bool:
        if pyarrow.types.is_struct(type_):
            return bool(type_.get_field_index("bytes") >= 0)
        return bool(pyarrow.types.is_binary(type_) or pyarrow.types.is_large_binary(type_))

    return [field.name for field in schema if is_sound(field.type)]


def class_labels(schema: pyarrow.Schema) -> dict[str, list[str]]:
    """The names behind the numbers of a column, for each column of class labels that `datasets` wrote."""
    try:
        said = msgspec.json.decode((schema.metadata or {}).get(b"huggingface", b"{}"))
        features = said.get("info", {}).get("features", {})
        found = {name: feature.get("feature", feature).get("names") for name, feature in features.items()}
    except (ValueError, AttributeError):
        return {}
    return {
        name: names
        for name, names in found.items()
        if isinstance(names, list) and all(isinstance(one, str) for one in names)
    }


def one_line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__


class Parquet:
    """A table whose columns hold sounds; the row group that was read last is kept."""

    def __init__(self, path: Path) -> None:
        try:
            import pyarrow.parquet
        except ImportError as error:
            raise NotInstalled(PARQUET_MISSING) from error
        try:
            self._file: pyarrow.parquet.ParquetFile = pyarrow.parquet.ParquetFile(path)
        except pyarrow.ArrowException as error:
            raise Undecodable(f"the table cannot be read: {one_line(error)}") from error
        self._error = pyarrow.ArrowException
        self._groups: list[int] = []
        self._kept: tuple[str, int, list[bytes | None]] | None = None
        for group in range(self._file.num_row_groups):
            self._groups.append(self._file.metadata.row_group(group).num_rows)

    def columns(self) -> list[str]:
        return sounds(self._file.schema_arrow)

    def header(self) -> list[str]:
        return list(self._file.schema_arrow.names)

    def labels(self) -> dict[str, list[str]]:
        return class_labels(self._file.schema_arrow)

    def names(self) -> Iterator[str]:
        for row in range(self._file.metadata.num_rows):
            for column in self.columns():
                yield f"{column}/{row}"

    def rows(self) -> Iterator[dict[str, Any]]:
        """What the other columns say, row by row."""
        others = [name for name in self._file.schema_arrow.names if name not in self.columns()]
        for group in range(self._file.num_row_groups):
            try:
                yield from self._file.read_row_group(group, columns=others).to_pylist()
            except self._error as error:
                raise Undecodable(f"the table cannot be read: {one_line(error)}") from error

    def read(self, member: str) -> bytes:
        column, _, row = member.rpartition("/")
        if column not in self.columns() or not row.isdecimal() or int(row) >= self._file.metadata.num_rows:
            raise KeyError(member)
        group, within = self._group_of(int(row))
        if self._kept is None or self._kept[:2] != (column, group):
            self._kept = (column, group, self._cells(column, group))
        data = self._kept[2][within]
        if not isinstance(data, bytes):
            raise Undecodable("the cell holds no bytes")
        return data

    def _group_of(self, row: int) -> tuple[int, int]:
        for group, rows in enumerate(self._groups):
            if row < rows:
                return group, row
            row -= rows
        raise KeyError(row)

    def _cells(self, column: str, group: int) -> list[bytes | None]:
        try:
            cells = self._file.read_row_group(group, columns=[column]).column(0).to_pylist()
        except self._error as error:
            raise Undecodable(f"the table cannot be read: {one_line(error)}") from error
        return [cell.get("bytes") if isinstance(cell, dict) else cell for cell in cells]


class Arrow:
    """A table as `datasets` saves it to disk, a stream or a file of Arrow; what is not asked for is not read."""

    def __init__(self, path: Path) -> None:
        try:
            import pyarrow.ipc
        except ImportError as error:
            raise NotInstalled(PARQUET_MISSING) from error
        try:
            source = pyarrow.memory_map(str(path))
            is_file = source.read(len(ARROW_FILE)) == ARROW_FILE
            source.seek(0)
            opened = pyarrow.ipc.open_file if is_file else pyarrow.ipc.open_stream
            self._table: pyarrow.Table = opened(source).read_all()
        except pyarrow.ArrowException as error:
            raise Undecodable(f"the table cannot be read: {one_line(error)}") from error

    def columns(self) -> list[str]:
        return sounds(self._table.schema)

    def header(self) -> list[str]:
        return list(self._table.schema.names)

    def labels(self) -> dict[str, list[str]]:
        return class_labels(self._table.schema)

    def names(self) -> Iterator[str]:
        for row in range(self._table.num_rows):
            for column in self.columns():
                yield f"{column}/{row}"

    def rows(self) -> Iterator[dict[str, Any]]:
        """What the other columns say, row by row."""
        others = self._table.drop_columns(self.columns())
        for batch in others.to_batches(max_chunksize=1000):
            yield from batch.to_pylist()

    def read(self, member: str) -> bytes:
        column, _, row = member.rpartition("/")
        if column not in self.columns() or not row.isdecimal() or int(row) >= self._table.num_rows:
            raise KeyError(member)
        cell = self._table.column(column)[int(row)].as_py()
        data = cell.get("bytes") if isinstance(cell, dict) else cell
        if not isinstance(data, bytes):
            raise Undecodable("the cell holds no bytes")
        return data
