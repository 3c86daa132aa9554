"""LLM-as-a-judge (Audio-Cogito, section 2.1.4; Audio-Reasoner, appendix A.3): an auditor that hears the clip.

It lists what the chain claims to hear, the steps that do not follow, the chain's own conclusion, and mentions of what a
listener could not have, each with a quotation; and apart from the chain it says whether the key is right. Code, not the
judge, derives the outcome: a finding whose words are not in the chain is void, and a chain with a valid finding fails.
A reply that cannot be read after all attempts is `unscored`, as is a call that cannot be had.

A key that the judge holds for wrong is the finding `bad_key`, and the trace fails whatever its chain is worth. That
drops the question: rows are made of accepted traces alone, so a question whose traces all fail so leaves none. Where it
has several draws, `verify` takes what is said of the key beside one chain for all of them (`has_bad_key`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Literal

from audio_cogito.checks import CheckInfo
from audio_cogito.errors import CallFailed, Unreadable
from audio_cogito.messages import Message, Model, Sampling, Schema
from audio_cogito.models.ask import Asking, ask
from audio_cogito.parsing import Reading, read_json, schema_of
from audio_cogito.prompts import Prompt, facts
from audio_cogito.types import Finding, Record, Trace, Verdict

INFO = CheckInfo(takes="trace", summary="a model that hears the clip finds nothing wrong with the chain or the key")
BAD_KEY = "bad_key"
MARKS = {
    "caption": "mentions_caption",
    "metadata": "mentions_metadata",
    "given answer": "mentions_given_answer",
    "relistening": "relistening",
}
"""What a chain mentions -> the kind of the finding."""


class Settings(Record, omit_defaults=False):
    model: str = "auditor"
    prompt: str = "judge"
    facts: bool = True
    """Show the judge what is known of the clip."""
    relistening_fails: bool = False
    """Fail a chain that says it plays the clip again; else the finding is kept and decides nothing."""
    asking: Asking = Asking(sampling=Sampling(temperature=0.0, max_tokens=2048))


class Claim(Record):
    """Something the chain says it hears, and whether the judge hears it too."""

    quote: str
    heard: Literal["supported", "contradicted", "inaudible", "cannot tell"]


class Step(Record):
    """A step that does not follow."""

    quote: str
    why: str


class Conclusion(Record):
    """What the chain itself concludes at its end, and whether that is the answer."""

    quote: str
    equals: Literal["yes", "no", "none"]


class Mark(Record):
    """A mention of something that a listener could not have."""

    quote: str
    of: Literal["caption", "metadata", "given answer", "relistening"]


class Judgement(Record):
    """The judge's whole reply; the order of fields is the order of writing."""

    claims: tuple[Claim, ...]
    steps: tuple[Step, ...]
    conclusion: Conclusion
    marks: tuple[Mark, ...]
    key_ok: Literal["yes", "no", "unsure"]
    key_reason: str


SCHEMA = Schema(name="verdict", schema=schema_of(Judgement))


async def check(
    trace: Trace, *, models: Mapping[str, Model], prompts: Mapping[str, Prompt], settings: Settings
) -> Verdict:
    model = models[settings.model]
    try:
        judgement = await ask(
            model, _messages(trace, prompts[settings.prompt], settings), settings.asking, _read, SCHEMA
        )
    except (Unreadable, CallFailed) as error:
        return Verdict(check="judge", outcome="unscored", reason=str(error), by=model.author)
    findings, void = findings_of(judgement, trace)
    return Verdict(
        check="judge",
        outcome="fail" if any(_fails(finding, settings) for finding in findings) else "pass",
        reason=f"{void} findings without a quotation from the chain were set aside" if void else "",
        findings=findings,
        by=model.author,
    )


def _messages(trace: Trace, prompt: Prompt, settings: Settings) -> tuple[Message, ...]:
    question = trace.question
    shown = [line for clip in question.clips for line in facts.lines(clip.recording.facts)] if settings.facts else []
    return prompt.messages(
        question.clips,
        facts=shown,
        question=question.text,
        choices=question.choices,
        key=question.answer,
        thinking=trace.thinking,
        answer=trace.answer or trace.text,
    )


def _read(reading: Reading) -> Judgement:
    return read_json(reading, Judgement)


def _fails(finding: Finding, settings: Settings) -> bool:
    return settings.relistening_fails or finding.kind != "relistening"


def has_bad_key(verdict: Verdict) -> bool:
    """Whether a verdict says that the question's key is wrong."""
    return any(finding.kind == BAD_KEY for finding in verdict.findings)


def findings_of(judgement: Judgement, trace: Trace) -> tuple[tuple[Finding, ...], int]:
    """The findings whose words stand in the chain, then one for a bad key; and how many had other words.

    Kinds: contradicted, inaudible, logic, conclusion, those of `MARKS`, bad_key.
    """
    found = list(_about_chain(judgement))
    chain = _words(f"{trace.thinking}\n{trace.text}") if found else ""
    valid = tuple(finding for finding in found if (quote := _words(finding.quote)) and quote in chain)
    bad = (Finding(kind=BAD_KEY, detail=judgement.key_reason),) if judgement.key_ok == "no" else ()
    return valid + bad, len(found) - len(valid)


def _about_chain(judgement: Judgement) -> Iterator[Finding]:
    for claim in judgement.claims:
        if claim.heard in ("contradicted", "inaudible"):
            yield Finding(kind=claim.heard, quote=claim.quote, detail="what the chain says it hears")
    for step in judgement.steps:
        yield Finding(kind="logic", quote=step.quote, detail=step.why)
    if judgement.conclusion.equals == "no":
        yield Finding(kind="conclusion", quote=judgement.conclusion.quote, detail="not what is answered")
    for mark in judgement.marks:
        yield Finding(kind=MARKS[mark.of], quote=mark.quote, detail="nothing that a listener has")


WORD = re.compile(r"\w+")


def _words(text: str) -> str:
    """The words alone: judges copy them, but not every comma, quotation mark or line's end."""
    return " ".join(WORD.findall(text.casefold()))
