"""DailyTalk: dialogues of DailyDialog read by two people, a turn a WAV.

The folder is dailytalk, as unpacked: `metadata.json` and `data/DIALOGUE/TURN_SPEAKER_dDIALOGUE.wav`. The speaker is the
one that the metadata state: dialogues begin with either. Emotions are DailyDialog's, annotated on the written words,
so their origin is "read"; its `none` means that no emotion was marked, not that the voice is neutral, and is no fact.
No splits are official.

    utterances   a recording for each turn
    dialogues    a recording for each dialogue, its turns joined in `joined`, a folder to write them into
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import msgspec

from audio_cogito.errors import SetupError
from audio_cogito.ledger import Failure
from audio_cogito.reading import disk, joined, rows, tables
from audio_cogito.reading.disk import Holdings
from audio_cogito.sources import ALL, SourceInfo
from audio_cogito.types import Attribute, Facts, Record, Recording, Statement, Turn

INFO = SourceInfo(
    title="DailyTalk: spoken dialogue dataset for conversational text-to-speech",
    homepage="https://github.com/keonlee9420/DailyTalk",
    licence="CC-BY-SA-4.0, for academic use",
    citation="Lee, Park and Kim, DailyTalk, ICASSP 2023",
    counts={ALL: 23_773},
    domains=("speech",),
    skill="dialogue",
)
DIALOGUES = 2_541
UNMARKED = "none"
EMOTIONS = (UNMARKED, "happiness", "surprise", "sadness", "anger", "disgust", "fear")
SPEAKERS = {0: "A", 1: "B"}


class Settings(disk.Lying, kw_only=True):
    unit: Literal["utterances", "dialogues"] = "utterances"
    joined: str | None = None
    """The folder that joined dialogues are written into, where the unit is "dialogues"."""


class Stated(msgspec.Struct, frozen=True):
    """What is used of a turn's entry. It has more: index, turn, topic, act."""

    text: str
    speaker: Literal[0, 1]
    emotion: str

    @property
    def marked(self) -> str | None:
        return None if self.emotion == UNMARKED else self.emotion


class Said(Record):
    """A turn with its place."""

    where: str
    path: Path
    text: str
    speaker: str
    emotion: str | None


def expected(settings: Settings) -> int:
    return DIALOGUES if settings.unit == "dialogues" else INFO.counts[ALL]


def recordings(settings: Settings) -> Iterator[Recording | Failure]:
    places = disk.folders(settings)
    if settings.unit == "dialogues" and not settings.joined:
        raise SetupError('unit = "dialogues" needs a folder to write joined sounds into: set joined')
    if (metadata := disk.find(places, r"metadata\.json")) is None:
        raise SetupError(f"{settings.path} holds no metadata: looked for metadata.json")
    dialogues: dict[str, Any] = tables.document(metadata, dict[str, Any])
    return _recordings(metadata, dialogues, Path(settings.joined) if settings.joined else None, settings)


def _recordings(
    metadata: Path, dialogues: dict[str, Any], folder: Path | None, settings: Settings
) -> Iterator[Recording | Failure]:
    held = Holdings()
    for number, turns in dialogues.items():
        if not number.isdecimal() or not isinstance(turns, dict) or not all(turn.isdecimal() for turn in turns):
            yield rows.failure(f"{metadata}#{number!a}", "is no dialogue: a number with its numbered turns")
            continue
        place = metadata.parent / "data" / number
        said = [_said(number, turn, turns[turn], metadata, place, held) for turn in sorted(turns, key=int)]
        if settings.unit == "dialogues" and folder:
            yield from _dialogue(number, said, folder)
        else:
            yield from (one if isinstance(one, Failure) else _utterance(number, one) for one in said)


def _said(number: str, turn: str, entry: object, metadata: Path, place: Path, held: Holdings) -> Said | Failure:
    where = f"{metadata}#{number}/{turn}"
    try:
        stated = msgspec.convert(entry, Stated)
        if stated.emotion not in EMOTIONS:
            raise ValueError(f"there is no emotion {stated.emotion!r} in DailyTalk")
    except ValueError as error:
        return rows.failure(where, error)
    stem = f"{turn}_{stated.speaker}_d{number}"
    if isinstance(path := held.there(where, place / f"{stem}.wav"), Failure):
        return path
    return Said(
        where=where, path=path, text=stated.text.strip(), speaker=SPEAKERS[stated.speaker], emotion=stated.marked
    )


def _recording(number: str, id: str, path: str, facts: Facts) -> Recording:
    return Recording(
        source="dailytalk",
        path=path,
        source_id=f"dailytalk:{id}",
        group=f"dailytalk:{number}",
        licence=INFO.licence,
        domains=INFO.domains,
        facts=facts,
    )


def _utterance(number: str, said: Said) -> Recording:
    emotion = (Attribute(key="emotion", value=said.emotion, origin="read"),) if said.emotion else ()
    transcript = Statement(text=said.text, origin="human", language="en") if said.text else None
    facts = Facts(transcript=transcript, attributes=emotion)
    return _recording(number, said.path.stem, str(said.path), facts)


def _dialogue(number: str, said: list[Said | Failure], folder: Path) -> Iterator[Recording | Failure]:
    """One recording; the failures of its turns where one cannot be had."""
    turns = [one for one in said if isinstance(one, Said)]
    if failures := [one for one in said if isinstance(one, Failure)]:
        yield from failures
        return
    if not turns:
        return
    try:
        whole = joined.join([turn.path for turn in turns], folder, f"dailytalk-{number}")
    except joined.Unjoinable as error:
        yield rows.failure(turns[0].where, f"dialogue {number} cannot be joined: {error}", "undecodable")
        return
    heard = tuple(
        Turn(
            text=turn.text,
            origin="read" if turn.emotion else "human",
            speaker=turn.speaker,
            start=span.start,
            end=span.end,
            language="en",
            emotion=turn.emotion,
        )
        for turn, span in zip(turns, whole.spans, strict=True)
    )
    yield _recording(number, f"d{number}", whole.path, Facts(turns=heard))
