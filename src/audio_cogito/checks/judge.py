"""LLM-as-a-judge (Audio-Cogito, section 2.1.4; Audio-Reasoner, appendix A.3): an auditor that hears the clip.

It lists what the chain claims to hear and where it goes wrong, each with a quotation. Code, not the judge, derives the
outcome: a finding whose quotation is not in the chain is void, and a chain with a valid finding fails. A reply that
cannot be read after all attempts is `unscored`, as is a call that cannot be had.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from audio_cogito.checks import CheckInfo
from audio_cogito.errors import CallFailed, Unreadable
from audio_cogito.messages import Message, Model, Sampling, Schema
from audio_cogito.models.ask import Asking, ask
from audio_cogito.parsing import Reading, read_json, schema_of
from audio_cogito.prompts import Prompt, facts
from audio_cogito.types import Finding, Record, Trace, Verdict

INFO = CheckInfo(takes="trace", summary="a model that hears the clip finds nothing wrong with the chain")


class Settings(Record, omit_defaults=False):
    model: str = "auditor"
    prompt: str = "judge"
    facts: bool = True
    """Show the judge what is known of the clip."""
    asking: Asking = Asking(sampling=Sampling(temperature=0.0, max_tokens=2048))


class Claim(Record):
    """Something the chain says it hears, and whether the judge hears it too."""

    quote: str
    heard: Literal["supported", "contradicted", "inaudible", "cannot tell"]


class Fault(Record):
    """A step that does not follow, a conclusion that is not the answer, or a leak."""

    quote: str
    kind: Literal["logic", "conclusion", "leak"]
    why: str


class Judgement(Record):
    """The judge's whole reply."""

    claims: tuple[Claim, ...]
    faults: tuple[Fault, ...]


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
        outcome="fail" if findings else "pass",
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


def findings_of(judgement: Judgement, trace: Trace) -> tuple[tuple[Finding, ...], int]:
    """The findings whose words stand in the chain, and how many do not."""
    found = [
        Finding(kind=claim.heard, quote=claim.quote, detail="what the chain says it hears")
        for claim in judgement.claims
        if claim.heard in ("contradicted", "inaudible")
    ]
    found += [Finding(kind=fault.kind, quote=fault.quote, detail=fault.why) for fault in judgement.faults]
    chain = _words(trace.thinking + "\n" + trace.text)
    valid = tuple(finding for finding in found if _words(finding.quote) and _words(finding.quote) in chain)
    return valid, len(found) - len(valid)


def _words(text: str) -> str:
    return " ".join(text.split()).casefold()
