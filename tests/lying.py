"""Datasets as they lie on a disk, made of a few rows for a test."""

from __future__ import annotations

import os
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from audio_cogito import plugins
from audio_cogito.ledger import Failure
from audio_cogito.types import Recording

REAL = "COGITO_SHARED_DATA"
real = pytest.mark.skipif(REAL not in os.environ, reason=f"{REAL} names no folder of published metadata")


def published() -> Path:
    return Path(os.environ[REAL]) / "sources"


def write(folder: Path, files: dict[str, str | bytes]) -> Path:
    """Files by their names below the folder; an empty text is a sound that nobody opens."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def read(name: str, folder: Path, **settings: Any) -> list[Recording | Failure]:
    module: ModuleType = plugins.load("sources", name)
    return list(module.recordings(module.Settings(path=str(folder), **settings)))


def parted(found: list[Recording | Failure]) -> tuple[list[Recording], list[Failure]]:
    return [one for one in found if isinstance(one, Recording)], [one for one in found if isinstance(one, Failure)]


def texts(statements: Any) -> list[str]:
    return [statement.text for statement in statements]
