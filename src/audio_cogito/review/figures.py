"""How far people agree with each other, and the checks with people.

Between people: what two said of the same subject before seeing each other (accept, reject, edit, flag), as Cohen's
kappa of each pair of reviewers and Krippendorff's alpha over all of them, on the nominal scale.

Between checks and people, the latest person's verdict being the truth; edited counts as rejected, since it was not let
through as it was, and what is flagged is not decided. Precision is the share of the check's rejections that people
reject as well, recall the share of what people reject that the check rejects. People see a sample of each, so recall is
estimated for the whole: each reviewed sample stands for as many as the check passed, or failed, for each that was seen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from audio_cogito.grading.agreement import alpha, nominal
from audio_cogito.intervals import wilson
from audio_cogito.review.decisions import Decision, Said
from audio_cogito.review.desk import blind_pair
from audio_cogito.review.index import Entry
from audio_cogito.spending.estimates import Estimate, Stratum, share
from audio_cogito.types import Record

ALL = "all checks"
CODES = {"accept": 0.0, "reject": 1.0, "edit": 2.0, "flag": 3.0}

Pair = tuple[float, float]


class Between(Record, omit_defaults=False):
    """Two reviewers over what both judged blindly."""

    reviewers: tuple[str, str]
    subjects: int
    same: float
    """Share of subjects of which both said the same, 0 to 1."""
    kappa: float | None
    """Cohen's; None where both said one thing throughout, so that chance alone would do it."""


class People(Record, omit_defaults=False):
    """All reviewers over what two of them judged blindly."""

    subjects: int
    alpha: float | None
    """Krippendorff's, nominal; None where nothing differs."""
    pairs: tuple[Between, ...]


class Beside(Record, omit_defaults=False):
    """A check's rejections beside people's: `both` reject, only the `check` does, only `people` do, `neither`."""

    check: str
    both: int
    check_alone: int
    people_alone: int
    neither: int
    precision: Estimate | None
    recall: Estimate | None


def between_people(said: Said) -> People:
    pairs: dict[tuple[str, str], list[Pair]] = {}
    for decisions in said.values():
        if found := sorted(blind_pair(decisions), key=lambda decision: decision.by):
            one, other = found
            pairs.setdefault((one.by, other.by), []).append((CODES[one.action], CODES[other.action]))
    every = [pair for found in pairs.values() for pair in found]
    return People(
        subjects=len(every),
        alpha=alpha(every, nominal) if every else None,
        pairs=tuple(
            Between(reviewers=names, subjects=len(found), same=_same(found), kappa=kappa(found))
            for names, found in sorted(pairs.items())
        ),
    )


def kappa(pairs: Sequence[Pair]) -> float | None:
    """Cohen's kappa (1960): agreement beyond what the two reviewers' own habits would give by chance."""
    n = len(pairs)
    one, other = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
    chance = sum(one[value] * other[value] for value in one) / n**2
    return None if chance == 1 else (_same(pairs) - chance) / (1 - chance)


def _same(pairs: Sequence[Pair]) -> float:
    return sum(a == b for a, b in pairs) / len(pairs)


class Checked:
    """What the checks said of a run's samples, ready to be held beside people."""

    def __init__(self, entries: Mapping[str, Entry]) -> None:
        self._entries = entries
        self._whole = Counter(said for entry in entries.values() for said in _said(entry))

    def beside(self, said: Said) -> tuple[Beside, ...]:
        """All checks together, then each that rejected anything; nothing where people decided nothing."""
        seen: Counter[tuple[str, bool, bool]] = Counter()
        for subject, decisions in said.items():
            unfit = is_unfit(decisions)
            if unfit is not None and subject in self._entries:
                seen.update((check, fails, unfit) for check, fails in _said(self._entries[subject]))
        checks = sorted({check for check, fails in self._whole if fails} - {ALL})
        return tuple(self._beside(check, seen) for check in (ALL, *checks)) if seen else ()

    def _beside(self, check: str, seen: Counter[tuple[str, bool, bool]]) -> Beside:
        both, check_alone = seen[check, True, True], seen[check, True, False]
        people_alone, neither = seen[check, False, True], seen[check, False, False]
        return Beside(
            check=check,
            both=both,
            check_alone=check_alone,
            people_alone=people_alone,
            neither=neither,
            precision=_precision(both, check_alone),
            recall=self._recall(check, (both, check_alone), (people_alone, neither)),
        )

    def _recall(self, check: str, failed: tuple[int, int], passed: tuple[int, int]) -> Estimate | None:
        """None where of those that the check passed, or failed, not one was seen."""
        populations = self._whole[check, True], self._whole[check, False]
        if any(population and not sum(seen) for population, seen in zip(populations, (failed, passed), strict=True)):
            return None
        caught = Stratum(populations[0], sum(failed), [(1.0, 1.0)] * failed[0])
        missed = Stratum(populations[1], sum(passed), [(0.0, 1.0)] * passed[0])
        return share([caught, missed]) if failed[0] or passed[0] else None


def is_unfit(decisions: Sequence[Decision]) -> bool | None:
    """Whether people hold the sample, as the checks had it, for unfit; None while it is flagged."""
    if not decisions or decisions[-1].action == "flag":
        return None
    return decisions[-1].action == "reject" or any(decision.action == "edit" for decision in decisions)


def _said(entry: Entry) -> Iterable[tuple[str, bool]]:
    """Each check that passed or failed the sample, with whether it failed it."""
    if entry.standing != "unscored":
        yield ALL, entry.standing == "rejected"
    yield from ((check, outcome == "fail") for check, outcome in entry.outcomes.items() if outcome != "unscored")


def _precision(both: int, check_alone: int) -> Estimate | None:
    interval = wilson(both, both + check_alone)
    if interval is None:
        return None
    return Estimate(value=both / (both + check_alone), low=interval[0], high=interval[1])
