"""Forms in which reasoning data leaves, one file a format, found by being there (`cogito export RUN --to FORMAT`).

A format is a module that holds

    INFO        a `FormatInfo`: how its files end, how sounds can travel, how many a row has room for
    writer      `def writer(path: Path, carried: Carried) -> ContextManager[Callable[[Sample], None]]`
    faults      `def faults(path: Path, carried: Carried) -> Iterator[list[str]]`
    beside      `def beside(splits: tuple[str, ...]) -> dict[str, bytes]`

`writer` opens one split's file and gives what writes a row into it. `faults` reads the file again, by itself and to its
end, and says of each row what is wrong with it; rows get their names only when nothing is. `beside` are small files
that the reader of the format wants next to the rows, by name. Memory holds a row, or a bounded batch of rows.
"""

from __future__ import annotations

import inspect
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Literal, Protocol, TypeVar, cast

import msgspec

from audio_cogito import plugins
from audio_cogito.audio import Sounds
from audio_cogito.errors import SetupError
from audio_cogito.types import Record, Trace

Carriage = Literal["once", "reference", "none"]
R = TypeVar("R", bound=Record)
AUDIO_FOLDER = "audio"
STAGED_AUDIO = ".audio.part"


class FormatInfo(Record):
    """What a format can do."""

    summary: str
    suffix: str
    """How its files end, such as `.jsonl`."""
    audio: tuple[Carriage, ...]
    """The ways sounds can travel; the first is the default."""
    most_sounds: int | None = None
    """A question about more sounds than this has no place in a row."""
    loads: bool = True
    """Whether Hugging Face's `datasets` reads the rows as they are."""


class Sample(Record):
    """An accepted trace on its way out."""

    trace: Trace
    user: str
    """The words that the thinker was sent."""
    response: str
    """The chain in tags, then the bare answer."""
    weight: float | None = None


@dataclass(frozen=True)
class Carried:
    """How the sounds travel with the rows of one export.

    `reference`: rows name the file of the store by its absolute path. `once`: each sound is copied to `audio/ID.flac`
    beside the rows, which name it relative to their folder; the copies lie apart until the rows were read again.
    """

    how: Carriage
    sounds: Sounds
    folder: Path

    def carry(self, id: str) -> str:
        """Bring a sound along, once; returns what a row calls it. Raises SetupError where it cannot be copied."""
        if self.how == "reference":
            return str(self.sounds.path(id).absolute())
        name = f"{AUDIO_FOLDER}/{id}.flac"
        staged = self.file(name)
        if not staged.exists():
            _copy(self.sounds.path(id), staged)
        return name

    def file(self, name: str) -> Path:
        """Where a sound that a row names lies while the export is under way."""
        return self.folder / STAGED_AUDIO / Path(name).name if self.how == "once" else Path(name)


class Format(Protocol):
    """The shape of a format's module."""

    INFO: FormatInfo

    def writer(self, path: Path, carried: Carried) -> AbstractContextManager[Callable[[Sample], None]]: ...
    def faults(self, path: Path, carried: Carried) -> Iterator[list[str]]: ...
    def beside(self, splits: tuple[str, ...]) -> dict[str, bytes]: ...


def load(name: str, folders: tuple[Path, ...] = ()) -> Format:
    """The format of this name; raises SetupError with those that are there."""
    return cast(Format, plugins.load("exports", name, folders))


def faults(module: ModuleType) -> list[str]:
    """How a format breaks the contract above, one line each; empty for a sound one."""
    found = [] if isinstance(getattr(module, "INFO", None), FormatInfo) else ["INFO must be an exports.FormatInfo"]
    parameters = {"writer": ["path", "carried"], "faults": ["path", "carried"], "beside": ["splits"]}
    for name, wanted in parameters.items():
        function = getattr(module, name, None)
        if not callable(function) or list(inspect.signature(function).parameters) != wanted:
            found.append(f"{name} must be a function of {', '.join(wanted)}")
    return found


@contextmanager
def json_lines(path: Path, row_of: Callable[[Sample], Record]) -> Iterator[Callable[[Sample], None]]:
    """A writer of one JSON object a line."""
    encode = msgspec.json.Encoder().encode
    with path.open("wb") as file:

        def write(sample: Sample) -> None:
            file.write(encode(row_of(sample)) + b"\n")

        yield write


def read_json_lines(path: Path, type_: type[R]) -> Iterator[R | str]:
    """Rows as they stand in the file; for one that cannot be read, what is wrong with it."""
    decode = msgspec.json.Decoder(type_).decode
    with path.open("rb") as file:
        for line in file:
            try:
                yield decode(line)
            except msgspec.DecodeError as error:
                yield f"not a row of this format: {error}"


def _copy(source: Path, target: Path) -> None:
    part = target.with_suffix(".part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, part)
        os.replace(part, target)  # noqa: PTH105
    except OSError as error:
        raise SetupError(
            f"the sound {source} cannot be copied to {target.parent}: {error.strerror or error}"
        ) from error
