"""MELD: turns of the television series Friends, each an MP4, with speaker, emotion and sentiment.

The folder is MELD.Raw, unpacked: `train_sent_emo.csv` (or in `train/`), `train_splits/dia0_utt0.mp4`, and so on; sounds
made of the MP4 in another container are found by the same stem. Emotion and sentiment were annotated with the picture:
their origin is "seen". A turn's start in its episode is its source time. The copy of the tables in the tarball holds
cp1252 bytes as control characters, which are put right. Ids of dialogues are per split.

    utterances   a recording for each turn
    dialogues    a recording for each dialogue, its turns joined in `joined`, a folder to write them into
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from audio_cogito.errors import SetupError
from audio_cogito.ledger import Failure
from audio_cogito.reading import disk, joined, rows, tables
from audio_cogito.reading.disk import Holdings
from audio_cogito.reading.tables import Line
from audio_cogito.sources import SourceInfo
from audio_cogito.types import Attribute, Facts, Record, Recording, Statement, Turn

INFO = SourceInfo(
    title="MELD: a multimodal multi-party dataset for emotion recognition in conversations",
    homepage="https://affective-meld.github.io",
    licence="GPL-3.0 (repository); the footage is a television series'",
    citation="Poria et al., MELD, ACL 2019",
    counts={"train": 9_989, "dev": 1_109, "test": 2_610},
    domains=("speech",),
    skill="speech emotion",
)
COLUMNS = ("Utterance", "Speaker", "Emotion", "Sentiment", "Dialogue_ID", "Utterance_ID")
EMOTIONS = ("neutral", "joy", "surprise", "anger", "sadness", "disgust", "fear")
SENTIMENTS = ("neutral", "positive", "negative")
DIALOGUES = {"train": 1_038, "dev": 114, "test": 280}
"""As counted in the tables; the repository says 1,039 for train, of which one is not there."""
FOLDERS = {
    "train": ("train_splits", "train"),
    "dev": ("dev_splits_complete", "dev"),
    "test": ("output_repeated_splits_test", "test"),
}
CORRECTED = "final_videos_test"
"""Of 132 turns of the test split there are two clips; that with this before its name is the right one."""
CUT_WRONGLY = {
    ("train", 309, 0): "41 s",
    ("test", 38, 4): "305 s",
    ("test", 220, 0): "235 s",
}
"""Clips that hold much more than their turn (issue 20 of MELD's repository)."""
C1 = {c: bytes([c]).decode("cp1252") for c in range(0x80, 0xA0) if c not in (0x81, 0x8D, 0x8F, 0x90, 0x9D)}
TIME = re.compile(r"(\d+):(\d\d):(\d\d),(\d{3})")


class Settings(disk.Lying, kw_only=True):
    splits: tuple[str, ...] = ("train",)
    """Of train, dev and test. The last two are what others are measured by."""
    unit: Literal["utterances", "dialogues"] = "utterances"
    joined: str | None = None
    """The folder that joined dialogues are written into, where the unit is "dialogues"."""


class Said(Record):
    """A turn as MELD's table states it."""

    where: str
    split: str
    dialogue: int
    utterance: int
    text: str
    speaker: str
    emotion: str
    sentiment: str
    episode: str | None
    start: float | None
    """Seconds into the episode."""

    @property
    def stem(self) -> str:
        return f"dia{self.dialogue}_utt{self.utterance}"


def expected(settings: Settings) -> int | None:
    counts = DIALOGUES if settings.unit == "dialogues" else INFO.counts
    return sum(counts[split] for split in settings.splits) if set(settings.splits) <= set(counts) else None


def recordings(settings: Settings) -> Iterator[Recording | Failure]:
    places = disk.folders(settings)
    disk.check_splits(settings.splits, FOLDERS)
    if settings.unit == "dialogues" and not settings.joined:
        raise SetupError('unit = "dialogues" needs a folder to write joined sounds into: set joined')
    found = [(split, _table(places, split)) for split in settings.splits]
    return itertools.chain.from_iterable(_split(split, lines, settings) for split, lines in found)


def _table(places: list[Path], split: str) -> Iterator[Line | Failure]:
    if (path := disk.find(places, rf"(?:meld_)?{split}_sent_emo\.csv")) is None:
        raise SetupError(f"{places[0]} holds no table of {split}: looked for {split}_sent_emo.csv")
    return tables.delimited(path, COLUMNS)


def _split(split: str, lines: Iterator[Line | Failure], settings: Settings) -> Iterator[Recording | Failure]:
    root, held = Path(settings.path), Holdings()
    place = disk.place(root, *FOLDERS[split]) or root / FOLDERS[split][0]
    said = (line if isinstance(line, Failure) else _said(line, split) for line in lines)
    if settings.unit == "dialogues" and settings.joined:
        yield from _dialogues(said, place, held, Path(settings.joined))
        return
    for one in said:
        yield one if isinstance(one, Failure) else _utterance(one, place, held)


def _said(line: Line, split: str) -> Said | Failure:
    cells = line.cells
    try:
        return Said(
            where=line.where,
            split=split,
            dialogue=int(cells["Dialogue_ID"]),
            utterance=int(cells["Utterance_ID"]),
            text=cells["Utterance"].translate(C1),
            speaker=cells["Speaker"].translate(C1),
            emotion=_one_of(cells["Emotion"], EMOTIONS, "emotion"),
            sentiment=_one_of(cells["Sentiment"], SENTIMENTS, "sentiment"),
            episode=_episode(cells.get("Season", ""), cells.get("Episode", "")),
            start=_seconds(cells.get("StartTime", "")),
        )
    except ValueError as error:
        return rows.failure(line.where, error)


def _one_of(value: str, known: tuple[str, ...], what: str) -> str:
    if value not in known:
        raise ValueError(f"there is no {what} {value!r} in MELD")
    return value


def _episode(season: str, episode: str) -> str | None:
    return f"friends:s{int(season):02d}e{int(episode):02d}" if season and episode else None


def _seconds(text: str) -> float | None:
    if not text:
        return None
    if not (found := TIME.fullmatch(text)):
        raise ValueError(f"StartTime is no time: {text!r}")
    hours, minutes, seconds, thousandths = map(int, found.groups())
    return hours * 3600 + minutes * 60 + seconds + thousandths / 1000


def _sound(said: Said, place: Path, held: Holdings) -> Path | Failure:
    if (seconds := CUT_WRONGLY.get((said.split, said.dialogue, said.utterance))) is not None:
        return rows.failure(said.where, f"{said.stem} is known to be cut wrongly: {seconds} of the episode")
    named = f"{said.stem}.mp4"
    corrected = held.find(place / f"{CORRECTED}{named}") if said.split == "test" else None
    return corrected or held.there(said.where, place / named)


def _utterance(said: Said, place: Path, held: Holdings) -> Recording | Failure:
    path = _sound(said, place, held)
    if isinstance(path, Failure):
        return path
    return Recording(
        source="meld",
        path=str(path),
        source_id=said.episode,
        source_time=said.start,
        group=_group(said),
        split=said.split,
        licence=INFO.licence,
        domains=INFO.domains,
        facts=Facts(
            transcript=Statement(text=said.text, origin="human", language="en") if said.text.strip() else None,
            attributes=(
                Attribute(key="speaker", value=said.speaker, origin="human"),
                Attribute(key="emotion", value=said.emotion, origin="seen"),
                Attribute(key="sentiment", value=said.sentiment, origin="seen"),
            ),
        ),
    )


def _group(said: Said) -> str:
    return f"meld:{said.split}:{said.dialogue}"


def _dialogues(
    said: Iterator[Said | Failure], place: Path, held: Holdings, folder: Path
) -> Iterator[Recording | Failure]:
    """The table is in the order of its dialogues. One of which a turn cannot be had is left out whole."""
    turns: list[Said] = []
    for one in said:
        if isinstance(one, Failure):
            yield one
            continue
        if turns and turns[0].dialogue != one.dialogue:
            yield _dialogue(turns, place, held, folder)
            turns = []
        turns.append(one)
    if turns:
        yield _dialogue(turns, place, held, folder)


def _dialogue(turns: list[Said], place: Path, held: Holdings, folder: Path) -> Recording | Failure:
    first, paths = turns[0], list[Path]()
    for turn in turns:
        path = _sound(turn, place, held)
        if isinstance(path, Failure):
            return path
        paths.append(path)
    try:
        whole = joined.join(paths, folder, f"meld-{first.split}-dia{first.dialogue}")
    except joined.Unjoinable as error:
        return rows.failure(first.where, f"dialogue {first.dialogue} cannot be joined: {error}", "undecodable")
    return Recording(
        source="meld",
        path=whole.path,
        source_id=first.episode,
        source_time=first.start,
        group=_group(first),
        split=first.split,
        licence=INFO.licence,
        domains=INFO.domains,
        facts=Facts(
            turns=tuple(
                Turn(
                    text=turn.text,
                    origin="seen",
                    speaker=turn.speaker,
                    start=span.start,
                    end=span.end,
                    language="en",
                    emotion=turn.emotion,
                )
                for turn, span in zip(turns, whole.spans, strict=True)
            )
        ),
    )
