"""FMA, the Free Music Archive: tracks with genre, artist, title and a licence each.

The folder holds tracks.csv and genres.csv (`fma_metadata`) and one of fma_small, fma_medium, fma_large and fma_full
with the sounds as 000/000002.mp3. The first three are cuts of 30 s, fma_full has whole tracks. Genres are given with
all that stand above them, the broadest first. Known to be broken in fma_small: 099134, 108925 and 133297 hold no sound,
098565, 098567 and 098569 less than two seconds; collect says so of them. Tags, biographies and comments are left out.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Literal

import msgspec

from audio_cogito.errors import SetupError
from audio_cogito.ledger import Failure
from audio_cogito.reading import disk, rows, tables
from audio_cogito.reading.disk import Holdings
from audio_cogito.reading.tables import Cells
from audio_cogito.sources import SourceInfo
from audio_cogito.types import Attribute, Facts, Record, Recording

INFO = SourceInfo(
    title="FMA: a dataset for music analysis",
    homepage="https://github.com/mdeff/fma",
    licence="each track its own, as its artist chose; metadata CC-BY-4.0",
    citation="Defferrard et al., FMA: A Dataset for Music Analysis, ISMIR 2017",
    counts={"small": 8000, "medium": 25000, "large": 106574, "full": 106574},
    domains=("music",),
    skill="genre, artist and title of music",
)
"""The counts are of sizes with all their splits."""

Size = Literal["small", "medium", "large", "full"]
SIZES: tuple[Size, ...] = ("small", "medium", "large", "full")
"""Each holds the ones before it."""
Split = Literal["training", "validation", "test"]
SPLITS: dict[str, str] = {"training": "train", "validation": "dev", "test": "test"}
PUBLISHED: dict[Size, tuple[int, int, int]] = {
    "small": (6400, 800, 800), "medium": (19_922, 2505, 2573), "large": (84_353, 10_958, 11_263),
    "full": (84_353, 10_958, 11_263),
}  # fmt: skip
"""Tracks of training, validation and test in each size, as Audyn's tests count the lists of tracks.csv."""
WANTED = {
    "split": ("set", "split"), "subset": ("set", "subset"), "artist_id": ("artist", "id"), "artist": ("artist", "name"),
    "title": ("track", "title"), "genre": ("track", "genre_top"), "genres": ("track", "genres_all"),
    "licence": ("track", "license"),
}  # fmt: skip
"""Our names for columns, each under the two rows of the header."""


class Settings(disk.Lying, kw_only=True):
    splits: tuple[Split, ...] = ("training",)
    size: Size | None = None
    """None: that of the one folder fma_SIZE that is there."""


class Genre(Record):
    title: str
    parent: str


def expected(settings: Settings) -> int | None:
    """Of the size that is named or lies here; None where that is not one."""
    size = settings.size
    with suppress(SetupError):
        size, _ = _sounds(settings)
    return sum(PUBLISHED[size][list(SPLITS).index(split)] for split in settings.splits) if size else None


def recordings(settings: Settings) -> Iterator[Recording | Failure]:
    places = disk.folders(settings)
    tracks, genres = disk.find(places, r"tracks\.csv"), disk.find(places, r"genres\.csv")
    if tracks is None or genres is None:
        raise SetupError(f"tracks.csv and genres.csv of fma_metadata are not near {places[0]}")
    size, folder = _sounds(settings)
    return _recordings(tracks, _columns(tracks), _genres(genres), size, folder, settings)


def _sounds(settings: Settings) -> tuple[Size, Path]:
    """Which size lies here, and where. Raises SetupError for none, or several where none is named."""
    sizes, root = (settings.size,) if settings.size else SIZES, Path(settings.path)
    found = [(size, place) for size in sizes if (place := disk.place(root, f"fma_{size}"))]
    if not found:
        raise SetupError(f"there is no folder {' or '.join(f'fma_{size}' for size in sizes)} near {root}")
    if len(found) > 1:
        raise SetupError(f"{root} holds {' and '.join(f'fma_{size}' for size, _ in found)}: set size")
    return found[0]


def _columns(path: Path) -> dict[str, int]:
    """Where our columns stand, by the two rows of the header; a third holds nothing but "track_id"."""
    head = [row.cells if isinstance(row, Cells) else [] for row in itertools.islice(tables.bare(path), 3)]
    first, second, third = (*head, [], [], [])[:3]
    pairs = list(zip(first, second, strict=False))
    for top, sub in WANTED.values():
        if (top, sub) not in pairs or third[:1] != ["track_id"]:
            raise SetupError(f"{path} is no tracks.csv of FMA: it has no column {top}.{sub} in a header of three rows")
    return {name: pairs.index(pair) for name, pair in WANTED.items()}


def _genres(path: Path) -> dict[str, Genre]:
    found = tables.certain(path, ("genre_id", "parent", "title"))
    return {row["genre_id"]: Genre(title=row["title"], parent=row["parent"]) for row in found}


def _recordings(
    path: Path, columns: dict[str, int], genres: dict[str, Genre], size: Size, folder: Path, settings: Settings
) -> Iterator[Recording | Failure]:
    held = Holdings()
    for row in itertools.islice(tables.bare(path), 3, None):
        if isinstance(row, Failure):
            yield row
            continue
        try:
            if recording := _recording(row, columns, genres, size, folder, held, settings):
                yield recording
        except rows.UNREADABLE as error:
            yield rows.failure(row.where, error)


def _recording(
    row: Cells,
    columns: dict[str, int],
    genres: dict[str, Genre],
    size: Size,
    folder: Path,
    held: Holdings,
    settings: Settings,
) -> Recording | Failure | None:
    """None for a track of another split or of a larger size."""
    if len(row.cells) <= max(columns.values()):
        raise ValueError(f"{len(row.cells)} cells, fewer than the header has")
    track, said = row.cells[0], {name: row.cells[column].strip() for name, column in columns.items()}
    if not (track.isascii() and track.isdecimal() and len(track) <= 6):
        raise ValueError(f"no track_id: {track!r}")
    if said["split"] not in SPLITS or said["subset"] not in SIZES:
        raise ValueError(f"no split or no subset: {said['split']!r}, {said['subset']!r}")
    if said["split"] not in settings.splits or SIZES.index(said["subset"]) > SIZES.index(size):
        return None
    attributes = tuple(_attributes(said, genres))
    path = held.there(row.where, folder / track.zfill(6)[:3] / f"{track.zfill(6)}.mp3")
    if isinstance(path, Failure):
        return path
    return Recording(
        source="fma",
        path=str(path),
        source_id=track,
        group=f"fma:artist:{said['artist_id']}" if said["artist_id"] else None,
        split=SPLITS[said["split"]],
        licence=said["licence"] or None,
        domains=INFO.domains,
        facts=Facts(attributes=attributes),
    )


def _attributes(said: dict[str, str], genres: dict[str, Genre]) -> Iterator[Attribute]:
    # A Python list of numbers is JSON too, and JSON runs nothing.
    numbers = msgspec.json.decode(said["genres"] or "[]", type=list[int])
    if strange := [number for number in numbers if str(number) not in genres]:
        raise ValueError(f"no genre of genres.csv: {strange[0]}")
    ranked = sorted(numbers, key=lambda number: (_depth(str(number), genres), number))
    titles = [genres[str(number)].title for number in ranked]
    for title in dict.fromkeys([said["genre"], *titles]):
        if title:
            yield Attribute(key="genre", value=title, origin="human")
    for key in ("title", "artist"):
        if said[key]:
            yield Attribute(key=key, value=said[key], origin="human")


def _depth(genre: str, genres: dict[str, Genre]) -> int:
    """Steps to the top of the tree; a circle in a damaged table ends where it began."""
    seen: list[str] = []
    while genre in genres and genre not in seen:
        seen.append(genre)
        genre = genres[genre].parent
    return len(seen)
