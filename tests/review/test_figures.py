"""Agreement as the books define it, and the checks beside people with intervals."""

from __future__ import annotations

import pytest

from audio_cogito.intervals import wilson
from audio_cogito.review.decisions import Action, Decision
from audio_cogito.review.figures import Checked, between_people, kappa
from audio_cogito.review.index import Entry


def said(*people: tuple[str, Action], blind: bool = False) -> list[Decision]:
    return [
        Decision(number=0, subject="", action=action, by=by, at="", version=0, key="", blind=blind)
        for by, action in people
    ]


def entry(id_: str, outcome: str) -> Entry:
    standing = {"pass": "accepted", "fail": "rejected", "unscored": "unscored"}[outcome]
    return Entry(id_, "q", (), standing, {"judge": outcome}, "", 0)  # type: ignore[arg-type]


def test_kappa_is_cohens() -> None:
    """Wikipedia's example: 20 both yes, 15 both no, 5 and 10 apart: 0.4."""
    pairs = [(1.0, 1.0)] * 20 + [(1.0, 0.0)] * 5 + [(0.0, 1.0)] * 10 + [(0.0, 0.0)] * 15
    assert kappa(pairs) == pytest.approx(0.4)
    assert kappa([(1.0, 1.0)] * 5) is None


def test_only_what_two_said_blindly_counts() -> None:
    found = between_people(
        {
            "a": said(("anna", "accept"), ("ben", "accept"), blind=True),
            "b": said(("anna", "reject"), ("ben", "accept"), blind=True),
            "c": said(("anna", "reject"), ("ben", "accept")),
            "d": said(("anna", "reject"), blind=True),
        }
    )
    assert found.subjects == 2
    (pair,) = found.pairs
    assert (pair.reviewers, pair.subjects, pair.same) == (("anna", "ben"), 2, 0.5)


def test_alpha_is_one_where_all_agree_and_below_where_they_do_not() -> None:
    agree = {str(n): said(("anna", a), ("ben", a), blind=True) for n, a in enumerate(("accept", "reject") * 5)}  # type: ignore[arg-type]
    assert between_people(agree).alpha == 1.0
    agree["x"] = said(("anna", "accept"), ("ben", "reject"), blind=True)
    alpha = between_people(agree).alpha
    assert alpha is not None
    assert 0.5 < alpha < 1.0


def test_precision_is_of_the_rejections_with_wilsons_interval() -> None:
    entries = {f"r{n}": entry(f"r{n}", "fail") for n in range(10)}
    checked = Checked(entries)
    decisions = {f"r{n}": said(("anna", "reject" if n < 8 else "accept")) for n in range(10)}
    found = checked.beside(decisions)[0]
    assert (found.both, found.check_alone) == (8, 2)
    assert found.precision is not None
    assert (found.precision.low, found.precision.high) == wilson(8, 10)
    assert found.precision.value == 0.8


def test_recall_is_of_the_whole_run_not_of_the_queue_that_was_read() -> None:
    """All 10 rejected ones were read and 10 of 90 accepted: 1 bad among these stands for 9, so 8 of 17 were caught."""
    entries = {f"r{n}": entry(f"r{n}", "fail") for n in range(10)} | {
        f"a{n}": entry(f"a{n}", "pass") for n in range(90)
    }
    decisions = {f"r{n}": said(("anna", "reject" if n < 8 else "accept")) for n in range(10)}
    decisions |= {f"a{n}": said(("anna", "reject" if n < 1 else "accept")) for n in range(10)}
    found = Checked(entries).beside(decisions)[0]
    assert found.recall is not None
    assert found.recall.value == pytest.approx(8 / 17)
    assert found.recall.low < 8 / 17 < found.recall.high
    assert (found.people_alone, found.neither) == (1, 9)


def test_recall_is_not_known_while_no_accepted_sample_was_read() -> None:
    entries = {"r": entry("r", "fail"), "a": entry("a", "pass")}
    found = Checked(entries).beside({"r": said(("anna", "reject"))})[0]
    assert found.precision is not None
    assert found.recall is None


def test_edited_counts_as_rejected_and_flagged_as_undecided() -> None:
    entries = {name: entry(name, "fail") for name in "abc"}
    decisions = {
        "a": said(("anna", "edit"), ("ben", "accept")),
        "b": said(("anna", "reject"), ("ben", "flag")),
        "c": said(("anna", "reject"), ("ben", "accept")),
    }
    found = Checked(entries).beside(decisions)[0]
    assert (found.both, found.check_alone) == (1, 1)


def test_unscored_is_no_rejection_and_no_pass() -> None:
    entries = {"a": entry("a", "unscored"), "b": entry("b", "fail")}
    found = Checked(entries).beside({name: said(("anna", "reject")) for name in "ab"})[0]
    assert (found.both, found.people_alone) == (1, 0)
