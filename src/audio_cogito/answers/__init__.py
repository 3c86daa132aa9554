"""Reading the answer that a model gives, and holding it against the key.

The thinker is shown its choices one a line, without letters, and is to answer with the bare text of one. Models also
wrap it in a sentence, a tag, emphasis or a letter. All of that is read (`answers.choices`), and no more: an answer that
names no choice, names two, or takes one back, is None. A wrong answer read as right would teach; an answer that is not
read only costs. Then it is held against the key (`answers.agreement`).
"""

from __future__ import annotations

import re

from audio_cogito.answers.agreement import AS_A_RULE, Agreement, Near, compare
from audio_cogito.answers.choices import read_choice
from audio_cogito.answers.numbers import read_number
from audio_cogito.answers.statements import statements
from audio_cogito.answers.text import normalise
from audio_cogito.answers.times import read_time
from audio_cogito.types import Question

__all__ = ["AS_A_RULE", "Agreement", "Near", "compare", "conclusion", "matches", "normalise", "read_answer"]

LONGEST = 5_000
"""Characters. A longer text states no choice and no number: it is a chain that was not closed, or a loop."""
TAIL = 600
"""Characters at the end of a chain in which it may come to its conclusion."""
LEAD = 60
"""Characters before the last of SIGNS in which the statement that it belongs to begins."""
SIGNS = ("answer", "choice", "option", "boxed", "答案")
"""Without one of these words nothing is stated; looking for them costs a hundredth of reading the tail."""
SENTENCE_END = re.compile(r"(?<=[.;!?])\s|\n|(?<=[。!?])")


def read_answer(text: str, question: Question) -> str | None:
    """The answer that a final text (what follows the thinking) states, or None.

    For `choice` and `yesno` one of `question.choices`, verbatim (a `yesno` without choices is read as Yes or No); for
    `number` the number in digits, with its unit if it has one; for `time` a moment or stretch in seconds; for every
    other type the text itself.
    """
    text = text.strip()
    if len(text) > LONGEST and question.type in ("choice", "yesno", "number", "time"):
        return None
    match question.type:
        case "choice":
            return read_choice(text, question.choices)
        case "yesno":
            return read_choice(text, question.choices or ("Yes", "No"))
        case "number":
            return read_number(text)
        case "time":
            return read_time(text)
        case _:
            return text or None


def matches(answer: str | None, question: Question, near: Near = AS_A_RULE) -> bool:
    """Whether an answer is the key beyond doubt."""
    return compare(answer, question, near) == "equivalent"


def conclusion(thinking: str, question: Question) -> str | None:
    """The answer that a chain states last, in so many words, before it ends; None where it states none.

    Read for choices, numbers and times alone: whether two free wordings say the same is not for code to tell.
    """
    if question.type not in ("choice", "yesno", "number", "time"):
        return None
    tail = thinking[-TAIL:]
    folded = tail.lower()
    last_sign = max(folded.rfind(sign) for sign in SIGNS)
    if last_sign < 0:
        return None
    said = statements(tail[max(0, last_sign - LEAD) :]) or statements(tail)
    return _concluded(said[-1].strip(), question) if said else None


def _concluded(statement: str, question: Question) -> str | None:
    if (bare := statement.rstrip(".")) in question.choices:
        return bare
    if question.type in ("number", "time"):
        statement = SENTENCE_END.split(statement, maxsplit=1)[0]
    return read_answer(f"Answer: {statement}", question)
