"""What can be wrong with one seed, as far as code can tell from its words.

form        options where the form has them and nowhere else; words that ask for what the form promises; a full sentence
skill       a skill of the domain's vocabulary
leak        options or confusions that give one of them away
soundless   can be answered without the sound, asks merely to recognise, or speaks of what no listener knows

English and Chinese are known; of other languages only what needs no words is checked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Literal

from audio_cogito.seeds.pool import Form, Placed, Seed
from audio_cogito.seeds.skills import SKILLS
from audio_cogito.types import Record

Rule = Literal[
    "form", "skill", "leak", "soundless", "twin", "near", "alike", "benchmark", "balance", "spelling", "meaning"
]  # fmt: skip

HAN = re.compile(r"[\u3400-\u9fff]")
LENGTHS = {"en": (5, 45), "zh": (8, 80)}
"""Least and most words of a seed; characters in Chinese."""
ASKED: dict[str, dict[Form, re.Pattern[str]]] = {
    "en": {
        "yesno": re.compile(
            r"(^|[.:,;?!] )(is|are|was|were|do|does|did|has|have|had|can|could|would|will|should|must|may)\b", re.I
        ),
        "number": re.compile(r"\b(how (many|often|much)|counts?|number|work out|add up)\b", re.I),
        "order": re.compile(
            r"\b(order|sequence|arrange|sort|rank|list|line up|place|put|trace|rebuild|stages|first|sections)\b", re.I
        ),
    },
    "zh": {
        "yesno": re.compile("吗|是不是|是否|有没有"),
        "number": re.compile("几|多少"),
        "order": re.compile("先后|顺序|次序|排"),
    },
}
"""Words without which a form is not asked for."""
GENERAL = re.compile(
    r"^(in general|generally|usually|typically|normally|define|why do \w+s|who (invented|composed|wrote|discovered)|"
    r"what (is|are) an? |what does the word|how do you)\b|什么叫|是什么意思？$",
    re.I,
)
RECOGNITION = re.compile(
    r"^(what|which) (kind of |type of )?"
    r"(sounds?|noises?|instruments?|songs?|animals?|languages?|genres?|emotions?|music)"
    r"( (is|are|do|can))?( (this|that|it|these|there|you|we|being|heard|hear|here|playing|played|present))*"
    r"( in the (recording|background))?\?$|"
    r"^what (do|can|is|was) (you |we |be )*(hear|heard)( here)?( in the (recording|background))?\?$|"
    r"^(这|那)是什么(声音|乐器|语言|动物|歌)？$",
    re.I,
)
MAKERS = re.compile(r"\b(files?|captions?|metadata|transcripts?|transcriptions?|labels?|clips?|audio|dataset)\b", re.I)
"""Words of those who make questions; a listener hears a sound."""
TAGGED = re.compile(
    r", (isn't|aren't|doesn't|don't|wasn't|didn't|is|does|right|correct)( (it|he|she|they|there))?\?$", re.I
)
LENGTH_RATIO, LENGTH_MARGIN = 1.8, 20
"""An option so many times as long as the longest other, and longer by so many characters, stands out."""


class Fault(Record):
    """One thing wrong with a pool."""

    where: str
    """File and line; `pool` for what lies in no one place."""
    rule: Rule
    detail: str


def faults(placed: Placed) -> Iterator[Fault]:
    """What is wrong with one seed by itself."""
    kinds: tuple[tuple[Rule, Callable[[Seed], Iterator[str]]], ...] = (
        ("form", _form),
        ("skill", _skill),
        ("leak", _leak),
        ("soundless", _soundless),
    )
    for rule, details in kinds:
        for detail in details(placed.seed):
            yield Fault(where=placed.where, rule=rule, detail=detail)


def _form(seed: Seed) -> Iterator[str]:
    yield from _options(seed)
    asked = ASKED.get(seed.language, {}).get(seed.form)
    if asked and not asked.search(seed.text):
        yield f"the form is {seed.form!r}, but the words do not ask for it: {seed.text}"
    if not seed.text.endswith(("?", ".", "？", "。")):
        yield f"ends without a question mark or full stop: {seed.text}"
    if seed.language in LENGTHS:
        least, most = LENGTHS[seed.language]
        length = len(HAN.findall(seed.text)) if seed.language == "zh" else len(seed.text.split())
        if not least <= length <= most:
            yield f"{length} words, where {least} to {most} are expected: {seed.text}"
        if (seed.language == "zh") != bool(HAN.search(seed.text)):
            yield f"is not in its language {seed.language!r}: {seed.text}"


def _options(seed: Seed) -> Iterator[str]:
    said = [option.strip().casefold() for option in seed.options]
    if bool(said) != (seed.form == "choice"):
        yield f"a {seed.form!r} question {'has' if said else 'lacks'} options: {seed.text}"
    if seed.form == "choice" and not 2 <= len(said) <= 6:
        yield f"{len(said)} options, where 2 to 6 are expected: {seed.text}"
    if "" in said or len(set(said)) < len(said):
        yield f"an option is empty or stands twice: {seed.text}"
    for distractor in seed.distractors:
        if distractor.text not in seed.options:
            yield f"the distractor {distractor.text!r} is none of the options: {seed.text}"


def _skill(seed: Seed) -> Iterator[str]:
    if seed.domain in SKILLS and seed.skill not in SKILLS[seed.domain]:
        yield f"{seed.skill!r} is no skill of {seed.domain!r}: {', '.join(SKILLS[seed.domain])}"


def _leak(seed: Seed) -> Iterator[str]:
    text = seed.text.casefold()
    named = [option for option in seed.options if re.search(rf"\b{re.escape(option.casefold())}\b", text)]
    if len(named) == 1 and len(seed.options) > 1:
        yield f"the question names one of its options alone, {named[0]!r}: {seed.text}"
    if seed.distractors and len(seed.options) - len(seed.distractors) < 2:
        yield f"all options but one are said to mislead, which gives that one away: {seed.text}"
    by_length = sorted(seed.options, key=len)
    if len(by_length) > 1 and len(by_length[-1]) > max(
        len(by_length[-2]) * LENGTH_RATIO, len(by_length[-2]) + LENGTH_MARGIN
    ):
        yield f"one option is much longer than the others, {by_length[-1]!r}: {seed.text}"
    if re.search(r"\b(the )?(correct |right )?answer is\b|答案是", text):
        yield f"states an answer: {seed.text}"


def _soundless(seed: Seed) -> Iterator[str]:
    if GENERAL.search(seed.text):
        yield f"asks about the world, not about what is heard: {seed.text}"
    if RECOGNITION.search(seed.text):
        yield f"asks to recognise, and nothing beyond: {seed.text}"
    if found := MAKERS.search(seed.text):
        yield f"{found[0]!r} is a word of those who make questions, not of a listener: {seed.text}"
    if TAGGED.search(seed.text):
        yield f"says what it expects to hear: {seed.text}"
