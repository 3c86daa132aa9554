"""Errors planted in good chains, so that an auditor can be held against what is known to be wrong (`calibrate`).

A kind of error is a function that returns the edits of one claim that it could make in a chain; one of them is chosen
by hash. Where it sees no claim that it can falsify it returns none, and the chain does not carry the kind: nothing is
planted on a guess. What is edited stands in a plain statement: sentences that ask, deny, suppose, quote or
talk of options are left alone. A sound is inserted only where something is known of the clip that does not name it.

Edits are made in English; a chain in another language carries none but another answer. They are small: the words around
the error stay, also where they speak against it, so an auditor that reads well can find some without listening.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Literal, NamedTuple

import msgspec

from audio_cogito.calibration.words import (
    EMOTIONS,
    NO_COUNT,
    NON_SEQUITURS,
    NUMBERS,
    ORDERS,
    SOUNDING,
    SOUNDS,
    SPEAKERS,
)
from audio_cogito.checks.language import script
from audio_cogito.prompts import facts
from audio_cogito.types import Question, Record, Trace, identity

Kind = Literal[
    "order_swapped", "sound_inserted", "sound_removed", "count", "speaker", "time", "emotion", "unsupported_step",
    "answer_swapped",
]  # fmt: skip


class Planted(Record):
    """A chain with one error in it."""

    kind: Kind
    trace: Trace
    original: str
    """The id of the trace that it was made of."""
    was: str
    """The words that the error replaces; empty where it was put between others."""
    now: str
    sentence: str
    """The sentence that holds the error, as it now reads; for another answer, the answer."""


class Edit(NamedTuple):
    """`now` in place of the characters from `start` to `end`; the sentence about it lies from `first` to `last`."""

    start: int
    end: int
    now: str
    first: int
    last: int


class Claim(NamedTuple):
    """A plain statement in a chain, from `start` to `end`."""

    text: str
    start: int
    end: int


SENTENCE = re.compile(r"\S(?:.*?[.!?])(?=\s|\Z)|\S.*", re.MULTILINE)
NO_CLAIM = re.compile(
    r"\b(?:options?|choices?|answers?|questions?|if|whether|maybe|perhaps|might|could|may|possibly|either|or|not|no|"
    r"never|without|unless|wait|suppose|instead|rather|neither|nor|unlike|need|should|must|consider|check|compare|"
    r"think|recall|listen|again|let|cannot|hardly|barely|seems?|likely|probably|would|concludes?|therefore|hence|so|thus|"
    r"infer\w*|suggest\w*|impl(?:y|ies)|judging|determin\w+)"
    r"\b|n['’]t\b|[?<>\"“”]|'\w+ ",
    re.IGNORECASE,
)
LONGEST_CLAIM, LEAST_WORDS = 300, 3
COMMON = re.compile(r"\b(?:the|and|of|is|it|that|with|this|was|to|are|in)\b", re.IGNORECASE)
ENGLISH_SHARE = 0.08
"""Of the words of a text that are these twelve, from which on it is English: other languages have hardly any."""


def plant(trace: Trace, kind: Kind, *, random_seed: int = 0) -> Planted | None:
    """The chain with one error of this kind; None where it cannot carry one. The same for the same trace and seed."""
    if kind == "answer_swapped":
        return _other_answer(trace, random_seed)
    claims = _claims(trace.thinking)
    edits = sorted({edit for edit in KINDS[kind](trace, claims, random_seed) if _changes(edit, trace.thinking)})
    if not edits:
        return None
    edit = min(edits, key=lambda edit: identity("place", str(random_seed), trace.id, kind, repr(edit)))
    thinking = trace.thinking[: edit.start] + edit.now + trace.thinking[edit.end :]
    longer = len(edit.now) - (edit.end - edit.start)
    return Planted(
        kind=kind,
        trace=_planted(trace, kind, thinking=thinking),
        original=trace.id,
        was=trace.thinking[edit.start : edit.end],
        now=edit.now.strip(),
        sentence=thinking[edit.first : edit.last + longer].strip(),
    )


def _planted(trace: Trace, kind: Kind, **changes: str) -> Trace:
    """What a trace is before anybody judged it, under an id of its own."""
    id_ = identity(trace.id, kind, *changes.values())
    return msgspec.structs.replace(
        trace, id=id_, verdicts=(), right=None, pass_rate=None, majority=None, suspect_key=False, **changes
    )


def _changes(edit: Edit, text: str) -> bool:
    return text[edit.start : edit.end] != edit.now


def _other_answer(trace: Trace, random_seed: int) -> Planted | None:
    """Another of the choices; the chain stays."""
    choices = trace.question.choices or (("Yes", "No") if trace.question.type == "yesno" else ())
    others = [choice for choice in choices if choice != trace.answer]
    if trace.answer not in choices or not others:
        return None
    now = min(others, key=lambda choice: identity("answer", str(random_seed), trace.id, choice))
    planted = _planted(trace, "answer_swapped", answer=now, text=now)
    return Planted(
        kind="answer_swapped", trace=planted, original=trace.id, was=trace.answer or "", now=now, sentence=now
    )


# --- claims -----------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def _claims(thinking: str) -> list[Claim]:
    """Of an English chain; one chain is asked for each kind of error in turn."""
    return list(claims_of(thinking)) if english(thinking) else []


def english(text: str) -> bool:
    words = text.split()
    return script(text) == "Latin" and len(COMMON.findall(text)) >= ENGLISH_SHARE * len(words) > 0


def claims_of(text: str) -> Iterator[Claim]:
    """The plain statements of a text, in order."""
    for found in SENTENCE.finditer(text):
        said = found[0].rstrip()
        whole = len(said.split()) >= LEAST_WORDS and len(said) <= LONGEST_CLAIM
        if whole and said.endswith((".", "!")) and not NO_CLAIM.search(said):
            yield Claim(said, found.start(), found.start() + len(said))


def _replacing(claim: Claim, match: re.Match[str], now: str, group: int = 0) -> Edit:
    start, end = match.span(group)
    return Edit(claim.start + start, claim.start + end, now, claim.start, claim.end)


def _like(word: str, now: str) -> str:
    return now[0].upper() + now[1:] if word[0].isupper() else now


def _in_a_name(match: re.Match[str]) -> bool:
    """Whether a word has a capital letter although it opens no sentence: "Happy Birthday", "Four Seasons"."""
    return match.start() > 0 and match[0][0].isupper() and not match[0].startswith("Speaker")


def _swapped(
    claims: Iterable[Claim], pairs: dict[str, str], forbidden: re.Pattern[str] | None = None
) -> Iterator[Edit]:
    """One of the words in a claim that holds one of them alone, turned into what it is paired with."""
    pattern = re.compile(rf"\b(?:{'|'.join(sorted(pairs, key=len, reverse=True))})\b", re.IGNORECASE)
    for claim in claims:
        found = [match for match in pattern.finditer(claim.text) if not _in_a_name(match)]
        if len(found) == 1 and not (forbidden and forbidden.search(claim.text)):
            yield _replacing(claim, found[0], _like(found[0][0], pairs[found[0][0].lower()]))


# --- kinds ------------------------------------------------------------------------------------------------------------

IDLE_ORDER = re.compile(
    r"\b(?:after all|as before|(?:before|after) (?:and|long)|look\w* after|day after|named after|"
    r"after[- ]?part(?:y|ies)|(?:before|after)(?=\W*\Z|\s*[,;:]))",
    re.IGNORECASE,
)
"""Uses of the words that place no two things in a row."""
PRONOUN = re.compile(r"\b(?:he|she|his|her|him|hers|himself|herself)\b", re.IGNORECASE)


def _order(trace: Trace, claims: list[Claim], random_seed: int) -> Iterator[Edit]:
    return _swapped(claims, ORDERS, IDLE_ORDER)


def _speaker(trace: Trace, claims: list[Claim], random_seed: int) -> Iterator[Edit]:
    return _swapped(claims, SPEAKERS, PRONOUN)


def _emotion(trace: Trace, claims: list[Claim], random_seed: int) -> Iterator[Edit]:
    """The article goes along: "a sad" becomes "an amused"."""
    for edit in _swapped(claims, EMOTIONS):
        before = re.search(r"\b([Aa])n? \Z", trace.thinking[edit.first : edit.start])
        article = f"{before[1]}{'n' if edit.now[0] in 'aeiou' else ''} " if before else ""
        yield edit._replace(start=edit.start - (len(before[0]) if before else 0), now=article + edit.now)


COUNT = re.compile(
    rf"(?<![\w.:-])({'|'.join(NUMBERS)}|[2-8])(?= (?:[a-z-]+ ){{0,2}}?([a-z]{{2,}}s|men|women|people|children)\b)",
    re.IGNORECASE,
)


def _count(trace: Trace, claims: list[Claim], random_seed: int) -> Iterator[Edit]:
    """One more than was counted."""
    for claim in claims:
        for found in COUNT.finditer(claim.text):
            if found[2].lower() not in NO_COUNT and not _in_a_name(found):
                more = str(int(found[1]) + 1) if found[1].isdigit() else NUMBERS[found[1].lower()]
                yield _replacing(claim, found, _like(found[1], more), 1)
        for found in re.finditer(r"\btwice\b", claim.text):
            yield _replacing(claim, found, "three times")


TIME = re.compile(
    r"\b(?:at|around|about|near|from|until|till|to|after) (?:about |around |roughly |approximately )?"
    r"(\d{1,4}(?:\.\d{1,2})?) ?(?:s|sec|secs|seconds?)\b"
)
LEAST_SHIFT, SHARE_SHIFTED = 2.0, 0.25
"""A moment is moved by so many seconds, or this share of the clip where that is more."""


def _time(trace: Trace, claims: list[Claim], random_seed: int) -> Iterator[Edit]:
    """A moment moved to where the clip still goes on."""
    if len(trace.question.clips) != 1:
        return
    seconds = trace.question.clips[0].seconds
    shift = max(LEAST_SHIFT, SHARE_SHIFTED * seconds)
    for claim in claims:
        for found in TIME.finditer(claim.text):
            moment, digits = float(found[1]), len(found[1].partition(".")[2])
            moved = next((m for m in (moment + shift, moment - shift) if 0 <= m <= seconds and moment <= seconds), None)
            if moved is not None and abs(round(moved, digits) - moment) >= LEAST_SHIFT - 0.5:
                yield _replacing(claim, found, f"{moved:.{digits}f}", 1)


def _inserted(trace: Trace, claims: list[Claim], random_seed: int) -> Iterator[Edit]:
    """After any claim, one sound that nothing known of the clip names."""
    known = _known(trace.question)
    if not known:
        return
    named = f"{known} {trace.thinking} {trace.question.text} {' '.join(trace.question.choices)}".lower()
    absent = [said for said, words in SOUNDS if not any(word in named for word in words)]
    if absent:
        yield from _after(claims, min(absent, key=lambda said: identity("sound", str(random_seed), trace.id, said)))


def _known(question: Question) -> str:
    told = [line for clip in question.clips for line in facts.lines(clip.recording.facts)]
    return " ".join((question.caption or "", *question.evidence, *told)).strip()


def _unsupported(trace: Trace, claims: list[Claim], random_seed: int) -> Iterator[Edit]:
    said = min(NON_SEQUITURS, key=lambda said: identity("step", str(random_seed), trace.id, said))
    return _after(claims[-1:], said)


def _after(claims: Iterable[Claim], said: str) -> Iterator[Edit]:
    return (Edit(claim.end, claim.end, f" {said}", claim.end, claim.end) for claim in claims)


HEARD = re.compile(r"\b(?:hear|heard|there is|there was) (an?|some)\b(?= \w)", re.IGNORECASE)
THERE = re.compile(
    r"\A(An?|Some) (?!audio|clip|recording|video|segment|track|sound|few|lot)"
    rf"(?=(?:[\w-]+ ){{1,3}}?(?:(?:is|can be) (?:\w+ )?(?:heard|audible)|{SOUNDING})\b)"
)


def _removed(trace: Trace, claims: list[Claim], random_seed: int) -> Iterator[Edit]:
    """What was heard is said not to be there."""
    for claim in claims:
        for pattern in (HEARD, THERE):
            found = pattern.search(claim.text)
            if found is not None:
                yield _replacing(claim, found, _like(found[1], "no"), 1)


KINDS: dict[Kind, Callable[[Trace, list[Claim], int], Iterator[Edit]]] = {
    "order_swapped": _order,
    "sound_inserted": _inserted,
    "sound_removed": _removed,
    "count": _count,
    "speaker": _speaker,
    "time": _time,
    "emotion": _emotion,
    "unsupported_step": _unsupported,
}
ALL_KINDS: tuple[Kind, ...] = (*KINDS, "answer_swapped")
