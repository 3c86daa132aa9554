"""What a chain claims of the events in a sound: which, when, in which order, how many. Read from free English text.

A sound is named by any of the words given for it, in any form (`naming`). What is weighed ("it might be a bell"),
asked, offered as an option, likened or taken back is no claim; after "wait" or "actually" only what follows counts,
where that claims anything. What this cannot read it leaves out: a claim that is read is meant. Times are read by
`timing`, orders by `ordering`; docs/events.md says how often they err.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from audio_cogito.answers import ordering, timing
from audio_cogito.answers.naming import MARK, NAMED, marked
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
    kinds: tuple[Counted, ...] = ()
    """How many different sounds there are said to be; without a label."""

    @property
    def none(self) -> bool:
        return self == Claims()


SENTENCE = re.compile(r"(?<=[.!?;])\s+|\n+")
REVISED = re.compile(
    r"\A\W*(?:wait|actually|no,|hmm\W+(?:no|wait)|on second thought|correction|let me (?:listen|check|count) again)\b",
    re.I,
)
WEIGHED = re.compile(
    r"\b(?:might|maybe|perhaps|possibly|could(?! be heard)|would(?! (?:put|place))|whether|unless|suppose|options?|"
    r"choices?|candidates?|not sure|unsure|rather than|instead of|mistaken|confused|resembles?|similar to|looking for|"
    r"or|if|asked|question|unlike|than|like an?|typical(?:ly)?|usually|apart from|too \w+ (?:for|to)|none|"
    r"rul(?:e|es|ed|ing) out|exclud\w+|eliminat\w+|reject\w*|incorrect|wrong|(?:does not|doesn't) fit|lacks?|"
    r"nothing like|expect(?:ed)?)\b|\?",
    re.I,
)
NUMBER = (
    r"(\d+|"
    + "|".join(word for word, value in WORDS.items() if value <= 20)
    + r"|once|twice|thrice|a single|a pair of)"
)
TIMES_WORDS = {"once": 1, "twice": 2, "thrice": 3, "a single": 1, "a pair of": 2}
SMALL = r"(?:an?|the|s|secs?|seconds?|is|are|was|were|of|and|to|in|it|comes?|for|by|at|before|after|more)"
ANSWERED = re.compile(r"\b(?:the|my) (?:final |correct |right )?(?:answer|choice)\b", re.I)
"""What follows is an answer, which may be a number of anything."""
IT = re.compile(r"\b(?:it|they|these|this)\b", re.I)
"""Where several sounds are named it is not known which is meant."""
OCCASIONS = r"(?:times|occasions)"
COUNTS = (
    re.compile(rf"(?<![\d.:-])\b{NUMBER}\s+(?:(?!{SMALL}\b)[a-z]+\s+){{0,2}}?{MARK}(?!\s+at\b)", re.I),
    re.compile(rf"{MARK}[^\x01.;\d]{{0,50}}?\b{NUMBER}\s+{OCCASIONS}\b", re.I),
    re.compile(rf"{MARK}[^\x01.;\d]{{0,40}}?\b(once|twice|thrice)\b", re.I),
    re.compile(rf"{MARK}[^\x01.;\d]{{0,30}}?\bon {NUMBER}\b(?!\s+\w)", re.I),
    re.compile(rf"{MARK}\s*:\s*{NUMBER}(?!\.?\d)\b(?!\s*s\b)", re.I),
    re.compile(rf"{MARK}[^\x01.;\d]{{0,30}}?\boften:\s*{NUMBER}(?!\.?\d)\b", re.I),
    re.compile(rf"\bcount(?:ing)?\s+(?:of\s+)?(?:the\s+)?{MARK}[^\x01\d]{{0,20}}?\b{NUMBER}(?!\.?\d)\b", re.I),
)
"""`two bells`, `the bell is heard twice`, `bells: 3`, `counting the bell gives 3`."""
PARTLY = re.compile(r"\b(?:again|another|more|returns?|also|either side|third|fourth|second)\b", re.I)
"""Where a count may be of a part of the clip."""
WHOLE = re.compile(
    r"\b(?:in (?:all|total)|altogether|overall|so|thus|hence|that is|that means|makes|number of|times|count)\b", re.I
)
TOTAL = re.compile(
    rf"\b(?:in all|in total|altogether|all sounds)\b[^\d\x01]{{0,20}}?\b{NUMBER}(?!\.?\d)\b(?! times)"
    rf"|\b{NUMBER}\s+(?:sounds|events)\s+(?:overall|in total|in all|altogether)\b",
    re.I,
)
KINDS = re.compile(
    rf"\b(?:number of (?:different|distinct) (?:sounds|events)|(?:counting|count) each kind once)\b[^\d\x01.;]{{0,20}}?"
    rf"\b{NUMBER}(?!\.?\d)\b(?! times)"
    rf"|\b{NUMBER}\s+(?:different|distinct)\s+(?:sounds|events)\s+(?:overall|in total|in all|altogether)\b",
    re.I,
)
"""`the number of different sounds is 3`, `three distinct events overall`; of a part of the clip it is not said so."""
ABSENT = re.compile(
    rf"\b(?:no|not|never|without|neither|nor|isn't|aren't)\s+(?:heard?\s+)?(?:any\s+|sign of\s+)?"
    rf"{ordering.ARTICLE}{MARK}|{MARK}\s+(?:is|was|are|were)\s*(?:not|never|n't|absent|missing)",
    re.I,
)


def read_claims(text: str, words: Mapping[str, str]) -> Claims:
    """What a chain claims; `words` are the names that sounds may go by, each with its label."""
    labels = sorted(set(words.values()))
    found = marked(plain(text), {word.casefold(): labels.index(label) for word, label in words.items()})
    sentences = [ANSWERED.split(sentence)[0] for sentence in SENTENCE.split(found)]
    revised = [i for i, sentence in enumerate(sentences) if REVISED.search(sentence)]
    for begin in (revised[-1:] or [0], [0]):
        claims = _Reader(labels, _meant(sentences[begin[0] :])).claims()
        if not claims.none:
            return claims
    return Claims()


def _meant(sentences: Sequence[str]) -> list[str]:
    """Sentences that say what is there; what is weighed or asked in between parts those around it."""
    return [sentence if not WEIGHED.search(sentence) else "" for sentence in sentences]


class _Reader:
    """Reads sentences whose names are marked."""

    def __init__(self, labels: list[str], sentences: list[str]) -> None:
        self.labels = labels
        self.sentences = sentences

    def claims(self) -> Claims:
        there = [sentence for sentence in self.sentences if not ABSENT.search(sentence)]
        return Claims(
            timed=tuple(one for i, sentence in enumerate(self.sentences) for one in self.timed(sentence, i)),
            counted=tuple(self.counted()),
            ordered=tuple(self.ordered()),
            first=tuple(self.named(ordering.FIRST)),
            last=tuple(self.named(ordering.LAST)),
            present=tuple(
                Named(label=self.labels[int(match[1])], quote=self.quote(sentence))
                for sentence in there
                for match in NAMED.finditer(sentence)
            ),
            absent=tuple(self.named((ABSENT,))),
            kinds=tuple(self.kinds())[-1:],
        )

    def timed(self, sentence: str, place: int) -> Iterator[Timed]:
        if ABSENT.search(sentence):
            return
        for moment in timing.moments(sentence):
            label, quote = self.labels[moment.number], self.quote(sentence[moment.begin : moment.stop])
            yield Timed(label=label, start=moment.start, end=moment.end, quote=quote, sentence=place)

    def counted(self) -> Iterator[Counted]:
        """Of several counts of one sound the last holds, and one that may be of a part of the clip does not."""
        counts: dict[str | None, Counted] = {}
        for at, sentence in enumerate(self.sentences):
            rest = " ".join([sentence, *self.sentences[at + 1 :]])
            for one, stop in self._counted_in(sentence):
                partial = not WHOLE.search(sentence) and PARTLY.search(rest[stop:])
                counts.pop(one.label, None)
                if not partial:
                    counts[one.label] = one
        yield from counts.values()

    def kinds(self) -> Iterator[Counted]:
        for sentence in self.sentences:
            for match in KINDS.finditer(sentence):
                yield Counted(label=None, count=_count(match[1] or match[2]), quote=self.quote(match[0]))

    def _counted_in(self, sentence: str) -> Iterator[tuple[Counted, int]]:
        found = []
        for pattern in COUNTS:
            for match in pattern.finditer(sentence):
                count, number = match.groups() if pattern is COUNTS[0] else match.groups()[::-1]
                others = {name for name in NAMED.findall(sentence[: match.start()]) if name != number}
                if others and IT.search(match[0]):
                    continue
                one = Counted(label=self.labels[int(number)], count=_count(count), quote=self.quote(match[0]))
                found.append((match.end(), one))
        for match in TOTAL.finditer(sentence):
            one = Counted(label=None, count=_count(match[1] or match[2]), quote=self.quote(match[0]))
            found.append((match.end(), one))
        yield from ((one, end) for end, one in sorted(found, key=lambda pair: pair[0]))

    def ordered(self) -> Iterator[Ordered]:
        for part in self._parts():
            for pair in ordering.pairs(part):
                earlier, later = self.labels[pair.earlier], self.labels[pair.later]
                yield Ordered(earlier=earlier, later=later, quote=self.quote(part[pair.begin : pair.stop]))

    def _parts(self) -> list[str]:
        """The text, parted where something was weighed, asked or denied."""
        kept = ["" if ABSENT.search(sentence) else sentence for sentence in self.sentences]
        return "\n".join(sentence or "\x00" for sentence in kept).split("\x00")

    def named(self, patterns: Sequence[re.Pattern[str]]) -> Iterator[Named]:
        for sentence in self.sentences:
            for match in ordering.ends(patterns, sentence):
                number = next(group for group in match.groups() if group is not None)
                yield Named(label=self.labels[int(number)], quote=self.quote(match[0]))

    def quote(self, found: str) -> str:
        return NAMED.sub(lambda match: self.labels[int(match[1])], found).strip()


def _count(word: str) -> int:
    folded = word.casefold()
    return int(folded) if folded.isdigit() else TIMES_WORDS.get(folded) or WORDS[folded]
