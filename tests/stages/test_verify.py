"""Verify: checks in order, stopping at the first failure; a check's own failure is no verdict on the trace."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import pytest

from audio_cogito.errors import SetupError
from audio_cogito.stages import verify
from audio_cogito.stages.verify import Check, Settings, bind
from audio_cogito.types import Outcome, Question, Record, Trace, Verdict
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
    with pytest.raises(SetupError, match="'jugde' among the checks: complete, consistent, judge"):
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
