"""What a seed question is, and reading and writing pools of them.

The annotator is shown a seed's text, options and the confusions behind them; the rest is for people and for the draw.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import msgspec

from audio_cogito import plugins
from audio_cogito.errors import SetupError
from audio_cogito.types import Distractor, Record, identity

Difficulty = Literal["easy", "medium", "hard"]
DIFFICULTIES: tuple[Difficulty, ...] = ("easy", "medium", "hard")
Form = Literal["choice", "open", "yesno", "number", "order"]
HEADER = re.compile(r"^[ \t]*\[\[[ \t]*seed[ \t]*\]\]", re.MULTILINE)


class Seed(Record):
    """A question that asks for listening and then reasoning, with what a person should know of it."""

    domain: str
    text: str
    skill: str
    difficulty: Difficulty
    form: Form
    language: str
    provenance: str
    options: tuple[str, ...] = ()
    distractors: tuple[Distractor, ...] = ()
    """Options that mislead, each with how. Two options at least have none, so that no key is given away."""
    reviewed: tuple[str, ...] = ()
    """The experts who reviewed it."""
    id: str = ""
    """Follows from the text, whatever is stated."""

    def __post_init__(self) -> None:
        msgspec.structs.force_setattr(self, "id", identity(self.text))

    @property
    def shown(self) -> str:
        """The seed in a line, as the annotator sees it: the options stand behind it, and what misleads."""
        line = self.text
        if self.options:
            line += f" ({' / '.join(self.options)})"
        if self.distractors:
            traps = "; ".join(f'"{distractor.text}" {distractor.confusion}' for distractor in self.distractors)
            line += f" [what misleads: {traps}]"
        return line


class Placed(Record):
    """A seed and where it stands."""

    seed: Seed
    path: Path
    entry: int
    """From 1."""
    line: int | None
    """Of its `[[seed]]`; None where the file writes its seeds in another way."""

    @property
    def where(self) -> str:
        return f"{self.path}:{self.line}" if self.line else f"{self.path}, entry {self.entry}"


def load(folders: tuple[Path, ...]) -> tuple[Seed, ...]:
    """The pool, in order of file and entry. Raises SetupError, naming file and entry, for one that is out of form."""
    pool = tuple(placed.seed for placed in placed_in(folders))
    seen: dict[str, Seed] = {}
    for seed in pool:
        if seed.id in seen:
            raise SetupError(f"the seed {seed.text!r} stands twice: in {seen[seed.id].domain} and {seed.domain}")
        seen[seed.id] = seed
    return pool


def placed_in(folders: tuple[Path, ...]) -> tuple[Placed, ...]:
    """The pool with its places; a seed may stand twice."""
    return tuple(placed for path in plugins.files("seeds", ".toml", folders).values() for placed in read(path))


def read(path: Path) -> Iterator[Placed]:
    """The seeds of a file, whose name is their domain unless they say otherwise."""
    try:
        text = path.read_text("utf-8")
        table = _table(text)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SetupError(f"the seeds {path} cannot be read: {error}") from error
    if set(table) != {"seed"} or not isinstance(table["seed"], list):
        raise SetupError(f"the seeds {path} hold something other than [[seed]] entries")
    lines: list[int | None] = [text.count("\n", 0, found.start()) + 1 for found in HEADER.finditer(text)]
    if len(lines) != len(table["seed"]):
        lines = [None] * len(table["seed"])
    return (
        Placed(seed=_seed(entry, path, number), path=path, entry=number, line=line)
        for number, (entry, line) in enumerate(zip(table["seed"], lines, strict=True), start=1)
    )


@lru_cache(maxsize=32)
def _table(text: str) -> dict[str, Any]:
    """Remembered, since TOML is slow to read and one process may open many builds. Not to be changed."""
    return tomllib.loads(text)


def _seed(entry: dict[str, Any], path: Path, number: int) -> Seed:
    try:
        return msgspec.convert({"domain": path.stem, **entry}, Seed)
    except (msgspec.ValidationError, TypeError) as error:
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


NONE = b"seed = []\n"
"""A file of no seeds: an empty one is taken for a mistake."""


def as_file(pool: Iterable[Seed]) -> bytes:
    """A pool as a file in the layout of ours."""
    return "\n".join(map(as_toml, pool)).encode() or NONE


def as_toml(seed: Seed) -> str:
    """A seed as an entry of a file in the layout of ours, its domain stated."""
    lines = ["[[seed]]", f"domain = {_quoted(seed.domain)}"]
    lines += [f"{name} = {_quoted(getattr(seed, name))}" for name in ("text", "skill", "difficulty", "form")]
    if seed.options:
        lines.append(f"options = [{', '.join(map(_quoted, seed.options))}]")
    if seed.distractors:
        traps = (f"    {{ text = {_quoted(d.text)}, confusion = {_quoted(d.confusion)} }}," for d in seed.distractors)
        lines += ["distractors = [", *traps, "]"]
    lines += [f"{name} = {_quoted(getattr(seed, name))}" for name in ("language", "provenance")]
    return "\n".join((*lines, f"reviewed = [{', '.join(map(_quoted, seed.reviewed))}]", ""))


def _quoted(text: str) -> str:
    """JSON's strings are TOML's basic strings, but for DEL, which TOML wants escaped."""
    return msgspec.json.encode(text).decode().replace("\x7f", "\\u007f")
