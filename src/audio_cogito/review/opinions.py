"""What people said of a run's samples, laid over what the checks said of them.

The latest person's verdict decides (`Trace.standing`). An edit makes a new trace, and where it changes what is asked a
new question too, whose author is the person; the trace that was edited stays, rejected, with all that was said of it.
What is decided after an edit is about the edited one. What is wrong with a question (its key, its wording, its sound)
is wrong with all its draws; a person who says otherwise of one of them later has the last word there.

Laying the same decisions over the same traces again changes nothing, whether or not a build laid them there before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

import msgspec

from audio_cogito.answers import compare, read_answer
from audio_cogito.review.decisions import CHECK, OF_THE_QUESTION, Decision, Said, asks_the_same, text_of, verdict_of
from audio_cogito.types import Finding, Question, Standing, Trace, Verdict, identity, question_id

EDITED_FROM = "edited_from"


def laid_over(found: Iterable[Trace], said: Said) -> Iterator[Trace]:
    """A run's traces, in their order, each with what people said of it; edits stand behind the question they are of."""
    if not said:
        yield from found
        return
    made = (trace for trace in found if edited_from(trace) is None)
    for _, draws in groupby(made, key=lambda trace: trace.question.id):
        yield from of_question(list(draws), said)


def of_question(draws: Sequence[Trace], said: Said) -> list[Trace]:
    """A question's traces with what people said of them, and the traces that their edits make."""
    about = sorted((d for trace in draws for d in said.get(trace.id, ())), key=lambda decision: decision.number)
    if not about:
        return list(draws)
    opinions = {trace.id: _Opinion(trace) for trace in draws}
    for decision in about:
        opinions[decision.subject].hear(decision)
        if _of_the_question(decision, opinions[decision.subject].trace.question):
            for other in opinions.values():
                if other.trace.id != decision.subject:
                    other.overhear(decision)
    made = [one for opinion in opinions.values() if (one := opinion.edited) is not None]
    asked = draws[0].question.id
    made.sort(key=lambda trace: (trace.question.id != asked, trace.question.id))
    return [*(opinion.trace_as_heard for opinion in opinions.values()), *made]


def edited_from(trace: Trace) -> str | None:
    """The id of the trace that a person edited into this one; None for one that a model drew."""
    for verdict in trace.verdicts:
        for finding in verdict.findings if verdict.check == CHECK else ():
            if finding.kind == EDITED_FROM:
                return finding.detail
    return None


def standing_by_checks(trace: Trace) -> Standing:
    """Where it would stand if nobody had looked."""
    return msgspec.structs.replace(trace, verdicts=tuple(v for v in trace.verdicts if not v.person)).standing


def edited(trace: Trace, decision: Decision) -> Trace:
    """The trace that an edit makes of another. Raises ValueError where its answer cannot be read."""
    text = decision.now or text_of(trace)
    question = trace.question if asks_the_same(text, trace.question) else _question(trace.question, decision)
    answer = read_answer(text.answer, question)
    if answer is None:
        raise ValueError("the answer cannot be read: it has to be one of the choices, or of the question's kind")
    right = compare(answer, question)
    same = question is trace.question
    return msgspec.structs.replace(
        trace,
        id=identity("edit", trace.id, question.id, text.thinking, text.answer),
        question=question,
        author=decision.by,
        thinking=text.thinking,
        text=text.answer,
        answer=answer,
        finish="stop",
        closed=True,
        verdicts=(_as_edited(trace, decision),),
        right=None if right == "undecided" else right == "equivalent",
        pass_rate=trace.pass_rate if same else None,
        majority=trace.majority if same else None,
        suspect_key=trace.suspect_key if same else False,
    )


def _question(question: Question, decision: Decision) -> Question:
    """The question that an edit asks instead, with its own id; raises ValueError where its key is no choice of it."""
    text = decision.now
    assert text is not None
    if text.choices and text.key not in text.choices:
        raise ValueError("the key has to be one of the choices, word for word")
    if len(set(text.choices)) != len(text.choices):
        raise ValueError("two choices are the same")
    if question.type == "choice" and len(text.choices) < 2:
        raise ValueError("a choice needs two choices at least")
    return msgspec.structs.replace(
        question,
        id=question_id(question.clips, question.type, text.question, text.choices, text.key),
        text=text.question,
        choices=text.choices,
        answer=text.key,
        author=decision.by,
        distractors=tuple(wrong for wrong in question.distractors if wrong.text in text.choices),
    )


def _as_edited(trace: Trace, decision: Decision) -> Verdict:
    mark = Finding(kind=EDITED_FROM, detail=trace.id)
    return msgspec.structs.replace(verdict_of(decision), outcome="pass", findings=(mark,))


def _of_the_question(decision: Decision, question: Question) -> bool:
    if decision.action == "edit" and decision.now is not None:
        return not asks_the_same(decision.now, question)
    return decision.action == "reject" and decision.reason in OF_THE_QUESTION


@dataclass
class _Opinion:
    """What people have said so far of one trace, and of what an edit made of it."""

    trace: Trace
    said: list[Verdict] = field(default_factory=list)
    edit: Trace | None = None
    said_of_edit: list[Verdict] = field(default_factory=list)

    def hear(self, decision: Decision) -> None:
        if decision.action != "edit":
            (self.said_of_edit if self.edit is not None else self.said).append(verdict_of(decision))
        elif decision.now == text_of(self.trace):
            self.edit = None
            restored = msgspec.structs.replace(verdict_of(decision), outcome="pass", reason="as it was at first")
            self.said.append(restored)
        else:
            self._change(decision)

    def _change(self, decision: Decision) -> None:
        try:
            self.edit, self.said_of_edit = edited(self.trace, decision), []
            self.said.append(verdict_of(decision))
        except ValueError as error:
            # It was readable when it was taken; answers are read by other rules now.
            lost = msgspec.structs.replace(verdict_of(decision), outcome="unscored", reason=f"edited, but {error}")
            self.said.append(lost)

    def overhear(self, decision: Decision) -> None:
        """Said of another draw, and of the question that they share."""
        verdict = verdict_of(decision)
        verdict = msgspec.structs.replace(verdict, reason=f"said of another draw of this question: {verdict.reason}")
        self.said.append(verdict)
        if self.edit is not None and self.edit.question.id == self.trace.question.id:
            self.said_of_edit.append(verdict)

    @property
    def trace_as_heard(self) -> Trace:
        """The original, with the checks' verdicts and people's; an edit stands in for it."""
        own = tuple(verdict for verdict in self.trace.verdicts if not (verdict.person and verdict.check == CHECK))
        return msgspec.structs.replace(self.trace, verdicts=own + tuple(self.said)) if self.said else self.trace

    @property
    def edited(self) -> Trace | None:
        if self.edit is None:
            return None
        return msgspec.structs.replace(self.edit, verdicts=self.edit.verdicts + tuple(self.said_of_edit))
