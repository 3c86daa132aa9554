"""A published dataset as it lies on a disk: where its metadata are, and which of its sounds are there.

Nobody unpacks a dataset as the next person does, so metadata and the folders of sounds are looked for by name, in the
folder that a recipe names and two levels below it. A sound is the file that a row names, or one of the same stem in
another container: a dataset of MP4 is often kept as WAV or FLAC.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from audio_cogito.errors import SetupError
from audio_cogito.hearing import archives
from audio_cogito.ledger import Failure
from audio_cogito.reading import rows
from audio_cogito.types import Record

DEPTH = 2
"""Levels below the folder in which metadata are looked for."""
PLAIN = (".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3")
SUFFIXES = (*PLAIN, ".m4a", ".aac", ".mp4", ".mkv", ".mka", ".webm", ".mov", ".3gp", ".wma")
"""Of sounds, in this order where one lies there several times. Those that are not plain need PyAV: pip install
'audio-cogito[av]'."""
LISTED_AT_ONCE = 64
"""Folders whose names are held in memory."""

Split = TypeVar("Split", bound=str)
Metadata = TypeVar("Metadata")


class Lying(Record, omit_defaults=False, kw_only=True):
    """What a dataset's settings share."""

    path: str
    """The folder in which the dataset lies, sounds and metadata."""
    metadata: str | None = None
    """The folder of the metadata, named from the other, where they lie elsewhere or in several versions."""


def folders(settings: Lying) -> list[Path]:
    """Where metadata may lie, the nearest first. Raises SetupError where there is no such folder."""
    root = folder_of(settings.path)
    return list(_nearest_first(folder_of(str(root / settings.metadata)) if settings.metadata else root))


def folder_of(path: str) -> Path:
    """Raises SetupError where there is none."""
    folder = Path(path)
    if not folder.is_dir():
        raise SetupError(f"there is no folder {folder}")
    return folder


def _nearest_first(root: Path) -> Iterator[Path]:
    level, seen = [root], set[tuple[int, int]]()
    for depth in range(DEPTH + 1):
        below: list[Path] = []
        for folder in level:
            if _is_new(folder, seen):
                yield folder
                below += _folders_in(folder) if depth < DEPTH else []
        level = below


def _folders_in(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            return sorted(folder / entry.name for entry in entries if entry.is_dir() and not entry.name.startswith("."))
    except OSError:
        return []


def _is_new(folder: Path, seen: set[tuple[int, int]]) -> bool:
    """Whether a folder was not reached before, as by a link to one above."""
    try:
        place = folder.stat()
    except OSError:
        return False
    key = (place.st_dev, place.st_ino)
    return key not in seen and not seen.add(key)  # type: ignore[func-returns-value]


def place(root: Path, *names: str) -> Path | None:
    """The nearest folder with the first of these names, the next where there is none; within it one of that name again,
    as archives are unpacked."""
    places = folders(Lying(path=str(root)))
    for name in names:
        if found := next((one for one in places if name in (one.name, one.resolve().name)), None):
            return found / name if (found / name).is_dir() else found
    return None


def find(places: list[Path], name: str) -> Path | None:
    """The file whose name matches a regular expression, in the nearest folder. Raises SetupError for several there."""
    whole = re.compile(name)
    for folder in places:
        found = _files_in(folder, whole)
        if len(found) > 1:
            raise SetupError(f"{found[0]} and {found[1].name} lie side by side: leave the one that counts")
        if found:
            return found[0]
    return None


def _files_in(folder: Path, name: re.Pattern[str]) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            names = sorted(entry.name for entry in entries if name.fullmatch(entry.name))
    except OSError:
        return []
    return [folder / found for found in names if (folder / found).is_file()]


def check_splits(asked: Iterable[str], known: Iterable[str]) -> None:
    """Raises SetupError with the nearest right name for a split that the dataset has not."""
    known = list(known)
    for split in asked:
        if split not in known:
            raise SetupError(f"splits: there is no {split!r}; {rows.nearest(split, known)}")


def chosen(
    asked: tuple[Split, ...] | None, found: dict[Split, Metadata], training: tuple[Split, ...], wanted: str
) -> dict[Split, Metadata]:
    """The metadata of the splits that are asked for, or of the training splits that are there. Raises SetupError."""
    if asked is None:
        kept = {split: found[split] for split in training if split in found}
        if not kept:
            raise SetupError(f"no metadata of a training split were found: {wanted}")
        return kept
    if absent := [split for split in asked if split not in found]:
        raise SetupError(f"no metadata of the split {absent[0]!r} were found: {wanted}")
    return {split: found[split] for split in asked}


def below(folder: Path, name: str) -> Path:
    """The file that a row names, which must lie below this folder. Raises ValueError."""
    if not name or "\0" in name or name.startswith("/") or ".." in name.split("/"):
        raise ValueError(f"a name that leaves the folder: {name!r}")
    return folder / name


class Holdings:
    """Which sounds lie there. A folder is listed when one is not under the name that its row says, and then once.

    Hidden files, such as the `._name.mp4` of another system's archives, are none.
    """

    def __init__(self) -> None:
        self._folders: dict[Path, dict[str, str]] = {}

    def find(self, path: Path) -> Path | None:
        """This sound, or that of its stem in a container that needs no extra or is the first of SUFFIXES."""
        if path.suffix in PLAIN and path.is_file():
            return path
        stem, listed = path.name.removesuffix(path.suffix), self._listed(path.parent)
        return path.with_name(stem + listed[stem]) if stem in listed else None

    def there(self, where: str, path: Path) -> Path | Failure:
        """The same, or the failure of the row whose sound is not there."""
        return self.find(path) or rows.failure(where, f"there is no audio file {path}", "missing")

    def _listed(self, folder: Path) -> dict[str, str]:
        """The endings by stem."""
        if folder not in self._folders:
            if len(self._folders) == LISTED_AT_ONCE:
                self._folders.pop(next(iter(self._folders)))
            self._folders[folder] = _endings(folder)
        return self._folders[folder]


def _endings(folder: Path) -> dict[str, str]:
    try:
        names = [name for name in os.listdir(folder) if name[0] != "."]  # noqa: PTH208
    except OSError:
        return {}
    rank = {suffix: place for place, suffix in enumerate(SUFFIXES)}
    kept: dict[str, str] = {}
    for name in sorted(names):
        stem, suffix = os.path.splitext(name)  # noqa: PTH122
        place = rank.get(suffix.lower())
        if place is not None and place < rank.get(kept.get(stem, "").lower(), len(rank)):
            kept[stem] = sys.intern(suffix)
    return kept


def subfolders(folder: Path) -> list[Path]:
    """Those in a folder, by name; hidden ones and links that lead nowhere are left out. Raises SetupError."""
    try:
        names = sorted(os.listdir(folder))  # noqa: PTH208
    except OSError as error:
        raise SetupError(f"the folder {folder} cannot be read: {error.strerror}") from error
    return [folder / name for name in names if name[0] != "." and (folder / name).is_dir()]


def sounds(folder: str) -> Iterator[str | Failure]:
    """Audio files and archives below a folder, by name. A folder that is reached twice, as by a link to one above, is
    entered once; hidden files are left out."""
    seen, waiting = set[tuple[int, int]](), [(folder, True)]
    while waiting:
        place, is_folder = waiting.pop()
        if not is_folder:
            yield named(place)
        elif _is_new(Path(place), seen):
            try:
                waiting += _entries(place)
            except (OSError, UnicodeEncodeError) as error:
                yield rows.failure(_writable(place), f"the folder cannot be read: {error}", "missing")


def _entries(folder: str) -> list[tuple[str, bool]]:
    """Folders and what may be a sound, from the last name to the first, and whether each is a folder."""
    folder.encode()
    with os.scandir(folder) as scanned:
        entries = sorted((entry.name, _is_folder(entry)) for entry in scanned if entry.name[0] != ".")
    return [(f"{folder}/{name}", is_folder) for name, is_folder in reversed(entries) if is_folder or _sounds(name)]


def _is_folder(entry: os.DirEntry[str]) -> bool:
    """Whether it is one, through links; one that leads to itself is none, and costs the rest of its folder nothing."""
    try:
        return entry.is_dir()
    except OSError:
        return False


def _sounds(name: str) -> bool:
    return os.path.splitext(name)[1].lower() in SUFFIXES or archives.is_archive(name)  # noqa: PTH122


def named(path: str) -> str | Failure:
    """A path that can be written down."""
    if (writable := _writable(path)) != path:
        return rows.failure(writable, "the file's name is no UTF-8: rename it")
    return path


def _writable(path: str) -> str:
    return path.encode(errors="backslashreplace").decode()
