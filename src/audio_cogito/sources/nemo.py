"""NeMo manifests: a line of JSON for each utterance, with audio_filepath, duration, offset, text and lang.

Relative names start at the manifest's folder. Of a tarred dataset the sounds are members of shards: `tars` says how
their files are called, with `{shard}` where a row's shard_id belongs: "audio_{shard}.tar". Rows with `_skipme` are left
out, as NeMo does. A text in a file of its own (text_filepath) is read where that lies in the manifest's folder.
Other fields are named with `fields`, as in a manifest.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from audio_cogito.errors import SetupError
from audio_cogito.ledger import Failure
from audio_cogito.reading import rows, tables
from audio_cogito.reading.rows import Provenance
from audio_cogito.reading.tables import Line
from audio_cogito.sources import SourceInfo
from audio_cogito.types import Recording

INFO = SourceInfo(
    title="NeMo manifests, plain and tarred",
    homepage="https://docs.nvidia.com/nemo-framework/user-guide/latest/nemotoolkit/asr/datasets.html",
    domains=("speech",),
)
FIELDS = {"path": "audio_filepath", "start": "offset", "transcript": "text", "language": "lang"}
ELSEWHERE = {"audio_filepath": "audio_filename", "text": "normalized_text"}
"""Other names for the same, where the first is absent."""
LONGEST_TEXT = 2**20
"""Bytes of a text in a file of its own."""


class Settings(Provenance, kw_only=True):
    path: str
    """The manifest, lines of JSON whatever its name ends in; packed with gzip where that is .gz."""
    tars: str | None = None
    """How the shards are called, from the manifest's folder, for a tarred dataset."""
    split: str | None = None
    """What the manifest is the manifest of, such as "train"; none: splits are drawn by hash."""


def recordings(settings: Settings) -> Iterator[Recording | Failure]:
    manifest = Path(settings.path)
    provenance = msgspec.structs.replace(settings, fields=FIELDS | settings.fields)
    rows.check_names(provenance)
    if settings.tars is not None and "{shard}" not in settings.tars:
        raise SetupError(f"tars: {settings.tars!r} does not say where the shard's number belongs: {{shard}}")
    lines = tables.json_lines(manifest)
    return (
        line if isinstance(line, Failure) else _recording(line, manifest.parent, provenance)
        for line in lines
        if isinstance(line, Failure) or not line.cells.get("_skipme")
    )


def _recording(line: Line, folder: Path, settings: Settings) -> Recording | Failure:
    try:
        row = dict(line.cells)
        for name, other in ELSEWHERE.items():
            if name not in row and other in row:
                row[name] = row[other]
        if "text" not in row and "text_filepath" in row:
            row["text"] = _text(row["text_filepath"], folder)
        said = rows.ours(row, settings)
        if settings.split is not None:
            said.setdefault("split", settings.split)
        path = _place(said, row, settings)
        return rows.recording(said, str(folder / path), "nemo", settings)
    except rows.UNREADABLE as error:
        return rows.failure(line.where, error)


def _place(said: dict[str, Any], row: dict[str, Any], settings: Settings) -> str:
    """The file, and in `said` the member of it where the dataset is tarred."""
    path = said.get("path")
    if not isinstance(path, str) or "\0" in path:
        raise ValueError(f"audio_filepath is no text: {path!r}" if "path" in said else "has no audio_filepath")
    if settings.tars is None:
        if "shard_id" in row:
            raise ValueError("is of a tarred dataset: set tars")
        return path
    if type(shard := row.get("shard_id")) is not int:
        raise ValueError(f"shard_id is no number: {shard!r}")
    said["member"] = path
    return settings.tars.replace("{shard}", str(shard))


def _text(name: object, folder: Path) -> str:
    if not isinstance(name, str) or "\0" in name:
        raise ValueError(f"text_filepath is no text: {name!r}")
    try:
        path = (folder / name).resolve()
        if not path.is_relative_to(folder.resolve()):
            raise ValueError(f"text_filepath leads out of the manifest's folder: {name!r}")
        with path.open("rb") as file:
            return file.read(LONGEST_TEXT).decode("utf-8-sig").strip()
    except (OSError, RuntimeError) as error:  # RuntimeError is pathlib's word for a loop of links
        raise ValueError(f"text_filepath {name!r} cannot be read: {error}") from error
