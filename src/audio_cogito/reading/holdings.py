"""What of a dataset lies in a folder: its sounds by the stem of their names, whichever container someone made of them.

A dataset of MP4 is often kept as WAV or FLAC. Each folder is listed once, when the first of its sounds is asked for.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from audio_cogito.errors import SetupError
from audio_cogito.ledger import Failure
from audio_cogito.reading import rows

SUFFIXES = (".wav", ".flac", ".ogg", ".opus", ".mp3", ".m4a", ".aac", ".mp4", ".mkv", ".webm")
"""In this order where one sound lies there several times: first what needs no extra."""
LISTED_AT_ONCE = 64


class Holdings:
    """Sounds by folder and stem. Hidden files, such as the `._name.mp4` of another system's archives, are none."""

    def __init__(self) -> None:
        self._folders: dict[Path, dict[str, str]] = {}

    def find(self, folder: Path, stem: str) -> Path | None:
        """The sound of that stem in that folder, None where there is none (or no such folder)."""
        if folder not in self._folders:
            if len(self._folders) == LISTED_AT_ONCE:
                self._folders.pop(next(iter(self._folders)))
            self._folders[folder] = _listed(folder)
        name = self._folders[folder].get(stem)
        return folder / name if name else None


def _listed(folder: Path) -> dict[str, str]:
    try:
        names = [entry for entry in os.listdir(folder) if not entry.startswith(".")]  # noqa: PTH208
    except OSError:
        return {}
    rank = {suffix: place for place, suffix in enumerate(SUFFIXES)}
    kept: dict[str, str] = {}
    for name in sorted(names, key=lambda name: -rank.get(os.path.splitext(name)[1].lower(), len(rank))):  # noqa: PTH122
        stem, suffix = os.path.splitext(name)  # noqa: PTH122
        if suffix.lower() in rank:
            kept[stem] = name
    return kept


def folders(folder: Path) -> list[Path]:
    """Those in a folder, by name; hidden ones and links that lead nowhere are left out. Raises SetupError."""
    try:
        names = sorted(os.listdir(folder))  # noqa: PTH208
    except OSError as error:
        raise SetupError(f"the folder {folder} cannot be read: {error.strerror}") from error
    return [folder / name for name in names if name[0] != "." and (folder / name).is_dir()]


def missing(where: str, path: object) -> Failure:
    """A row whose sound is not there."""
    return rows.failure(where, f"there is no audio file {path}", "missing")


def check_splits(asked: Iterable[str], known: Iterable[str]) -> None:
    """Raises SetupError with the nearest right name for a split that the dataset has not."""
    known = list(known)
    for split in asked:
        if split not in known:
            raise SetupError(f"splits: there is no {split!r}; {rows.nearest(split, known)}")


def folder_of(path: str) -> Path:
    """A dataset's folder. Raises SetupError where there is none."""
    folder = Path(path)
    if not folder.is_dir():
        raise SetupError(f"there is no folder {folder}")
    return folder


def first_file(folder: Path, names: Iterable[str], what: str) -> Path:
    """The first of these names that is there. Raises SetupError."""
    names = list(names)
    for name in names:
        if (folder / name).is_file():
            return folder / name
    raise SetupError(f"{folder} holds no {what}: looked for {', '.join(names)}")
