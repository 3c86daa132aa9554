"""Numbers of a classification, as scikit-learn defines them, over (true, said) pairs. What is said may be no class at
all: it is a miss of the true one, and no class's false alarm."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from audio_cogito.intervals import Floats, middle, resampled

Pairs = Sequence[tuple[str, str]]


def balanced_accuracy(pairs: Pairs) -> float:
    """The mean of the classes' recalls, 0 to 1, over the classes that occur (`balanced_accuracy_score`)."""
    true, hits = _counts(pairs)
    return sum(hits[name] / count for name, count in true.items()) / len(true)


def weighted_f1(pairs: Pairs) -> float:
    """The mean of the classes' F1, 0 to 1, weighted by how often each is true (`f1_score(average="weighted")`)."""
    true, hits = _counts(pairs)
    said = Counter(said for _, said in pairs)
    return sum(count * 2 * hits[name] / (count + said[name]) for name, count in true.items()) / len(pairs)


def _counts(pairs: Pairs) -> tuple[Counter[str], Counter[str]]:
    """How often each class is true, and how often it is also said then."""
    return Counter(true for true, _ in pairs), Counter(true for true, said in pairs if true == said)


def intervals(pairs: Pairs) -> tuple[tuple[float, float], tuple[float, float]]:
    """95 % intervals of both numbers above, from resampled pairs. A class that a resample is without is not averaged
    over, as `balanced_accuracy_score` has it.
    """
    distinct, counts = zip(*Counter(pairs).items(), strict=True)
    drawn = resampled(np.array(counts, dtype=np.float64))
    classes = sorted({true for true, _ in distinct})

    def often(which: Sequence[bool]) -> Floats:
        found: Floats = drawn[:, np.array(which)].sum(axis=1)
        return found

    true = np.stack([often([t == name for t, _ in distinct]) for name in classes])
    hits = np.stack([often([t == said == name for t, said in distinct]) for name in classes])
    said = np.stack([often([said == name for _, said in distinct]) for name in classes])
    recalls = np.divide(hits, true, out=np.zeros_like(hits), where=true > 0)
    balanced = recalls.sum(axis=0) / (true > 0).sum(axis=0)
    weighted = np.divide(true * 2 * hits, true + said, out=np.zeros_like(hits), where=true > 0).sum(axis=0) / len(pairs)
    return middle(balanced), middle(weighted)
