"""MELD: the emotion of 2,610 utterances from a television series, one of seven.

The metadata are `test_sent_emo.csv`, the sounds the clips of the raw data's test archive (`diaD_uttU.mp4`; decoding
them needs `audio-cogito[av]`). The rule is that of Qwen2-Audio's `evaluate_emotion.py`: what is said, without the
blanks before it, is the label to the letter, so that `Joy` and `joy.` are wrong. Three numbers are in use and often
not told apart, so all are given: Avg is plain accuracy (EmoBox's WA), UA the mean of the classes' recalls (EmoBox's
UA), WF1 the F1 weighted by class. Who always says `neutral` has 48.12, 14.29 and 31.27. There is no official prompt:
the question is ours.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from audio_cogito.benchmarks import Anchor, BenchmarkInfo, Item, Measure, Version
from audio_cogito.errors import SetupError
from audio_cogito.grading.classes import balanced_accuracy, intervals, weighted_f1
from audio_cogito.reading.metadata import text_in, text_of

LABELS = ("neutral", "joy", "anger", "surprise", "sadness", "disgust", "fear")
QUESTION = "Which emotion does the speaker of this utterance express?"
FOLDER = "output_repeated_splits_test"
"""What the test archive of the raw data unpacks to."""

INFO = BenchmarkInfo(
    title="MELD test",
    homepage="https://github.com/declare-lab/MELD",
    licence="GPL-3.0 (the repository; the clips are from a television series)",
    citation="MELD: A Multimodal Multi-Party Dataset for Emotion Recognition in Conversations, arXiv 1810.02508",
    versions=(
        Version(
            name="test_sent_emo.csv of declare-lab/MELD at 2d2011b",
            sha256="8d37103938f7067600839fe29d5a114a6cd1bcdafb75bec101e06464c5006888",
        ),
    ),
    files=("test_sent_emo.csv",),
    answer_fields=("answer_prediction", "response", "model_output"),
    groups=("emotion",),
    columns={label: label for label in LABELS},
    totals=("Avg", "UA", "WF1"),
)

QWEN = "Qwen2-Audio README, github.com/QwenLM/Qwen2-Audio (this rule)"
REASONER = "Audio-Reasoner, arXiv 2503.02318, Table 8 (`Unweighted_ACC`)"
KIMI = "Kimi-Audio-Evalkit leaderboard (a model judges, long clips left out: not comparable)"
ULTRA = "UltraEval-Audio (by prefix, lower-cased: not comparable)"
UNCLEAR = "printed as unweighted; beside Qwen2-Audio's plain 55.3 it may be plain accuracy, the paper does not say"

ANCHORS = (
    Anchor(model="Qwen-Audio", scores={"Avg": 55.7}, source=QWEN),
    Anchor(model="Qwen2-Audio", scores={"Avg": 55.3}, source=QWEN),
    Anchor(model="WavLM-large", scores={"Avg": 54.2}, source=QWEN),
    Anchor(model="Audio-Reasoner", scores={"UA": 53.9}, source=REASONER, note=UNCLEAR),
    Anchor(model="Qwen2-Audio-Instruct", scores={"UA": 49.9}, source=REASONER),
    Anchor(model="SALMONN", scores={"UA": 39.2}, source=REASONER),
    Anchor(model="EMO-box", scores={"UA": 31.5}, source=REASONER),
    Anchor(model="Kimi-Audio", scores={"Avg": 59.13}, source=KIMI, comparable=False),
    Anchor(model="Qwen2.5-Omni", scores={"Avg": 49.83}, source=KIMI, comparable=False),
    Anchor(model="Qwen3-Omni-Instruct", scores={"Avg": 56.81}, source=ULTRA, comparable=False),
)


def items(path: Path) -> tuple[Item, ...]:
    try:
        table = list(csv.DictReader(io.StringIO(text_in(path)), strict=True))
    except csv.Error as error:
        raise SetupError(f"{path} is no CSV file: {error}") from error
    return tuple(_item(row, f"{path}, row {number}") for number, row in enumerate(table, 1))


def grader(item: Item) -> Callable[[str], bool]:
    return lambda said: said.lstrip() == item.answer


def measures(items: Sequence[Item], answers: Mapping[str, str]) -> tuple[Measure, ...]:
    pairs = [(item.answer, answers[item.id].lstrip()) for item in items if item.id in answers]
    if not pairs:
        return ()
    balanced, weighted = intervals(pairs)
    return (
        _measure("UA", balanced_accuracy(pairs), balanced, "mean recall of the classes, over what is answered"),
        _measure("WF1", weighted_f1(pairs), weighted, "F1 weighted by class, over what is answered"),
    )


def _measure(name: str, value: float, interval: tuple[float, float], note: str) -> Measure:
    low, high = (100 * end for end in interval)
    return Measure(name=name, value=100 * value, note=note, low=low, high=high)


def _item(row: dict[str, str | None], place: str) -> Item:
    label, dialogue, utterance = (text_of(row, name, place) for name in ("Emotion", "Dialogue_ID", "Utterance_ID"))
    if label not in LABELS:
        raise SetupError(f"{place}: {label[:40]!r} is none of the emotions {', '.join(LABELS)}")
    id_ = f"dia{dialogue}_utt{utterance}"
    return Item(
        id=id_,
        audio=f"{FOLDER}/{id_}.mp4",
        text=QUESTION,
        choices=LABELS,
        answer=label,
        groups={"emotion": label},
    )
