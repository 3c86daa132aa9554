"""AIR-Bench, chat part: open questions about speech, sound, music and mixtures, rated by a judge that reads what is
heard (`grading/pairs.py`). The prompt to the model is the bare question. Without `--judge` nothing is scored.

The official judge is GPT-4 of January 2024, and every published number is of it: another judge's are no match.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from audio_cogito.benchmarks import Anchor, BenchmarkInfo, Item
from audio_cogito.errors import SetupError
from audio_cogito.reading.metadata import rows, text_of

KINDS = {
    "speech_QA": "speech",
    "speech_dialogue_QA": "speech",
    "sound_QA": "sound",
    "sound_generation_QA": "sound",
    "music_QA": "music",
    "music_generation_analysis_QA": "music",
    "speech_and_sound_QA": "speech_and_sound",
    "speech_and_music_QA": "speech_and_music",
}
"""Task -> what is averaged together, as `cal_score.py` has it."""

INFO = BenchmarkInfo(
    title="AIR-Bench chat",
    homepage="https://github.com/OFA-Sys/AIR-Bench",
    licence="see the dataset's card (qyang1021/AIR-Bench-Dataset)",
    citation="AIR-Bench: Benchmarking Large Audio-Language Models via Generative Comprehension, arXiv 2402.07729",
    versions=(),
    files=("Chat/Chat_meta.json", "Chat_meta.json"),
    answer_fields=("response", "answer_prediction"),
    groups=("kind", "task"),
    columns={},
    totals=("Sound", "Music", "Speech", "Mixed", "Average"),
    id_fields=("task_name", "dataset_name", "uniq_id"),
    protocol="pairs",
    unread="it takes a judge: --judge NAME@URL",
)

REASONER = "Audio-Reasoner, arXiv 2503.02318, Table 5 (judge GPT-4; the others' rows are AIR-Bench's own)"


def _row(model: str, *scores: float, note: str = "") -> Anchor:
    return Anchor(
        model=model, scores=dict(zip(INFO.totals, scores, strict=True)), source=REASONER, note=note, comparable=False
    )


ANCHORS = (
    _row("Audio-Reasoner", 7.68, 8.05, 8.19, 6.65, 7.94, note="7.94 as printed, though the mean of its row is 7.64"),
    _row("Qwen2-Audio-Instruct", 6.99, 6.79, 7.18, 6.77, 6.93),
    _row("Qwen-Audio-Turbo", 6.59, 5.98, 7.04, 5.77, 6.34),
    _row("SALMONN", 6.28, 5.95, 6.16, 6.08, 6.11),
    _row("Qwen-Audio", 6.95, 5.52, 6.47, 5.38, 6.08),
    _row("Gemini 1.5 Pro", 5.49, 5.06, 6.97, 5.27, 5.70),
)


def items(path: Path) -> tuple[Item, ...]:
    return tuple(_item(row, place) for place, row in rows(path))


def grader(item: Item) -> Callable[[str], None]:
    """No rule but a judge's."""
    return lambda said: None


def _item(row: dict[str, Any], place: str) -> Item:
    task, dataset, sound = (text_of(row, name, place) for name in ("task_name", "dataset_name", "path"))
    if task not in KINDS:
        raise SetupError(f"{place}: the task {task[:40]!r} is none of {', '.join(KINDS)}")
    number = row.get("uniq_id")
    return Item(
        id=f"{task}/{dataset}/{number if isinstance(number, int) else text_of(row, 'uniq_id', place)}",
        audio=f"Chat/{task}_{dataset}/{sound}",
        text=text_of(row, "question", place),
        choices=(),
        answer=text_of(row, "answer_gt", place),
        groups={"kind": KINDS[task], "task": task},
        type="open",
        description=text_of(row, "meta_info", place),
    )
