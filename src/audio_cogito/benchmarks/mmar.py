"""MMAR: 1,000 questions that need deep reasoning over sound, music, speech and their mixtures.

The metadata exist in two states that do not go together: `MMAR-meta.json` (also on the Hub) and `MMAR-meta.jsonl` of
February 2026, which corrects five keys and adds reference chains and rubrics. Accuracy is the string match of
`code/evaluation.py`, averaged over items; the mean of the modalities is nobody's number. Rubrics and CRS are those of
the Interspeech 2026 Audio Reasoning Challenge (`grading/rubrics.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from audio_cogito.benchmarks import (
    UNSTATED,
    Anchor,
    BenchmarkInfo,
    Criterion,
    Item,
    Version,
    choices_of,
    rows,
    text_of,
)
from audio_cogito.errors import SetupError
from audio_cogito.grading.string_match import matcher

INFO = BenchmarkInfo(
    title="MMAR",
    homepage="https://github.com/ddlBoJack/MMAR",
    licence="CC-BY-NC-4.0 (the dataset's card; the repository states none)",
    citation="MMAR: deep reasoning in speech, audio, music and their mix, arXiv 2505.13032",
    versions=(
        Version(
            name="MMAR-meta.jsonl of 2026-02",
            sha256="1c9a343e7bebf1037482b935c54eacd43cc63df7b2c668724b5560caf1f84fad",
        ),
        Version(
            name="MMAR-meta.json of 2025",
            sha256="7240ecca11b252c782ef44d4d19f711dd9b8424656a2bc3f92c548e318d25cee",
            note="the old keys: numbers published before February 2026 were made on them and lie up to 0.5 points off",
        ),
    ),
    files=("MMAR-meta.jsonl", "MMAR-meta.json"),
    answer_fields=("answer_prediction", "model_prediction"),
    groups=("modality", "category", "sub-category", "language"),
    columns={
        "sound": "Sound",
        "music": "Music",
        "speech": "Speech",
        "mix-sound-music": "S-M",
        "mix-sound-speech": "S-S",
        "mix-music-speech": "M-S",
        "mix-sound-music-speech": "S-M-S",
    },
)

README = "MMAR README, github.com/ddlBoJack/MMAR at 3bce090 (old keys)"
COGITO = "Audio-Cogito, Interspeech 2026-988, Table 2 (judge GPT-4o)"
CHALLENGE = "Audio Reasoning Challenge, final leaderboard of 2026-02-28 (judge GPT-4o)"
INCONSISTENT = "CRS as printed, though Rubrics / Avg is another number"

ANCHORS = (
    Anchor(model="Audio-Cogito", scores={"Avg": 71.70, "Rubrics": 62.22, "CRS": 0.87}, source=COGITO),
    Anchor(model="Qwen3-Omni-Thinking", scores={"Avg": 68.00, "Rubrics": 57.97, "CRS": 0.85}, source=COGITO),
    Anchor(model="Step-Audio-R1", scores={"Avg": 58.60, "Rubrics": 46.55, "CRS": 0.79}, source=COGITO),
    Anchor(model="Audio Flamingo 3", scores={"Avg": 57.40, "Rubrics": 45.20, "CRS": 0.79}, source=COGITO),
    Anchor(
        model="Audio-Reasoner", scores={"Avg": 40.50, "Rubrics": 28.40, "CRS": 0.68}, source=COGITO, note=INCONSISTENT
    ),
    Anchor(model="Audio-CoT", scores={"Avg": 31.30, "Rubrics": 19.85, "CRS": 0.62}, source=COGITO, note=INCONSISTENT),
    Anchor(model="Mellow", scores={"Avg": 30.00, "Rubrics": 18.50, "CRS": 0.61}, source=COGITO),
    Anchor(model="xianghe (single model)", scores={"Avg": 74.0, "Rubrics": 65.29}, source=CHALLENGE),
    Anchor(model="TalTech (agent)", scores={"Avg": 76.9, "Rubrics": 69.83}, source=CHALLENGE),
    Anchor(
        model="Qwen3-Omni-Thinking",
        scores={
            "Sound": 57.6, "Music": 44.7, "Speech": 78.2, "S-M": 63.4, "S-S": 75.2, "M-S": 69.5, "S-M-S": 79.1,
            "Avg": 66.4,
        },
        source=README,
    ),
    Anchor(model="Gemini 2.5 Pro", scores={"Avg": 74.7}, source=README),
    Anchor(model="GPT-4o Audio", scores={"Avg": 63.5}, source=README),
    Anchor(model="Qwen2.5-Omni-7B", scores={"Avg": 56.7}, source=README),
    Anchor(model="Audio-Reasoner", scores={"Avg": 36.8}, source=README),
    Anchor(model="Qwen2-Audio-Instruct", scores={"Avg": 30.0}, source=README),
    Anchor(model="random choice", scores={"Avg": 29.3}, source=README),
)  # fmt: skip


def items(path: Path) -> tuple[Item, ...]:
    return tuple(_item(place, row) for place, row in rows(path))


def grader(item: Item) -> Callable[[str], bool]:
    return matcher(item.answer, item.choices)


def _item(place: str, row: dict[str, Any]) -> Item:
    thinking = row.get("thinking")
    return Item(
        id=text_of(row, "id", place),
        audio=text_of(row, "audio_path", place),
        text=text_of(row, "question", place),
        choices=choices_of(row, place),
        answer=text_of(row, "answer", place),
        groups={kind: _group(row, kind, place) for kind in INFO.groups},
        reasoning=thinking if isinstance(thinking, str) else None,
        rubric=rubric_of(row, place),
    )


def _group(row: dict[str, Any], kind: str, place: str) -> str:
    """Language alone may be absent, which most music and sound items leave it."""
    return UNSTATED if kind == "language" and row.get(kind) is None else text_of(row, kind, place)


class _Point(msgspec.Struct):
    name: str
    scoring_point: str
    choices: tuple[int, ...]


def rubric_of(row: dict[str, Any], place: str) -> tuple[Criterion, ...]:
    """The criteria, none where there are none. Raises SetupError."""
    try:
        points = msgspec.convert(row.get("rubric", ()), tuple[_Point, ...])
    except msgspec.ValidationError as error:
        raise SetupError(f"{place}: the rubric cannot be read: {error}") from error
    if any(max(point.choices, default=0) <= 0 for point in points):
        raise SetupError(f"{place}: a criterion of the rubric offers no point")
    return tuple(Criterion(name=p.name, scoring_point=p.scoring_point, choices=p.choices) for p in points)
