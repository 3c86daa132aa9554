"""WebDataset shards: tar files in which the members of a sample stand together under one name.

`0001.flac`, `0001.json` and `0001.txt` are one sample: its name ends at the first dot after the last slash. The JSON
says facts under the names of `reading.rows` (or those in `fields`), the text is what `text` says. A packed shard
(.tar.gz) works and is slow. Names with `..` are names: nothing is unpacked.
"""

from __future__ import annotations

import re
import tarfile
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import IO, Any, Literal

import msgspec

from audio_cogito.errors import SetupError
from audio_cogito.hearing import archives
from audio_cogito.ledger import Failure
from audio_cogito.reading import disk, rows
from audio_cogito.reading.rows import Provenance
from audio_cogito.sources import SourceInfo
from audio_cogito.types import Recording

INFO = SourceInfo(title="WebDataset tar shards", homepage="https://github.com/webdataset/webdataset")
MEMBER = re.compile(r"((?:.*/|)[^.]+)[.]([^/]*)", re.DOTALL)
"""A sample's name, and what tells its members apart, as WebDataset has it."""
LONGEST_TEXT = 2**24
"""Bytes of a sample's JSON or text."""


class Settings(Provenance, kw_only=True):
    path: str
    """A shard, or a folder whose .tar files are the shards."""
    text: Literal["caption", "transcript", "ignored"] | None = None
    """What the .txt of a sample holds. It has to be said where there is one."""
    sound: str | None = None
    """The ending of the sounds, where samples hold several: "mix.flac"."""
    split: str | None = None
    """What the shards are of, such as "train"; none: splits are drawn by hash."""


class Sample:
    """The members of a sample that have been met."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.endings: set[str] = set()
        self.sounds: list[tuple[str, str]] = []
        """Ending, and the member's name."""
        self.json: bytes | None = None
        self.text: bytes | None = None
        self.fault = ""


def recordings(settings: Settings) -> Iterator[Recording | Failure]:
    rows.check_names(settings)
    path = Path(settings.path)
    shards = sorted(one for one in path.iterdir() if _is_shard(one)) if path.is_dir() else [path]
    if not shards or not all(_is_shard(shard) for shard in shards):
        raise SetupError(f"{path} is no shard and holds none: a shard ends in {', '.join(_ENDINGS)}")
    for shard in shards:
        if not shard.is_file():
            raise SetupError(f"there is no shard {shard}")
    return chain.from_iterable(_shard(shard, settings) for shard in shards)


_ENDINGS = (*archives.TARS, *archives.PACKED_TARS)


def _is_shard(path: Path) -> bool:
    return path.name.lower().endswith(_ENDINGS) and not path.name.startswith(".")


def _shard(shard: Path, settings: Settings) -> Iterator[Recording | Failure]:
    try:
        for sample in _samples(shard):
            yield _recording(sample, shard, settings)
    except archives.DAMAGED as error:
        yield rows.failure(str(shard), f"the rest of the shard cannot be read: {error}", "undecodable")


def _samples(shard: Path) -> Iterator[Sample]:
    sample: Sample | None = None
    with tarfile.open(shard, "r|*") as tar:
        while (entry := tar.next()) is not None:
            # What was read is forgotten, so that memory does not grow with the shard.
            tar.members.clear()  # type: ignore[attr-defined]
            if not entry.isreg() or not (found := MEMBER.fullmatch(entry.name)) or _is_hidden(entry.name):
                continue
            key, ending = found[1], found[2].lower()
            if sample is None or sample.key != key:
                if sample:
                    yield sample
                sample = Sample(key)
            _add(sample, entry, ending, tar.extractfile(entry))
    if sample:
        yield sample


def _is_hidden(name: str) -> bool:
    base = name.rpartition("/")[2]
    return base.startswith(".") or (base.startswith("__") and base.endswith("__"))


def _add(sample: Sample, entry: tarfile.TarInfo, ending: str, content: IO[bytes] | None) -> None:
    if ending in sample.endings:
        sample.fault = f"has two members that end in .{ending}"
    sample.endings.add(ending)
    if ending in ("json", "txt"):
        if entry.size > LONGEST_TEXT or content is None:
            sample.fault = f"its .{ending} has {entry.size:,} bytes"
        elif ending == "json":
            sample.json = content.read()
        else:
            sample.text = content.read()
    elif f".{ending.rpartition('.')[2]}" in disk.SUFFIXES:
        sample.sounds.append((ending, entry.name))


def _recording(sample: Sample, shard: Path, settings: Settings) -> Recording | Failure:
    where = f"{shard}::{sample.key}"
    try:
        where.encode()
        if sample.fault:
            raise ValueError(sample.fault)
        if not sample.sounds:
            endings = ", ".join(sorted(sample.endings))
            return rows.failure(where, f"the sample holds no sound, only {endings}", "missing")
        said = _said(sample, settings)
        said["member"] = _sound(sample, settings)
        if settings.split is not None:
            said.setdefault("split", settings.split)
        return rows.recording(said, str(shard), "webdataset", settings)
    except rows.UNREADABLE as error:
        return rows.failure(ascii(where)[1:-1], error)


def _sound(sample: Sample, settings: Settings) -> str:
    found = [name for ending, name in sample.sounds if settings.sound in (None, ending)]
    if len(found) != 1:
        endings = ", ".join(ending for ending, _ in sample.sounds)
        raise ValueError(f"holds {len(found)} sounds to take ({endings}): set sound to the ending of one")
    return found[0]


def _said(sample: Sample, settings: Settings) -> dict[str, Any]:
    said: dict[str, Any] = {}
    if sample.json is not None:
        said = rows.ours(msgspec.json.decode(sample.json, type=dict[str, Any]), settings)
    if sample.text is not None and settings.text != "ignored":
        if settings.text is None:
            raise SetupError('samples hold a .txt: set text = "caption", "transcript" or "ignored"')
        said[settings.text] = sample.text.decode("utf-8-sig").strip()
    return said
