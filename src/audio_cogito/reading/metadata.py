"""Benchmarks' metadata as they are distributed: JSON, lines of JSON or Parquet, read strictly.

A row that is no good ends the reading, with its place: what is left out of a benchmark makes another benchmark of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from audio_cogito.errors import SetupError
from audio_cogito.hearing.sound import NotInstalled, Undecodable
from audio_cogito.reading.columns import Parquet


def rows(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """The objects of a metadata file, a JSON array, one object a line or a table in Parquet, each with its place.

    Raises SetupError.
    """
    if path.suffix == ".parquet":
        yield from _parquet(path)
        return
    try:
        text = text_in(path)
        if text.lstrip().startswith("["):
            found = [(f"{path}, item {number}", row) for number, row in enumerate(json.loads(text))]
        else:
            lines = enumerate(text.split("\n"), 1)
            found = [(f"{path}, line {number}", json.loads(line)) for number, line in lines if line.strip()]
    except (ValueError, RecursionError) as error:
        raise SetupError(f"{path} is no benchmark's metadata: {error}") from error
    for place, row in found:
        if not isinstance(row, dict):
            raise SetupError(f"{place} is no JSON object")
        yield place, row


def _parquet(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    try:
        for number, row in enumerate(Parquet(path).rows()):
            yield f"{path}, row {number}", row
    except (NotInstalled, Undecodable, OSError) as error:
        raise SetupError(f"{path} cannot be read: {error}") from error


def text_in(path: Path) -> str:
    """A metadata file's text. Raises SetupError."""
    try:
        return data_in(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SetupError(f"{path} is no benchmark's metadata: {error}") from error


def text_of(row: Mapping[str, Any], key: str, place: str) -> str:
    """A field that has to be a text, as it stands. Raises SetupError."""
    value = row.get(key)
    if not isinstance(value, str) or not value:
        raise SetupError(f"{place}: {key!r} is {'missing' if value is None else 'no text'}")
    return value


def choices_of(row: dict[str, Any], place: str) -> tuple[str, ...]:
    """The choices, which have to be texts. Raises SetupError."""
    choices = row.get("choices")
    if not isinstance(choices, list) or not choices or not all(isinstance(choice, str) for choice in choices):
        raise SetupError(f"{place}: 'choices' is no list of texts")
    return tuple(choices)


def data_in(path: Path) -> bytes:
    """A metadata file's bytes. Raises SetupError."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise SetupError(f"{path} cannot be read: {error.strerror or error}") from error
