"""MMAU: 1,000 questions about sound, music and speech with keys (test-mini), 9,000 without (test).

Told apart by hash, since the file was edited many times under one version name; numbers made on the release before
v05.15.25 (about a quarter of its questions were others) are not comparable, those of Audio-Reasoner's Table 4 among
them. The rule is MMAR's, the answer stands in `model_output` (the script reads it, whatever the README says).

The hidden test (`--meta mmau-test.json`) is graded by its authors: an evaluation answers it and writes what they take.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from audio_cogito.benchmarks import Anchor, BenchmarkInfo, Item, Version
from audio_cogito.grading import string_match
from audio_cogito.reading.metadata import choices_of, rows, text_of

INFO = BenchmarkInfo(
    title="MMAU test-mini",
    homepage="https://github.com/Sakshi113/mmau",
    licence="see the repository",
    citation="MMAU: A Massive Multi-Task Audio Understanding and Reasoning Benchmark, arXiv 2410.19168",
    versions=(
        Version(
            name="v05.15.25, as edited until 2025-08-09",
            sha256="9f18fda99f8dbc2bc5ecd6323fb5063309f54969810b5c6f1caeb3b8d904cf1c",
        ),
    ),
    files=("mmau-test-mini.json",),
    answer_fields=("model_output", "model_prediction"),
    groups=("task", "difficulty", "sub-category", "category"),
    columns={"sound": "Sound", "music": "Music", "speech": "Speech"},
)

BOARD = "MMAU leaderboard, test-mini v05.15.25, mmau_homepage at b6ad5cf"
REASONER = "Audio-Reasoner, arXiv 2503.02318, Table 4 (the older release: not comparable)"


def _older(model: str, sound: float, music: float, speech: float, average: float) -> Anchor:
    scores = {"Sound": sound, "Music": music, "Speech": speech, "Avg": average}
    return Anchor(model=model, scores=scores, source=REASONER, comparable=False)


ANCHORS = (
    Anchor(model="Audio-Thinker", scores={"Avg": 77.7}, source=BOARD),
    Anchor(model="Step-Audio-2", scores={"Avg": 77.58}, source=BOARD),
    Anchor(model="Audio Flamingo 3", scores={"Avg": 73.30}, source=BOARD),
    Anchor(model="Gemini 2.5 Pro", scores={"Avg": 71.60}, source=BOARD),
    Anchor(model="Qwen2.5-Omni", scores={"Avg": 71.50}, source=BOARD),
    Anchor(model="Kimi-Audio", scores={"Avg": 68.20}, source=BOARD),
    Anchor(model="Audio-Reasoner", scores={"Avg": 67.70}, source=BOARD),
    Anchor(model="GPT-4o Audio", scores={"Avg": 62.50}, source=BOARD),
    Anchor(model="Qwen2-Audio-Instruct", scores={"Avg": 59.60}, source=BOARD),
    _older("Audio-Reasoner", 60.06, 64.30, 60.70, 61.71),
    _older("Qwen2-Audio-Instruct", 54.95, 50.98, 42.04, 49.20),
    _older("GPT-4o with captions", 63.36, 60.77, 53.15, 57.30),
    _older("Gemini 1.5 Pro", 56.75, 49.40, 58.55, 54.90),
)


grader = string_match.grader


def items(path: Path) -> tuple[Item, ...]:
    found = list(rows(path))
    keyed = any("answer" in row for _, row in found)
    return tuple(_item(place, row, keyed) for place, row in found)


def submission(path: Path, answers: Mapping[str, str]) -> bytes:
    """The metadata with an answer in each row that has one, under both names: the script's and the README's."""
    said = [
        row | {name: answers[row["id"]] for name in INFO.answer_fields if row["id"] in answers} for _, row in rows(path)
    ]
    return json.dumps(said, indent=4, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n"


def _item(place: str, row: dict[str, Any], keyed: bool) -> Item:
    return Item(
        id=text_of(row, "id", place),
        audio=text_of(row, "audio_id", place),
        text=text_of(row, "question", place),
        choices=choices_of(row, place),
        answer=text_of(row, "answer", place) if keyed else "",
        groups={kind: _group(row, kind, place) for kind in INFO.groups},
    )


def _group(row: dict[str, Any], kind: str, place: str) -> str:
    """Thirteen items of the published file have the category as a list of one."""
    value = row.get(kind)
    return text_of({kind: value[0]} if isinstance(value, list) and len(value) == 1 else row, kind, place)
