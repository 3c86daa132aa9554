"""AIR-Bench, foundation part: 19 tasks over speech, sound and music, four choices or fewer.

The published rule reads a letter (`grading/letters.py`) and leaves out what it cannot read: that is Avg. Strict counts
it wrong, and how many there are is printed. An evaluation here shows the bare choices and hands in the letter of the
one that was read; the official prompt (`--profile official`) shows letters and asks for one.

The published script prints an accuracy for each task and dataset and no average; how the paper's was made is not said
(it is not the mean of its 19 rows). Avg here is over items. Audio-Reasoner's view is five of the tasks and their mean.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from audio_cogito.benchmarks import Anchor, BenchmarkInfo, Item, Measure, _lettered
from audio_cogito.grading import letters
from audio_cogito.reading.metadata import rows, text_of

VIEW = {
    "SoundAQA": "Sound_AQA",
    "MusicAQA": "Music_AQA",
    "SER": "Speaker_Emotion_Recontion",
    "SIC": "Speaker_Intent_Classification",
    "SNV": "Speaker_Number_Verification",
}
"""The columns of Audio-Reasoner's table, each with the task it is of, as the metadata spell it."""

INFO = BenchmarkInfo(
    title="AIR-Bench foundation",
    homepage="https://github.com/OFA-Sys/AIR-Bench",
    licence="see the dataset's card (qyang1021/AIR-Bench-Dataset)",
    citation="AIR-Bench: Benchmarking Large Audio-Language Models via Generative Comprehension, arXiv 2402.07729",
    versions=(),
    files=("Foundation/Foundation_meta.json", "Foundation_meta.json"),
    answer_fields=("response", "answer_prediction"),
    groups=("task and dataset", "task"),
    columns={},
    totals=("Avg", *VIEW, "mean"),
    id_fields=("task_name", "dataset_name", "uniq_id"),
    letters=True,
)

REASONER = "Audio-Reasoner, arXiv 2503.02318, Table 6"
OWN = "AIR-Bench's own table (how its average was made is not said: not comparable)"


def _reasoner(model: str, *scores: float | None) -> Anchor:
    named = zip((*VIEW, "mean"), scores, strict=True)
    return Anchor(model=model, scores={name: score for name, score in named if score is not None}, source=REASONER)


ANCHORS = (
    _reasoner("Audio-Reasoner", 65.7, 55.2, 60.5, 88.1, 56.3, 65.2),
    _reasoner("Whisper + GPT-4", None, None, 59.5, 87.7, 30.0, 59.1),
    _reasoner("Qwen-Audio-Turbo", 62.8, 62.5, 60.0, 56.4, 54.3, 59.2),
    _reasoner("Qwen-Audio-Chat", 64.6, 48.2, 43.2, 77.8, 35.3, 53.8),
    _reasoner("PandaGPT", 48.7, 50.7, 26.0, 28.5, 43.2, 39.4),
    _reasoner("SALMONN", 28.4, 54.6, 29.9, 36.7, 34.3, 36.8),
    Anchor(model="Qwen-Audio-Turbo", scores={"Avg": 57.8}, source=OWN, comparable=False),
    Anchor(model="Qwen-Audio", scores={"Avg": 54.5}, source=OWN, comparable=False),
)


def items(path: Path) -> tuple[Item, ...]:
    return tuple(_item(row, place) for place, row in rows(path))


def grader(item: Item) -> Callable[[str], bool | None]:
    return lambda said: letters.graded(said, item)


def measures(items: Sequence[Item], answers: Mapping[str, str]) -> tuple[Measure, ...]:
    """Audio-Reasoner's view, without what is missing or not read, and its mean with that counted wrong."""
    found: list[Measure] = []
    strict: list[float] = []
    for name, task in VIEW.items():
        of_task = [item for item in items if item.groups["task"] == task]
        right = [letters.graded(answers[item.id], item) for item in of_task if item.id in answers]
        read = [one for one in right if one is not None]
        note = f"{task}, {len(read):,} of {len(of_task):,} read"
        found.append(Measure(name=name, value=100 * sum(read) / len(read) if read else None, note=note))
        strict += [100 * sum(read) / len(of_task)] if of_task else []
    values = [one.value for one in found if one.value is not None]
    mean = sum(values) / len(values) if len(values) == len(VIEW) else None
    mean_strict = sum(strict) / len(strict) if len(strict) == len(VIEW) else None
    return (
        *found,
        Measure(name="mean", value=mean, note=f"of {', '.join(VIEW)}"),
        Measure(name="mean strict", value=mean_strict, note="what is missing or not read is counted wrong"),
    )


def _item(row: dict[str, Any], place: str) -> Item:
    task, dataset, sound = (text_of(row, name, place) for name in ("task_name", "dataset_name", "path"))
    number = row.get("uniq_id")
    choices = _lettered.choices(row, place)
    return Item(
        id=f"{task}/{dataset}/{number if isinstance(number, int) else text_of(row, 'uniq_id', place)}",
        audio=f"Foundation/{task}_{dataset}/{_sound(sound, task)}",
        text=text_of(row, "question", place),
        choices=choices,
        answer=_lettered.answer(row, choices, place),
        groups={"task and dataset": f"{task}_{dataset}", "task": task},
    )


def _sound(path: str, task: str) -> str:
    """The metadata name the sounds of this one task `.wav`, and they are `.flac`."""
    return f"{path[:-3]}flac" if task == "Audio_Grounding" else path
