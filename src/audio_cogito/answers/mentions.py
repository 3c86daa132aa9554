"""Finding choices in running prose, and telling what it asserts from what it denies.

Deliberately timid. Prose states a choice only when it mentions that one and asserts it, asserts no other, and shows
no hedge, no question and no negation that touches nothing.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import NamedTuple

from audio_cogito.answers.numbers import SMALL, TENS
from audio_cogito.answers.text import normalise

LONGEST_PROSE = 400
"""Characters. A longer text that never comes to a point is not searched for one."""

MASK = "¤"
BEFORE, AFTER = r"(?<![\w#+°%$€£])(?<!\w[-/:.&,'])", r"(?![\w#+°%])(?![-/:.&,']\w)"
LONE = r"(?:(?<=[.,;:!?(] )|\A|(?<=\")){word}(?=\s*(?:[.,;:!?)\"]|\Z))"
"""Yes and no are answers only where they stand alone: "there is no rain" answers nothing."""

NUMBER = re.compile(rf"\d|\b(?:{'|'.join((SMALL + ' ' + TENS).split())}|hundred|thousand|once|twice|thrice)\b")
SENTENCE = re.compile(r"(?<=[.;!?])\s+")
EITHER_SIDE = re.compile(
    rf",? (?=(?:and |but )?(?:not|rather than|instead of|as opposed to) (?:\w+ ){{0,2}}{MASK})"
    r"|,? but (?=it|a |an |the |rather|¤)|,? so (?=it|this|the )|, (?=it is |it's |this is |rather )"
)
NEGATION = re.compile(
    r"\b(?:not|never|no|nor|neither|without|cannot|\w+n't|wrong|incorrect|false|unlikely|implausible|impossible|absent|"
    r"exclud\w+|eliminat\w+|rul\w+ out|unlike|except|instead of|rather than|opposed to|lacks?|lacking|fails?|hardly|"
    r"barely|less|contradict\w*|reject\w*|discard\w*|dismiss\w*|mistak\w*|confus\w*|distractors?)\b"
)
HEDGE = re.compile(
    r"\b(?:either|or|neither|none|both|any|all|maybe|perhaps|possibly|might|may|could|unsure|uncertain|unclear|"
    r"ambiguous|unable|if|whether|unless|depends|guess|between|but also|as well as)\b|\?|/"
)
TAKEN_BACK = re.compile(r"\b(?:wait|correction|second thoughts?|hmm+|scratch that|reconsider\w*|sorry|my mind)\b")
WAVERING = re.compile(
    r"\b(?:or|maybe|perhaps|possibly|might|could|alternatively|instead|however|but|actually|although|though)\b"
)
OTHER_LABEL = re.compile(r"\b(?:option|choice|answer)\s+\(?(?:[b-h]|\d)\b")
GOES_ON = re.compile(r"(?:[.,;:!](?=\s|\Z)|\s*\(|\s+-\s|\s+(?:because|since|as|due to)\b)")
JOINED = re.compile(r"[\s,;:(-]*(?:or|and|nor|plus|then|followed|with|to|versus|vs)\b")
SCATTERED = {
    "yes", "no", "one", "first", "second", "third", "fourth", "fifth", "last", "former", "latter", "both", "neither",
    "none", "same", "true", "false", "unknown", "other", "all", "high", "low", "up", "down", "left", "right",
}  # fmt: skip
"""Words that prose uses without naming a choice."""


class Found(NamedTuple):
    """What a text says of the choices, and the text with them masked."""

    asserted: set[str]
    denied: set[str]
    stray_negation: bool
    masked: str


class Mentions:
    """Looks for one set of choices, given by their normalised texts."""

    def __init__(self, keys: set[str]) -> None:
        self.numeric = any(NUMBER.search(key) for key in keys)
        self.scattered = any(_scattered(key) for key in keys)
        self.words = {key: set(re.findall(r"\w+", key)) for key in keys}
        self.patterns = {key: _pattern(key) for key in keys if not _scattered(key) or key in ("yes", "no")}

    def stated(self, prose: str) -> str | None:
        """The one choice that prose states."""
        if self.scattered or len(prose) > LONGEST_PROSE:
            return None
        found = self.find(prose)
        if len(found.asserted) != 1 or found.stray_negation or found.asserted & found.denied:
            return None
        (key,) = found.asserted
        if HEDGE.search(found.masked) or (self.numeric and NUMBER.search(found.masked)):
            return None
        return None if self._wants_longer(key, found.masked) else key

    def ends_there(self, key: str, rest: str) -> bool:
        """Whether a statement that begins with a choice means it, by what follows in the sentence."""
        if not GOES_ON.match(rest) or JOINED.match(rest):
            return False
        sentence = SENTENCE.split(rest.lstrip(".!; "))[0] if rest[0] not in ".!;" else ""
        sentence = re.split(r"\b(?:because|since|as|due to)\b", sentence)[0]
        found = self.find(sentence)
        return not (found.asserted - {key} or self._wants_longer(key, found.masked) or WAVERING.search(found.masked))

    def retracted(self, after: str, answer: str) -> bool:
        """Whether what follows an answer takes it back."""
        found = self.find(after)
        if TAKEN_BACK.search(found.masked) or (answer in found.denied and answer not in ("yes", "no")):
            return True
        others = found.asserted - {answer}
        return bool(WAVERING.search(found.masked) and (others or OTHER_LABEL.search(found.masked)))

    def find(self, prose: str) -> Found:
        flat = " ".join(line if line[-1] == "?" else f"{line}." for line in map(normalise, prose.splitlines()) if line)
        spans = [(*match.span(), key) for key, pattern in self.patterns.items() for match in pattern.finditer(flat)]
        spans = [span for span in spans if not any(_covers(other, span) for other in spans)]
        masked = list(flat)
        for start, end, _ in spans:
            masked[start:end] = MASK * (end - start)
        return _sides("".join(masked), spans)

    def _wants_longer(self, key: str, masked: str) -> bool:
        """Whether a text holds words by which a longer choice goes beyond this one: "dog, and a cat" is not "dog"."""
        beyond = [words - self.words[key] for other, words in self.words.items() if key in other and key != other]
        return bool(beyond) and not set().union(*beyond).isdisjoint(re.findall(r"\w+", masked))


def _scattered(key: str) -> bool:
    return key in SCATTERED or (len(key) == 1 and key.isalpha())


def _pattern(key: str) -> re.Pattern[str]:
    if key in ("yes", "no"):
        return re.compile(LONE.format(word=key))
    return re.compile(BEFORE + ("(?<!-)" if key[0].isdigit() else "") + re.escape(key) + AFTER)


def _covers(longer: tuple[int, int, str], span: tuple[int, int, str]) -> bool:
    return longer[0] <= span[0] and span[1] <= longer[1] and longer[1] - longer[0] > span[1] - span[0]


def _sides(masked: str, spans: list[tuple[int, int, str]]) -> Found:
    asserted: set[str] = set()
    denied: set[str] = set()
    stray = False
    for start, end in _clauses(masked):
        named = {key for at, _, key in spans if start <= at < end}
        negated = NEGATION.search(masked, start, end) is not None
        (denied if negated else asserted).update(named)
        stray |= negated and not named
    return Found(asserted, denied, stray, masked)


def _clauses(masked: str) -> list[tuple[int, int]]:
    """Sentences, cut in two where one side is denied and the other is not ("not a dog but a cat")."""
    cuts = {match.end() for pattern in (SENTENCE, EITHER_SIDE) for match in pattern.finditer(masked)}
    return list(pairwise([0, *sorted(cuts), len(masked)]))
