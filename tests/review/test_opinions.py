"""What people said of a run's samples decides in builds and exports: the latest person, over the checks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from audio_cogito.review.decisions import Action, Decision, text_of
from audio_cogito.review.journal import by_subject
from audio_cogito.review.opinions import edited_from, laid_over, standing_by_checks
from audio_cogito.types import Trace
from made import make_question, make_trace
from reviewing import FAILED, PASSED


def decided(number: int, trace: Trace, action: Action, by: str = "anna", **more: Any) -> Decision:
    at = f"2026-01-01T00:00:{number:02d}+00:00"
    return Decision(number=number, subject=trace.id, action=action, by=by, at=at, version=0, key=str(number), **more)


def over(traces: Sequence[Trace], *decisions: Decision) -> list[Trace]:
    return list(laid_over(traces, by_subject(decisions)))


def edit(trace: Trace, **changes: Any) -> dict[str, Any]:
    return {"was": text_of(trace), "now": msgspec.structs.replace(text_of(trace), **changes)}


@pytest.fixture
def good() -> Trace:
    return make_trace(verdicts=(PASSED,), right=True, pass_rate=1.0)


@pytest.fixture
def bad() -> Trace:
    return make_trace(verdicts=(FAILED,), right=True)


def test_nothing_said_changes_nothing(good: Trace) -> None:
    assert over([good]) == [good]


def test_person_overrules_the_checks_both_ways(good: Trace, bad: Trace) -> None:
    assert over([good], decided(1, good, "reject", reason="unheard"))[0].standing == "rejected"
    (kept,) = over([bad], decided(1, bad, "accept", note="the bell is there"))
    assert kept.standing == "accepted"
    assert standing_by_checks(kept) == "rejected"
    verdict = kept.verdicts[-1]
    assert (verdict.check, verdict.by, verdict.person, verdict.reason) == ("review", "anna", True, "the bell is there")
    assert verdict.at == "2026-01-01T00:00:01+00:00"


def test_latest_person_has_the_last_word(good: Trace) -> None:
    said = [decided(1, good, "reject", reason="unheard"), decided(2, good, "accept", by="ben")]
    (kept,) = over([good], *said)
    assert kept.standing == "accepted"
    assert [verdict.by for verdict in kept.verdicts if verdict.person] == ["anna", "ben"]


def test_flag_holds_a_sample_back(good: Trace) -> None:
    assert over([good], decided(1, good, "flag"))[0].standing == "unscored"


def test_edited_chain_is_a_new_trace_by_the_person_and_the_old_one_is_out(good: Trace) -> None:
    old, new = over([good], decided(1, good, "edit", **edit(good, thinking="One bark, near.")))
    assert (old.id, old.standing) == (good.id, "rejected")
    assert (new.standing, new.author, new.thinking, new.text) == ("accepted", "anna", "One bark, near.", good.text)
    assert new.id != good.id
    assert new.question == good.question
    assert edited_from(new) == good.id


def test_edited_question_is_a_new_question_by_the_person(good: Trace) -> None:
    _, new = over([good], decided(1, good, "edit", **edit(good, question="Which is nearest?", key="Cat")))
    assert (new.question.text, new.question.answer, new.question.author) == ("Which is nearest?", "Cat", "anna")
    assert new.question.id != good.question.id
    assert (new.right, new.pass_rate) == (False, None)


def test_what_is_said_after_an_edit_is_about_the_edit(good: Trace) -> None:
    changed = decided(1, good, "edit", **edit(good, thinking="One bark."))
    old, new = over([good], changed, decided(2, good, "reject", by="ben", reason="illogical"))
    assert (old.standing, new.standing) == ("rejected", "rejected")
    old, new = over([good], changed, decided(2, good, "reject", by="ben"), decided(3, good, "accept", by="cleo"))
    assert (old.standing, new.standing) == ("rejected", "accepted")


def test_second_edit_stands_in_for_the_first(good: Trace) -> None:
    said = [
        decided(1, good, "edit", **edit(good, thinking="One bark.")),
        decided(2, good, "edit", by="ben", **edit(good, thinking="Two barks.")),
    ]
    _, new = over([good], *said)
    assert (new.thinking, new.author) == ("Two barks.", "ben")


def test_edit_back_to_the_first_words_restores_the_trace(good: Trace) -> None:
    said = [decided(1, good, "edit", **edit(good, thinking="One bark.")), decided(2, good, "edit", **edit(good))]
    (kept,) = over([good], *said)
    assert (kept.id, kept.standing) == (good.id, "accepted")


def test_wrong_key_is_wrong_for_every_draw_and_a_later_word_stands() -> None:
    question = make_question("Dog", "Cat")
    draws = [make_trace(question, draw=n, verdicts=(PASSED,)) for n in range(3)]
    said = [decided(1, draws[0], "reject", reason="bad_key"), decided(2, draws[2], "accept", by="ben")]
    assert [trace.standing for trace in over(draws, *said)] == ["rejected", "rejected", "accepted"]
    chain = decided(1, draws[0], "reject", reason="illogical")
    assert [trace.standing for trace in over(draws, chain)] == ["rejected", "accepted", "accepted"]


def test_edited_question_takes_the_other_draws_of_the_old_one_out() -> None:
    draws = [make_trace(draw=n, verdicts=(PASSED,)) for n in range(2)]
    found = over(draws, decided(1, draws[0], "edit", **edit(draws[0], question="Which?")))
    assert [trace.standing for trace in found] == ["rejected", "rejected", "accepted"]
    found = over(draws, decided(1, draws[0], "edit", **edit(draws[0], thinking="One bark.")))
    assert [trace.standing for trace in found] == ["rejected", "accepted", "accepted"]


def test_laying_the_same_decisions_over_twice_changes_nothing(good: Trace, bad: Trace) -> None:
    other = make_trace(make_question("Bell", "Horn"), verdicts=(PASSED,))
    said = [
        decided(1, good, "edit", **edit(good, question="Which?")),
        decided(2, other, "reject", reason="bad_key"),
        decided(3, good, "flag", by="ben"),
    ]
    once = over([good, other], *said)
    assert over(once, *said) == once
    assert len(once) == 3


def test_edit_that_can_no_longer_be_read_is_unscored_and_stops_nothing(good: Trace) -> None:
    (kept,) = over([good], decided(1, good, "edit", **edit(good, answer="a horse")))
    assert kept.standing == "unscored"
    assert "cannot be read" in kept.verdicts[-1].reason
