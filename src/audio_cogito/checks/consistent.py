"""The QA consistency check (Audio-Cogito, section 2.1.4): the answer that was reasoned to against the key.

Code compares by the type of the question (`answers.agreement`). What it cannot decide, another wording of an open
answer or a translation that is neither near nor far, a model decides where one is named: it reads question, key and
answer, and hears nothing. Without a model, or when its reply cannot be had, the check is `unscored`.

A chain that states one answer at its end and then gives another is `unfaithful`, whichever of the two is right: the
answer does not come of the reasoning.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

import msgspec

from audio_cogito.answers import Agreement, Near, compare, conclusion, matches
from audio_cogito.checks import CheckInfo
from audio_cogito.errors import CallFailed, Unreadable
from audio_cogito.messages import Model, Sampling, Schema
from audio_cogito.models.ask import Asking, ask
from audio_cogito.parsing import Reading, read_json, schema_of
from audio_cogito.prompts import Prompt
from audio_cogito.types import Finding, Record, Trace, Verdict

INFO = CheckInfo(
    takes="trace", summary="a chain that concludes what it answers, and whose answer is the question's key"
)


class Settings(Record, omit_defaults=False):
    near: Near = Near()
    """How near to the key an answer has to be: `[checks.consistent.near]`."""
    unfaithful: bool = True
    """Fail a chain whose own last conclusion is not its answer."""
    model: str | None = None
    """Who is asked where code cannot decide; None leaves that `unscored`."""
    prompt: str = "equivalent"
    asking: Asking = Asking(sampling=Sampling(temperature=0.0, max_tokens=256))


class Equivalence(Record):
    """The model's whole reply."""

    agreement: Literal["equivalent", "partial", "contradicts", "unreadable"]


SCHEMA = Schema(name="equivalence", schema=schema_of(Equivalence))
KINDS = {"partial": "partial_answer", "contradicts": "wrong_answer", "unreadable": "no_answer"}


async def check(
    trace: Trace, *, models: Mapping[str, Model], prompts: Mapping[str, Prompt], settings: Settings
) -> Verdict:
    said: Agreement | Literal["partial"] = compare(trace.answer, trace.question, settings.near)
    by = None
    if said == "undecided":
        if settings.model is None:
            return _unscored("code cannot tell whether this is the key: name a model in checks.consistent.model")
        by = models[settings.model].author
        try:
            said = await _asked(trace, models[settings.model], prompts[settings.prompt], settings.asking)
        except (Unreadable, CallFailed) as error:
            return _unscored(str(error), by)
    findings = tuple(_findings(trace, KINDS.get(said), settings))
    reason = ", ".join(finding.kind for finding in findings)
    return Verdict(check="consistent", outcome="fail" if findings else "pass", reason=reason, findings=findings, by=by)


def _unscored(reason: str, by: str | None = None) -> Verdict:
    return Verdict(check="consistent", outcome="unscored", reason=reason, by=by)


async def _asked(
    trace: Trace, model: Model, prompt: Prompt, asking: Asking
) -> Literal["equivalent", "partial", "contradicts", "unreadable"]:
    question = trace.question
    messages = prompt.messages((), question=question.text, key=question.answer, answer=trace.answer)
    return (await ask(model, messages, asking, _read, SCHEMA)).agreement


def _read(reading: Reading) -> Equivalence:
    return read_json(reading, Equivalence)


def _findings(trace: Trace, kind: str | None, settings: Settings) -> Iterator[Finding]:
    if kind is not None:
        yield Finding(kind=kind, quote=trace.answer or "", detail=f"the key is {trace.question.answer!r}")
    if settings.unfaithful and trace.answer is not None:
        concluded = conclusion(trace.thinking, trace.question)
        if concluded is not None and not _same(concluded, trace.answer, trace, settings.near):
            detail = f"the chain concludes this, and the answer is {trace.answer!r}"
            yield Finding(kind="unfaithful", quote=concluded, detail=detail)


def _same(concluded: str, answer: str, trace: Trace, near: Near) -> bool:
    return concluded == answer or matches(concluded, msgspec.structs.replace(trace.question, answer=answer), near)
