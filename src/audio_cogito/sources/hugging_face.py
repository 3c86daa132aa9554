"""Datasets of Hugging Face on disk: parquet files as the hub has them, and folders that `save_to_disk` wrote.

Each row with a sound in its cell is a recording; `fields` maps our names to the columns, and numbers of a class label
become its names. A file is of the split that its name or one of its folders says, in whatever spelling; of "train"
where none is said, as `datasets` has it. Nothing is downloaded and no loading script is run. The Python package
`datasets` is not needed: it would decode each sound on its own terms. A table that cannot be read costs itself alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from audio_cogito.errors import SetupError
from audio_cogito.hearing import archives
from audio_cogito.hearing.sound import NotInstalled, Undecodable
from audio_cogito.ledger import Failure
from audio_cogito.reading import columns, disk, rows
from audio_cogito.reading.columns import Arrow, Parquet
from audio_cogito.reading.rows import Provenance
from audio_cogito.sources import SourceInfo
from audio_cogito.types import Recording

INFO = SourceInfo(title="Hugging Face datasets on disk", homepage="https://huggingface.co/docs/datasets")
SPELLINGS = {
    "train": "train", "training": "train", "validation": "dev", "valid": "dev", "val": "dev", "dev": "dev",
    "test": "test", "testing": "test", "eval": "test", "evaluation": "test",
}  # fmt: skip
CACHES = "cache-"
"""What `datasets` writes beside a saved dataset, and is none of it, begins so."""


class Settings(Provenance, kw_only=True):
    path: str
    """A .parquet or .arrow file, or a folder of them."""
    splits: tuple[str, ...] = ("train",)
    """Of train, dev and test."""


def recordings(settings: Settings) -> Iterator[Recording | Failure]:
    rows.check_names(settings)
    disk.check_splits(settings.splits, dict.fromkeys(SPELLINGS.values()))
    found = tables(Path(settings.path))
    wanted = [path for path in found if split_of(path, Path(settings.path)) in settings.splits]
    if not wanted:
        there = sorted({split_of(path, Path(settings.path)) for path in found})
        raise SetupError(f"{settings.path} has no table of {', '.join(settings.splits)}, only of {', '.join(there)}")
    check_columns(wanted, [column for name, column in settings.fields.items() if name != "member"], "fields")
    return chain.from_iterable(_table(path, settings) for path in wanted)


def tables(path: Path) -> list[Path]:
    """A table, or those below a folder by name; links to folders are not followed. Raises SetupError for none."""
    if path.is_dir():
        found = sorted(one for one in path.rglob("*") if _is_table(one) and one.is_file())
    else:
        found = [path] if path.is_file() and _is_table(path) else []
    if not found:
        raise SetupError(f"{path} is no table and holds none: looked for {', '.join(archives.TABLES)}")
    return found


def _is_table(path: Path) -> bool:
    return path.name.lower().endswith(archives.TABLES) and not path.name.startswith((".", CACHES))


def split_of(path: Path, root: Path) -> str:
    """What the file's name says, else the nearest folder below the root that says one."""
    for part in reversed(path.relative_to(root).parts or (path.name,)):
        for word in re.split(r"[^a-z]+", part.lower()):
            if word in SPELLINGS:
                return SPELLINGS[word]
    return "train"


def check_columns(paths: list[Path], asked: list[str], setting: str) -> None:
    """Raises SetupError for a column that the first table that can be read has not, or where pyarrow is not there."""
    for path in paths:
        try:
            header = columns.table(path).header()
        except NotInstalled as error:
            raise SetupError(str(error)) from error
        except (Undecodable, OSError):
            continue
        for column in asked:
            if column not in header:
                raise SetupError(f"{setting}: {path} has no column {column!r}; {rows.nearest(column, header)}")
        return


def _table(path: Path, settings: Settings) -> Iterator[Recording | Failure]:
    split = split_of(path, Path(settings.path))
    number = 0
    try:
        table = columns.table(path)
        sound, labels = sound_column(table, settings.fields.get("member")), table.labels()
        for number, row in enumerate(table.rows()):
            yield _recording(path, f"{sound}/{number}", _named(row, labels), split, settings)
    except (Undecodable, ValueError) as error:
        yield rows.failure(f"{path}:{number}", error, "undecodable")
    except OSError as error:
        yield rows.failure(str(path), f"cannot be read: {error.strerror}", "missing")


def sound_column(table: Parquet | Arrow, asked: str | None) -> str:
    """Raises Undecodable where it is not there or not the only one."""
    found = table.columns()
    if asked is not None and asked not in found:
        raise Undecodable(f"has no column {asked!r} of sounds; {rows.nearest(asked, found)}")
    if asked is None and len(found) != 1:
        raise Undecodable(f"has {len(found)} columns of sounds ({', '.join(found)}): set fields.member to one")
    return asked or found[0]


def _named(row: dict[str, Any], labels: dict[str, list[str]]) -> dict[str, Any]:
    """Class labels by their names. One that has none (-1 where it is not known) is none."""

    def name(value: object, names: list[str]) -> str | None:
        return names[value] if isinstance(value, int) and 0 <= value < len(names) else None

    for column, names in labels.items():
        value = row.get(column)
        if isinstance(value, list):
            row[column] = [named for one in value if (named := name(one, names)) is not None]
        elif value is not None:
            row[column] = name(value, names)
    return row


def _recording(path: Path, member: str, row: dict[str, Any], split: str, settings: Settings) -> Recording | Failure:
    try:
        said = {"split": split} | rows.ours(row, settings) | {"member": member}
        return rows.recording(said, str(path), "hugging_face", settings)
    except rows.UNREADABLE as error:
        return rows.failure(f"{path}::{member}", error)
