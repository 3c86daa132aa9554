"""Corpus BLEU by sacrebleu, with its signature (`audio-cogito[evaluate]`).

`BLEU` is what Qwen2-Audio's `evaluate_st.py` prints: nothing normalised or lower-cased, tokens by `zh` for Chinese,
else `13a`. BLEU-1 to BLEU-4 are the precisions of n-grams of one length and `mean` their plain mean, which fits the
table of Audio-Reasoner best; others print the cumulative score up to length n under the same name, which is given
besides.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from audio_cogito.benchmarks import Measure
from audio_cogito.errors import SetupError
from audio_cogito.intervals import middle, resampled

ORDER = 4
"""The longest n-gram."""
COLUMNS = ("BLEU", *(f"BLEU-{n}" for n in range(1, ORDER + 1)), "mean")
"""What the table shows, each with an interval."""
RESAMPLES, AT_ONCE = 1000, 20
"""Resamples for an interval (as sacrebleu's own), and how many are drawn together: a row holds every sentence."""


def measures(answers: Sequence[str | None], references: Sequence[str], tokens: str) -> tuple[Measure, ...]:
    """Of the answers that there are, and with missing ones as empty texts; `tokens` is sacrebleu's tokenizer.

    Raises SetupError where sacrebleu is not installed.
    """
    metric = _metric(tokens)
    pairs = [(said, reference) for said, reference in zip(answers, references, strict=True) if said is not None]
    if not pairs:
        return ()
    found = metric.corpus_score([said for said, _ in pairs], [[reference for _, reference in pairs]])
    strict = found
    if len(pairs) < len(references):
        strict = metric.corpus_score([said or "" for said in answers], [list(references)])
    signature = str(metric.get_signature())
    values = (found.score, *found.precisions, sum(found.precisions) / ORDER)
    notes = (
        f"over {len(pairs):,} answers, {signature}",
        *(f"precision of {n}-grams" for n in range(1, ORDER + 1)),
        "of BLEU-1 to BLEU-4",
    )
    columns = zip(COLUMNS, values, notes, _intervals(metric, pairs), strict=True)
    return (
        *(Measure(name=name, value=one, note=note, low=low, high=high) for name, one, note, (low, high) in columns),
        *(_cumulative(metric, found, n) for n in range(1, ORDER)),
        Measure(name="BLEU strict", value=strict.score, note=f"missing answers as empty texts, {signature}"),
    )


def _intervals(metric: Any, pairs: Sequence[tuple[str, str]]) -> list[tuple[float, float]]:
    """95 % intervals of COLUMNS, from resampled sentences, whose counts are added up before the score is made."""
    sentences = [metric.corpus_score([said], [[reference]]) for said, reference in pairs]
    counted = np.array([[*one.counts, *one.totals, one.sys_len, one.ref_len] for one in sentences], dtype=np.float64)
    each = np.ones(len(pairs))
    parts = [resampled(each, AT_ONCE, random_seed=part) @ counted for part in range(RESAMPLES // AT_ONCE)]
    drawn = np.array([_scores(metric, row) for part in parts for row in part.astype(int).tolist()])
    return [middle(column) for column in drawn.T]


def _scores(metric: Any, row: list[int]) -> tuple[float, ...]:
    counts, totals, (sys_len, ref_len) = row[:ORDER], row[ORDER:-2], row[-2:]
    found = metric.compute_bleu(counts, totals, sys_len, ref_len, smooth_method="exp", max_ngram_order=ORDER)
    return (found.score, *found.precisions, sum(found.precisions) / ORDER)


def _cumulative(metric: Any, found: Any, n: int) -> Measure:
    """BLEU up to n-grams, of the same counts."""
    lengths = {"sys_len": found.sys_len, "ref_len": found.ref_len}
    upto = metric.compute_bleu(found.counts[:n], found.totals[:n], **lengths, smooth_method="exp", max_ngram_order=n)
    return Measure(name=f"BLEU up to {n}", value=upto.score, note="cumulative, with its brevity penalty")


def _metric(tokens: str) -> Any:
    try:
        from sacrebleu.metrics.bleu import BLEU
    except ImportError as error:
        raise SetupError("BLEU needs sacrebleu: pip install 'audio-cogito[evaluate]'") from error
    return BLEU(tokenize=tokens, max_ngram_order=ORDER)
