"""How fast predictions are graded: the string match over 100,000 of them, beside a plain loop of the published rule,
and a whole `cogito score mmar` without a judge.

    python perf/score.py [--meta MMAR-meta.jsonl]

Without --meta the items are made up, of the published shape. Predictions are bare choices and sentences around them.
"""

from __future__ import annotations

import argparse
import json
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from audio_cogito import benchmarks
from audio_cogito.benchmarks import Item, mmar
from benchmark_rows import write_mmar

PREDICTIONS, ROUNDS = 100_000, 5


def plain(answer: str, prediction: str, choices: tuple[str, ...]) -> bool:
    """The published rule, written down as it reads."""

    def tokenise(text: str) -> set[str]:
        return set(re.findall(r"\b\w+\b", text.lower()))

    said, wanted = tokenise(prediction), tokenise(answer)
    if not said:
        return False
    unwanted: set[str] = set()
    for choice in choices:
        words = tokenise(choice)
        if words != wanted:
            unwanted.update(words - wanted)
    return wanted.issubset(said) and said.isdisjoint(unwanted)


def predictions(items: tuple[Item, ...]) -> list[tuple[Item, str]]:
    said = []
    for number in range(PREDICTIONS):
        item = items[number % len(items)]
        choice = item.choices[number * 7 % len(item.choices)]
        said.append((item, choice if number % 3 else f"After all I heard, the answer is {choice}."))
    return said


def by_plain_loop(said: list[tuple[Item, str]]) -> int:
    return sum(plain(item.answer, text, item.choices) for item, text in said)


def by_grader(said: list[tuple[Item, str]]) -> int:
    graders = {id(item): mmar.grader(item) for item, _ in said[: len({item.id for item, _ in said})]}
    return sum(graders[id(item)](text) for item, text in said)


def cpu(work: object, said: list[tuple[Item, str]]) -> tuple[float, int]:
    assert callable(work)
    began = time.process_time()
    right = work(said)
    return time.process_time() - began, right


def command(meta: Path, items: tuple[Item, ...], folder: Path) -> tuple[float, float]:
    """Seconds of a whole `cogito score mmar`, by the clock and of CPU."""
    said = folder / "predictions.jsonl"
    rows = ({"id": i.id, "answer_prediction": i.answer, "thinking_prediction": "x" * 3000} for i in items)
    said.write_text("".join(json.dumps(row) + "\n" for row in rows))
    arguments = ["score", "mmar", "--meta", meta, "--predictions", said, "--out", folder / "out"]
    began, before = time.perf_counter(), _children()
    subprocess.run([sys.executable, "-m", "audio_cogito.cli", *map(str, arguments)], check=True, capture_output=True)
    return time.perf_counter() - began, _children() - before


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--meta", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        meta = options.meta or write_mmar(folder, 1000)
        items = benchmarks.read("mmar", mmar, meta).items
        said = predictions(items)
        rounds = [(cpu(by_plain_loop, said), cpu(by_grader, said)) for _ in range(ROUNDS)]
        assert all(one == other for (_, one), (_, other) in rounds), "the two disagree"
        loop = statistics.median(seconds for (seconds, _), _ in rounds)
        ours = statistics.median(seconds for _, (seconds, _) in rounds)
        runs = [command(meta, items, folder) for _ in range(ROUNDS)]
        whole, used = (statistics.median(column) for column in zip(*runs, strict=True))
    print(f"{PREDICTIONS:,} predictions: plain loop {loop:.2f} s CPU, ours {ours:.2f} s CPU, {loop / ours:.1f} x")
    print(f"a whole cogito score mmar over {len(items):,} items: {whole:.2f} s, {used:.2f} s of CPU")


if __name__ == "__main__":
    main()
