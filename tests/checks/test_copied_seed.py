"""A question that is no copy of a seed its annotator was shown; ROUGE-L against the textbook's table."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from audio_cogito import checks, seeds
from audio_cogito.audio import Sounds
from audio_cogito.checks import copied_seed
from audio_cogito.checks.copied_seed import longest_common_subsequence, rouge_l, words
from audio_cogito.seeds import Seed
from audio_cogito.types import Verdict
from made import make_question
from paces import paces


def seed(text: str) -> Seed:
    return Seed(
        domain="sound", text=text, skill="order", difficulty="easy", form="open", language="en", provenance="test"
    )


SHOWN = seed("Which of the two doors is closed first, and what tells you so?")
OTHER = seed("How many people walk away from the microphone?")


async def checked(text: str, *shown: Seed, pool: tuple[Seed, ...] = (SHOWN, OTHER), threshold: float = 0.7) -> Verdict:
    question = make_question("a", "b", text=text, seeds=tuple(one.id for one in shown))
    settings = copied_seed.Settings(threshold=threshold)
    prepared = copied_seed.prepare(settings, sounds=Sounds(Path("audio")), pool=pool)
    return await copied_seed.check(question, models={}, prompts={}, settings=settings, prepared=prepared)


def test_keeps_the_contract() -> None:
    assert checks.faults(copied_seed) == []


async def test_copy_of_a_seed_shown_fails_and_names_it() -> None:
    verdict = await checked("Which of the two gates is closed first, and what tells you so?", OTHER, SHOWN)
    assert (verdict.outcome, verdict.reason) == ("fail", "copied_seed")
    assert verdict.findings[0].detail == f"ROUGE-L 0.92 to the seed {SHOWN.text!r}"


async def test_question_of_its_own_passes() -> None:
    verdict = await checked("What does the second speaker hide behind her laughter?", SHOWN, OTHER)
    assert (verdict.outcome, verdict.findings) == ("pass", ())


async def test_copy_of_a_seed_that_was_not_shown_is_chance() -> None:
    assert (await checked(SHOWN.text, OTHER)).outcome == "pass"


async def test_question_shown_no_seed_passes() -> None:
    assert (await checked(SHOWN.text)).outcome == "pass"


async def test_threshold_itself_is_too_near() -> None:
    assert (await checked("a b c x", seed("a b c y"), pool=(seed("a b c y"),), threshold=0.75)).outcome == "fail"


async def test_seed_that_is_not_in_the_pool_leaves_the_question_unscored() -> None:
    assert (await checked(SHOWN.text, SHOWN, pool=(OTHER,))).outcome == "unscored"


def test_rouge_l_agrees_with_lins_example() -> None:
    """Lin 2004, section 3: "police kill the gunman" shares 3 words in order with the reference, "the gunman kill
    police" 2 of 4.
    """
    reference = words("police killed the gunman")
    assert rouge_l(words("police kill the gunman"), reference) == 0.75
    assert rouge_l(words("the gunman kill police"), reference) == 0.5
    assert rouge_l((), reference) == rouge_l((), ()) == 0.0


@given(st.text("abcd", max_size=40), st.text("abcd", max_size=40))
def test_longest_common_subsequence_is_that_of_the_table(one: str, other: str) -> None:
    row = [0] * (len(other) + 1)
    for a in one:
        before = row[:]
        for i, b in enumerate(other):
            row[i + 1] = before[i] + 1 if a == b else max(before[i + 1], row[i])
    assert longest_common_subsequence(tuple(one), tuple(other)) == row[-1]


def test_chinese_is_compared_by_characters() -> None:
    assert words("哪扇门 door先关？") == ("哪", "扇", "门", "door", "先", "关")


def test_pool_holds_no_two_seeds_that_copy_each_other() -> None:
    pool = [words(one.text) for one in seeds.load(())]
    assert all(rouge_l(a, b) < 0.7 for i, a in enumerate(pool) for b in pool[:i])


@given(st.text("abcdef ", min_size=1, max_size=30), st.text("abcdef ", min_size=1, max_size=30), st.floats(0.1, 1))
async def test_no_copy_is_passed_over(text: str, other: str, threshold: float) -> None:
    verdict = await checked(text, seed(other), pool=(seed(other),), threshold=threshold)
    assert (verdict.outcome == "fail") == (rouge_l(words(text), words(other)) >= threshold)


def test_question_held_against_twenty_seeds_costs_some_paces() -> None:
    pool = seeds.load(())[:20]
    text = "Which of the voices that are heard after the bell belongs to the one who opened the door, and why?"
    shown = list(copied_seed.prepare(copied_seed.Settings(), sounds=Sounds(Path("audio")), pool=pool).values())
    assert paces(lambda: list(copied_seed._copies(text, shown, 0.7)), number=50) < 3
