"""A benchmark's items, each a recording that comes with its question. `cogito evaluate` is the way to use it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import msgspec

from audio_cogito import benchmarks, plugins
from audio_cogito.errors import SetupError
from audio_cogito.ledger import Failure
from audio_cogito.sources import SourceInfo
from audio_cogito.types import Record, Recording

INFO = SourceInfo(title="The items of a benchmark")


class Settings(Record, omit_defaults=False, kw_only=True):
    benchmark: str
    """A file of benchmarks/, such as mmar."""
    path: str
    """The benchmark's folder, from which its metadata name the sounds."""
    meta: str | None = None
    """The metadata, where they do not lie in the folder under their published name."""
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
    return benchmarks.questions(items, root, module.INFO.licence)
