"""MMAR: 1,000 questions that need deep reasoning over sound, music, speech and their mixtures.

The metadata exist in two states that do not go together: `MMAR-meta.json` (also on the Hub) and `MMAR-meta.jsonl` of
February 2026, which corrects five keys and adds reference chains and rubrics. Accuracy is the string match of
`code/evaluation.py`, averaged over items; the mean of the modalities is nobody's number. Rubrics and CRS are those of
the Interspeech 2026 Audio Reasoning Challenge (`grading/rubrics.py`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from audio_cogito.benchmarks import UNSTATED, Anchor, BenchmarkInfo, Criterion, Item, Version
from audio_cogito.errors import SetupError
from audio_cogito.grading import string_match
from audio_cogito.reading.metadata import choices_of, rows, text_of

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
COGITO = (
    "Audio-Cogito, Interspeech 2026-988, Table 2, as in github.com/llh666521/Audio-Cogito at c340904 (judge GPT-4o)"
)
CHALLENGE = "Audio Reasoning Challenge, final leaderboard of 2026-02-28 (judge GPT-4o)"
INCONSISTENT = "CRS as printed, though Rubrics / Avg is another number"
HEADINGS = (*INFO.columns.values(), *INFO.totals)


def _row(model: str, source: str, *scores: float, note: str = "") -> Anchor:
    """A row of a table that has the seven modalities, then Avg and perhaps Rubrics and CRS."""
    return Anchor(model=model, scores=dict(zip(HEADINGS, scores, strict=False)), source=source, note=note)


ANCHORS = (
    _row(
        "Audio-Cogito", COGITO, 66.67, 53.40, 79.25, 90.91, 79.90, 76.83, 79.17, 71.70, 62.22, 0.87,
        note="Avg as printed and on the challenge's leaderboard, though its modalities come to 71.9",
    ),
    _row("Qwen3-Omni-Thinking", COGITO, 64.24, 50.00, 79.25, 54.55, 72.48, 69.51, 70.83, 68.00, 57.97, 0.85),
    _row("Qwen3-Omni-Instruct", COGITO, 59.39, 54.37, 72.45, 63.67, 77.52, 65.85, 66.67, 66.90),
    _row(
        "Step-Audio-R1", COGITO, 32.52, 32.52, 68.71, 45.22, 72.02, 62.20, 72.02, 58.60, 46.55, 0.79,
        note="as printed: Sound and Music are equal, the modalities come to 55.3, and others measured 71.5",
    ),
    _row("Audio Flamingo 3", COGITO, 56.97, 45.15, 59.52, 45.45, 67.89, 59.76, 41.67, 57.40, 45.20, 0.79),
    _row(
        "Audio-Reasoner", COGITO, 42.42, 32.52, 42.52, 45.13, 48.62, 30.49, 29.17, 40.50, 28.40, 0.68,
        note=INCONSISTENT,
    ),
    _row("Audio-CoT", COGITO, 35.80, 25.20, 34.00, 9.10, 30.70, 30.50, 37.50, 31.30, 19.85, 0.62, note=INCONSISTENT),
    _row("Mellow", COGITO, 33.30, 26.70, 24.80, 18.20, 37.20, 32.90, 29.20, 30.00, 18.50, 0.61),
    Anchor(model="xianghe (single model)", scores={"Avg": 74.0, "Rubrics": 65.29}, source=CHALLENGE),
    Anchor(model="TalTech (agent)", scores={"Avg": 76.9, "Rubrics": 69.83}, source=CHALLENGE),
    _row("Gemini 2.5 Pro", README, 67.3, 56.8, 82.0, 100.0, 84.9, 80.5, 66.7, 74.7),
    _row("Qwen3-Omni-Thinking", README, 57.6, 44.7, 78.2, 63.4, 75.2, 69.5, 79.1, 66.4),
    _row("GPT-4o Audio", README, 53.9, 51.0, 70.4, 63.6, 72.5, 62.2, 75.0, 63.5),
    _row("Qwen2.5-Omni-7B", README, 58.8, 40.8, 59.9, 54.5, 61.9, 67.1, 58.3, 56.7),
    _row("Audio-Reasoner", README, 43.6, 33.5, 33.0, 45.5, 42.7, 31.7, 25.0, 36.8),
    _row("Qwen2-Audio-Instruct", README, 33.3, 24.3, 32.3, 9.1, 31.2, 30.5, 25.0, 30.0),
    _row("random choice", README, 29.4, 25.9, 31.5, 25.0, 29.3, 31.1, 28.1, 29.3),
)  # fmt: skip


grader = string_match.grader


def items(path: Path) -> tuple[Item, ...]:
    return tuple(_item(place, row) for place, row in rows(path))


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
