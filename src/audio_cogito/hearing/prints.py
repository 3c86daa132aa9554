"""The fingerprints of clips, by clip id, in `prints.sqlite` below the store folder: remembered like what was heard.

A print is made where a sound is heard. What an earlier version heard has none: it is made from the sound that was kept,
the first time that someone asks. Beside the prints stands which of a set of clips are alike, so that a rerun over the
same clips reads no print at all.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

from audio_cogito.audio import SoundLost, Sounds
from audio_cogito.hearing.fingerprint import VERSION, fingerprint
from audio_cogito.store import WRITE_BATCH, connect, refuse_network_disk, unreadable, write_rows

TABLES = "prints (id TEXT PRIMARY KEY, version TEXT, print BLOB)", "alike (clips TEXT PRIMARY KEY, pairs BLOB)"
PLACED = "INSERT OR REPLACE INTO prints VALUES (?, ?, ?)"


class Prints:
    """Safe to use from several threads. To be closed."""

    def __init__(self, folder: Path, sounds: Sounds, threads: int = 1) -> None:
        refuse_network_disk(folder)
        self.path, self._sounds, self._threads = folder / "prints.sqlite", sounds, max(1, threads)
        self._db = connect(self.path, *TABLES)
        self._lock = threading.Lock()
        self._pending: dict[str, bytes] = {}

    def put(self, id: str, print: bytes) -> None:
        with self._lock:
            self._pending[id] = print
            if len(self._pending) >= WRITE_BATCH:
                self._flush()

    def of(self, ids: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """Each clip's print, in the order asked, made where there is none.

        A sound that is gone has an empty print, which is like no other; what needs the sound will say that it is gone.
        """
        with ThreadPoolExecutor(self._threads, thread_name_prefix="print") as threads:
            waiting = iter(ids)
            while some := tuple(islice(waiting, WRITE_BATCH)):
                found = self._found(some)
                missing = [id for id in some if id not in found]
                made = dict(zip(missing, threads.map(self._made, missing), strict=True))
                for id, print in made.items():
                    if print is not None:
                        self.put(id, print)
                yield from ((id, found.get(id) or made.get(id) or b"") for id in some)

    def alike(self, clips: str) -> bytes | None:
        """What `found_alike` was told of this set of clips."""
        rows = self._read("SELECT clips, pairs FROM alike WHERE clips = ?", (clips,))
        return rows.get(clips)

    def found_alike(self, clips: str, pairs: bytes) -> None:
        with self._lock:
            write_rows(self._db, self.path, "INSERT OR REPLACE INTO alike VALUES (?, ?)", [(clips, pairs)])

    def close(self) -> None:
        with self._lock:
            self._flush()
            self._db.close()

    def _found(self, ids: tuple[str, ...]) -> dict[str, bytes]:
        query = f"SELECT id, print FROM prints WHERE version = ? AND id IN ({','.join('?' * len(ids))})"
        return self._read(query, (VERSION, *ids))

    def _read(self, query: str, values: tuple[str, ...]) -> dict[str, bytes]:
        with self._lock:
            self._flush()
            try:
                return dict(self._db.execute(query, values))
            except sqlite3.Error as error:
                raise unreadable(self.path, error) from error

    def _made(self, id: str) -> bytes | None:
        try:
            return fingerprint(self._sounds.samples(id))
        except SoundLost:
            return None

    def _flush(self) -> None:
        write_rows(self._db, self.path, PLACED, [(id, VERSION, print) for id, print in self._pending.items()])
        self._pending.clear()
