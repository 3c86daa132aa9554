"""Intervals of numbers that are no plain averages: beside a bootstrap that is written down as it reads."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from sacrebleu.metrics.bleu import BLEU

from audio_cogito.benchmarks import meld
from audio_cogito.grading import bleu
from audio_cogito.grading.classes import balanced_accuracy, intervals, weighted_f1
from benchmark_rows import write_lines
from road import cogito_here

ENDS = 4000
Pairs = list[tuple[str, str]]


def pairs(count: int = 300) -> Pairs:
    """A classifier of uneven classes that is right more often than not, and now and then says no class."""
    rng = np.random.default_rng(3)
    true = rng.choice(["neutral", "joy", "anger", "fear"], p=[0.5, 0.3, 0.15, 0.05], size=count)
    said = np.where(rng.random(count) < 0.6, true, rng.choice(["neutral", "joy", "huh"], size=count))
    return list(zip(true.tolist(), said.tolist(), strict=True))


def plain_bootstrap(found: Pairs, measure: Callable[[Pairs], float]) -> tuple[float, float]:
    rng, n = np.random.default_rng(1), len(found)
    values = [measure([found[i] for i in rng.integers(0, n, size=n)]) for _ in range(ENDS)]
    low, high = np.percentile(values, (2.5, 97.5))
    return float(low), float(high)


@pytest.mark.parametrize(("at", "measure"), [(0, balanced_accuracy), (1, weighted_f1)])
def test_intervals_of_class_measures_are_those_of_a_plain_bootstrap(at: int, measure: Callable[[Pairs], float]) -> None:
    found = pairs()
    low, high = intervals(found)[at]
    assert (low, high) == pytest.approx(plain_bootstrap(found, measure), abs=0.006)
    assert low < measure(found) < high


def test_intervals_are_the_same_each_time() -> None:
    assert intervals(pairs()) == intervals(pairs())


def test_one_class_that_is_always_said_has_no_width() -> None:
    assert intervals([("joy", "joy")] * 20) == ((1.0, 1.0), (1.0, 1.0))


def test_meld_prints_and_writes_its_intervals(tmp_path: Path) -> None:
    row = "{n},x,A,{label},neutral,{n},0,3,19,0,1"
    header = "Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID,Season,Episode,StartTime,EndTime"
    labels = [meld.LABELS[n % 4] for n in range(40)]
    meta = tmp_path / "test_sent_emo.csv"
    meta.write_text("\n".join([header, *(row.format(n=n, label=label) for n, label in enumerate(labels))]) + "\n")
    answers = [{"id": f"dia{n}_utt0", "answer_prediction": "joy" if n % 3 else label} for n, label in enumerate(labels)]
    said = write_lines(tmp_path / "said.jsonl", answers)
    given = ("--meta", str(meta), "--predictions", str(said), "--out", str(tmp_path / "out"))
    done = cogito_here("score", "meld", *given)
    assert done.returncode == 0, done.stderr
    for one in json.loads((tmp_path / "out/measures.json").read_text()):
        assert one["low"] < one["value"] < one["high"]
        ends = f"(95 % interval {one['low']:.2f} to {one['high']:.2f})"
        assert f"{one['name']} {one['value']:.2f} {ends}" in done.stdout


def sentences(count: int = 120) -> list[tuple[str, str]]:
    rng = np.random.default_rng(5)
    words = np.array(
        ["the", "a", "dog", "cat", "rain", "falls", "sings", "on", "under", "old", "red", "house", "slowly", "now"]
    )
    keys = [" ".join(rng.choice(words, size=rng.integers(6, 14))) for _ in range(count)]
    said = [" ".join(w if rng.random() < 0.8 else str(rng.choice(words)) for w in key.split()) for key in keys]
    return list(zip(said, keys, strict=True))


@pytest.mark.long
def test_interval_of_bleu_is_that_of_a_plain_bootstrap() -> None:
    found = sentences()
    said, keys = (list(column) for column in zip(*found, strict=True))
    (measure,) = (one for one in bleu.measures(said, keys, "13a") if one.name == "BLEU")
    rng, values = np.random.default_rng(1), []
    for _ in range(400):
        chosen = rng.integers(0, len(found), size=len(found))
        values.append(BLEU(tokenize="13a").corpus_score([said[i] for i in chosen], [[keys[i] for i in chosen]]).score)
    expected = np.percentile(values, (2.5, 97.5))
    assert measure.low is not None
    assert measure.high is not None
    assert (measure.low, measure.high) == pytest.approx(tuple(expected), abs=1.0)
    assert measure.low < (measure.value or 0) < measure.high


def test_every_column_of_bleu_has_its_interval_around_it() -> None:
    said, keys = zip(*sentences(), strict=True)
    found = {one.name: one for one in bleu.measures(said, keys, "13a")}
    for name in bleu.COLUMNS:
        low, value, high = found[name].low, found[name].value, found[name].high
        assert low is not None
        assert high is not None
        assert low < (value or 0) < high


def test_summed_counts_give_the_corpus_score() -> None:
    said, keys = (list(column) for column in zip(*sentences(), strict=True))
    metric = BLEU(tokenize="13a")
    each = [metric.corpus_score([one], [[key]]) for one, key in zip(said, keys, strict=True)]
    row = np.array([[*one.counts, *one.totals, one.sys_len, one.ref_len] for one in each]).sum(axis=0)
    whole = metric.corpus_score(said, [keys])
    assert bleu._scores(metric, row.tolist())[:5] == pytest.approx((whole.score, *whole.precisions))
