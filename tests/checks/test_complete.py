"""A chain that came to its end, and loops told from repetition that means something."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from audio_cogito import checks
from audio_cogito.checks import complete
from audio_cogito.checks.complete import looping
from audio_cogito.types import Trace, Verdict
from made import make_trace
from paces import paces

LOOP = "Wait, let me listen to the second bark again. " * 12
NO_LOOPS = [
    "",
    "Two barks.",
    "ha " * 10,
    "The progression is C - G - Am - F - C - G - Am - F - C - G - Am - F, so it is in C major.",
    "".join(f"{n}. At {n} s there is a bark, {n * 7 % 10} dB above the floor.\n" for n in range(1, 60)),
    "".join(f"- beat {n}: {'strong' if n % 3 == 1 else 'weak'}\n" for n in range(1, 40)),
    "| time | event |\n|------|-------|\n" + "".join(f"| {n:4} | {n * 31 % 17:5} |\n" for n in range(40)),
    "It goes tick, tock, tick, tock, tick, tock, tick, tock: a clock. " + "x".join("abcdefghijklmnopqrstuvwxyz"),
    "-" * 80,
]


async def checked(trace: Trace, **settings: bool) -> Verdict:
    return await complete.check(trace, models={}, prompts={}, settings=complete.Settings(**settings))


def prose(random: Random, characters: int) -> str:
    words = ["".join(random.choices("aeinorstlu", k=random.randint(1, 9))) for _ in range(400)]
    return " ".join(random.choices(words, k=characters))[:characters]


def test_keeps_the_contract() -> None:
    assert checks.faults(complete) == []


async def test_whole_chain_passes() -> None:
    verdict = await checked(make_trace())
    assert (verdict.outcome, verdict.findings) == ("pass", ())


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"finish": "length"}, "truncated"),
        ({"closed": False}, "unclosed"),
        ({"thinking": LOOP}, "looping"),
        ({"text": LOOP}, "looping"),
        ({"thinking": ""}, "no_thinking"),
        ({"text": "Hm.", "answer": None}, "no_answer"),
    ],
)
async def test_incomplete_chain_fails_and_says_how(changes: dict[str, object], kind: str) -> None:
    verdict = await checked(make_trace(**changes))
    assert (verdict.outcome, verdict.reason) == ("fail", kind)
    assert [finding.kind for finding in verdict.findings] == [kind]


async def test_everything_wrong_is_said_at_once() -> None:
    verdict = await checked(make_trace(finish="length", closed=False, thinking=LOOP, text="", answer=None))
    assert verdict.reason == "truncated, unclosed, looping, no_answer"


async def test_thinking_can_be_left_optional() -> None:
    assert (await checked(make_trace(thinking=""), thinking_required=False)).outcome == "pass"


@pytest.mark.parametrize("text", NO_LOOPS)
def test_repetition_that_means_something_is_no_loop(text: str) -> None:
    assert looping(text) is None


@given(st.text("ab .\n-", min_size=1, max_size=300), st.integers(0, 300), st.integers(0, 2**32))
def test_unit_repeated_to_the_end_is_found_wherever_it_is_cut(unit: str, cut: int, chance: int) -> None:
    assume(unit.strip())
    text = prose(Random(chance), 500) + unit * max(5, 400 // len(unit) + 2)
    text = text[: len(text) - min(cut, len(unit))]
    found = looping(text)
    assert found is not None
    assert text.rstrip().endswith((found * 4)[-200:])


@given(st.text("ab .\n-", min_size=1, max_size=100), st.integers(0, 2**32))
def test_long_run_is_found_although_the_chain_recovers(unit: str, chance: int) -> None:
    random = Random(chance)
    text = prose(random, random.randint(0, 900)) + unit * (1000 // len(unit) + 1) + prose(random, 700)
    assert looping(text)


@given(st.integers(0, 2**32), st.integers(0, 6000))
def test_prose_does_not_loop(chance: int, characters: int) -> None:
    assert looping(prose(Random(chance), characters)) is None


def test_looking_for_loops_in_4_kilobytes_costs_a_few_paces() -> None:
    text = prose(Random(1), 4096)
    assert paces(lambda: looping(text)) < 3
