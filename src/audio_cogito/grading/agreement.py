"""How far two judges agree about the same chains: Krippendorff's alpha, and the share of equal judgements.

Alpha is 1 - observed / expected disagreement (Krippendorff, Content Analysis, chapter 12); 1 is perfect, 0 is chance.
Item scores are compared on the interval scale, criteria (met or not, as most of a judge's five judgements have it) on
the nominal one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from audio_cogito.errors import SetupError
from audio_cogito.grading.comparison import judges, paired
from audio_cogito.grading.scores import Graded
from audio_cogito.types import Record

Pair = tuple[float, float]


class Agreement(Record, omit_defaults=False):
    """Two judges over the items that both scored."""

    judges: tuple[str, str]
    items: int
    """Right answers that both judges scored: a wrong one has 0 without a judge and would count as agreement."""
    alpha: float | None
    """Of item scores, interval scale; None where all scores are one, so that there is nothing to agree about."""
    exact: float
    """Share of items with the very same score, 0 to 1."""
    criteria: int
    criteria_alpha: float | None
    """Of single criteria by majority of the judgements, nominal scale."""
    criteria_exact: float | None


def agreement(a: Mapping[str, Graded], b: Mapping[str, Graded]) -> Agreement:
    """Raises SetupError where the runs do not hold two judges' scores of the same words."""
    pairs = paired(a, b)
    if any(one.said != other.said for one, other in pairs):
        raise SetupError("the runs hold different answers: agreement is about two judges of the same ones")
    both = [(one, other) for one, other in pairs if one.correct and one.rubric is not None and other.rubric is not None]
    if not both:
        raise SetupError("no chain was scored in both runs: score both with --judge")
    scores = [(one.rubric or 0.0, other.rubric or 0.0) for one, other in both]
    criteria = [pair for one, other in both for pair in zip(_met(one), _met(other), strict=True)]
    return Agreement(
        judges=(_judge(pairs, 0), _judge(pairs, 1)),
        items=len(both),
        alpha=alpha(scores, interval),
        exact=_equal(scores),
        criteria=len(criteria),
        criteria_alpha=alpha(criteria, nominal),
        criteria_exact=_equal(criteria) if criteria else None,
    )


def _judge(pairs: Sequence[tuple[Graded, Graded]], side: int) -> str:
    found = judges([(pair[side], pair[side]) for pair in pairs])
    if len(found) != 1:
        raise SetupError(f"run {'AB'[side]} holds the scores of {', '.join(sorted(found)) or 'no judge'}, not of one")
    return found.pop()


def _met(graded: Graded) -> list[float]:
    """Each criterion as most of the judgements have it."""
    return [float(2 * sum(points) > len(points)) for points in zip(*graded.points, strict=True)]


def _equal(pairs: Sequence[Pair]) -> float:
    return sum(abs(a - b) < 1e-9 for a, b in pairs) / len(pairs)


def interval(a: float, b: float) -> float:
    return (a - b) ** 2


def nominal(a: float, b: float) -> float:
    return float(a != b)


def alpha(pairs: Sequence[Pair], distance: Callable[[float, float], float]) -> float | None:
    """Krippendorff's alpha of two raters without gaps; None where no value differs from another."""
    values = Counter(value for pair in pairs for value in pair)
    n = values.total()
    observed = sum(distance(a, b) for a, b in pairs) * 2 / n if n else 0.0
    expected = sum(x * y * distance(a, b) for a, x in values.items() for b, y in values.items())
    return None if expected == 0 else 1 - observed * n * (n - 1) / expected
