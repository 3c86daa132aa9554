"""Whether a question is a benchmark's: by the runs of three words that both have, and by their choices.

Two signs count. A long question (eight words or more) is the benchmark's when six tenths of the benchmark's runs of
three words stand in it, whatever its choices. A question of any length is when half of them do and half of the
benchmark's choices are among its own; numbers, yes and no are no sign, unless every run is there. What a benchmark asks
of several sounds in the same words ("which word appears first") is a mould, not one of its questions, and counts by its
choices alone. The numbers were chosen by measuring: docs/decontamination.md.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from audio_cogito.checks.copied_seed import Words, words
from audio_cogito.types import Question, Record

RUN = 3
"""Words, or characters of Chinese and Japanese, that are compared at once."""
LONG = 8
"""Words from which on a question is its own: shorter ones are asked by everybody."""
LONG_SHARE, SHORT_SHARE, CHOICES_SHARE = 0.6, 0.5, 0.5
"""Shares of the benchmark's runs that make a long question, and with so many of its choices any question, its own."""
MOULD = 3
"""Sounds of which a benchmark asks the same words; from so many on the words are a mould."""
COMMON = """
    yes no true false none both left right once twice time times
    zero one two three four five six seven eight nine ten
"""
UNTELLING = frozenset(COMMON.split())


class Asked(Record):
    """A question as it is compared."""

    text: str
    choices: tuple[str, ...] = ()


class Overlap(Record):
    """A question that is a benchmark's."""

    benchmark: str
    question: str
    """The benchmark's."""
    share: float
    """Of its runs of words, 0 to 1."""
    choices: int
    """How many of its choices are among those of the question."""

    @property
    def detail(self) -> str:
        common = f", with {self.choices} of its choices" if self.choices else ""
        return f"{self.share:.0%} of {self.benchmark}'s question {self.question!r}{common}"


class _Item(NamedTuple):
    benchmark: str
    text: str
    runs: int
    long: bool
    choices: frozenset[Words]


class Questions:
    """The questions of benchmarks, to be asked for overlap. Memory: some 1.5 kB for each."""

    def __init__(self) -> None:
        self._items: list[_Item] = []
        self._of: defaultdict[Words, list[int]] = defaultdict(list)
        self._lengths: set[int] = set()

    def add(self, benchmark: str, asked: Iterable[Asked]) -> int:
        """Those of one benchmark; returns how many are not told from its others, and so are left out."""
        items = [(words(one.text), frozenset(map(words, one.choices)), one.text) for one in asked]
        texts, wholes = Counter(text for text, _, _ in items), Counter((text, choices) for text, choices, _ in items)
        left_out = 0
        for text, choices, written in items:
            if not text or wholes[text, choices] >= MOULD:
                left_out += 1
                continue
            runs = _runs(text, min(RUN, len(text)))
            self._lengths.add(min(RUN, len(text)))
            for run in runs:
                self._of[run].append(len(self._items))
            long = len(text) >= LONG and texts[text] < MOULD
            self._items.append(_Item(benchmark, written, len(runs), long, choices))
        return left_out

    def overlap(self, asked: Asked) -> Overlap | None:
        """The benchmark's question that this one is, the nearest of several; None where it is nobody's."""
        text, choices = words(asked.text), frozenset(map(words, asked.choices))
        common: Counter[int] = Counter()
        for length in self._lengths:
            for run in _runs(text, length):
                common.update(self._of.get(run, ()))
        found = [self._judged(number, count, choices) for number, count in common.items()]
        return max(
            filter(None, found), key=lambda one: (one.share, one.choices, one.benchmark, one.question), default=None
        )

    def _judged(self, number: int, count: int, choices: frozenset[Words]) -> Overlap | None:
        item = self._items[number]
        share, same = count / item.runs, item.choices & choices
        if share < SHORT_SHARE:
            return None
        telling = same if count == item.runs else [choice for choice in same if _telling(choice)]
        by_choices = len(telling) >= max(2, CHOICES_SHARE * len(item.choices))
        if not by_choices and not (item.long and share >= LONG_SHARE):
            return None
        return Overlap(benchmark=item.benchmark, question=item.text, share=share, choices=len(same))


def _runs(text: Words, length: int) -> set[Words]:
    return {text[i : i + length] for i in range(len(text) - length + 1)}


def _telling(choice: Words) -> bool:
    return not all(word in UNTELLING or word.isdigit() for word in choice)


def asked_of(question: Question) -> Asked:
    return Asked(text=question.text, choices=question.choices)


def overlaps(asked: Sequence[Asked], benchmarks: Questions) -> Iterator[tuple[int, Overlap]]:
    """Of rows that are to be trained on, the number of each that asks a benchmark's question."""
    for number, one in enumerate(asked):
        if found := benchmarks.overlap(one):
            yield number, found
