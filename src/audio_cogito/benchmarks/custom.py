"""Questions of one's own, from a JSONL or JSON file beside their sounds. One row:

    {"id": "door-1", "audio": "door.wav", "question": "What closes?", "choices": ["a door", "a drawer"],
     "answer": "a door", "groups": {"category": "sounds"}}

With choices, the key is one of them and the rule is MMAR's and MMAU's string match. Without choices the same rule asks
only that every word of the key is said. `groups` are free: averages are printed for every kind. `thinking` and `rubric`
as MMAR has them make `--judge` possible. A field of another name is refused, since it may be one of these misspelt.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from audio_cogito.benchmarks import UNSTATED, Anchor, BenchmarkInfo, Item
from audio_cogito.benchmarks.mmar import rubric_of
from audio_cogito.errors import SetupError
from audio_cogito.grading import string_match
from audio_cogito.reading.metadata import rows

INFO = BenchmarkInfo(
    title="one's own benchmark",
    homepage="docs/benchmarks.md",
    licence="as its author says",
    citation="none: say which file, by its SHA-256",
    versions=(),
    files=("benchmark.jsonl", "benchmark.json"),
    answer_fields=("answer_prediction", "model_output", "answer"),
    groups=("category",),
    columns={},
)
ANCHORS: tuple[Anchor, ...] = ()


class _Row(msgspec.Struct, forbid_unknown_fields=True):
    id: str
    audio: str
    question: str
    answer: str
    choices: tuple[str, ...] = ()
    groups: dict[str, str] = {}
    thinking: str | None = None
    rubric: list[Any] = []


grader = string_match.grader


def items(path: Path) -> tuple[Item, ...]:
    read = [(place, row, _row(place, row)) for place, row in rows(path)]
    kinds = dict.fromkeys((*INFO.groups, *(kind for _, _, row in read for kind in row.groups)))
    return tuple(_item(place, given, row, tuple(kinds)) for place, given, row in read)


def _row(place: str, row: dict[str, Any]) -> _Row:
    try:
        found = msgspec.convert(row, _Row)
    except msgspec.ValidationError as error:
        raise SetupError(f"{place}: {error}") from error
    empty = [name for name in ("id", "audio", "question", "answer") if not getattr(found, name).strip()]
    if empty:
        raise SetupError(f"{place}: {empty[0]!r} is empty")
    if found.choices and found.answer not in found.choices:
        raise SetupError(f"{place}: the answer {found.answer[:40]!r} is none of the choices")
    return found


def _item(place: str, given: dict[str, Any], row: _Row, kinds: Sequence[str]) -> Item:
    return Item(
        id=row.id,
        audio=row.audio,
        text=row.question,
        choices=row.choices,
        answer=row.answer,
        groups={kind: row.groups.get(kind, UNSTATED) for kind in kinds},
        reasoning=row.thinking,
        rubric=rubric_of(given, place),
        type="choice" if row.choices else "open",
    )
