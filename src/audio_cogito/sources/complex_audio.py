"""Composed scenes with their questions, as `cogito synth scenes` writes them (Audio-Reasoner's Complex Audio).

The facts are the score's, exact and of origin "composed". The questions are posed as they are, so no annotator is
asked; `posed = false` leaves them out and lets one write its own from the facts. Splits are those of what a scene was
made from, and a question about two recordings names two of one split.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from audio_cogito.errors import SetupError
from audio_cogito.ledger import Failure
from audio_cogito.reading import rows
from audio_cogito.sources import SourceInfo
from audio_cogito.synth import dataset
from audio_cogito.synth.dataset import Composed
from audio_cogito.synth.facts import facts
from audio_cogito.synth.questions import Asked
from audio_cogito.types import Posed, Record, Recording

INFO = SourceInfo(
    title="Complex audio: composed scenes, their truth and their questions",
    licence="CC0-1.0 for what the library made; that of the recordings where a scene is made of some",
    citation="composed after Complex Audio in Xie et al., Audio-Reasoner, 2025",
    domains=("sound", "speech", "music"),
    skill="order, counting, time, loudness, pitch, overlapping sounds, which of two recordings",
)
LICENCE = "CC0-1.0"
AUTHOR = f"audio-cogito composer@{dataset.VERSION}"


class Settings(Record, omit_defaults=False, kw_only=True):
    path: str
    """The dataset's folder."""
    posed: bool = True
    """Whether its questions are posed."""


def poses(settings: Settings) -> bool:
    return settings.posed


def recordings(settings: Settings) -> Iterator[Recording | Failure]:
    folder = Path(settings.path)
    if not (folder / dataset.STAMP).is_file():
        raise SetupError(f"{folder} holds no composed scenes: make some with `cogito synth scenes --n N --out DIR`")
    return _recordings(folder, settings)


def _recordings(folder: Path, settings: Settings) -> Iterator[Recording | Failure]:
    for scene in dataset.composed(folder):
        if settings.posed and not scene.asked:
            yield rows.failure(str(folder / scene.path), "a scene without a question")
        else:
            yield _recording(scene, folder, settings.posed)


def _recording(composed: Composed, folder: Path, posed: bool) -> Recording:
    scene = composed.scene
    return Recording(
        source="complex_audio",
        path=str(folder / composed.path),
        source_id=scene.id,
        group=f"composed:{scene.id}",
        split=scene.split,
        licence=" + ".join(composed.licences) or LICENCE,
        domains=scene.domains,
        facts=facts(scene),
        posed=tuple(_posed(asked, folder) for asked in composed.asked) if posed else (),
    )


def _posed(asked: Asked, folder: Path) -> Posed:
    beside = () if asked.other is None else (str(folder / dataset.path_of(asked.other)),)
    return Posed(
        type=asked.type,
        text=asked.text,
        answer=asked.answer,
        choices=asked.choices,
        skill=asked.skill,
        language="en",
        distractors=asked.distractors,
        author=AUTHOR,
        beside=beside,
    )
