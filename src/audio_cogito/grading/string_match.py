"""The string match of MMAR and MMAU, as published (`evaluation.py`, github.com/ddlBoJack/MMAR and Sakshi113/mmau).

Texts are compared as sets of lower-case words. A prediction is right when it holds every word of the answer and no
word that is in a wrong choice alone. So a sentence around a choice is often wrong ("the" may be a wrong choice's word),
a permuted choice counts as the answer, and a letter alone is never right: pass the bare text of a choice to it.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from audio_cogito.benchmarks import Item

# The published pattern is \b\w+\b. A run of word characters always begins and ends at a boundary, so that \w+ finds
# the same words in half the time.
_words = re.compile(r"\w+").findall


def tokens(text: str) -> set[str]:
    return set(_words(text.lower()))


def matcher(answer: str, choices: tuple[str, ...]) -> Callable[[str], bool]:
    """The rule bound to one question, whose words are found once."""
    wanted = tokens(answer)
    # The published loop passes over choices of the answer's own words, which have no other word to add.
    unwanted = frozenset[str]().union(*(tokens(choice) - wanted for choice in choices))

    def right(prediction: str) -> bool:
        said = tokens(prediction)
        return bool(said) and wanted <= said and unwanted.isdisjoint(said)

    return right


def grader(item: Item) -> Callable[[str], bool]:
    """The rule as a benchmark's."""
    return matcher(item.answer, item.choices)


def string_match(answer: str, prediction: str, choices: tuple[str, ...]) -> bool:
    return matcher(answer, choices)(prediction)
