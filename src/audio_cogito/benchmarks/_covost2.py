"""What the directions of CoVoST 2 have in common: the TSV of `get_covost_splits.py`, and BLEU, not right or wrong.

No official prompt is in the repository; the sentence that asks for a translation is ours.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from audio_cogito.benchmarks import Anchor, BenchmarkInfo, Item, Measure
from audio_cogito.errors import SetupError
from audio_cogito.grading import bleu
from audio_cogito.reading.metadata import text_in, text_of

TOTALS = ("BLEU", "BLEU-1", "BLEU-2", "BLEU-3", "BLEU-4", "mean")
QWEN = "Qwen2-Audio README, github.com/QwenLM/Qwen2-Audio (sacrebleu 1.5.1)"
ULTRA = "UltraEval-Audio's own run"
REASONER = "Audio-Reasoner, arXiv 2503.02318, Table 7 (definition not stated; n-gram precisions fit its means best)"


def info(title: str, source: str, target: str) -> BenchmarkInfo:
    return BenchmarkInfo(
        title=f"CoVoST 2 {title} test",
        homepage="https://github.com/facebookresearch/covost",
        licence="CC-BY-NC-4.0 (the translations; Common Voice is CC0)",
        citation="CoVoST 2 and Massively Multilingual Speech-to-Text Translation, arXiv 2007.10310",
        versions=(),
        files=(f"covost_v2.{source}_{target}.test.tsv",),
        answer_fields=("answer_prediction", "response", "model_output"),
        groups=("direction",),
        columns={},
        totals=TOTALS,
    )


def reasoner(model: str, *precisions: float) -> Anchor:
    """A row of Audio-Reasoner's table: BLEU1 to BLEU4 and their mean, for one direction."""
    return Anchor(model=model, scores=dict(zip(TOTALS[1:], precisions, strict=True)), source=REASONER)


class Direction(NamedTuple):
    """What a benchmark file of one direction holds beside what it is."""

    items: Callable[[Path], tuple[Item, ...]]
    grader: Callable[[Item], Callable[[str], None]]
    measures: Callable[[Sequence[Item], Mapping[str, str]], tuple[Measure, ...]]


def direction(name: str, language: str, tokens: str) -> Direction:
    """`language` is what the speech is translated into, `tokens` sacrebleu's tokenizer for it."""

    def items(path: Path) -> tuple[Item, ...]:
        return tuple(_item(row, f"{path}, row {number}", name, language) for number, row in enumerate(_table(path), 1))

    def grader(item: Item) -> Callable[[str], None]:
        """A translation is neither right nor wrong."""
        return lambda said: None

    def measures(items: Sequence[Item], answers: Mapping[str, str]) -> tuple[Measure, ...]:
        return bleu.measures([answers.get(item.id) for item in items], [item.answer for item in items], tokens)

    return Direction(items, grader, measures)


def _table(path: Path) -> list[dict[str, str | None]]:
    """The rows of a split, which is written without quotes and with backslashes as escapes. Raises SetupError."""
    try:
        lines = csv.DictReader(io.StringIO(text_in(path)), delimiter="\t", quoting=csv.QUOTE_NONE, escapechar="\\")
        return list(lines)
    except csv.Error as error:
        raise SetupError(f"{path} is no TSV file: {error}") from error


def _item(row: dict[str, str | None], place: str, direction: str, language: str) -> Item:
    clip = text_of(row, "path", place)
    return Item(
        id=clip,
        audio=f"clips/{clip}",
        text=f"Translate the speech into {language}. Answer with the translation alone.",
        choices=(),
        answer=text_of(row, "translation", place),
        groups={"direction": direction},
        type="translation",
    )
