"""Composed scenes as a benchmark: questions whose keys follow from the score, over a dataset of `cogito synth scenes`.

    cogito synth scenes --n 1000 --out dev random_seed=7 pairs=0
    cogito evaluate scenes --model nano --data dev --out runs/dev

Its metadata are the dataset's stamp, which says how all of it was made. Questions about two recordings are left out.
The rule is MMAR's string match; the groups are skills.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from audio_cogito.benchmarks import Anchor, BenchmarkInfo, Item
from audio_cogito.errors import SetupError
from audio_cogito.grading.string_match import matcher
from audio_cogito.synth import dataset

INFO = BenchmarkInfo(
    title="composed scenes",
    homepage="docs/benchmarks.md",
    licence="CC0-1.0 for what the library made; that of the recordings where a scene is made of some",
    citation="none: say which dataset, by its stamp",
    versions=(),
    files=(dataset.STAMP,),
    answer_fields=("answer_prediction", "answer"),
    groups=("skill",),
    columns={},
)
ANCHORS: tuple[Anchor, ...] = ()


def items(path: Path) -> tuple[Item, ...]:
    folder = path.parent
    if path.name != dataset.STAMP:
        raise SetupError(f"{path}: a benchmark of scenes is named by its dataset's {dataset.STAMP}")
    return tuple(
        Item(
            id=f"{scene.scene.id}-{number}",
            audio=scene.path,
            text=asked.text,
            choices=asked.choices,
            answer=asked.answer,
            groups={"skill": asked.skill},
            type=asked.type,
        )
        for scene in dataset.composed(folder)
        for number, asked in enumerate(scene.asked)
        if asked.other is None
    )


def grader(item: Item) -> Callable[[str], bool]:
    return matcher(item.answer, item.choices)
