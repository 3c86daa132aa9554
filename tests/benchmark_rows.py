"""Made-up metadata of a benchmark, of the published shape, and predictions about it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

MODALITIES = (
    "sound", "music", "speech", "mix-sound-music", "mix-sound-speech", "mix-music-speech", "mix-sound-music-speech",
)  # fmt: skip
CHOICES = (
    ("A wooden door", "A car door", "A fridge", "A drawer"),
    ("Yes", "No"),
    ("3/4", "4/4", "5/4"),
    ("The old man is glad", "The old man is sad", "The boy is glad", "The boy is sad"),
)


def mmar_row(number: int, **changes: Any) -> dict[str, Any]:
    """Row `number` of a file like MMAR-meta.jsonl; its key is the first choice."""
    choices = CHOICES[number % len(CHOICES)]
    return {
        "id": f"made{number:03d}_00-00-00_00-00-05",
        "audio_path": f"./audio/made{number:03d}_00-00-00_00-00-05.wav",
        "question": f"What is heard at the end of part {number}?",
        "choices": list(choices),
        "answer": choices[0],
        "modality": MODALITIES[number % len(MODALITIES)],
        "category": ("Perception Layer", "Signal Layer")[number % 2],
        "sub-category": ("Counting and Statistics", "Anomaly Detection")[number % 2],
        "language": (None, "en", "zh|en")[number % 3],
        "source": "youtube",
        "url": "https://www.example.org/",
        "timestamp": "00:00:00,00:00:05",
        "thinking": f"The hinge squeaks, then wood meets wood; that is {choices[0]}.",
        "cue": ["hinge"],
        "rubric": [
            {"name": f"Criterion {k}", "scoring_point": f"Award 1 point for step {k}.", "note": "", "choices": [0, 1]}
            for k in range(1, 6)
        ],
    } | changes


def write_mmar(folder: Path, count: int = 12) -> Path:
    return write_lines(folder / "MMAR-meta.jsonl", (mmar_row(number) for number in range(count)))


def write_lines(path: Path, rows: Iterable[Any]) -> Path:
    """One JSON value a line; a text goes in as it is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows), "utf-8")
    return path


def prediction(number: int, answer: Any = None, **changes: Any) -> dict[str, Any]:
    """A right answer to row `number`, unless told."""
    said = mmar_row(number)["answer"] if answer is None else answer
    return {"id": mmar_row(number)["id"], "thinking_prediction": "I hear a hinge.", "answer_prediction": said} | changes


def read_lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def shared(name: str) -> Path:
    """A file of the real metadata; the test is skipped where there is none."""
    folder = os.environ.get("COGITO_SHARED_DATA")
    if not folder:
        pytest.skip("COGITO_SHARED_DATA names no folder of real metadata")
    path = Path(folder) / name
    if not path.exists():
        pytest.skip(f"there is no {path}")
    return path
