"""Reading which choice a text states.

Five ways are tried, from the plainest on; the first that applies decides, even where it decides that nothing is stated:
 1. the text is a choice;
 2. an `<answer>` tag or a `\\boxed{}` holds one;
 3. a marker ("The answer is", "Final answer:") is followed by one;
 4. the last line is a choice and no other line is a different one;
 5. the text begins with one, or its prose states one (`answers.mentions`).
Wherever a choice may stand, its letter may: A is the first shown. A letter with a text that is not its choice is not
read, nor a lone letter that occurs in the choices themselves.
"""

from __future__ import annotations

import re

from audio_cogito.answers.mentions import GOES_ON, SENTENCE, Mentions
from audio_cogito.answers.statements import ENCLOSED, statements
from audio_cogito.answers.text import EASTERN, bare, normalise, plain

LABEL = re.compile(
    r"(?:the )?(?P<option>(?:option|choice):?\s+)?"
    r"(?:\((?P<round>[a-z])\)|\[(?P<square>[a-z])\]|(?P<plain>[a-z]|(?(option)\d\d?|(?!)))(?=[.):,]|\s+-\s|\Z))"
    r"\s*[.):,-]*\s*(?P<text>.*)"
)
OPTION = re.compile(r"(?:option|choice):?\s+(?=\S)", re.IGNORECASE)
ARTICLE = re.compile(r"(?:the|an?)\s+")
BULLET = re.compile(r"\A(?:[-*•>]|#{1,6})\s+(?!\d)")
REASON = re.compile(r",?\s+(?:because|since|as|due to)\b")
MUSICAL = r"minor|major|flat|sharp|in|and"
OWN_LETTER = re.compile(rf"(?<![\w'])(?:A(?! (?!(?:{MUSICAL})\b)[a-z])|[B-Z]|\Aa(?= (?:{MUSICAL})\b)|\A[b-z])(?![\w'])")
"""Letters that name things: a key, a note, a person's initial; not the article."""


def read_choice(text: str, choices: tuple[str, ...]) -> str | None:
    """The choice that a text states, verbatim, or None. Choices that normalise alike are read only verbatim."""
    if not text:
        return None
    if text in choices:
        return text
    keys = [normalise(choice) for choice in choices]
    shown = [key for key in keys if key]
    if len(set(shown)) < len(shown):
        return None
    key = _Reader(choices, keys).read(text)
    return _without_punctuation(text, choices) if key is None else choices[keys.index(key)]


def _without_punctuation(text: str, choices: tuple[str, ...]) -> str | None:
    """The Chinese or Japanese choice that a text is but for punctuation and spaces."""
    if not EASTERN.search(text):
        return None
    same = [choice for choice in choices if bare(choice) == bare(text)]
    return same[0] if len(same) == 1 else None


class _Reader:
    """Reads texts against one set of choices. `keys` are their normalised texts; an empty choice is never read."""

    def __init__(self, choices: tuple[str, ...], keys: list[str]) -> None:
        self.keys = keys
        self.known = {key for key in keys if key}
        self.own_letters = {letter.casefold() for choice in choices for letter in OWN_LETTER.findall(plain(choice))}

    def read(self, text: str) -> str | None:
        flat = normalise(text)
        if flat in self.known:
            return flat
        self.mentions = Mentions(self.known)
        stated = [self._stated(statement) for statement in statements(text)]
        if not stated:
            return self._by_lines(plain(text))
        if ENCLOSED.search(text):
            return stated[0] if len(set(stated)) == 1 else None
        return stated[-1] if {answer for answer in stated if answer is not None} == {stated[-1]} else None

    def _stated(self, text: str) -> str | None:
        """What a statement of the answer says: it begins with a choice that it does not take back, or is prose."""
        begun = self._beginning(text.strip())
        if begun is None:
            return self._prose(text)
        answer, after = begun
        if any(self._line(piece) not in (None, answer) for row in after.splitlines() for piece in SENTENCE.split(row)):
            return None
        return None if self.mentions.retracted(answer, after) else answer

    def _beginning(self, text: str) -> tuple[str, str] | None:
        """The choice that a text begins with, and the rest. A mere letter counts before a reason or beside its text."""
        line, _, below = text.partition("\n")
        if (answer := self._line(line)) is not None:
            return answer, below
        for cut in reversed(list(GOES_ON.finditer(line))):
            answer, rest = self._line(line[: cut.start()]), line[cut.start() :]
            if answer is not None and (REASON.match(rest) or answer in normalise(line)):
                return answer, f"{rest}\n{below}"
        return None

    def _by_lines(self, text: str) -> str | None:
        stated = [self._line(line) for line in text.splitlines() if line.strip()]
        if not stated or len({answer for answer in stated if answer is not None}) > 1:
            return None
        return self._stated(text) if stated[-1] is None else stated[-1]

    def _prose(self, text: str) -> str | None:
        """The one choice that prose states, unless it stands behind the letter of another."""
        answer = self.mentions.stated(text)
        labels = [label for line in text.splitlines() if (label := LABEL.fullmatch(normalise(line)))]
        return answer if all(self._choice_of(label) == answer for label in labels) else None

    def _line(self, line: str) -> str | None:
        """The choice that a line is, with or without its letter; None when the line says anything else."""
        if (answer := self._bare(line)) is not None:
            return answer
        line = BULLET.sub("", line.strip(), count=1)
        if (answer := self._bare(line)) is not None:
            return answer
        if label := LABEL.fullmatch(normalise(line)):
            return self._labelled(label)
        option = OPTION.match(line)
        return self._bare(line[option.end() :]) if option else None

    def _bare(self, line: str) -> str | None:
        flat = normalise(line)
        if flat in self.known:
            return flat
        without = ARTICLE.sub("", flat, count=1)
        return without if without in self.known else None

    def _labelled(self, label: re.Match[str]) -> str | None:
        answer = self._choice_of(label)
        if answer is None or any(len(key) == 1 and key.isalpha() for key in self.known):
            return None
        if label["text"]:
            return answer if self._bare(label["text"]) == answer else None
        sign = _sign(label)
        ambiguous = self.mentions.numeric if sign.isdigit() else sign in self.own_letters
        return None if ambiguous else answer

    def _choice_of(self, label: re.Match[str]) -> str | None:
        sign = _sign(label)
        position = int(sign) - 1 if sign.isdigit() else ord(sign) - ord("a")
        return self.keys[position] or None if 0 <= position < len(self.keys) else None


def _sign(label: re.Match[str]) -> str:
    return label["round"] or label["square"] or label["plain"]
