"""How the rule that compares questions with benchmarks was chosen: what it takes for a benchmark's, and what it misses.

    COGITO_SHARED_DATA=DIR python perf/overlap.py        # DIR holds mmar/MMAR-meta.jsonl and mmau/mmau-test-mini.json

For each length of runs and each share that makes a long question: how many of the 541 seeds, of the composer's
questions and of the other benchmark's 1,000 questions are taken for a benchmark's (none of them is), and which share of
the benchmark's own is found again as it is, with words around it, and with one or two of its words replaced; with its
own choices, in another order, and with none in common.
"""

from __future__ import annotations

import json
import os
import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from audio_cogito import seeds
from audio_cogito.cleaning import questions as rule
from audio_cogito.cleaning.questions import Asked, Questions, overlaps
from audio_cogito.synth.composing import compose
from audio_cogito.synth.palette import vocabulary
from audio_cogito.synth.questions import questions
from audio_cogito.synth.settings import DIALS

FILES = {"mmar": "mmar/MMAR-meta.jsonl", "mmau": "mmau/mmau-test-mini.json"}
SCENES = 700
"""Of each difficulty."""


def items(path: Path) -> list[Asked]:
    text = path.read_text("utf-8")
    rows = json.loads(text) if text.startswith("[") else [json.loads(line) for line in text.splitlines()]
    return [Asked(text=row["question"], choices=tuple(row["choices"])) for row in rows]


def composed() -> list[Asked]:
    found = {
        (asked.text, asked.choices)
        for dial, settings in DIALS.items()
        for index in range(SCENES)
        for asked in questions(compose(settings, 11, index), vocabulary=vocabulary(settings))
    }
    return [Asked(text=text, choices=choices) for text, choices in sorted(found)]


def replaced(count: int) -> Callable[[str], str]:
    draw = random.Random(count)

    def change(text: str) -> str:
        words = text.split()
        for _ in range(count):
            words[draw.randrange(len(words))] = "something"
        return " ".join(words)

    return change


CHANGES: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "words around it": lambda text: f"Listen well. {text} Choose one.",
    "one word": replaced(1),
    "two words": replaced(2),
}


def count(asked: Sequence[Asked], benchmark: Questions) -> int:
    return len(dict(overlaps(asked, benchmark)))


def main(root: Path) -> None:
    published = {name: items(root / file) for name, file in FILES.items()}
    others = {"seeds": [Asked(text=seed.text) for seed in seeds.load(())], "composer": composed()}
    print("asked:", ", ".join(f"{name} {len(asked):,}" for name, asked in (others | published).items()))
    for run, share in ((3, 0.5), (3, 0.6), (3, 0.8), (5, 0.6), (8, 0.6), (13, 0.6)):
        rule.RUN, rule.LONG_SHARE = run, share
        for name, asked in published.items():
            benchmark = Questions()
            benchmark.add(name, asked)
            began = time.process_time()
            false = {other: count(found, benchmark) for other, found in (others | published).items() if other != name}
            took = (time.process_time() - began) / sum(len(found) for found in (others | published).values())
            print(f"runs of {run}, {share:.0%}, {name}: taken wrongly {false}, {took * 1e6:.0f} us a question")
            for change, changed in CHANGES.items():
                own = [Asked(text=changed(one.text), choices=one.choices[::-1]) for one in asked]
                bare = [Asked(text=one.text) for one in own]
                print(f"    {change}: {count(own, benchmark) / len(own):.1%}, other choices "
                      f"{count(bare, benchmark) / len(own):.1%}")  # fmt: skip


if __name__ == "__main__":
    main(Path(os.environ["COGITO_SHARED_DATA"]))
