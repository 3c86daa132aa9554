"""Before against after: the same held-out questions, answered greedily by both models, paired question by question.

An answer that cannot be read counts as wrong. `lists` is the share of chains whose events are exactly those of the
scene (`checks/events`, "exact"). Numbers are the pipeline's own verdicts; comparing is `grading/comparison`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from audio_cogito.errors import SetupError
from audio_cogito.grading import comparison, scores
from audio_cogito.grading.comparison import Difference
from audio_cogito.grading.scores import Graded
from audio_cogito.grading.tables import aligned
from audio_cogito.run import Run
from audio_cogito.stages import verify
from audio_cogito.types import Record, Trace, identity

NAME = "demo"
HEADINGS = ("", "questions", "before", "after", "difference", "95 % interval", "")


class Comparison(Record):
    """What the teaching did: percentages before and after, and their differences."""

    answers: Difference
    lists: Difference
    skills: dict[str, Difference]


def graded(run: Run, right: Callable[[Trace], bool]) -> dict[str, Graded]:
    """Every question of an exam by its id."""
    return {trace.question.id: _graded(trace, right(trace)) for trace in verify.traces(run)}


def _graded(trace: Trace, right: bool) -> Graded:
    return Graded(
        id=trace.question.id,
        correct=1 if right else 0,
        rubric=None,
        outcome="scored",
        groups={"skill": trace.question.skill or "other"},
        said=identity(trace.text, trace.thinking),
    )


def answered(trace: Trace) -> bool:
    return trace.right is True


def listed(trace: Trace) -> bool:
    return any(verdict.check == "events" and verdict.reason == "exact" for verdict in trace.verdicts)


def write(run: Run, folder: Path) -> None:
    """As `cogito evaluate` leaves a graded run, for `cogito compare`."""
    found = list(graded(run, answered).values())
    by_skill: dict[str, list[scores.Score]] = {}
    for one in found:
        by_skill.setdefault(one.groups["skill"], []).append(one)
    scores.write(folder, found, scores.summarise(NAME, found, {"skill": by_skill}))


def compare(before: Run, after: Run) -> Comparison:
    """Raises SetupError where the two did not answer the same questions."""
    pairs = comparison.paired(graded(before, answered), graded(after, answered))
    lists = comparison.paired(graded(before, listed), graded(after, listed))
    skills = {name: found for _, name, found in comparison.by_group(pairs, comparison.accuracy)}
    return Comparison(answers=_of(pairs), lists=_of(lists), skills=dict(sorted(skills.items())))


def _of(pairs: Sequence[tuple[Graded, Graded]]) -> Difference:
    found = comparison.accuracy(pairs)
    if found is None:
        raise SetupError("the exam holds no question")
    return found


def table(found: Comparison) -> str:
    named = {"answers right": found.answers, "event lists exact": found.lists} | found.skills
    return "\n".join(aligned([HEADINGS, *(_row(name, one) for name, one in named.items())]))


def _row(name: str, one: Difference) -> tuple[str, ...]:
    return (
        name,
        f"{one.pairs:,}",
        f"{one.a:.1f}",
        f"{one.b:.1f}",
        f"{one.difference:+.1f}",
        f"{one.low:+.1f} to {one.high:+.1f}",
        said(one),
    )


def said(one: Difference) -> str:
    """The verdict of a comparison in words for before and after."""
    words = {"B is higher": "better", "A is higher": "worse", "tie": "no difference shown"}
    return words.get(one.verdict, one.verdict)


def sentence(found: Comparison) -> str:
    """The result in plain words; an interval that holds 0 is said to."""
    return f"{_told('answers', found.answers)} {_told('event lists', found.lists)}"


def _told(what: str, one: Difference) -> str:
    counted = f"Right {what}: {one.a:.1f} % before, {one.b:.1f} % after, of {one.pairs:,} held-out questions"
    interval = f"{one.difference:+.1f} points, 95 % interval {one.low:+.1f} to {one.high:+.1f}"
    match one.verdict:
        case "B is higher" | "A is higher":
            better = "better" if one.difference > 0 else "worse"
            return f"{counted} ({interval}): learning from its own verified chains made the model {better} at this."
        case "tie" if one.low <= 0 <= one.high:
            return f"{counted} ({interval}): the interval holds 0, so this run shows no difference."
        case "tie":
            return f"{counted} ({interval}): McNemar's test (p = {one.p:.2g}) does not bear out a difference."
    return f"{counted} ({interval}): too few questions to say anything."


def encoded(found: Comparison) -> bytes:
    return msgspec.json.format(msgspec.json.encode(found), indent=1) + b"\n"
