"""MMAU-Pro: 5,305 questions about sound, music and speech, of which 456 are about several recordings.

The official script scores three parts in three ways. Answers to instructions are held against rules, which is done
here to the letter (`grading/instructions.py`). Open answers are scored by a judge (`--judge`, `grading/opened.py`).
Closed answers are told by the nearest choice under NV-Embed-v2, a model of 7.9 billion parameters that is not here:
they are `unscored`, so that the published number, `Overall`, has no value. What stands for the closed part is MMAR's
string match under our own name, which no published number may be held beside.

The metadata are `test.parquet` (pip install 'audio-cogito[parquet]'), or the same rows as JSON or JSONL.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from audio_cogito.benchmarks import UNSTATED, Anchor, BenchmarkInfo, Instruction, Item, Measure
from audio_cogito.errors import SetupError
from audio_cogito.grading import instructions
from audio_cogito.grading.string_match import matcher
from audio_cogito.intervals import wilson
from audio_cogito.reading.metadata import choices_of, rows, text_of

OPEN, FOLLOWING = "open", "instruction following"
OVERALL, OURS = "Overall", "closed, our string match"

INFO = BenchmarkInfo(
    title="MMAU-Pro",
    homepage="https://github.com/sonalkum/MMAUPro",
    licence="CC-BY-NC-4.0 (the dataset's card, gamma-lab-umd/MMAU-Pro)",
    citation="MMAU-Pro: A Challenging and Comprehensive Benchmark for Audio General Intelligence, arXiv 2508.13992",
    versions=(),
    files=("test.parquet", "test.jsonl", "test.json"),
    answer_fields=("model_output", "answer_prediction"),
    groups=("category", "length_type", "sub-cat"),
    columns={},
    totals=(OVERALL, FOLLOWING, OPEN, OURS),
    protocol="opened",
    unread="closed answers take NV-Embed-v2 and counts of sentences nltk, which are not here; open ones take --judge",
)

README = "MMAU-Pro README, github.com/sonalkum/MMAUPro at 960e93a (NV-Embed-v2 and a judge)"
ANCHORS = tuple(
    Anchor(model=model, scores={OVERALL: score}, source=README, comparable=False)
    for model, score in (
        ("people", 78.0),
        ("Gemini 2.5 Flash", 59.2),
        ("Qwen2.5-Omni-7B", 52.2),
        ("Audio Flamingo 3", 51.7),
    )
)


def items(path: Path) -> tuple[Item, ...]:
    return tuple(_item(place, row) for place, row in rows(path))


def grader(item: Item) -> Callable[[str], bool | None]:
    """Rules for instructions; of the rest neither right nor wrong is known."""
    instruction = item.instruction
    return (lambda said: None) if instruction is None else (lambda said: instructions.kept(said, instruction))


def measures(items: Sequence[Item], answers: Mapping[str, str]) -> tuple[Measure, ...]:
    following = [
        right for item in items if item.instruction and item.id in answers for right in [grader(item)(answers[item.id])]
    ]
    closed = [
        matcher(item.answer, item.choices)(answers[item.id])
        for item in items
        if len(item.choices) > 1 and item.id in answers
    ]
    return (
        Measure(name=OVERALL, value=None, note="needs NV-Embed-v2"),
        _share(FOLLOWING, [right for right in following if right is not None], "answers that keep to their rule"),
        _share(OURS, closed, "MMAR's rule, not the official one: no published number may be held beside it"),
    )


def _share(name: str, right: Sequence[bool], note: str) -> Measure:
    interval = wilson(sum(right), len(right))
    low, high = (100 * interval[0], 100 * interval[1]) if interval else (None, None)
    value = 100 * sum(right) / len(right) if right else None
    return Measure(name=name, value=value, note=f"over {len(right):,} {note}", low=low, high=high)


def _item(place: str, row: dict[str, Any]) -> Item:
    category = text_of(row, "category", place)
    sounds, closed = _sounds(row, place), category not in (OPEN, FOLLOWING)
    choices = choices_of(row, place) if closed and row.get("choices") else ()
    text = text_of(row, "question", place)
    return Item(
        id=text_of(row, "id", place),
        audio=sounds[0],
        beside=sounds[1:],
        text=text,
        choices=choices,
        answer="" if category == FOLLOWING else text_of(row, "answer", place),
        groups={kind: _group(row, kind) for kind in INFO.groups},
        type="choice" if len(choices) > 1 else "open",
        instruction=_instruction(row, text, place) if category == FOLLOWING else None,
    )


def _sounds(row: dict[str, Any], place: str) -> tuple[str, ...]:
    given = row.get("audio_path")
    sounds = [given] if isinstance(given, str) else given
    if not isinstance(sounds, list) or not sounds or not all(isinstance(one, str) and one for one in sounds):
        raise SetupError(f"{place}: 'audio_path' is no list of paths")
    return tuple(sounds)


def _group(row: dict[str, Any], kind: str) -> str:
    value = row.get(kind)
    return value if isinstance(value, str) and value else UNSTATED


def _instruction(row: dict[str, Any], text: str, place: str) -> Instruction:
    options = row.get("kwargs") or {}
    if not isinstance(options, dict):
        raise SetupError(f"{place}: 'kwargs' is no object")
    return Instruction(name=text_of(row, "task_identifier", place), options=options | {"prompt": text})
