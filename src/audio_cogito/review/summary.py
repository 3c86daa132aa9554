"""What `cogito status` says of people: what they decided, how they agree, and how the checks agree with them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from audio_cogito import shards
from audio_cogito.review import figures, journal
from audio_cogito.review.decisions import Action, Said
from audio_cogito.review.figures import Beside, Between
from audio_cogito.review.index import Index
from audio_cogito.run import Run
from audio_cogito.spending.estimates import Estimate
from audio_cogito.stages import verify

SAID: Mapping[Action, str] = {"accept": "accepted", "reject": "rejected", "edit": "edited", "flag": "flagged"}


def lines(run: Run) -> Iterator[str]:
    """Nothing where nobody reviewed the run. Raises SetupError where its journal or its traces cannot be read."""
    said = journal.said_in(run.folder)
    if not said:
        return
    yield _decided(said)
    yield from map(_pair, figures.between_people(said).pairs)
    if not shards.paths(run.stage(verify.STAGE)):
        return
    index = Index(run)
    gone = sum(subject not in index.entries for subject in said)
    if gone:
        yield f"{gone:,} reviewed samples are not in this run as it is now: what was said of them waits"
    yield from (_beside(one) for one in figures.Checked(index.entries).beside(said))


def _decided(said: Said) -> str:
    last = Counter(decisions[-1].action for decisions in said.values())
    people = {decision.by for decisions in said.values() for decision in decisions}
    stood = ", ".join(f"{last[action]:,} {word}" for action, word in SAID.items() if last[action])
    return f"people: {len(said):,} samples reviewed by {len(people):,}: {stood}"


def _pair(pair: Between) -> str:
    kappa = "not known, both said one thing throughout" if pair.kappa is None else f"{pair.kappa:.2f}"
    who = " and ".join(pair.reviewers)
    return f"  {who}: the same of {pair.same:.0%} of {pair.subjects:,} judged blindly, Cohen's kappa {kappa}"


def _beside(one: Beside) -> str:
    agreed = f"{one.both:,} of {one.both + one.check_alone:,}"
    missed = f"{one.people_alone:,} of {one.people_alone + one.neither:,} passed ones were rejected by people"
    precision, recall = _estimate(one.precision), _estimate(one.recall)
    return f"  rejections by {one.check}: precision {precision} ({agreed}), recall {recall} ({missed})"


def _estimate(estimate: Estimate | None) -> str:
    if estimate is None:
        return "not known"
    return f"{estimate.value:.1%} [{estimate.low:.1%}, {estimate.high:.1%}]"
