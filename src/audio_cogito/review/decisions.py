"""What a person decided: one line of a journal, with who, when, why, and what it was before.

A decision is about a subject: the trace that the checks judged, or the seed as it was proposed. An edit holds the whole
new wording and the old one; what was decided before it stays in the journal. Nothing is ever taken out: who thinks
otherwise says so in a later line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

import msgspec

from audio_cogito.seeds.pool import Difficulty, Form
from audio_cogito.types import Distractor, Question, Record, Trace, Verdict

Action = Literal["accept", "reject", "edit", "flag", "add"]
"""`add` is of seeds alone: a person wrote one, and the decision is the first about it."""
CHECK = "review"
"""The name under which a person's verdict stands among those of the checks."""
OUTCOMES: Mapping[Action, Literal["pass", "fail", "unscored"]] = {
    "accept": "pass",
    "reject": "fail",
    "edit": "fail",
    "flag": "unscored",
    "add": "pass",
}
"""What an action says of the sample as it stood. A flag holds it back until somebody decides."""
STANDS: Mapping[Action, str] = {
    "accept": "accepted",
    "edit": "accepted",
    "add": "accepted",
    "reject": "rejected",
    "flag": "flagged",
}
"""Where a subject stands after an action."""
REASONS = {
    "bad_key": "the key is wrong",
    "ambiguous": "the question is unclear or has several answers",
    "soundless": "the question can be answered without listening",
    "unheard": "the chain claims what is not there",
    "illogical": "the chain does not follow",
    "copied": "the chain betrays what a listener cannot know",
    "bad_sound": "the sound is no good",
    "other": "something else",
}
"""Why a sample is rejected."""
OF_THE_QUESTION = frozenset({"bad_key", "ambiguous", "soundless", "bad_sound"})
"""Reasons that hold for every draw of the question."""
SEED_REASONS = {
    "soundless": "it can be answered without listening",
    "shallow": "it only asks what sound this is",
    "ambiguous": "it is unclear or has several answers",
    "repeated": "it says what another seed says",
    "misplaced": "domain, skill or difficulty is another",
    "badly_put": "its wording or its options are bad",
    "other": "something else",
}

Line = Annotated[str, msgspec.Meta(max_length=2_000)]
Long = Annotated[str, msgspec.Meta(max_length=200_000)]


class SampleText(Record, omit_defaults=False):
    """The words of a sample that a person may change."""

    question: Annotated[str, msgspec.Meta(min_length=1, max_length=20_000)]
    choices: Annotated[tuple[Line, ...], msgspec.Meta(max_length=50)]
    key: Annotated[str, msgspec.Meta(min_length=1, max_length=20_000)]
    thinking: Long
    answer: Annotated[str, msgspec.Meta(min_length=1, max_length=20_000)]
    """What stands after the thinking."""


class SeedText(Record, omit_defaults=False):
    """What of a seed a person may change."""

    text: Annotated[str, msgspec.Meta(min_length=1, max_length=2_000)]
    domain: Annotated[str, msgspec.Meta(pattern=r"\A[a-z][a-z0-9_-]{0,40}\Z")]
    skill: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    difficulty: Difficulty
    form: Form
    options: Annotated[tuple[Line, ...], msgspec.Meta(max_length=20)] = ()
    distractors: Annotated[tuple[Distractor, ...], msgspec.Meta(max_length=20)] = ()
    language: Annotated[str, msgspec.Meta(pattern=r"\A[a-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z")] | None = None
    """None in journals from before it could be changed: as it was."""


class Decision(Record):
    """One line of a journal."""

    number: int
    """The line it stands on, from 1."""
    subject: str
    action: Action
    by: str
    at: str
    version: int
    """Decisions about the subject before this one."""
    key: str
    """Names the decision: sent once more, after a lost connection, it is found and not repeated."""
    reason: str = ""
    """One of the fixed reasons; for a rejection alone."""
    note: str = ""
    """Free words."""
    before: str = ""
    """Where the subject stood: accepted, rejected, unscored; for a seed, waiting."""
    blind: bool = False
    """Said without seeing what the other reviewer of the subject said."""
    was: SampleText | None = None
    now: SampleText | None = None
    seed_was: SeedText | None = None
    seed_now: SeedText | None = None
    faults: tuple[str, ...] = ()
    """Of a seed that a person wrote, what the lint said of it and its author let stand."""


Said = Mapping[str, Sequence[Decision]]
"""Subject -> what was decided about it, in order."""


def text_of(trace: Trace) -> SampleText:
    question = trace.question
    return SampleText(
        question=question.text,
        choices=question.choices,
        key=question.answer,
        thinking=trace.thinking,
        answer=trace.text,
    )


def asks_the_same(text: SampleText, question: Question) -> bool:
    return (text.question, text.choices, text.key) == (question.text, question.choices, question.answer)


def verdict_of(decision: Decision) -> Verdict:
    """What is said of the sample as it stood when it was decided upon."""
    said = ": ".join(filter(None, (REASONS.get(decision.reason, decision.reason), decision.note)))
    return Verdict(
        check=CHECK,
        outcome=OUTCOMES[decision.action],
        reason=f"edited{': ' + said if said else ''}" if decision.action == "edit" else said,
        by=decision.by,
        at=decision.at,
        person=True,
    )
