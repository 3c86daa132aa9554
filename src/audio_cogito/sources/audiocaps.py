"""AudioCaps: captions of clips that lie in AudioSet, one each in train and five each in val and test.

The folder holds train.csv and the like, as in the dataset's repository in `dataset` (version 1) or `dataset2.0`
(version 2, with more and edited captions), and the clips under any name of `reading.youtube`, or parquet that says
`youtube_id`. Where both versions lie there, `metadata` names the one. `audiocap_id` is of a caption, not of a clip.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from audio_cogito.errors import SetupError
from audio_cogito.ledger import Failure
from audio_cogito.reading import disk, rows, tables, youtube
from audio_cogito.reading.tables import Line
from audio_cogito.sources import SourceInfo
from audio_cogito.types import Facts, Recording, Statement

LICENCE = "free for academic purposes only (captions; the sounds are their uploaders')"
INFO = SourceInfo(
    title="AudioCaps",
    homepage="https://audiocaps.github.io",
    licence=LICENCE,
    citation="Kim et al., AudioCaps: Generating Captions for Audios in The Wild, NAACL-HLT 2019",
    counts={"train": 49838, "val": 495, "test": 975},
    domains=("sound",),
    skill="captions of sounds",
)
"""The counts are of clips in version 1; val and test of version 2 are the same clips."""
TRAIN_OF_VERSION_2 = 91256
COLUMNS = ("audiocap_id", "youtube_id", "start_time", "caption")
VERSIONS = ("dataset", "dataset2.0")

Split = Literal["train", "val", "test"]
SPLITS: dict[Split, str] = {"train": "train", "val": "dev", "test": "test"}

Captions = dict[tuple[str, int], tuple[str, list[str]]]
"""By id and start of the clip: the place of its first row, and what is said."""


class Settings(disk.Lying, kw_only=True):
    splits: tuple[Split, ...] = ("train",)


def expected(settings: Settings) -> int:
    second = any(path.parent.name == VERSIONS[1] for path in _found(settings).values())
    counts = INFO.counts | ({"train": TRAIN_OF_VERSION_2} if second else {})
    return sum(counts[split] for split in settings.splits)


def _found(settings: Settings) -> dict[Split, Path]:
    places = disk.folders(settings)
    if {place.name for place in places} >= set(VERSIONS) and not settings.metadata:
        raise SetupError(f"{settings.path} holds both versions: set metadata to the folder {' or '.join(VERSIONS)}")
    return {split: path for split in SPLITS if (path := disk.find(places, rf"(?:.*audiocaps_(?:.*_)?)?{split}\.csv"))}


def recordings(settings: Settings) -> Iterator[Recording | Failure]:
    wanted = f"train.csv and the like near {settings.path}"
    files = disk.chosen(settings.splits, _found(settings), (), wanted)
    said = {split: tables.delimited(path, COLUMNS) for split, path in files.items()}
    return _recordings(said, settings)


def _recordings(said: dict[Split, Iterator[Line | Failure]], settings: Settings) -> Iterator[Recording | Failure]:
    clips = youtube.clips(settings.path)
    yield from clips.failures
    for split, lines in said.items():
        captions: Captions = {}
        for line in lines:
            if failure := line if isinstance(line, Failure) else _add(captions, line.where, line.cells):
                yield failure
        for (video, start), (where, texts) in captions.items():
            yield _recording(where, video, start, texts, clips, split)


def _add(captions: Captions, where: str, row: dict[str, str]) -> Failure | None:
    start, caption = row["start_time"], " ".join(row["caption"].split())
    if not youtube.ID.fullmatch(row["youtube_id"]):
        return rows.failure(where, f"no YouTube id: {row['youtube_id']!r}")
    if not (start.isascii() and start.isdecimal() and len(start) < 8):
        return rows.failure(where, f"start_time is no whole number of seconds: {start!r}")
    if not caption:
        return rows.failure(where, "an empty caption")
    captions.setdefault((row["youtube_id"], int(start)), (where, []))[1].append(caption)
    return None


def _recording(
    where: str, video: str, start: int, texts: list[str], clips: youtube.Clips, split: Split
) -> Recording | Failure:
    place = clips.find(video, start)
    if place is None:
        return rows.failure(where, clips.why_none(video), "missing")
    return Recording(
        source="audiocaps",
        path=place.path,
        member=place.member,
        source_id=video,
        source_time=float(start),
        group=f"youtube:{video}",
        split=SPLITS[split],
        licence=LICENCE,
        domains=INFO.domains,
        facts=Facts(captions=tuple(Statement(text=text, origin="human", language="en") for text in texts)),
    )
