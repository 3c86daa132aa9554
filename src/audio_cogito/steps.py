"""Long work in a folder of its own, as steps that are done once: a demo, a loop, a sweep.

The folder belongs to one way of doing it (`claim`), and says which steps are done and how many seconds each took
(`Steps`). A step that was interrupted is done again; what it was paid for is remembered elsewhere.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from audio_cogito.errors import SetupError
from audio_cogito.store import write_whole

FILE = "steps.json"


def encoded(value: object) -> bytes:
    """As these folders hold records: JSON that a person can read."""
    return msgspec.json.format(msgspec.json.encode(value), indent=1) + b"\n"


def claim(folder: Path, own: bytes, *, stamp: str, other: str, named: str = "--out") -> None:
    """Write what the folder is made by into its stamp, or find it there.

    Raises SetupError where it cannot be written, or holds something else; `other` says what, if another stamp is there.
    """
    path = folder / stamp
    try:
        folder.mkdir(parents=True, exist_ok=True)
        there = path.read_bytes() if path.exists() else None
        if there is None and any(folder.iterdir()):
            raise SetupError(f"{folder} holds something else: name a new folder with {named}")
        if there is None:
            write_whole(path, own)
    except OSError as error:
        raise SetupError(f"{folder} cannot be written: {error.strerror or error}") from error
    if there not in (None, own):
        raise SetupError(f"{folder} holds {other} ({path}): name a new folder with {named}")


class Steps:
    """Which steps are done, with the seconds each took. Raises SetupError for a file that cannot be read."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self.seconds: dict[str, float] = {}
        try:
            if self._path.exists():
                self.seconds = msgspec.json.decode(self._path.read_bytes(), type=dict[str, float])
        except (OSError, msgspec.DecodeError) as error:
            raise SetupError(f"{self._path} cannot be read: {error}; without it every step is done again") from error

    def do(self, name: str, work: Callable[[], None]) -> None:
        """Do the step and note it."""
        began = time.monotonic()
        work()
        self.seconds[name] = round(time.monotonic() - began, 2)
        write_whole(self._path, encoded(self.seconds))
