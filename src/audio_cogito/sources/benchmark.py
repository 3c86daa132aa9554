"""A benchmark's items, each a recording that comes with its question. `cogito evaluate` is the way to use it."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import soundfile

from audio_cogito import audio, benchmarks, plugins
from audio_cogito.benchmarks import Item
from audio_cogito.errors import SetupError
from audio_cogito.hearing import decoding
from audio_cogito.hearing.sound import NotInstalled, Undecodable
from audio_cogito.ledger import Failure
from audio_cogito.sources import SourceInfo
from audio_cogito.store import write_whole
from audio_cogito.types import Record, Recording

INFO = SourceInfo(title="The items of a benchmark")


Sound = Literal["own", "another's", "silence"]


class Settings(Record, omit_defaults=False, kw_only=True):
    benchmark: str
    """A file of benchmarks/, such as mmar."""
    path: str
    """The benchmark's folder, from which its metadata name the sounds."""
    meta: str | None = None
    """The metadata, where they do not lie in the folder under their published name."""
    sound: Sound = "own"
    """What is heard: with another item's sound, or silence as long as its own, a score tells what listening adds."""
    silence: str | None = None
    """The folder that silent files are written into, where they are heard."""
    order: Annotated[int, msgspec.Meta(ge=0)] = 0
    """The order of the choices: 0 the published one, others shuffled by hash."""
    limit: Annotated[int, msgspec.Meta(ge=1)] | None = None
    """Only so many items, chosen by hash."""


def poses(settings: Settings) -> bool:
    return True


def recordings(settings: Settings) -> Iterator[Recording | Failure]:
    module, root = plugins.load("benchmarks", settings.benchmark), Path(settings.path)
    if not root.is_dir():
        raise SetupError(f"there is no folder {root}")
    meta = Path(settings.meta) if settings.meta else benchmarks.find(module, root)
    items = benchmarks.chosen(module.items(meta), settings.limit)
    return benchmarks.questions(items, _sounds(items, root, settings), module.INFO.licence, settings.order)


def _sounds(items: tuple[Item, ...], root: Path, settings: Settings) -> list[list[Path]]:
    """What is heard for each item: its own sounds, all of another item's, or as many silent ones."""
    heard = benchmarks.another(items) if settings.sound == "another's" else items
    paths = [[root / sound for sound in item.sounds] for item in heard]
    if settings.sound != "silence":
        return paths
    if settings.silence is None:
        raise SetupError('sound = "silence" needs a folder to write silence into: set silence')
    return [[_silent(path, Path(settings.silence)) for path in of_item] for of_item in paths]


def _silent(path: Path, folder: Path) -> Path:
    """A file of silence as long as this one, to the second above; the path itself where there is no sound."""
    try:
        seconds = math.ceil(decoding.duration(path))
    except (Undecodable, NotInstalled, OSError):
        return path
    silent = folder / f"silence-{seconds}-s.wav"
    if not silent.exists():
        written = io.BytesIO()
        soundfile.write(written, audio.silence(seconds), audio.RATE, format="WAV", subtype="PCM_16")
        write_whole(silent, written.getvalue())
    return silent
