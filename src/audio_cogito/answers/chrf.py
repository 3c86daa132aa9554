"""chrF: how many runs of characters two texts share (Popović 2015, "chrF: character n-gram F-score for automatic MT
evaluation"). Precision and recall are each averaged over the lengths of run that both texts are long enough for, as
sacreBLEU does without smoothing; then recall weighs `beta` times as much as precision.
"""

from __future__ import annotations

from collections import Counter

ORDER, BETA = 6, 2.0
"""Runs of 1 to 6 characters, and recall twice as heavy: what is called chrF2, sacreBLEU's default."""


def chrf(text: str, reference: str, *, beta: float = BETA, spaces: bool = False) -> float:
    """0 for nothing in common, 1 for the same characters. Spaces count only where `spaces` is set."""
    if not spaces:
        text, reference = ("".join(words.split()) for words in (text, reference))
    orders = range(1, min(ORDER, len(text), len(reference)) + 1)
    shared = [(_runs(text, n) & _runs(reference, n)).total() for n in orders]
    if not any(shared):
        return 0.0
    precision = sum(common / (len(text) - n + 1) for n, common in zip(orders, shared, strict=True)) / len(shared)
    recall = sum(common / (len(reference) - n + 1) for n, common in zip(orders, shared, strict=True)) / len(shared)
    return (1 + beta**2) * precision * recall / (beta**2 * precision + recall)


def _runs(text: str, length: int) -> Counter[str]:
    return Counter(text[i : i + length] for i in range(len(text) - length + 1))
