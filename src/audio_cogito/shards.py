"""Compressed shards that appear whole, in an order that does not depend on which record was finished first.

A stage's output is a folder of numbered `*.jsonl.zst` files. Shard k holds what came of input shard k, so that a stage
run alone and the same stage within a whole build write the same bytes. Work in progress lies in a part file beside the
shard, in order of arrival; when the last record of a shard is there, the part is put in order and becomes the shard.
Memory holds offsets only, whatever a record weighs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, TypeVar

import msgspec
import zstandard

from audio_cogito.errors import SetupError
from audio_cogito.store import whole
from audio_cogito.types import Record

R = TypeVar("R", bound=Record)
SUFFIX = ".jsonl.zst"
LEVEL = 3
CHUNK = 1 << 16
_encode = msgspec.json.Encoder().encode


def lines_of(records: Iterable[Record]) -> bytes:
    """Records as JSON lines."""
    return b"".join([_encode(record) + b"\n" for record in records])


def paths(folder: Path, prefix: str = "") -> list[Path]:
    """The shards of a stage, in order."""
    return sorted(folder.glob(f"{prefix}[0-9]*{SUFFIX}"))


def number_of(path: Path) -> int:
    return int(path.name.removesuffix(SUFFIX).rpartition("-")[2])


def read_lines(path: Path) -> Iterator[bytes]:
    """One shard's lines; raises SetupError where it is damaged or cut."""
    try:
        with path.open("rb") as file:
            yield from _lines(file)
    except (OSError, zstandard.ZstdError, EOFError) as error:
        raise SetupError(f"{path} cannot be read: {error}; delete it and run the build again") from error


def _lines(file: IO[bytes]) -> Iterator[bytes]:
    stream, rest = zstandard.ZstdDecompressor().decompressobj(), b""
    while compressed := file.read(CHUNK):
        *lines, rest = (rest + stream.decompress(compressed)).split(b"\n")
        yield from lines
    if rest or not stream.eof:
        raise EOFError("it ends in the middle")


def read(path: Path, type_: type[R]) -> Iterator[R]:
    """One shard's records; raises SetupError where it is damaged or of another version."""
    decode = msgspec.json.Decoder(type_).decode
    for line in read_lines(path):
        try:
            yield decode(line)
        except msgspec.DecodeError as error:
            raise SetupError(f"{path} holds a line that is no {type_.__name__}: {error}") from error


def inputs(folder: Path, type_: type[R]) -> Iterator[tuple[int, Iterator[R]]]:
    """A folder's shards as a walk reads them: each with its number."""
    return ((number_of(path), read(path, type_)) for path in paths(folder))


def write(path: Path, chunks: Iterable[bytes]) -> None:
    """Write one shard, whole or not at all."""
    compressor = zstandard.ZstdCompressor(level=LEVEL, write_checksum=True)
    with whole(path) as file, compressor.stream_writer(file, closefd=False) as stream:
        for chunk in chunks:
            stream.write(chunk)


class Part:
    """One shard in the making: payloads in order of arrival, each remembered by its index."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: IO[bytes] | None = None
        self._entries: list[tuple[int, int, int]] = []
        self._end = 0

    def add(self, index: int, payload: bytes) -> None:
        if not payload:
            return
        try:
            self._open().write(payload)
        except OSError as error:
            raise SetupError(f"{self.path.parent} cannot be written: {error.strerror or error}") from error
        self._entries.append((index, self._end, len(payload)))
        self._end += len(payload)

    @property
    def empty(self) -> bool:
        return self._file is None

    def finish(self) -> None:
        """Put the payloads in order of their index and let the shard appear."""
        if self._file is None:
            write(self.path, ())
            return
        self._file.flush()
        write(self.path, self._ordered(self._file))
        self.discard()

    def discard(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
            self._part.unlink(missing_ok=True)

    @property
    def _part(self) -> Path:
        return self.path.with_name(f".{self.path.name}.unordered.part")

    def _open(self) -> IO[bytes]:
        if self._file is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._part.open("w+b")
        return self._file

    def _ordered(self, file: IO[bytes]) -> Iterator[bytes]:
        for _, offset, length in sorted(self._entries):
            file.seek(offset)
            yield file.read(length)


class Sink:
    """Where a walk's results go: for each input shard one shard of records and, where
    there is anything to note, one of the ledger.

    `add` may come in any order; `close_input(k, n)` says that input shard k had n items. A shard appears when all its
    items are in. `finish` removes what an earlier, longer run left behind.
    """

    def __init__(self, records: Path | None, ledger: Path, name: str, on_shard: Callable[[Path], None]) -> None:
        self._records, self._ledger, self._name, self._on_shard = records, ledger, name, on_shard
        self._open: dict[int, tuple[Part | None, Part]] = {}
        self._done: dict[int, int] = {}
        self._expected: dict[int, int] = {}
        self._finished: set[Path] = set()
        for folder in (records, ledger):
            for leftover in folder.glob(".*.part") if folder else ():
                leftover.unlink()

    def add(self, shard: int, index: int, records: bytes, ledger: bytes) -> None:
        kept, noted = self._parts(shard)
        if kept is not None:
            kept.add(index, records)
        noted.add(index, ledger)
        self._done[shard] = self._done.get(shard, 0) + 1
        self._finish_if_whole(shard)

    def close_input(self, shard: int, items: int) -> None:
        self._expected[shard] = items
        self._finish_if_whole(shard)

    def finish(self) -> None:
        """All items are in: remove the shards of an earlier run that this one did not write."""
        folders = [(self._records, "")] if self._records else []
        for folder, prefix in (*folders, (self._ledger, f"{self._name}-")):
            for stale in set(paths(folder, prefix)) - self._finished:
                stale.unlink()

    def discard(self) -> None:
        for kept, noted in self._open.values():
            if kept is not None:
                kept.discard()
            noted.discard()

    def _parts(self, shard: int) -> tuple[Part | None, Part]:
        if shard not in self._open:
            kept = Part(self._records / f"{shard:05d}{SUFFIX}") if self._records else None
            self._open[shard] = (kept, Part(self._ledger / f"{self._name}-{shard:05d}{SUFFIX}"))
        return self._open[shard]

    def _finish_if_whole(self, shard: int) -> None:
        if self._done.get(shard, 0) != self._expected.get(shard):
            return
        kept, noted = self._parts(shard)
        for part in (kept, None if noted.empty else noted):
            if part is not None:
                part.finish()
                self._finished.add(part.path)
                self._on_shard(part.path)
        del self._open[shard]
