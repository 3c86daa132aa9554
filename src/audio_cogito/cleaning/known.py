"""What is known of the benchmarks that data are to be kept apart from: shipped facts, and what a recipe names.

`select.against` names folders and files of the user's own copies. A folder with a benchmark's metadata under their
published name is that benchmark, with its questions, its sounds and, where the metadata say them, its videos. A folder
without is a benchmark of sounds alone, under the folder's name. A file is metadata: JSON rows with a `question`, or a
table of YouTube ids with times.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from audio_cogito import plugins
from audio_cogito.benchmarks import Item
from audio_cogito.cleaning import videos
from audio_cogito.cleaning.questions import Asked
from audio_cogito.cleaning.videos import Videos
from audio_cogito.errors import SetupError
from audio_cogito.hearing import archives
from audio_cogito.reading import disk
from audio_cogito.reading.metadata import rows as metadata_rows
from audio_cogito.reading.metadata import text_of
from audio_cogito.types import Record

UNNAMED = "custom"
"""The benchmark of files that anybody may write: its folder's name says more."""
TABLES = (".csv", ".tsv")
LARGEST = 2**28
"""Bytes. MMAR's metadata have 2.7 million, AudioSet's largest table some 100 million."""


class Known(Record):
    """What is known of one benchmark; a rule cannot run without its part."""

    benchmark: str
    videos: Videos = {}
    questions: tuple[Asked, ...] = ()
    sounds: tuple[str, ...] = ()
    """Paths of its sounds, there or not."""


def known(against: tuple[str, ...], folders: tuple[Path, ...] = ()) -> tuple[Known, ...]:
    """Every benchmark of the package, and those that `against` names, by name. Raises SetupError."""
    modules = {name: module for name, module in plugins.load_all("benchmarks", folders) if name != UNNAMED}
    found = {name: Known(benchmark=name, videos=dict(videos.shipped(name))) for name in modules}
    for place in against:
        for one in _named(Path(place), modules):
            found[one.benchmark] = _joined(found.get(one.benchmark), one)
    return tuple(found[name] for name in sorted(found))


def _joined(one: Known | None, other: Known) -> Known:
    if one is None:
        return other
    return Known(
        benchmark=one.benchmark,
        videos=one.videos | other.videos,
        questions=(*one.questions, *other.questions),
        sounds=tuple(dict.fromkeys((*one.sounds, *other.sounds))),
    )


def _named(place: Path, modules: dict[str, ModuleType]) -> Iterator[Known]:
    if place.is_dir():
        return _of_folder(place, modules)
    if not place.is_file():
        raise SetupError(f"against names {place}, and there is no such folder or file")
    return iter([_of_file(place, modules)])


def _of_folder(folder: Path, modules: dict[str, ModuleType]) -> Iterator[Known]:
    """The benchmarks whose metadata lie there, else the sounds by themselves."""
    metadata = list(_metadata(folder, modules))
    if not metadata and not (sounds := _sounds_below(folder)):
        raise SetupError(f"against names {folder}, which holds neither a benchmark's metadata nor sounds")
    if not metadata:
        yield Known(benchmark=folder.resolve().name, sounds=sounds)
    for name, module, path in metadata:
        items: tuple[Item, ...] = module.items(_bounded(path))
        named = tuple(dict.fromkeys(str(folder / item.audio) for item in items))
        there = named if any(map(os.path.exists, named)) else _sounds_below(folder)
        yield Known(benchmark=name, videos=_videos(path), questions=_questions(items), sounds=there)


def _metadata(folder: Path, modules: dict[str, ModuleType]) -> Iterator[tuple[str, ModuleType, Path]]:
    for name, module in modules.items():
        found = next((folder / file for file in module.INFO.files if (folder / file).is_file()), None)
        if found:
            yield name, module, found
    custom = plugins.load("benchmarks", UNNAMED)
    for file in custom.INFO.files:
        if (folder / file).is_file():
            yield folder.resolve().name, custom, folder / file


def _of_file(path: Path, modules: dict[str, ModuleType]) -> Known:
    """Metadata without sounds: a benchmark's by the published name, else rows that have a question."""
    _bounded(path)
    for name, module in modules.items():
        if path.name in {Path(file).name for file in module.INFO.files}:
            return Known(benchmark=name, videos=_videos(path), questions=_questions(module.items(path)))
    if path.suffix.lower() in TABLES:
        return Known(benchmark=path.stem, videos=videos.of_table(path))
    rows = [(place, row) for place, row in metadata_rows(path)]
    asked = tuple(
        Asked(text=text_of(row, "question", place), choices=tuple(map(str, row.get("choices") or ())))
        for place, row in rows
    )
    if not asked:
        raise SetupError(f"against names {path}, and there is no row in it")
    return Known(benchmark=path.stem, videos=videos.of_rows(row for _, row in rows), questions=asked)


def _videos(metadata: Path) -> Videos:
    """What metadata say of videos, where they are rows of JSON."""
    if metadata.suffix.lower() not in (".json", ".jsonl"):
        return {}
    return videos.of_rows(row for _, row in metadata_rows(metadata))


def _questions(items: tuple[Item, ...]) -> tuple[Asked, ...]:
    """One for each item, but those that ask for a translation, all in the same words."""
    return tuple(Asked(text=item.text, choices=item.choices) for item in items if item.type != "translation")


def _sounds_below(folder: Path) -> tuple[str, ...]:
    """Plain sound files, in the order of their places, and folders that cannot be read, which cannot be heard either.
    Archives are not looked into."""
    found = (found if isinstance(found, str) else found.subject for found in disk.sounds(str(folder)))
    return tuple(path for path in found if not archives.is_archive(path))


def _bounded(metadata: Path) -> Path:
    """Metadata that can be read whole. Raises SetupError."""
    if (size := metadata.stat().st_size) > LARGEST:
        raise SetupError(f"{metadata} is no benchmark's metadata: it has {size / 1e6:,.0f} MB")
    return metadata
