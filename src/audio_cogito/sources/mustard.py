"""MUStARD: utterances of television comedies, meant sarcastically or not, each with what was said before it.

The folder holds `sarcasm_data.json` (or `data/sarcasm_data.json`) and `utterances_final/ID.mp4`, or the sounds made of
them under the same stems. With `context = true` what was said before, `context_final/ID_c.mp4`, is a recording of its
own, its turns without times. Sarcasm was annotated with the picture: its origin is "seen". No splits are official.
Apostrophes that the published file holds in another encoding are put right.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from audio_cogito.errors import SetupError
from audio_cogito.ledger import Failure
from audio_cogito.reading import disk, rows, tables
from audio_cogito.reading.disk import Holdings
from audio_cogito.sources import ALL, SourceInfo
from audio_cogito.types import Attribute, Facts, Record, Recording, Statement, Turn

INFO = SourceInfo(
    title="MUStARD: multimodal sarcasm detection dataset",
    homepage="https://github.com/soujanyaporia/MUStARD",
    licence="MIT (repository); the footage is that of television series",
    citation="Castro et al., Towards Multimodal Sarcasm Detection, ACL 2019",
    counts={ALL: 690},
    domains=("speech",),
    skill="sarcasm",
)
UTTERANCES = ("utterances_final", "utterances_final_wav")
CONTEXTS = ("context_final", "context_final_wav")
MOJIBAKE = {"â€™": "’", "Õ": "’"}
"""The second is MacRoman's apostrophe read as Latin-1; no name or word of these series is written with that letter."""


class Settings(disk.Lying, kw_only=True):
    context: bool = False
    """Whether what was said before is a recording too."""


class Said(Record):
    """An entry as published. Other fields than these are refused, since none are known."""

    utterance: str
    speaker: str
    context: tuple[str, ...]
    context_speakers: tuple[str, ...]
    show: str
    sarcasm: bool


def expected(settings: Settings) -> int:
    return INFO.counts[ALL] * (2 if settings.context else 1)


def recordings(settings: Settings) -> Iterator[Recording | Failure]:
    metadata = disk.find(disk.folders(settings), r"(?:.*[_-])?sarcasm_data\.json")
    if metadata is None:
        raise SetupError(f"{settings.path} holds no metadata: looked for sarcasm_data.json")
    entries: dict[str, Any] = tables.document(metadata, dict[str, Any])
    utterances = _folder(settings.path, UTTERANCES)
    contexts = _folder(settings.path, CONTEXTS) if settings.context else None
    return _recordings(metadata, entries, utterances, contexts)


def _folder(path: str, names: tuple[str, ...]) -> Path:
    if (found := disk.place(Path(path), *names)) is None:
        raise SetupError(f"{path} holds no sounds: looked for {', '.join(names)}")
    return found


def _recordings(
    metadata: Path, entries: dict[str, Any], utterances: Path, contexts: Path | None
) -> Iterator[Recording | Failure]:
    held = Holdings()
    for id, entry in entries.items():
        where = f"{metadata}#{id}"
        try:
            said = msgspec.convert(entry, Said)
            if len(said.context) != len(said.context_speakers):
                raise ValueError(f"{len(said.context)} turns of context, {len(said.context_speakers)} speakers")
        except ValueError as error:
            yield rows.failure(where, error)
            continue
        yield _recording(id, _utterance(said), utterances, id, where, held)
        if contexts:
            yield _recording(id, _context(said), contexts, f"{id}_c", where, held)


def _recording(id: str, facts: Facts, folder: Path, stem: str, where: str, held: Holdings) -> Recording | Failure:
    if isinstance(path := held.there(where, folder / f"{stem}.mp4"), Failure):
        return path
    return Recording(
        source="mustard",
        path=str(path),
        source_id=f"mustard:{stem}",
        group=f"mustard:{id}",
        licence=INFO.licence,
        domains=INFO.domains,
        facts=facts,
    )


def _utterance(said: Said) -> Facts:
    return Facts(
        transcript=Statement(text=repaired(said.utterance), origin="human", language="en"),
        attributes=(
            Attribute(key="speaker", value=repaired(said.speaker), origin="human"),
            Attribute(key="sarcasm", value="yes" if said.sarcasm else "no", origin="seen"),
        ),
    )


def _context(said: Said) -> Facts:
    turns = zip(said.context, said.context_speakers, strict=True)
    return Facts(
        turns=tuple(
            Turn(text=repaired(text), origin="human", speaker=repaired(speaker), language="en")
            for text, speaker in turns
        )
    )


def repaired(text: str) -> str:
    for wrong, right in MOJIBAKE.items():
        text = text.replace(wrong, right)
    return text
