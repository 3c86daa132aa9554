"""The pool of seed questions (Audio-Cogito, section 2.1.1): examples whose depth the annotator imitates.

One TOML file a domain (`sound`, `speech`, `music`, `mixed`), `[[seed]]` by `[[seed]]`; a folder of a recipe's own adds
files, and one of the same name stands in. Only the text of a seed is ever shown. A run copies the pool it began with.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path
from typing import Any, Literal

import msgspec
import numpy as np

from audio_cogito import plugins
from audio_cogito.errors import SetupError
from audio_cogito.types import Record, identity


class Seed(Record):
    """A question that asks for listening and then reasoning, with what a person should know of it."""

    domain: str
    text: str
    skill: str
    difficulty: Literal["easy", "medium", "hard"]
    form: Literal["choice", "open", "yesno", "number", "order"]
    language: str
    provenance: str
    options: tuple[str, ...] = ()
    reviewed: tuple[str, ...] = ()
    """The experts who reviewed it."""
    id: str = ""
    """Follows from the text, whatever is stated."""

    def __post_init__(self) -> None:
        msgspec.structs.force_setattr(self, "id", identity(self.text))


def load(folders: tuple[Path, ...]) -> tuple[Seed, ...]:
    """The pool, in order of file and entry. Raises SetupError, naming file and entry, for one that is out of form."""
    pool = tuple(seed for path in plugins.files("seeds", ".toml", folders).values() for seed in _read(path))
    seen: dict[str, Seed] = {}
    for seed in pool:
        if seed.id in seen:
            raise SetupError(f"the seed {seed.text!r} stands twice: in {seen[seed.id].domain} and {seed.domain}")
        seen[seed.id] = seed
    return pool


def _read(path: Path) -> Iterator[Seed]:
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SetupError(f"the seeds {path} cannot be read: {error}") from error
    if set(table) != {"seed"} or not isinstance(table["seed"], list):
        raise SetupError(f"the seeds {path} hold something other than [[seed]] entries")
    return (_seed(entry, path, number) for number, entry in enumerate(table["seed"], start=1))


def _seed(entry: dict[str, Any], path: Path, number: int) -> Seed:
    try:
        return msgspec.convert({"domain": path.stem, **entry}, Seed)
    except msgspec.ValidationError as error:
        raise SetupError(f"the seeds {path}, entry {number}: {error}") from error


def dumps(pool: tuple[Seed, ...]) -> bytes:
    """A pool as JSON lines."""
    return b"".join(msgspec.json.encode(seed) + b"\n" for seed in pool)


def loads(data: bytes) -> tuple[Seed, ...]:
    """A pool from JSON lines; raises SetupError where it was changed by hand to something else."""
    try:
        return tuple(msgspec.json.decode(line, type=Seed) for line in data.splitlines())
    except msgspec.DecodeError as error:
        raise SetupError(f"the run's copy of the seed pool cannot be read: {error}") from error


class Draw:
    """Draws seeds for a clip: those with the lowest hash of (clip id, seed id, random seed).

    Adding or removing a seed changes a clip's draw by at most one. The hash of a pair is splitmix64's finaliser over
    the exclusive or of two 64-bit little-endian BLAKE2b digests: of `random seed, newline, clip id` and of seed id.
    """

    def __init__(self, pool: tuple[Seed, ...], random_seed: int) -> None:
        self._pool, self._random_seed = pool, random_seed
        self._marks = np.array([_digest(seed.id) for seed in pool], dtype=np.uint64)

    def draw(self, clip_id: str, count: int) -> tuple[Seed, ...]:
        """At most `count` seeds, lowest hash first."""
        if count == 0 or not self._pool:
            return ()
        ranks = _mixed(self._marks ^ np.uint64(_digest(f"{self._random_seed}\n{clip_id}")))
        lowest = np.argpartition(ranks, min(count, len(ranks)) - 1)[:count]
        return tuple(self._pool[i] for i in lowest[np.argsort(ranks[lowest])].tolist())


def _digest(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little")


def _mixed(values: np.ndarray[Any, np.dtype[np.uint64]]) -> np.ndarray[Any, np.dtype[np.uint64]]:
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))
