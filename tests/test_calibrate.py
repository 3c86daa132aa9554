"""Calibrate: recall by kind and false rejections of an auditor that is told what to find, with what it cannot say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from audio_cogito.calibration.calibrate import Calibration, Case, Recall, bound_check, calibrate, pick, write
from audio_cogito.calibration.planting import ALL_KINDS, Kind
from audio_cogito.errors import EndpointLost, SetupError
from audio_cogito.intervals import wilson
from audio_cogito.models.named import server
from audio_cogito.models.openai import Settings as Server
from audio_cogito.models.scripted import Scripted
from audio_cogito.prompts import load
from audio_cogito.stages import verify
from audio_cogito.types import Trace, Verdict
from made import make_clip, make_question, make_trace

THINKING = (
    "The room is quiet and the air is still. There are two barks in the yard. A man speaks of the weather before the "
    "door is closed. At about 3.5 seconds a bell rings. I can hear a bird in the tree. This is a sad voice with a "
    "tremor."
)
PASSED = (Verdict(check="judge", outcome="pass", by="auditor@1"),)
WHOLE: dict[str, Any] = {
    "claims": [],
    "steps": [],
    "conclusion": {"quote": "", "equals": "none"},
    "marks": [],
    "key_ok": "yes",
    "key_reason": "",
}


def accepted(name: str, thinking: str = THINKING, **changes: Any) -> Trace:
    question = make_question(
        "a dog", "a cat", "a fox", text=f"What of {name}?", clips=(make_clip(name, 10.0),), caption="A dog in a yard."
    )
    return make_trace(question, thinking=thinking, **{"verdicts": PASSED} | changes)


TRACES = [accepted(f"clip {i}") for i in range(12)]


def finding(*quotes: str) -> str:
    """A judge that contradicts whichever of these words stand in the chain."""
    return msgspec.json.encode(WHOLE | {"claims": [{"quote": q, "heard": "contradicted"} for q in quotes]}).decode()


def sharp(asked: bytes, draw: int, attempt: int) -> str:
    """Hears that there are two barks and no woman, and nothing else."""
    wrong = [quote for quote in ("three barks", "A woman speaks") if quote.encode() in asked]
    return finding(*wrong)


async def calibrated(
    script: Any, traces: list[Trace] = TRACES, check: str = "judge", sample: int = 5
) -> tuple[Calibration, tuple[Case, ...]]:
    (bound,) = verify.bind((check,), {}, ())
    auditor = Scripted(script, "auditor")
    return await calibrate(
        pick(traces, sample=sample, random_seed=0),
        check=bound,
        auditor=auditor.author,
        models={"auditor": auditor},
        prompts={check: load(check)},
        sample=sample,
        random_seed=0,
    )


def of_kind(told: Calibration, kind: Kind) -> Recall:
    return next(one for one in told.recall if one.kind == kind)


async def test_recall_is_by_kind_and_what_nobody_finds_is_zero_with_its_interval() -> None:
    told, _ = await calibrated(sharp)
    for kind in ALL_KINDS:
        caught = of_kind(told, kind).caught
        assert (caught.count, caught.of) == ((5, 5) if kind in ("count", "speaker") else (0, 5)), kind
    assert of_kind(told, "count").caught.interval == (0.5655, 1.0)
    assert of_kind(told, "time").caught.interval == (0.0, 0.4345)
    assert (told.false_rejections.count, told.false_rejections.of) == (0, 5)


async def test_chain_failed_for_something_else_is_caught_and_not_named() -> None:
    told, _ = await calibrated(lambda *_: finding("The room is quiet"))
    assert {(one.caught.count, one.named.count) for one in told.recall if one.named} == {(5, 0)}
    assert (told.false_rejections.count, told.false_rejections.of) == (5, 5)


async def test_finding_that_quotes_the_planted_words_names_them() -> None:
    told, cases = await calibrated(sharp)
    named = of_kind(told, "count").named
    assert named is not None
    assert named.count == 5
    assert all(case.named == (case.outcome == "fail") for case in cases)


async def test_reply_that_cannot_be_read_is_unscored_and_in_no_share() -> None:
    told, _ = await calibrated(lambda *_: "I would rather not say.")
    assert {(one.unscored, one.caught.of, one.caught.interval) for one in told.recall} == {(5, 0, None)}
    assert (told.untouched_unscored, told.false_rejections.interval) == (5, None)


async def test_simple_auditor_is_calibrated_on_the_same_chains_and_names_nothing() -> None:
    told, cases = await calibrated(
        lambda asked, *_: "<False>" if b"three barks" in asked else "<True>", check="judge_simple"
    )
    _, others = await calibrated(sharp)
    assert of_kind(told, "count").caught.count == 5
    assert {one.named for one in told.recall} == {None}
    assert [(case.kind, case.trace, case.now) for case in cases] == [(c.kind, c.trace, c.now) for c in others]


def test_only_accepted_chains_are_picked_and_carriers_are_counted_over_all() -> None:
    rejected = accepted("out", verdicts=(Verdict(check="judge", outcome="fail"),))
    chinese = accepted("other", thinking="一只狗叫了两声，然后门关上了。")
    picked = pick([*TRACES, rejected, chinese], sample=5, random_seed=0)
    assert picked.accepted == 13
    assert picked.carriers == {kind: 13 if kind == "answer_swapped" else 12 for kind in ALL_KINDS}
    assert rejected not in picked.untouched


def test_pick_does_not_depend_on_order_and_a_larger_sample_only_adds() -> None:
    some, same = pick(TRACES, sample=5, random_seed=0), pick(TRACES[::-1], sample=5, random_seed=0)
    more = pick(TRACES, sample=8, random_seed=0)
    assert some == same
    assert set(map(id, some.untouched)) < set(map(id, more.untouched))
    assert {one.trace.id for one in some.planted} < {one.trace.id for one in more.planted}


async def test_untouched_chains_that_this_auditor_passed_before_are_counted() -> None:
    other = [accepted(f"clip {i}", verdicts=(Verdict(check="judge", outcome="pass", by="other@1"),)) for i in range(6)]
    assert (await calibrated(sharp))[0].same_auditor == 5
    assert (await calibrated(sharp, other))[0].same_auditor == 0


async def test_lost_endpoint_ends_it_and_a_crash_is_unscored() -> None:
    def lost(*_: Any) -> str:
        raise EndpointLost("gone")

    def broken(*_: Any) -> str:
        raise RuntimeError("a bug of a plug-in")

    with pytest.raises(EndpointLost):
        await calibrated(lost)
    told, cases = await calibrated(broken)
    assert told.false_rejections.of == 0
    assert {case.reason for case in cases} == {"crashed: a bug of a plug-in"}


async def test_same_replies_write_the_same_files(tmp_path: Path) -> None:
    for name in ("one", "other"):
        path = write(tmp_path / name, *await calibrated(sharp))
    files = sorted((tmp_path / "one").iterdir())
    assert [file.name for file in files] == ["judge-auditor_1.cases.jsonl", "judge-auditor_1.json"]
    assert all(file.read_bytes() == (tmp_path / "other" / file.name).read_bytes() for file in files)
    assert msgspec.json.decode(path.read_bytes(), type=Calibration).check == "judge"
    cases = [json.loads(line) for line in files[0].read_text().splitlines()]
    assert len(cases) == 5 * (1 + len(ALL_KINDS))


@pytest.mark.parametrize(("name", "said"), [("copied_seed", "takes a question"), ("complete", "asks no model")])
def test_check_that_no_auditor_says_is_refused(name: str, said: str) -> None:
    with pytest.raises(SetupError, match=said):
        bound_check(verify.bind((name,), {}, ())[0])


@pytest.mark.parametrize(
    ("hits", "of", "interval"),
    [(0, 10, (0.0, 0.2775)), (10, 10, (0.7225, 1.0)), (5, 10, (0.2366, 0.7634)), (0, 0, None)],
)
def test_wilson_interval(hits: int, of: int, interval: tuple[float, float] | None) -> None:
    assert wilson(hits, of) == (interval and pytest.approx(interval, abs=1e-4))


ROLE = Server(name="listener", revision="7", url="http://127.0.0.1:9/v1")


def test_model_is_a_role_or_a_name_at_a_url() -> None:
    assert server("auditor", {"auditor": ROLE}) is ROLE
    named = server("org/Omni@v2@http://127.0.0.1:8/v1", {}, revision="abc")
    assert (named.name, named.url, named.revision) == ("org/Omni@v2", "http://127.0.0.1:8/v1", "abc")
    assert server("Omni@http://127.0.0.1:8/v1", {}).revision == "unstated, at http://127.0.0.1:8/v1"


def test_key_of_a_named_model_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    assert server("Omni@http://127.0.0.1:8/v1", {}).key_env is None
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    assert server("Omni@http://127.0.0.1:8/v1", {}).key_env == "OPENAI_API_KEY"


@pytest.mark.parametrize("named", ["auditr", "@http://127.0.0.1:8/v1", "Omni@ftp://x"])
def test_neither_role_nor_url_is_one_clear_line(named: str) -> None:
    with pytest.raises(SetupError, match=r"no model of the recipe \(auditor\) and not NAME@URL"):
        server(named, {"auditor": ROLE})
