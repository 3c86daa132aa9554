"""Dealing: nobody gets what another has, a share is judged by two, and what is left alone comes back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from audio_cogito.review.desk import LEASE, Asked, Desk, Outdated, Stood, disagreed
from audio_cogito.review.journal import Journal

SUBJECTS = {f"s{number}": "accepted" if number % 2 else "rejected" for number in range(200)}


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def desk_of(path: Path, share: float = 0.0, subjects: dict[str, str] | None = None) -> tuple[Desk, Clock]:
    clock = Clock()
    return Desk(SUBJECTS if subjects is None else subjects, Journal(path / "r.jsonl"), share=share, clock=clock), clock


def decide(desk: Desk, subject: str, who: str, action: Any = "accept", **more: Any) -> None:
    version = len(desk.visible(subject, who))
    key = f"{subject} {who} {version} {len(desk.journal.decisions)}"
    desk.decide(Asked(subject=subject, action=action, by=who, version=version, key=key, **more), Stood(""))


def test_item_left_alone_is_dealt_again_after_the_lease(tmp_path: Path) -> None:
    desk, clock = desk_of(tmp_path)
    first = desk.next("anna")
    assert desk.next("ben") != first
    desk._release_all("ben")
    clock.now = LEASE + 1
    assert desk.next("ben") == first


def test_queue_deals_only_what_is_in_it(tmp_path: Path) -> None:
    desk, _ = desk_of(tmp_path)
    for _ in range(100):
        subject = desk.next("anna", "rejected")
        assert subject is not None
        assert SUBJECTS[subject] == "rejected"
        decide(desk, subject, "anna")
    assert desk.next("anna", "rejected") is None
    assert desk.counts().queues["accepted"] == 100


def test_everything_is_dealt_once_and_the_double_share_twice(tmp_path: Path) -> None:
    desk, _ = desk_of(tmp_path, share=0.3)
    dealt: list[tuple[str, str]] = []
    while True:
        round_ = [(subject, who) for who in ("anna", "ben", "cleo") if (subject := desk.next(who)) is not None]
        if not round_:
            break
        for subject, who in round_:
            decide(desk, subject, who)
        dealt += round_
    twice = {subject for subject in SUBJECTS if desk.double(subject)}
    assert 40 < len(twice) < 80
    assert len(dealt) == len(set(dealt)) == len(SUBJECTS) + len(twice)
    assert desk.counts().done == len(SUBJECTS)


def test_order_of_dealing_is_by_hash_and_stays_when_subjects_are_added(tmp_path: Path) -> None:
    few, _ = desk_of(tmp_path / "a", subjects={s: q for s, q in SUBJECTS.items() if s < "s5"})
    many, _ = desk_of(tmp_path / "b")
    assert list(few.queue_of) == [subject for subject in many.queue_of if subject in few.queue_of]
    assert list(many.queue_of) != sorted(SUBJECTS)


def test_decision_with_an_old_version_is_refused(tmp_path: Path) -> None:
    desk, _ = desk_of(tmp_path)
    asked = Asked(subject="s1", action="accept", by="anna", version=0, key="k")
    decide(desk, "s1", "ben")
    with pytest.raises(Outdated):
        desk.decide(asked, Stood(""))


def test_desk_that_starts_anew_knows_what_was_decided(tmp_path: Path) -> None:
    desk, _ = desk_of(tmp_path)
    for _ in range(5):
        subject = desk.next("anna")
        assert subject is not None
        decide(desk, subject, "anna")
    before = desk.counts()
    desk.journal.close()
    again, _ = desk_of(tmp_path)
    assert again.counts() == before
    assert again.next("ben") not in again.said


def test_two_different_blind_edits_disagree(tmp_path: Path) -> None:
    desk, _ = desk_of(tmp_path, share=1.0)
    decide(desk, "s1", "anna", "accept")
    assert not disagreed(desk.said["s1"])
    decide(desk, "s1", "ben", "reject")
    assert disagreed(desk.said["s1"])
    assert [decision.blind for decision in desk.said["s1"]] == [True, True]
    decide(desk, "s1", "anna", "reject")
    assert not disagreed(desk.said["s1"])
    assert not desk.said["s1"][-1].blind
