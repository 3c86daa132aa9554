"""A chain in its question's script, told by script alone."""

from __future__ import annotations

import pytest

from audio_cogito import checks
from audio_cogito.checks import language
from audio_cogito.types import Verdict
from made import make_question, make_trace
from paces import paces

CHINESE = "哪一个声音最先响起？"
JAPANESE = "最初に聞こえるのはどの音ですか。"


async def checked(question: str, thinking: str, **settings: bool) -> Verdict:
    trace = make_trace(make_question("a", "b", text=question), thinking=thinking)
    return await language.check(trace, models={}, prompts={}, settings=language.Settings(**settings))


def test_keeps_the_contract() -> None:
    assert checks.faults(language) == []


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("Which comes first?", "Latin"),
        ("Où ça?", "Latin"),
        ("Кто говорит первым?", "Cyrillic"),
        ("누가 먼저 말합니까?", "Hangul"),
        ("ποιος μιλάει;", "Greek"),
        ("من يتكلم أولا؟", "Arabic"),
        (CHINESE, "Chinese"),
        (JAPANESE, "Japanese"),
        ("12, 13?", None),
        ("¿ … 12", None),
        ("", None),
    ],
)
def test_script_is_that_of_most_letters(text: str, script: str | None) -> None:
    assert language.script(text) == script


@pytest.mark.parametrize(
    ("question", "thinking"),
    [(CHINESE, "A bell rings first."), ("Which is first?", CHINESE), (JAPANESE, CHINESE), (CHINESE, JAPANESE)],
)
async def test_chain_in_another_script_is_tagged_without_being_decided(question: str, thinking: str) -> None:
    verdict = await checked(question, thinking)
    assert (verdict.outcome, verdict.reason, verdict.advisory) == ("fail", "other_language", True)


@pytest.mark.parametrize(
    ("question", "thinking"),
    [
        ("Which is first?", "She says 你好, and then the bell rings twice."),
        (
            CHINESE,
            "他说了“さようなら”，然后钟声响了两次，最后门关上了，屋子里恢复了安静，外面传来脚步声，越来越远，直到完全消失，只剩下风的声音，很轻很轻，几乎听不到。",
        ),
        ("Which is first?", "Le premier son est une cloche."),
        ("Which is first?", ""),
    ],
)
async def test_quotation_and_another_language_of_the_same_script_are_not_told(question: str, thinking: str) -> None:
    assert (await checked(question, thinking)).outcome == "pass"


async def test_language_decides_only_where_it_is_required() -> None:
    assert not (await checked(CHINESE, "A bell.", required=True)).advisory


def test_english_chain_costs_less_than_a_pace() -> None:
    chain = "The bell rings twice and a door falls shut. " * 100
    assert paces(lambda: language.script(chain)) < 0.2
