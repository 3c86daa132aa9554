"""The two things that are remembered because they are dear: replies, and what was measured on a recording.

Nothing else is. A rerun walks the whole road again, finds its replies here and pays for no call twice. Runs share one
store folder, so that ablations share replies. SQLite in WAL mode needs a local disk: a network mount is refused.

A reply that `put` has returned survives a kill; writes of one moment share a commit.
"""

from __future__ import annotations

import asyncio
import os
import queue
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import msgspec
import zstandard

from audio_cogito.errors import SetupError
from audio_cogito.messages import Reply
from audio_cogito.types import Measurements, Record

NETWORK_FILESYSTEMS = {
    "nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "lustre", "gpfs", "beegfs", "glusterfs",
    "fuse.sshfs", "fuse.glusterfs", "fuse.ceph", "fuse.s3fs", "fuse.gcsfuse", "fuse.rclone",
}  # fmt: skip
WRITE_BATCH = 256
VERSION = 1

_encode = msgspec.json.Encoder().encode
_decode_reply = msgspec.json.Decoder(Reply).decode


def filesystem_of(path: Path, mounts: str) -> str:
    """The filesystem type that holds `path`, by the longest mount point in /proc/mounts' text."""
    best, kind = "", "unknown"
    for line in mounts.splitlines():
        fields = line.split()
        if len(fields) < 3:
            continue
        point = fields[1].replace("\\040", " ")
        if (str(path) + "/").startswith(point.rstrip("/") + "/") and len(point) >= len(best):
            best, kind = point, fields[2]
    return kind


def refuse_network_disk(folder: Path) -> None:
    mounts = Path("/proc/mounts")
    kind = filesystem_of(folder.resolve(), mounts.read_text("utf-8")) if mounts.exists() else "unknown"
    if kind in NETWORK_FILESYSTEMS:
        raise SetupError(
            f"the store {folder} lies on a network disk ({kind}), where SQLite loses data: set store = a local folder"
        )


def connect(path: Path, *tables: str) -> sqlite3.Connection:
    """Open one of our databases, made if absent, as its tables are; several processes may hold it at once.

    Raises SetupError, also where the disk has no room for an empty one.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        db = sqlite3.connect(path, timeout=60, isolation_level=None, check_same_thread=False)
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        version = db.execute("PRAGMA user_version").fetchone()[0]
        if version not in (0, VERSION):
            raise SetupError(f"the store {path} was written by another version ({version}); name another store folder")
        for statement in (f"PRAGMA user_version = {VERSION}", *(f"CREATE TABLE IF NOT EXISTS {one}" for one in tables)):
            db.execute(statement)
    except (sqlite3.Error, OSError) as error:
        raise SetupError(f"the store {path} cannot be opened: {error}") from error
    return db


def unreadable(path: Path, error: Exception) -> SetupError:
    return SetupError(f"the store {path} is damaged ({error}): move it away, and what it held is asked or heard anew")


def write_rows(db: sqlite3.Connection, path: Path, statement: str, rows: Iterable[tuple[object, ...]]) -> None:
    """All rows in one transaction, or none. Raises SetupError where the disk refuses."""
    try:
        db.execute("BEGIN IMMEDIATE")
        db.executemany(statement, rows)
        db.execute("COMMIT")
    except sqlite3.Error as error:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise SetupError(f"the store {path} cannot be written: {error}") from error


class Replies:
    """Replies by key (`models.request.key`), in `replies.sqlite` below the store folder."""

    def __init__(self, folder: Path) -> None:
        refuse_network_disk(folder)
        self.path = folder / "replies.sqlite"
        self._db = connect(self.path, "replies (key BLOB PRIMARY KEY, author TEXT, reply BLOB)")
        self._compress = zstandard.ZstdCompressor(level=3)
        self._decompress = zstandard.ZstdDecompressor()
        self._inbox: queue.SimpleQueue[tuple[bytes, str, bytes, Future[None]] | None] = queue.SimpleQueue()
        # Opened here, since a thread that cannot open it would leave all who put a reply waiting.
        writing = connect(self.path)
        self._writer = threading.Thread(target=self._write_batches, args=(writing,), name="replies", daemon=True)
        self._writer.start()

    def get(self, key: bytes) -> Reply | None:
        """Raises SetupError where the store is damaged: a reply that was paid for is never silently paid for again."""
        try:
            row = self._db.execute("SELECT reply FROM replies WHERE key = ?", (key,)).fetchone()
            return None if row is None else _decode_reply(self._decompress.decompress(row[0]))
        except (sqlite3.Error, zstandard.ZstdError, msgspec.DecodeError) as error:
            raise unreadable(self.path, error) from error

    async def put(self, key: bytes, reply: Reply) -> None:
        """Returns when the reply is committed. Raises SetupError when the disk refuses it."""
        done: Future[None] = Future()
        author = f"{reply.model}@{reply.revision}"
        self._inbox.put((key, author, self._compress.compress(_encode(reply)), done))
        await asyncio.wrap_future(done)

    def keys(self) -> set[bytes]:
        return {row[0] for row in self._db.execute("SELECT key FROM replies")}

    def close(self) -> None:
        self._inbox.put(None)
        self._writer.join()
        self._db.close()

    def _write_batches(self, db: sqlite3.Connection) -> None:
        while (first := self._inbox.get()) is not None:
            batch = [first]
            while len(batch) < WRITE_BATCH and not self._inbox.empty():
                following = self._inbox.get()
                if following is None:
                    self._inbox.put(None)
                    break
                batch.append(following)
            self._commit(db, batch)
        db.close()

    def _commit(self, db: sqlite3.Connection, batch: list[tuple[bytes, str, bytes, Future[None]]]) -> None:
        try:
            write_rows(db, self.path, "INSERT OR REPLACE INTO replies VALUES (?, ?, ?)", [entry[:3] for entry in batch])
        except SetupError as error:
            for *_, done in batch:
                if done.set_running_or_notify_cancel():
                    done.set_exception(error)
            return
        for *_, done in batch:
            if done.set_running_or_notify_cancel():
                done.set_result(None)


class Heard(Record):
    """What listening to a recording gave: a clip id and measurements, or why there is none."""

    decoder: str
    """Which one decoded it, with its version: under another it is heard anew."""
    id: str | None = None
    measurements: Measurements | None = None
    seconds: float | None = None
    """By its header, of a recording that was too long to be decoded."""
    error: str | None = None
    """Why it cannot be decoded."""
    tagged: dict[str, str] = {}
    """The weights of each tagger that said something of it (`hearing/taggers`)."""


_decode_heard = msgspec.json.Decoder(Heard).decode


class Hearings:
    """`Heard` by place, member, size, time of change and span, in `hearings.sqlite` below the store folder.

    A file that changed has another key; a file that is missing is not remembered, nor is what an earlier version wrote
    in another shape. Safe to use from several threads.
    """

    def __init__(self, folder: Path) -> None:
        refuse_network_disk(folder)
        self.path = folder / "hearings.sqlite"
        self._db = connect(self.path, "hearings (key TEXT PRIMARY KEY, heard BLOB)")
        self._lock = threading.Lock()
        self._pending: dict[str, bytes] = {}

    def get(self, key: str) -> Heard | None:
        with self._lock:
            pending = self._pending.get(key)
            row = (pending,) if pending else self._select(key)
        try:
            return None if row is None else _decode_heard(row[0])
        except msgspec.DecodeError:
            return None

    def put(self, key: str, heard: Heard) -> None:
        with self._lock:
            self._pending[key] = _encode(heard)
            if len(self._pending) >= WRITE_BATCH:
                self._flush()

    def close(self) -> None:
        with self._lock:
            self._flush()
            self._db.close()

    def _select(self, key: str) -> tuple[bytes] | None:
        try:
            row: tuple[bytes] | None = self._db.execute("SELECT heard FROM hearings WHERE key = ?", (key,)).fetchone()
        except sqlite3.Error as error:
            raise unreadable(self.path, error) from error
        return row

    def _flush(self) -> None:
        write_rows(self._db, self.path, "INSERT OR REPLACE INTO hearings VALUES (?, ?)", self._pending.items())
        self._pending.clear()


@contextmanager
def whole(path: Path) -> Iterator[IO[bytes]]:
    """A file to be written that is there whole or not at all, whatever happens meanwhile. Raises SetupError."""
    part = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        raise SetupError(f"{path} cannot be written: {error.strerror or error}") from error
    finally:
        with suppress(OSError):
            part.unlink()


def write_whole(path: Path, data: bytes) -> None:
    with whole(path) as file:
        file.write(data)
