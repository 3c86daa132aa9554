"""CoVoST 2: translations of Common Voice 4, from 21 languages into English and from English into 15.

`path` holds the tables, `covost_v2.SRC_TGT.tsv`, of the pairs that are wanted; `common_voice` holds the releases of the
languages, `LANGUAGE/validated.tsv` and `LANGUAGE/clips/`. A table has no transcripts: they are looked up by `path` in
`validated.tsv`, whose order is kept. `train` takes the rows of `train_covost` as well, as CoVoST's own script does.

A sentence that was translated into several languages is one sound: the run keeps one of equal sounds, so read several
pairs out of English as several runs. While a pair is read its table is held in memory, some 400 bytes a row.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

from audio_cogito.errors import SetupError
from audio_cogito.ledger import Failure
from audio_cogito.reading import disk, rows, tables
from audio_cogito.reading.disk import Holdings
from audio_cogito.reading.tables import Dialect, Line
from audio_cogito.sources import SourceInfo
from audio_cogito.types import Facts, Record, Recording, Statement

INTO_ENGLISH = {
    "fr": (207_374, 14_760, 14_760), "de": (127_834, 13_511, 13_511), "es": (79_015, 13_221, 13_221),
    "ca": (95_854, 12_730, 12_730), "it": (31_698, 8_940, 8_951), "ru": (12_112, 6_110, 6_300),
    "zh-CN": (7_085, 4_843, 4_898), "pt": (9_158, 3_318, 4_023), "fa": (53_949, 3_445, 3_445),
    "et": (1_782, 1_576, 1_571), "mn": (2_067, 1_761, 1_759), "nl": (7_108, 1_699, 1_699),
    "tr": (3_966, 1_624, 1_629), "ar": (2_283, 1_758, 1_695), "sv-SE": (2_160, 1_349, 1_595),
    "lv": (2_337, 1_125, 1_629), "sl": (1_843, 509, 360), "ta": (1_358, 384, 786), "ja": (1_119, 635, 684),
    "id": (1_243, 792, 844), "cy": (1_241, 690, 690),
}  # fmt: skip
OUT_OF_ENGLISH = (
    "de", "tr", "fa", "sv-SE", "mn", "zh-CN", "cy", "ca", "sl", "et", "id", "ar", "ta", "lv", "ja",
)  # fmt: skip
PUBLISHED = {f"{language}_en": rows for language, rows in INTO_ENGLISH.items()} | {
    f"en_{language}": (289_430, 15_531, 15_531) for language in OUT_OF_ENGLISH
}
"""Rows of train (with train_covost), dev and test of each pair, by the card of facebook/covost2 on Hugging Face."""
PAIRS = tuple(PUBLISHED)
SPLITS = {"train": "train", "train_covost": "train", "dev": "dev", "test": "test"}
"""A split of the table, and ours."""
OURS = tuple(dict.fromkeys(SPLITS.values()))
INFO = SourceInfo(
    title="CoVoST 2: speech translation over Common Voice",
    homepage="https://github.com/facebookresearch/covost",
    licence="CC0-1.0 (tables and Common Voice)",
    citation="Wang, Wu and Pino, CoVoST 2 and Massively Multilingual Speech-to-Text Translation, 2020",
    counts=dict(zip(OURS, map(sum, zip(*PUBLISHED.values(), strict=True)), strict=True)),
    domains=("speech",),
    skill="speech translation",
)
"""The counts are of all 36 pairs; a sentence out of English counts for each of its fifteen."""
COVOST = Dialect(delimiter="\t", quoted=False, escape="\\")
COMMON_VOICE = Dialect(delimiter="\t", quoted=False)


class Settings(Record, omit_defaults=False, kw_only=True):
    path: str
    """The folder of the tables."""
    common_voice: str
    """The folder of the languages, such as cv-corpus-4-2019-12-10."""
    pairs: tuple[str, ...] = ()
    """Such as fr_en; none: every pair whose table is there."""
    splits: tuple[str, ...] = ("train",)
    """Of train, dev and test."""


class Translated(Record):
    """A row of a pair's table."""

    where: str
    translation: str
    split: str


def expected(settings: Settings) -> int | None:
    """Of the pairs that are named, or whose tables are there; None where there are none, or not such splits."""
    pairs = settings.pairs or _there(Path(settings.path))
    if not pairs or not set(pairs) <= set(PAIRS) or not set(settings.splits) <= set(OURS):
        return None
    return sum(PUBLISHED[pair][OURS.index(split)] for pair in pairs for split in settings.splits)


def recordings(settings: Settings) -> Iterator[Recording | Failure]:
    folder, voices = disk.folder_of(settings.path), disk.folder_of(settings.common_voice)
    disk.check_splits(settings.splits, OURS)
    for pair in settings.pairs:
        if pair not in PAIRS:
            raise SetupError(f"pairs: there is no {pair!r} in CoVoST 2; {rows.nearest(pair, PAIRS)}")
    pairs = settings.pairs or _there(folder)
    if not pairs:
        raise SetupError(f"{folder} holds no table of a pair, such as {_table(folder, 'fr_en').name}")
    opened = [
        (pair, tables.delimited(_table(folder, pair), ("path", "translation", "split"), COVOST), _voiced(voices, pair))
        for pair in pairs
    ]
    return itertools.chain.from_iterable(_pair(*one, voices, settings.splits) for one in opened)


def _there(folder: Path) -> tuple[str, ...]:
    """The pairs whose tables are there."""
    return tuple(pair for pair in PAIRS if _table(folder, pair).is_file())


def _table(folder: Path, pair: str) -> Path:
    return folder / f"covost_v2.{pair}.tsv"


def _voiced(voices: Path, pair: str) -> Iterator[Line | Failure]:
    language = pair.split("_")[0]
    return tables.delimited(voices / language / "validated.tsv", ("client_id", "path", "sentence"), COMMON_VOICE)


def _pair(
    pair: str, table: Iterator[Line | Failure], voiced: Iterator[Line | Failure], voices: Path, splits: tuple[str, ...]
) -> Iterator[Recording | Failure]:
    source, target = pair.split("_")
    wanted: dict[str, Translated] = {}
    for line in table:
        if failed := _wanted(line, splits, wanted):
            yield failed
    clips, held = voices / source / "clips", Holdings()
    for line in voiced:
        if isinstance(line, Failure):
            yield line
        elif (translated := wanted.pop(_named(line.cells["path"]), None)) is not None:
            yield _recording(line, translated, clips, held, source, target)
    for path, left in wanted.items():
        yield rows.failure(left.where, f"{path} is not in {voices / source / 'validated.tsv'}", "missing")


def _wanted(line: Line | Failure, splits: tuple[str, ...], wanted: dict[str, Translated]) -> Failure | None:
    """Keep a row of the splits under the name of its sound."""
    if isinstance(line, Failure):
        return line
    path, translation, stated = _named(line.cells["path"]), line.cells["translation"].strip(), line.cells["split"]
    if stated not in SPLITS:
        return rows.failure(line.where, f"there is no split {stated!r} in CoVoST 2")
    if not translation:
        return rows.failure(line.where, "has no translation")
    if SPLITS[stated] in splits:
        if path in wanted:
            return rows.failure(line.where, f"{path} stands at {wanted[path].where} already")
        wanted[path] = Translated(where=line.where, translation=translation, split=SPLITS[stated])
    return None


def _named(path: str) -> str:
    """Older tables of Common Voice leave `.mp3` out."""
    return path if path.endswith(".mp3") else f"{path}.mp3"


def _recording(
    line: Line, translated: Translated, clips: Path, held: Holdings, source: str, target: str
) -> Recording | Failure:
    named, sentence = _named(line.cells["path"]), line.cells["sentence"].strip()
    try:
        path = held.there(line.where, disk.below(clips, named))
    except ValueError as error:
        return rows.failure(line.where, error)
    if isinstance(path, Failure):
        return path
    return Recording(
        source="covost2",
        path=str(path),
        source_id=f"common_voice:{path.stem}",
        group=f"common_voice:{line.cells['client_id']}",
        split=translated.split,
        licence=INFO.licence,
        domains=INFO.domains,
        facts=Facts(
            transcript=Statement(text=sentence, origin="human", language=source) if sentence else None,
            translation=Statement(text=translated.translation, origin="human", language=target),
        ),
    )
