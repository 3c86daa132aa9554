"""What a paraphrase of a composed question must keep, and what must not come into it: held by code, word by word.

A wording is refused rather than believed: one that says the same in words that are not known here costs nothing but
itself, since the composer's own wording stands.
"""

from __future__ import annotations

import re
from collections import Counter

from audio_cogito.answers.numbers import WORDS
from audio_cogito.answers.text import plain
from audio_cogito.synth.wordings import ORDINALS
from audio_cogito.types import Record

LONGEST, LONGER = 240, 3.0
"""Characters of a wording, and how many times those of the original."""
SHORTEST = 12
KEEPS: dict[str, tuple[str, str]] = {
    "first": (r"first|begin|start|open|initial|earliest|before (?:all|any|every)", r"last|final|end|clos|after"),
    "last": (r"last|final|end|clos|after (?:all|every)|conclu", r"first|begin|start|open|initial|before|longest"),
    "nth": (r"", r"last|from the end|final"),
    "after": (r"after|follow|next|once|succeed|on the heels", r"before|preced|prior|ahead|lead"),
    "before": (r"before|preced|prior|ahead|lead(?:s|ing)? (?:in|up)", r"after|follow|next|succeed"),
    "order": (r"order|sequence|arrange|chronolog|one after", r"revers|backward|last to"),
    "count": (r"how many times|how often|count|number of times|how frequent|how many", r"different|long"),
    "total": (r"how many|count|number", r"different|distinct|kinds|types|unique"),
    "different": (r"different|distinct|kinds|types|unique|separate sorts", r""),
    "pause": (r"how long|how much time|how many seconds|length|duration|what amount of time", r"before the end"),
    "length": (r"how long|length|duration|how many seconds|for what time", r"how often|pause|gap"),
    "moment": (r"(?:when|time|moment|point|second)[^?]*(?:begin|start|onset|heard|set in|come in|enter)",
               r"end|stop|finish|last"),
    "longest": (r"longest|most time|greatest (?:duration|length)", r"shortest|brief"),
    "loudest": (r"loudest|highest volume|greatest volume|most loud", r"soft|quiet|faint"),
    "louder": (r"louder|more loudly|higher volume|greater volume", r"soft|quiet|faint"),
    "pitch": (r"(?=.*low)(?=.*middle)(?=.*high)", r""),
    "higher": (r"higher", r"lower|louder"),
    "background": (r"background|behind|backdrop|underneath|beneath", r""),
    "present": (r"hear|contain|occur|present|appear|include|feature|audible|there",
                r"\b(?:how|when|where|which)\b|absent"),
    "at_once": (r"(?=.*(?:at once|simultan|same time|overlap|together))"
                r"(?=.*(?:most|maximum|peak|densest|highest|greatest|largest|busiest))", r"at least|fewest"),
    "starts_first": (r"(?=.*(?:begin|start|onset|set in|come in|enter))(?=.*(?:first|earliest|before))",
                     r"last|stop|end|latest"),
    "stops_first": (r"(?=.*(?:stop|\bend|cease|finish|silent))(?=.*(?:first|earliest|before))", r"last|begin|start"),
    "extract": (r"apart|aside|beside|other|except|else|hidden|exclud|remov|ignor|remain", r""),
    "more": (r"more|oftener", r"less|fewer"),
    "contains": (r"contain|hear|includ|present|has|have|feature|occur|appear", r""),
    "busier": (r"more|busier|greater number|larger number|most", r"fewer|less|least"),
    "order_in": (r"before|ahead|preced|earlier|prior", r"after|follow|later"),
}  # fmt: skip
"""By skill: what has to be found in a wording, and what must not, in small letters."""
IMMEDIATE = {"after", "before"}
AT_ONCE = re.compile(r"right|immediat|direct|next|just|straight|very")
ASIDE = r"(?! (?:counting |the |any )*backgrounds?\b)"
NEGATION = re.compile(rf"\b(?:not(?! counting)|never|without{ASIDE}|cannot|nor)\b|n't\b")
DIGITS = re.compile(r"\d+(?:\.\d+)?")
OPTION = re.compile(r"\b(?:options?|choices?|choose|select)\b|(?:^|\s)\(?[A-D][).:]\s")
FREE = {"yes", "no", "nothing", "low", "middle", "high"}
"""Choices that say nothing of the key where they are named."""


class Original(Record):
    """A question as the composer words it, whatever scene it is asked about."""

    skill: str
    text: str
    names: tuple[str, ...] = ()
    """The sounds that it is about, in the order in which it names them."""
    n: str | None = None
    choices: tuple[str, ...] = ()
    """All that were offered with these words, for any scene."""


def fault(original: Original, wording: str) -> str | None:
    """Why a wording cannot stand for the original, in a word or two; None where it can."""
    said, before = wording.lower(), original.text.lower()
    needed, refused = KEEPS[original.skill]
    checks = (
        ("form", _malformed(wording, original.text)),
        ("unchanged", _bare(said) == _bare(before)),
        ("name", not _names_kept(original, said)),
        ("number", _numbers(said, original) != _numbers(before, original)),
        ("choice", _names_a_choice(original, said, before)),
        ("negation", bool(NEGATION.search(said)) and not NEGATION.search(before)),
        ("background", ("background" in before) and not re.search(KEEPS["background"][0], said)),
        ("meaning", not re.search(needed, _masked(original, said))),
        ("meaning", bool(refused) and bool(re.search(refused, _masked(original, said)))),
        ("meaning", original.skill in IMMEDIATE and not AT_ONCE.search(said)),
    )
    return next((reason for reason, wrong in checks if wrong), None)


def _malformed(wording: str, original: str) -> bool:
    longest = min(LONGEST, max(80, LONGER * len(original)))
    one_line = "\n" not in wording and plain(wording) == wording
    ends = wording.endswith(("?", "."))
    return not (one_line and ends and SHORTEST <= len(wording) <= longest) or bool(OPTION.search(wording))


def _bare(text: str) -> list[str]:
    return re.findall(r"\w+", text)


def _masked(original: Original, said: str) -> str:
    """Without the names, whose words mean nothing here: "rising chirp", "first alert"."""
    for name in sorted(original.names, key=len, reverse=True):
        said = re.sub(rf"\b{re.escape(name.lower())}\b", "_", said)
    return said


def _names_kept(original: Original, said: str) -> bool:
    """Each in its place: who comes before whom is often all that a question says."""
    places = [re.search(_whole(name), said) for name in original.names]
    found = [place.start() for place in places if place]
    return len(found) == len(places) and found == sorted(found)


def _numbers(text: str, original: Original) -> Counter[str]:
    """Digits, and the ordinals and numbers that are spelled out; "first" and "one" where they count nothing aside."""
    counting = {*WORDS, *ORDINALS} - {"one", "two"} - (set() if original.n == "first" else {"first"})
    masked = _masked(original, text)
    return Counter(DIGITS.findall(masked)) + Counter({word for word in _bare(masked) if word in counting})


def _names_a_choice(original: Original, said: str, before: str) -> bool:
    wordy = [choice.lower() for choice in original.choices if not DIGITS.search(choice)]
    named = (choice for choice in wordy if choice not in FREE and choice not in before)
    return any(re.search(_whole(choice), said) for choice in named)


def _whole(phrase: str) -> str:
    """Finds it in small letters, and not within another word."""
    return rf"(?<!\w){re.escape(phrase.lower())}(?!\w)"
