"""RUN/reviews.jsonl: every decision as a line, appended and on disk before anybody is told that it was taken.

One server holds the file for as long as it runs; readers need no lock. A line without its end is what a kill left of a
decision that was never acknowledged: readers pass over it, and the next writer cuts it off. Nothing else is ever
changed.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable
from pathlib import Path

import msgspec

from audio_cogito.errors import RunLocked, SetupError
from audio_cogito.review.decisions import Decision, Said

FILE = "reviews.jsonl"
_decode = msgspec.json.Decoder(Decision).decode


def said_in(folder: Path) -> Said:
    """What people decided about a run; nothing where nobody reviewed it. Raises SetupError for a damaged journal."""
    return by_subject(read(folder / FILE))


def by_subject(decisions: Iterable[Decision]) -> dict[str, list[Decision]]:
    said: dict[str, list[Decision]] = {}
    for decision in decisions:
        said.setdefault(decision.subject, []).append(decision)
    return said


def read(path: Path) -> list[Decision]:
    """The decisions, in order. Raises SetupError with file and line for one that was spoilt by hand."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise SetupError(f"{path} cannot be read: {error.strerror or error}") from error
    return [_decision(line, number, path) for number, line in enumerate(data.split(b"\n")[:-1], start=1)]


def _decision(line: bytes, number: int, path: Path) -> Decision:
    try:
        found = _decode(line)
    except msgspec.DecodeError as error:
        raise SetupError(f"{path}, line {number}, is no decision: {error}") from error
    if found.number != number:
        raise SetupError(f"{path}, line {number}, says that it is line {found.number}: lines were moved or taken out")
    if found.action == "add" and (found.seed_now is None or found.seed_now.language is None):
        raise SetupError(f"{path}, line {number}, adds a seed without its words or its language")
    return found


class Journal:
    """The journal as its one writer holds it."""

    def __init__(self, path: Path) -> None:
        """Raises RunLocked where another server holds it, SetupError where the disk refuses or a line is spoilt."""
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
            _sync_folder(path.parent)
        except OSError as error:
            raise SetupError(f"{path} cannot be written: {error.strerror or error}") from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self.decisions = read(path)
        except OSError:
            os.close(self._file)
            raise RunLocked(f"{path} is held by another `cogito review`: open its page instead") from None
        except SetupError:
            os.close(self._file)
            raise
        self._cut_torn_end()

    def append(self, decision: Decision) -> None:
        """On disk when this returns; else SetupError, and the file is as it was."""
        line = msgspec.json.encode(decision) + b"\n"
        end = os.fstat(self._file).st_size
        try:
            written = os.write(self._file, line)
            if written != len(line):
                raise OSError(f"only {written} of {len(line)} bytes were taken")
            os.fsync(self._file)
        except OSError as error:
            os.ftruncate(self._file, end)
            raise SetupError(f"{self.path} cannot be written: {error.strerror or error}") from error
        self.decisions.append(decision)

    def close(self) -> None:
        os.close(self._file)

    def _cut_torn_end(self) -> None:
        data = self.path.read_bytes()
        whole = data.rfind(b"\n") + 1
        if whole != len(data):
            os.ftruncate(self._file, whole)


def _sync_folder(folder: Path) -> None:
    """A file that was made just now is found again after a power cut only when its folder is on disk, too."""
    held = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(held)
    finally:
        os.close(held)
