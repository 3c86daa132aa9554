"""Corpus BLEU by sacrebleu, with its signature (`audio-cogito[evaluate]`).

`BLEU` is what Qwen2-Audio's `evaluate_st.py` prints: nothing normalised or lower-cased, tokens by `zh` for Chinese,
else `13a`. BLEU-1 to BLEU-4 are the precisions of n-grams of one length and `mean` their plain mean, which fits the
table of Audio-Reasoner best; others print the cumulative score up to length n under the same name, which is given
besides.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from audio_cogito.benchmarks import Measure
from audio_cogito.errors import SetupError

ORDER = 4
"""The longest n-gram."""


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
    return (
        Measure(name="BLEU", value=found.score, note=f"over {len(pairs):,} answers, {signature}"),
        *(
            Measure(name=f"BLEU-{n}", value=p, note=f"precision of {n}-grams")
            for n, p in enumerate(found.precisions, 1)
        ),
        Measure(name="mean", value=sum(found.precisions) / ORDER, note="of BLEU-1 to BLEU-4"),
        *(_cumulative(metric, found, n) for n in range(1, ORDER)),
        Measure(name="BLEU strict", value=strict.score, note=f"missing answers as empty texts, {signature}"),
    )


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
