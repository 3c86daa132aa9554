"""Numbers of a classification, as scikit-learn defines them, over (true, said) pairs. What is said may be no class at
all: it is a miss of the true one, and no class's false alarm."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

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
