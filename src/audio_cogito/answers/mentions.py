"""Finding choices in running prose, and telling what it asserts from what it denies.

Deliberately timid. Prose states a choice only when it says so in so many words (`ASSERTION`), asserts no other, and
shows no hedge, no question and no negation that touches nothing.
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
    r"barely|less|contradict\w*|reject\w*|discard\w*|dismiss\w*|mistak\w*|confus\w*|distractors?|"
    r"everything|anything|nothing|other than|apart from|aside from|least)\b"
)
HEDGE = re.compile(
    r"\b(?:either|or|neither|none|both|any|all|maybe|perhaps|possibly|might|may|could|unsure|uncertain|unclear|"
    r"ambiguous|unable|if|whether|unless|depends|guess|between|but also|as well as)\b|\?|/"
)
ALONE = r"(?!\s*(?:or|and|nor|plus|then|followed|with|to|versus|vs)\b)"
"""What goes before does not go on to another choice."""
ASSERTION = re.compile(
    rf"(?:\A|(?:\b(?:is|are|was|were|be|like|as|choose|pick|select|say|indicates|suggests|means)|'s|:) )"
    rf"(?:(?:most likely|likely|probably|clearly|definitely|indeed) )?(?:the |an? )?{MASK}+"
    r"(?=[.!,;:]"
    + ALONE
    + r"|\Z| - \w\w| (?:because|since|as|due to)\b| is the (?:correct |right |best )?(?:answer|choice|option)\b)"
)
TAKEN_BACK = re.compile(
    r"\b(?:wait|correction|second thoughts?|hmm+|scratch that|reconsider\w*|sorry|my mind)\b"
    rf"|\bno, (?:it|the |an? |{MASK})"
)
WAVERING = re.compile(
    r"\b(?:or|maybe|perhaps|possibly|might|could|alternatively|instead|however|but|actually|although|though)\b"
)
OTHER_LABEL = re.compile(r"\b(?:option|choice|answer)\s+\(?(?:[a-h]|\d)\b")
GOES_ON = re.compile(rf"(?:[.,;:!](?=\s|\Z)|\s*\(|\s+-\s|\s+(?:because|since|as|due to)\b){ALONE}")
"""How a statement goes on after its choice."""
SAME_SENTENCE = re.compile(r"(?:(?!\b(?:because|since|as|due to)\b|[.!?;](?:\s|\Z)|\n).)*")


class Found(NamedTuple):
    """What a text says of the choices, and the text with them masked."""

    asserted: set[str]
    denied: set[str]
    stray_negation: bool
    firm: bool
    """Whether one is asserted in so many words: said alone, or after "it is", "sounds like", "I choose"."""
    masked: str


class Mentions:
    """Looks for one set of choices, given by their normalised texts."""

    def __init__(self, keys: set[str]) -> None:
        self.numeric = any(NUMBER.search(key) for key in keys)
        self.words = {key: set(re.findall(r"\w+", key)) for key in keys}
        self.nameable = sorted((key for key in keys if not _letter(key)), key=len, reverse=True)
        self.pattern = re.compile("|".join(map(_pattern, self.nameable)) or r"(?!)")

    def stated(self, prose: str) -> str | None:
        """The one choice that prose states."""
        if len(self.nameable) < len(self.words) or len(prose) > LONGEST_PROSE:
            return None
        found = self.find(prose)
        if len(found.asserted) != 1 or not found.firm or found.stray_negation or found.asserted & found.denied:
            return None
        (key,) = found.asserted
        return None if HEDGE.search(found.masked) or self._wants_longer(key, found.masked) else key

    def retracted(self, answer: str, after: str) -> bool:
        """Whether what follows an answer takes it back, or makes more of it in the same sentence."""
        found, same = self.find(after), self.find(SAME_SENTENCE.findall(after)[0])
        if TAKEN_BACK.search(found.masked) or answer in found.denied:
            return True
        if same.asserted - {answer} or WAVERING.search(same.masked) or self._wants_longer(answer, same.masked):
            return True
        others = found.asserted - {answer}
        return bool(WAVERING.search(found.masked) and (others or OTHER_LABEL.search(found.masked)))

    def find(self, prose: str) -> Found:
        flat = " ".join(f"{line}." for line in map(normalise, prose.splitlines()) if line)
        masked = self.pattern.sub(lambda match: MASK * len(match[0]), flat)
        asserted: set[str] = set()
        denied: set[str] = set()
        stray = firm = False
        for start, end in _clauses(masked):
            named = {match[0] for match in self.pattern.finditer(flat, start, end)}
            negated = NEGATION.search(masked, start, end) is not None
            (denied if negated else asserted).update(named)
            stray |= negated and not named
            firm |= not negated and ASSERTION.search(masked[start:end].strip()) is not None
        return Found(asserted, denied, stray, firm, masked)

    def _wants_longer(self, key: str, masked: str) -> bool:
        """Whether a text holds words by which a longer choice goes beyond this one: "dog, and a cat" is not "dog"."""
        beyond = [words - self.words[key] for other, words in self.words.items() if key in other and key != other]
        return bool(beyond) and not set().union(*beyond).isdisjoint(re.findall(r"\w+", masked))


def _letter(key: str) -> bool:
    """A choice that prose uses without naming it."""
    return len(key) == 1 and key.isalpha()


def _pattern(key: str) -> str:
    if key in ("yes", "no"):
        return LONE.format(word=key)
    return BEFORE + re.escape(key) + AFTER


def _clauses(masked: str) -> list[tuple[int, int]]:
    """Sentences, cut in two where one side is denied and the other is not ("not a dog but a cat")."""
    cuts = {match.end() for pattern in (SENTENCE, EITHER_SIDE) for match in pattern.finditer(masked)}
    return list(pairwise([0, *sorted(cuts), len(masked)]))
