"""MMSU: 5,000 questions about spoken language, perception and reasoning, four choices. (Not VoiceBench's set of that
name.)

The rule is AIR-Bench's letter rule (`grading/letters.py`) but for one thing: an empty answer, and one that is `None`,
is wrong, while what else cannot be read is left out; strict counts that wrong, too. An evaluation here shows the bare
choices and hands in the letter of the one that was read; the official prompt (`--profile official`) shows letters and
asks for one.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from audio_cogito.benchmarks import UNSTATED, Anchor, BenchmarkInfo, Item, _lettered
from audio_cogito.grading import letters
from audio_cogito.reading.metadata import rows, text_of

INFO = BenchmarkInfo(
    title="MMSU",
    homepage="https://github.com/dingdongwang/MMSU",
    licence="see the dataset's card (ddwang2000/MMSU)",
    citation="MMSU: A Massive Multi-task Spoken Language Understanding and Reasoning Benchmark, arXiv 2506.04779",
    versions=(),
    files=("mmsu.jsonl", "question/mmsu.jsonl"),
    answer_fields=("response", "answer_prediction"),
    groups=("category", "sub-category", "sub-sub-category", "linguistics_sub_discipline", "task_name"),
    columns={},
    totals=("Avg",),
    letters=True,
)

README = "MMSU README, github.com/dingdongwang/MMSU at 217d1d3"

ANCHORS = (
    Anchor(model="Gemini 1.5 Pro", scores={"Avg": 60.68}, source=README),
    Anchor(model="Qwen2.5-Omni-7B", scores={"Avg": 60.57}, source=README),
    Anchor(model="Kimi-Audio", scores={"Avg": 59.28}, source=README),
)


def items(path: Path) -> tuple[Item, ...]:
    return tuple(_item(row, place) for place, row in rows(path))


def grader(item: Item) -> Callable[[str], bool | None]:
    return lambda said: False if said.strip() in ("", "None") else letters.graded(said, item)


def _item(row: dict[str, Any], place: str) -> Item:
    choices = _lettered.choices(row, place)
    return Item(
        id=text_of(row, "id", place),
        audio=text_of(row, "audio_path", place),
        text=text_of(row, "question", place),
        choices=choices,
        answer=_lettered.answer(row, choices, place),
        groups={kind: text_of(row, kind, place) if row.get(kind) else UNSTATED for kind in INFO.groups},
    )
