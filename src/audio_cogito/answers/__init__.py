"""Reading the answer that a model gives, and holding it against the key.

The thinker is shown its choices one a line, without letters, and is to answer with the bare text of one. Models also
wrap it in a sentence, a tag, emphasis or a letter. All of that is read (`answers.choices`), and no more: an answer that
names no choice, names two, or takes one back, is None. A wrong answer read as right would teach; an answer that is not
read only costs.
"""

from __future__ import annotations

from audio_cogito.answers.choices import read_choice
from audio_cogito.answers.numbers import equal, read_number
from audio_cogito.answers.text import normalise
from audio_cogito.types import Question

__all__ = ["matches", "normalise", "read_answer"]

LONGEST = 5_000
"""Characters. A longer text states no choice and no number: it is a chain that was not closed, or a loop."""


def read_answer(text: str, question: Question) -> str | None:
    """The answer that a final text (what follows the thinking) states, or None.

    For `choice` and `yesno` one of `question.choices`, verbatim (a `yesno` without choices is read as Yes or No); for
    `number` the number in digits, with its unit if it has one; for every other type the text itself.
    """
    text = text.strip()
    if len(text) > LONGEST and question.type in ("choice", "yesno", "number"):
        return None
    match question.type:
        case "choice":
            return read_choice(text, question.choices)
        case "yesno":
            return read_choice(text, question.choices or ("Yes", "No"))
        case "number":
            return read_number(text)
        case _:
            return text or None


def matches(answer: str | None, question: Question) -> bool:
    """Whether an answer is the key: by normalised text, or by value and unit for a number.

    Where two choices differ in case alone ("C", "c"), the case has to be right.
    """
    if answer is None:
        return False
    if question.type == "number":
        return equal(answer, question.answer)
    if answer.strip() == question.answer.strip():
        return True
    key = normalise(question.answer)
    return normalise(answer) == key and sum(normalise(choice) == key for choice in question.choices) < 2
