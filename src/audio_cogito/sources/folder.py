"""All audio files below a folder, with what stands beside them.

Beside `bark.wav` may stand `bark.txt` (a caption or a transcript, as `text` says) and `bark.json` (fields named as in
`reading.rows`); one table for the whole folder is `metadata`. Where several say the same field, the nearest to the
sound counts: .txt, then .json, then the table. Files are taken in the order of their names; hidden ones are left out.

An archive in the folder (zip, tar, parquet, Arrow) is a folder of its own, in its own order; of its members only the
table says anything, in rows with `path` and `member`. An archive in an archive is not entered. Listing a packed tar
(.tar.gz) reads all of it, in each run.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any, Literal

import msgspec

from audio_cogito.errors import SetupError
from audio_cogito.hearing import archives
from audio_cogito.hearing.sound import NotInstalled, Undecodable
from audio_cogito.ledger import Failure
from audio_cogito.reading import disk, rows
from audio_cogito.reading.rows import Provenance
from audio_cogito.sources import SourceInfo, manifest
from audio_cogito.types import Recording

INFO = SourceInfo(title="A folder of audio files")


class Settings(Provenance, kw_only=True):
    path: str
    """The folder."""
    text: Literal["caption", "transcript", "ignored"] | None = None
    """What the .txt beside a sound holds. It has to be said where there is one: a transcript is no caption."""
    metadata: str | None = None
    """A .csv, .tsv or .jsonl file, named from the folder, whose `path` column names files below its own folder."""
    group: Literal["none", "folder"] = "none"
    """What must not be torn apart by a split, where no row says it: "folder" ties the files of one folder."""


Row = tuple[str, dict[str, Any]]
"""The place of a row, and what it says under our names."""


def recordings(settings: Settings) -> Iterator[Recording | Failure]:
    rows.check_names(settings)
    folder = Path(settings.path)
    if not folder.is_dir():
        raise SetupError(f"there is no folder {folder}")
    metadata = folder / settings.metadata if settings.metadata else None
    entries = manifest.entries(metadata, settings) if metadata else iter(())
    return _recordings(folder, metadata, entries, settings)


def _recordings(
    folder: Path, metadata: Path | None, entries: Iterator[manifest.Entry], settings: Settings
) -> Iterator[Recording | Failure]:
    table: dict[str, Row] = {}
    for where, said in entries:
        if failed := _place_row(table, where, said, metadata.parent if metadata else folder):
            yield failed
    for found in disk.sounds(str(folder)):
        if isinstance(found, Failure):
            yield found
        elif archives.is_archive(found):
            yield from _members(Path(found), folder, table, settings)
        else:
            yield _recording(Path(found), folder, table.pop(os.path.normpath(found), None), settings)
    for where, said in table.values():
        yield rows.failure(where, f"there is no audio file {said['path']}", "missing")


def _place_row(table: dict[str, Row], where: str, said: dict[str, Any] | Failure, folder: Path) -> Failure | None:
    """Keep a row under the file that it names."""
    if isinstance(said, Failure):
        return said
    path = said.get("path")
    if not isinstance(path, str):
        return rows.failure(where, "has no path")
    key = _key(folder / path, said.get("member"))
    if key in table:
        return rows.failure(where, f"{path} stands at {table[key][0]} already: parts of a file need a manifest source")
    table[key] = (where, said)
    return None


def _key(path: Path, member: str | None) -> str:
    return os.path.normpath(path) + (f"::{member}" if member else "")


def _members(path: Path, folder: Path, table: dict[str, Row], settings: Settings) -> Iterator[Recording | Failure]:
    is_table, seen = path.suffix.lower() in archives.TABLES, set[str]()
    try:
        for name in archives.names(path):
            if not is_table and PurePosixPath(name).suffix.lower() not in disk.SUFFIXES:
                continue
            if name in seen:
                yield rows.failure(f"{path}::{name}", "stands twice in the archive: the first counts")
            else:
                yield _member(path, name, folder, table.pop(_key(path, name), None), settings)
            seen.add(name)
    except Undecodable as error:
        yield rows.failure(str(path), error, "undecodable")
    except NotInstalled as error:
        yield rows.failure(str(path), error, "not_installed")
    except OSError as error:
        yield rows.failure(str(path), f"cannot be read: {error.strerror}", "missing")


def _member(path: Path, name: str, folder: Path, row: Row | None, settings: Settings) -> Recording | Failure:
    if isinstance(failed := disk.named(f"{path}::{name}"), Failure):
        return failed
    said = (row[1] if row else {}) | {"member": name}
    if settings.group == "folder":
        within = path.relative_to(folder) / PurePosixPath(name).parent
        said.setdefault("group", str(folder.absolute().name / within))
    try:
        return rows.recording(said, str(path), "folder", settings)
    except rows.UNREADABLE as error:
        return rows.failure(f"{path}::{name}", error)


def _recording(path: Path, folder: Path, row: Row | None, settings: Settings) -> Recording | Failure:
    try:
        said = (row[1] if row else {}) | _json_beside(path, settings) | _text_beside(path, settings)
        if settings.group == "folder":
            said.setdefault("group", str(folder.absolute().name / path.parent.relative_to(folder)))
        return rows.recording(said, str(path), "folder", settings)
    except rows.UNREADABLE as error:
        return rows.failure(str(path), error)
    except OSError as error:
        return rows.failure(str(path), f"what stands beside it cannot be read: {error.strerror}")


def _json_beside(path: Path, settings: Settings) -> dict[str, Any]:
    sidecar = path.with_suffix(".json")
    if not sidecar.is_file():
        return {}
    return rows.ours(msgspec.json.decode(sidecar.read_bytes(), type=dict[str, Any]), settings)


def _text_beside(path: Path, settings: Settings) -> dict[str, Any]:
    sidecar = path.with_suffix(".txt")
    if settings.text == "ignored" or not sidecar.is_file():
        return {}
    if settings.text is None:
        raise SetupError(f'{sidecar} lies beside a recording: set text = "caption", "transcript" or "ignored"')
    text = sidecar.read_text("utf-8-sig").strip()
    return {settings.text: text} if text else {}
