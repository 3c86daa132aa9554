"""What a reward function is told of a row beside the model's reply: key, choices, rubric and the reference chain.

`grpo` and `trl` write these columns; both trainers hand every column they do not know to the reward functions by name.

The rubric has the shape of MMAR-Rubrics (`name`, `scoring_point`, `choices`) and not its making: there a model wrote
five criteria out of a question's ideal chain. Here each criterion is a confusion that the annotator said a wrong choice
exploits, so a rubric says which traps a chain has to step past and nothing of how it gets to the key; that is for the
reference chain. What the annotator heard (`evidence`) is no criterion: it stands for all questions about the clip, and
a good chain need not use another question's. Where nothing was said there is no rubric; none is made up.

A list that may be empty is written as JSON text: `datasets` takes a column's type from the first 10 MB of a file, and
stops at the first row with something in its list where those before had nothing.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from audio_cogito.benchmarks import Criterion
from audio_cogito.exports import Sample
from audio_cogito.types import Distractor, Record

POINTS = (0, 1)
REWARDS = Path(__file__).with_name("_rewards.py")
"""The reward functions that lie beside the rows, in one file that needs nothing of this package."""


class Rewarded(Record):
    """The columns for reward functions."""

    trace: str
    """The id of the trace whose chain is the reference."""
    question_type: str
    """Such as `choice` or `open`."""
    solution: str
    """The key, word for word. ms-swift knows the name, and keeps the column through its own mapping."""
    choices: str
    """JSON list of texts; empty for an open question."""
    rubric: str
    """JSON list of criteria; may be empty."""
    evidence: str
    """JSON list of what the annotator heard in the clip."""
    reference: str
    """The chain that came to the key and passed the checks, without tags."""


def rewarded(sample: Sample) -> Rewarded:
    trace, question = sample.trace, sample.trace.question
    return Rewarded(
        trace=trace.id,
        question_type=question.type,
        solution=trace.answer or "",
        choices=_json(question.choices),
        rubric=_json(tuple(map(_criterion, question.distractors))),
        evidence=_json(question.evidence),
        reference=trace.thinking,
    )


def faults_of(row: Rewarded) -> list[str]:
    """What is wrong with these columns as they were read back."""
    found = [f"{name} is empty" for name in ("trace", "solution", "reference") if not getattr(row, name).strip()]
    try:
        choices = msgspec.json.decode(row.choices, type=tuple[str, ...])
        msgspec.json.decode(row.evidence, type=tuple[str, ...])
        msgspec.json.decode(row.rubric, type=tuple[Criterion, ...])
    except msgspec.DecodeError as error:
        return [*found, f"choices, evidence or rubric is no JSON list of its kind: {error}"]
    return [*found, "the solution is none of the choices"] if choices and row.solution not in choices else found


def beside() -> dict[str, bytes]:
    return {"rewards.py": REWARDS.read_bytes()}


def _json(values: tuple[str, ...] | tuple[Criterion, ...]) -> str:
    return msgspec.json.encode(values).decode()


def _criterion(distractor: Distractor) -> Criterion:
    return Criterion(
        name=distractor.text,
        scoring_point=f"The reasoning does not fall for this confusion: {distractor.confusion}",
        choices=POINTS,
    )
