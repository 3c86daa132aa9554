"""What a chain claims of the events in a sound: which, when, in which order, how many. Read from free English text.

A sound is named by any of the words given for it. What is weighed ("it might be a bell"), asked, offered as an option
or taken back is no claim; after "wait" or "actually" only what follows counts, where that claims anything. What this
cannot read it leaves out: a claim that is read is meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from audio_cogito.answers.numbers import WORDS
from audio_cogito.answers.text import plain
from audio_cogito.types import Record


class Timed(Record):
    """A sound that is said to begin, and perhaps to end, at a time in seconds."""

    label: str
    start: float
    end: float | None
    quote: str
    sentence: int
    """Which of the sentences says so."""


class Counted(Record):
    """How many there are said to be of a sound; of all sounds where the label is None."""

    label: str | None
    count: int
    quote: str


class Ordered(Record):
    """One sound is said to come before another."""

    earlier: str
    later: str
    quote: str


class Named(Record):
    """A sound that is said to be there, or not."""

    label: str
    quote: str


class Claims(Record):
    """All that was read, in the order of the text."""

    timed: tuple[Timed, ...] = ()
    counted: tuple[Counted, ...] = ()
    ordered: tuple[Ordered, ...] = ()
    first: tuple[Named, ...] = ()
    last: tuple[Named, ...] = ()
    present: tuple[Named, ...] = ()
    absent: tuple[Named, ...] = ()

    @property
    def none(self) -> bool:
        return self == Claims()


SENTENCE = re.compile(r"(?<=[.!?;])\s+|\n+")
REVISED = re.compile(
    r"\A\W*(?:wait|actually|no,|hmm|on second thought|correction|let me (?:listen|check|count) again)\b", re.I
)
WEIGHED = re.compile(
    r"\b(?:might|maybe|perhaps|possibly|could|would|whether|unless|suppose|options?|choices?|candidates?|not sure|"
    r"unsure|rather than|instead of|mistaken|confused|resembles?|similar to|looking for|or)\b|\?",
    re.I,
)
MARK = r"\x01(\d+)\x02"
"""A name of a sound, once found: its number in the list of labels."""
NAMED = re.compile(MARK)
ARTICLE = r"(?:(?:an?|the|some|another|one)\s+)?(?:[a-z]+\s+){0,2}?"
TIME = r"(?:(\d+):)?(\d+(?:\.\d+)?)\s*(?:s\b|secs?\b|seconds?\b)?"
ABOUT = r"(?:about|around|roughly|approximately|~)?\s*"
SPAN = rf"{TIME}(?:\s*(?:to|until|till|-)\s*{TIME})?"
AFTER = re.compile(
    rf"{MARK}[^\x01\d]{{0,30}}?(?:\b(?:at|from|around|about)\s+|@\s*|\(\s*){ABOUT}{SPAN}(?!\s*(?:times|hz|db))", re.I
)
"""`a bell at 0.5`, `bell (0.5 s - 1.2 s)`."""
BEFORE = re.compile(
    rf"(?:\A\W*(?:at|around|about|from|then at)\s+{ABOUT}{SPAN}[^\x01\d.;]{{0,40}}?{MARK})|"
    rf"(?:(?:\b(?:at|from|around|about)\s+|\A\W*|[,;(\[]\s*|\band\s+){ABOUT}{SPAN}[\s,:)\]-]*"
    rf"(?:there is|there's|i hear|we hear|comes|is)?\s*{ARTICLE}{MARK})",
    re.I,
)
"""`at 0.5 s a bell`, `0.5 s: bell`."""
NUMBER = r"(\d+|" + "|".join(word for word, value in WORDS.items() if value <= 20) + r"|once|twice|thrice)"
TIMES_WORDS = {"once": 1, "twice": 2, "thrice": 3}
SMALL = r"(?:an?|the|s|secs?|seconds?|is|are|was|were|of|and|to|in|it|comes?)"
COUNTS = (
    re.compile(rf"(?<![\d.:])\b{NUMBER}\s+(?:(?!{SMALL}\b)[a-z]+\s+){{0,2}}?{MARK}(?!\s+at\b)", re.I),
    re.compile(rf"{MARK}[^\x01.;\d]{{0,40}}?\b{NUMBER}\s+times\b", re.I),
    re.compile(rf"{MARK}[^\x01.;\d]{{0,40}}?\b(once|twice|thrice)\b", re.I),
    re.compile(rf"{MARK}[^\x01.;\d]{{0,30}}?\boften:\s*{NUMBER}(?!\.\d)\b", re.I),
    re.compile(rf"\bcount(?:ing)?\s+(?:of\s+)?(?:the\s+)?{MARK}[^\x01\d]{{0,20}}?\b{NUMBER}(?!\.\d)\b", re.I),
)
"""`two bells`, `the bell is heard twice`, `counting the bell gives 3`."""
TOTAL = re.compile(rf"\b(?:in all|in total|altogether|all sounds)\b[^\d\x01]{{0,20}}?\b{NUMBER}(?!\.\d)\b", re.I)
LINK = r"[\s,]*(?:(?:and|which|it|that|is|comes?|there is|i hear|we hear|heard|right|immediately|directly)\s+)*"
ORDERS = (
    re.compile(rf"{MARK}{LINK}(?:followed by|then|before|precedes?|ahead of)\s+{LINK}{ARTICLE}{MARK}", re.I),
    re.compile(rf"\bafter\s+{ARTICLE}{MARK}{LINK}{ARTICLE}{MARK}", re.I),
)
"""Patterns in which the sound that is named first comes first."""
TURNED = (
    re.compile(rf"{MARK}{LINK}(?:after|follows?|preceded by)\s+{LINK}{ARTICLE}{MARK}", re.I),
    re.compile(rf"\bbefore\s+{ARTICLE}{MARK}{LINK}{ARTICLE}{MARK}", re.I),
)
FIRST = re.compile(
    rf"\bfirst (?:sound|event)\s+(?:is|was)\s+{ARTICLE}{MARK}|{MARK}\s+(?:comes|is|is heard)\s+first\b", re.I
)
LAST = re.compile(
    rf"\blast (?:sound|event)\s+(?:is|was)\s+{ARTICLE}{MARK}|{MARK}\s+(?:comes|is|is heard)\s+last\b", re.I
)
ABSENT = re.compile(rf"\b(?:no|not|never|without|neither|nor)\s+(?:heard?\s+)?(?:any\s+|sign of\s+)?{ARTICLE}{MARK}"
                    rf"|{MARK}\s+(?:is|was|are|were)\s*(?:not|never|n't|absent|missing)", re.I)  # fmt: skip
PRESENT = re.compile(
    r"\b(?:there (?:is|are|was)|i (?:can )?hear|we hear|contains?|background(?: is|:)?|in the background)\s+"
    rf"{ARTICLE}{MARK}",
    re.I,
)


def read_claims(text: str, words: Mapping[str, str]) -> Claims:
    """What a chain claims; `words` are the names that sounds may go by, each with its label."""
    labels = sorted(set(words.values()))
    marked = _marked(plain(text), {word.casefold(): labels.index(label) for word, label in words.items()})
    sentences = [sentence for sentence in SENTENCE.split(marked) if NAMED.search(sentence) or TOTAL.search(sentence)]
    revised = [i for i, sentence in enumerate(sentences) if REVISED.search(sentence)]
    if revised:
        claims = _read(sentences[revised[-1] :], labels, words)
        if not claims.none:
            return claims
    return _read(sentences, labels, words)


def _marked(text: str, numbers: Mapping[str, int]) -> str:
    """The text with every name replaced by its mark, the longest names first."""
    names = "|".join(re.escape(name) for name in sorted(numbers, key=len, reverse=True))
    found = re.compile(rf"\b({names})(?:e?s)?\b(?!')", re.I)
    return found.sub(lambda match: f"\x01{numbers[match[1].casefold()]}\x02", text) if names else text


def _read(sentences: list[str], labels: list[str], words: Mapping[str, str]) -> Claims:
    meant = [sentence for sentence in sentences if not WEIGHED.search(sentence)]
    readers = _Reader(labels)
    return Claims(
        timed=tuple(one for i, sentence in enumerate(meant) for one in readers.timed(sentence, i)),
        counted=tuple(one for sentence in meant for one in readers.counted(sentence)),
        ordered=tuple(one for sentence in meant for one in readers.ordered(sentence)),
        first=tuple(one for sentence in meant for one in readers.named(FIRST, sentence)),
        last=tuple(one for sentence in meant for one in readers.named(LAST, sentence)),
        present=tuple(one for sentence in meant for one in readers.present(sentence)),
        absent=tuple(one for sentence in meant for one in readers.named(ABSENT, sentence)),
    )


class _Reader:
    """Reads one sentence whose names are marked."""

    def __init__(self, labels: list[str]) -> None:
        self.labels = labels

    def timed(self, sentence: str, place: int) -> Iterator[Timed]:
        """Names before times, or times before names, as the sentence begins."""
        if AFTER.search(sentence) is None and BEFORE.search(sentence) is None:
            return
        named, moment = NAMED.search(sentence), re.search(r"(?<![\x01\d.:])\d+(?:[.:]\d+)?(?!\d*\x02)", sentence)
        name_first = named is not None and moment is not None and named.start() < moment.start()
        for match in (AFTER if name_first else BEFORE).finditer(sentence):
            number, times = _parted(match.groups(), name_first)
            end = _seconds(times[2], times[3]) if times[3] else None
            start = _seconds(times[0], times[1])
            quote, label = self.quote(match[0]), self.labels[int(number)]
            yield Timed(label=label, start=start, end=end, quote=quote, sentence=place)

    def counted(self, sentence: str) -> Iterator[Counted]:
        for pattern in COUNTS:
            for match in pattern.finditer(sentence):
                count, number = match.groups() if pattern is COUNTS[0] else match.groups()[::-1]
                yield Counted(label=self.labels[int(number)], count=_count(count), quote=self.quote(match[0]))
        for match in TOTAL.finditer(sentence):
            yield Counted(label=None, count=_count(match[1]), quote=self.quote(match[0]))

    def ordered(self, sentence: str) -> Iterator[Ordered]:
        for pattern in (*ORDERS, *TURNED):
            for match in _overlapping(pattern, sentence):
                earlier, later = match.groups() if pattern in ORDERS else match.groups()[::-1]
                quote = self.quote(match[0])
                yield Ordered(earlier=self.labels[int(earlier)], later=self.labels[int(later)], quote=quote)

    def named(self, pattern: re.Pattern[str], sentence: str) -> Iterator[Named]:
        for match in pattern.finditer(sentence):
            number = next(group for group in match.groups() if group is not None)
            yield Named(label=self.labels[int(number)], quote=self.quote(match[0]))

    def present(self, sentence: str) -> Iterator[Named]:
        if not ABSENT.search(sentence):
            yield from self.named(PRESENT, sentence)

    def quote(self, marked: str) -> str:
        return NAMED.sub(lambda match: self.labels[int(match[1])], marked).strip()


def _parted(groups: tuple[str, ...], name_first: bool) -> tuple[str, tuple[str, ...]]:
    """The number of the name, and minutes and seconds of beginning and end."""
    if name_first:
        return groups[0], groups[1:]
    half = groups[:5] if groups[4] else groups[5:]
    return half[4], half[:4]


def _overlapping(pattern: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    """Every match, the last name of one being the first of the next: `a bell, then a hiss, then a knock`."""
    at = 0
    while (match := pattern.search(text, at)) is not None:
        yield match
        at = match.start() + 1


def _seconds(minutes: str | None, seconds: str) -> float:
    return 60 * int(minutes or 0) + float(seconds)


def _count(word: str) -> int:
    folded = word.casefold()
    return int(folded) if folded.isdigit() else TIMES_WORDS.get(folded) or WORDS[folded]
