"""Verify: checks in order, stopping at the first failure; a check's own failure is no verdict on the trace."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import pytest

from audio_cogito.audio import Sounds
from audio_cogito.errors import SetupError
from audio_cogito.ledger import Drop
from audio_cogito.stages import verify
from audio_cogito.stages.verify import Asked, Check, Settings, bind
from audio_cogito.types import Finding, Outcome, Question, Record, Trace, Verdict
from made import make_question, make_trace


class Nothing(Record):
    pass


def saying(name: str, outcome: Outcome, takes: Literal["question", "trace"] = "trace", **changes: Any) -> Check:
    async def check(subject: Any, *, models: Mapping[str, Any], prompts: Mapping[str, Any], settings: Any) -> Verdict:
        assert isinstance(subject, Question if takes == "question" else Trace)
        return Verdict(check=name, outcome=outcome, **changes)

    return Check(name=name, takes=takes, settings=Nothing(), function=check)


async def verified(*checks: Check, traces: list[Trace] | None = None, all: bool = False) -> list[Trace]:
    return await verify.verify(
        traces or [make_trace()], checks=checks, models={}, prompts={}, settings=Settings(all=all)
    )


async def test_checks_run_in_order_and_stop_at_the_first_failure() -> None:
    (trace,) = await verified(saying("a", "pass"), saying("b", "fail"), saying("c", "pass"))
    assert [verdict.check for verdict in trace.verdicts] == ["a", "b"]
    assert trace.standing == "rejected"


async def test_all_goes_on_after_a_failure() -> None:
    (trace,) = await verified(saying("a", "fail"), saying("b", "pass"), all=True)
    assert [verdict.check for verdict in trace.verdicts] == ["a", "b"]
    assert trace.standing == "rejected"


async def test_trace_is_accepted_when_every_check_passes() -> None:
    (trace,) = await verified(saying("a", "pass"), saying("b", "pass"))
    assert trace.standing == "accepted"


async def test_unscored_check_neither_accepts_nor_rejects() -> None:
    (trace,) = await verified(saying("a", "pass"), saying("judge", "unscored"))
    assert trace.standing == "unscored"


async def test_advisory_check_tags_without_deciding() -> None:
    (trace,) = await verified(saying("tag", "fail", advisory=True), saying("a", "pass"))
    assert [verdict.check for verdict in trace.verdicts] == ["tag", "a"]
    assert trace.standing == "accepted"


async def test_check_of_the_question_is_handed_the_question() -> None:
    (trace,) = await verified(saying("blind", "pass", takes="question"))
    assert trace.standing == "accepted"


async def test_trace_without_any_verdict_is_unscored() -> None:
    assert make_trace().standing == "unscored"


def test_latest_persons_verdict_overrules_the_checks() -> None:
    checks = (Verdict(check="a", outcome="fail"), Verdict(check="review", outcome="pass", person=True, by="Ann"))
    assert make_trace(verdicts=checks).standing == "accepted"
    later = Verdict(check="review", outcome="fail", person=True, by="Ben")
    assert make_trace(verdicts=(*checks, later)).standing == "rejected"


async def test_pass_rate_is_the_share_of_draws_that_match_the_key() -> None:
    question = make_question("a dog", "a cat")
    answers = ["a dog", "a cat", None, "a dog"]
    traces = [make_trace(question, draw=i, answer=answer) for i, answer in enumerate(answers)]
    assert {trace.pass_rate for trace in await verified(saying("a", "pass"), traces=traces)} == {0.5}


def test_checks_are_bound_in_the_order_listed_with_their_settings() -> None:
    bound = bind(("consistent", "judge"), {"judge": {"model": "other"}}, ())
    assert [check.name for check in bound] == ["consistent", "judge"]
    assert (bound[0].model, bound[1].model, bound[1].prompt) == (None, "other", "judge")


def test_check_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(SetupError, match="'jugde' among the checks: blind, complete, consistent"):
        bind(("jugde",), {}, ())


def test_users_check_is_found_in_a_folder_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "checks").mkdir()
    (tmp_path / "checks" / "short.py").write_text(
        "from audio_cogito.checks import CheckInfo\n"
        "from audio_cogito.types import Record, Verdict\n"
        "INFO = CheckInfo(takes='trace', summary='chains of few words')\n"
        "class Settings(Record):\n    most: int = 5\n"
        "async def check(trace, *, models, prompts, settings):\n"
        "    return Verdict(check='short', outcome='pass' if len(trace.thinking.split()) < settings.most else 'fail')\n"
    )
    (bound,) = bind(("short",), {"short": {"most": 9}}, (tmp_path,))
    assert bound.settings.most == 9  # type: ignore[attr-defined]


async def test_check_of_the_question_is_asked_once_for_all_its_draws() -> None:
    asked: list[str] = []

    async def check(question: Any, *, models: Any, prompts: Any, settings: Any) -> Verdict:
        asked.append(question.id)
        return Verdict(check="blind", outcome="pass", score=0.25)

    question = make_question("a dog", "a cat")
    blind = Check(name="blind", takes="question", settings=Nothing(), function=check)
    verified_ = await verified(blind, traces=[make_trace(question, draw=draw) for draw in range(4)])
    assert asked == [question.id]
    assert [trace.verdicts[0].score for trace in verified_] == [0.25] * 4


async def test_checks_of_the_question_come_before_those_of_its_traces() -> None:
    (trace,) = await verified(saying("a", "fail"), saying("blind", "fail", takes="question", advisory=True))
    assert [verdict.check for verdict in trace.verdicts] == ["blind", "a"]


@pytest.mark.parametrize("all_", [False, True])
async def test_question_that_is_out_rejects_its_traces_whose_own_checks_are_asked_only_for_all(all_: bool) -> None:
    checks = (saying("a", "pass"), saying("copied_seed", "fail", takes="question"))
    (trace,) = await verified(*checks, all=all_)
    assert trace.standing == "rejected"
    assert [verdict.check for verdict in trace.verdicts] == ["copied_seed", "a"][: 1 + all_]


def about(question: Question, *checks: Check, all: bool = False) -> Asked:
    return Asked(question, checks=checks, models={}, prompts={}, settings=Settings(all=all))


async def test_question_that_a_check_fails_is_out_with_what_the_check_said_and_its_words() -> None:
    question = make_question("a dog", "a cat", text="Which is nearest?")
    found = (Finding(kind="copied_seed", detail="ROUGE-L 0.91 to a seed"),)
    check = saying("copied_seed", "fail", takes="question", reason="copied_seed", findings=found)
    assert await about(question, saying("a", "pass", takes="question"), check).rejection() == Drop(
        stage="think",
        subject=question.id,
        reason="question_failed",
        detail="copied_seed: copied_seed; ROUGE-L 0.91 to a seed: Which is nearest?",
    )


@pytest.mark.parametrize(
    "check",
    [
        saying("blind", "fail", takes="question", advisory=True),
        saying("blind", "unscored", takes="question"),
        saying("a", "fail", takes="trace"),
    ],
)
async def test_tag_or_failed_check_or_check_of_traces_keeps_no_question_from_the_thinker(check: Check) -> None:
    assert await about(make_question("a dog", "a cat"), check).rejection() is None


async def test_question_that_is_out_is_thought_about_where_all_verdicts_are_wanted() -> None:
    failing = saying("blind", "fail", takes="question")
    assert await about(make_question("a dog", "a cat"), failing, all=True).rejection() is None


async def drawn(*answers: str | None, question: Question | None = None, checks: tuple[Check, ...] = ()) -> list[Trace]:
    question = question or make_question("a dog", "a cat", "a fox", answer="a dog")
    traces = [make_trace(question, draw=i, answer=answer) for i, answer in enumerate(answers)]
    return await verified(*(checks or (saying("a", "pass"),)), traces=traces)


@pytest.mark.parametrize(
    ("answers", "majority", "suspect"),
    [
        (("a cat", "a cat", "a dog"), "a cat", True),
        (("a cat", "a cat", "a cat", None), "a cat", True),
        (("a dog", "a dog", "a cat"), "a dog", False),
        (("a cat", "a fox", "a dog"), None, False),
        (("a cat", "a cat", "a dog", "a dog"), None, False),
        (("a cat", "a cat", None, None), None, False),
        ((None, None, None), None, False),
        (("a cat", "a cat"), None, False),
        (("a cat",), None, False),
    ],
)
async def test_key_is_suspect_when_most_of_three_or_more_draws_agree_on_another_answer(
    answers: tuple[str | None, ...], majority: str | None, suspect: bool
) -> None:
    for trace in await drawn(*answers):
        assert (trace.majority, trace.suspect_key) == (majority, suspect)


async def test_right_and_pass_rate_go_by_what_is_known() -> None:
    question = make_question(answer="a slammed door", type="open")
    consistent = bind(("consistent",), {}, ())
    traces = await drawn("A slammed door.", "a gate that shuts", None, question=question, checks=consistent)
    assert [trace.right for trace in traces] == [True, None, False]
    assert {trace.pass_rate for trace in traces} == {0.5}


async def test_pass_rate_is_none_where_nothing_is_known() -> None:
    question = make_question(answer="a slammed door", type="open")
    (trace,) = await drawn("a gate that shuts", question=question, checks=bind(("consistent",), {}, ()))
    assert (trace.right, trace.pass_rate) == (None, None)


async def test_majority_of_answers_that_cannot_be_told_from_the_key_makes_nothing_suspect() -> None:
    question = make_question(answer="a slammed door", type="open")
    traces = await drawn("a gate shut", "A gate shut.", "rain", question=question)
    assert {(trace.majority, trace.suspect_key) for trace in traces} == {("a gate shut", False)}


async def test_answer_within_the_consistency_checks_tolerance_is_right_although_the_check_was_not_reached() -> None:
    question = make_question(answer="100", type="number")
    checks = (saying("a", "fail"), *bind(("consistent",), {"consistent": {"near": {"number": 0.04}}}, ()))
    traces = await drawn("103", "105", question=question, checks=checks)
    assert [trace.right for trace in traces] == [True, False]


async def test_answer_that_its_chain_does_not_conclude_is_right_all_the_same() -> None:
    trace = make_trace(make_question("a dog", "a cat"), thinking="So the answer is a cat.")
    (judged,) = await verified(*bind(("consistent",), {}, ()), traces=[trace])
    assert (judged.standing, judged.right) == ("rejected", True)


def test_prompt_of_a_check_that_asks_no_model_is_not_needed() -> None:
    without, with_model = bind(("consistent",), {}, ()), bind(("consistent",), {"consistent": {"model": "judge"}}, ())
    assert (without[0].model, without[0].prompt) == (None, None)
    assert (with_model[0].model, with_model[0].prompt) == ("judge", "equivalent")


async def test_check_is_handed_what_it_prepared(tmp_path: Path) -> None:
    def prepare(settings: Any, *, sounds: Sounds, pool: Any) -> str:
        return f"{sounds.root.name} {len(pool)}"

    async def check(trace: Any, *, models: Any, prompts: Any, settings: Any, prepared: str) -> Verdict:
        return Verdict(check="mine", outcome="pass", reason=prepared)

    mine = Check(name="mine", takes="trace", settings=Nothing(), function=check, prepare=prepare)
    (trace,) = await verified(mine.ready(Sounds(tmp_path / "audio"), ()))
    assert trace.verdicts[0].reason == "audio 0"


async def test_key_that_one_draws_judge_holds_for_wrong_rejects_every_draw() -> None:
    question = make_question("a dog", "a cat")
    traces = [make_trace(question, draw=draw) for draw in range(3)]

    async def check(trace: Trace, *, models: Any, prompts: Any, settings: Any) -> Verdict:
        bad = (Finding(kind="bad_key"),) if trace.draw == 1 else ()
        return Verdict(check="judge", outcome="fail" if bad else "pass", findings=bad, by="auditor@1")

    judging = Check(name="judge", takes="trace", settings=Nothing(), function=check)
    done = await verified(judging, traces=traces)
    assert [trace.standing for trace in done] == ["rejected"] * 3
    assert [[verdict.check for verdict in trace.verdicts] for trace in done] == [
        ["judge", "bad_key"],
        ["judge"],
        ["judge", "bad_key"],
    ]
