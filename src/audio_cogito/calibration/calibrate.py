"""How much of what is wrong an auditor finds: errors are planted in a run's accepted chains, and it is asked of each.

The chains are those of lowest hash among the accepted: for each kind of error (`planting`) as many as are asked for and
can carry it, and as many untouched. `recall` is the share of planted chains that the check fails; `named` the share
whose finding quotes the planted words, so that a chain failed for something else does not count. What the check fails
of the untouched are its false rejections. What it could not judge is in neither. Intervals are Wilson's, of 95 %.

Accepted is not right: an auditor that is better than the run's rejects some untouched chains with reason. And where it
is the run's own, it has passed every one of them before, so that it has no false rejections by construction; the report
says so. Replies are remembered, so the same calibration again pays for nothing.
"""

from __future__ import annotations

import asyncio
import heapq
import logging
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from audio_cogito.calibration.planting import ALL_KINDS, Kind, Planted, plant
from audio_cogito.errors import CogitoError, SetupError
from audio_cogito.intervals import wilson
from audio_cogito.messages import Model
from audio_cogito.prompts import Prompt
from audio_cogito.stages.verify import Check
from audio_cogito.store import write_whole
from audio_cogito.types import Finding, Outcome, PromptRef, Record, Trace, Verdict, identity

LOG = logging.getLogger("audio_cogito")
AT_ONCE = 512
"""Chains asked about at once; how many reach the server is its client's business."""


class Case(Record, omit_defaults=False):
    """One chain that the auditor was asked about."""

    kind: Kind | None
    """None for an untouched chain."""
    trace: str
    """The accepted trace."""
    was: str
    now: str
    outcome: Outcome
    named: bool
    """A finding quotes the planted words."""
    reason: str
    findings: tuple[Finding, ...]


class Share(Record, omit_defaults=False):
    """A number of chains of those that were judged, with the interval of its share."""

    count: int
    of: int
    interval: tuple[float, float] | None


class Recall(Record, omit_defaults=False):
    """What became of the chains with one kind of error."""

    kind: Kind
    carriers: int
    """Accepted chains that could carry it."""
    planted: int
    unscored: int
    caught: Share
    named: Share | None
    """None where the check found nothing in so many words."""


class Calibration(Record, omit_defaults=False):
    """What is known of one auditor under one check."""

    check: str
    auditor: str
    prompt: PromptRef | None
    settings: dict[str, Any]
    random_seed: int
    sample: int
    accepted: int
    """Accepted chains of the run."""
    recall: tuple[Recall, ...]
    false_rejections: Share
    untouched_unscored: int
    same_auditor: int
    """Of the untouched, those that this very check and auditor have passed before."""


class Picked(Record):
    """The chains to be asked about."""

    accepted: int
    untouched: tuple[Trace, ...]
    planted: tuple[Planted, ...]
    carriers: dict[Kind, int]


def pick(traces: Iterable[Trace], *, sample: int, random_seed: int) -> Picked:
    """The accepted chains of lowest hash, `sample` of them untouched and as many for each kind. Memory holds these."""
    lowest: dict[Kind | None, list[tuple[int, str, Trace]]] = {kind: [] for kind in (None, *ALL_KINDS)}
    carriers: dict[Kind, int] = dict.fromkeys(ALL_KINDS, 0)
    accepted = 0
    for trace in traces:
        if trace.standing != "accepted":
            continue
        accepted += 1
        _keep(lowest[None], trace, "untouched", sample, random_seed)
        for kind in ALL_KINDS:
            if plant(trace, kind, random_seed=random_seed) is not None:
                carriers[kind] += 1
                _keep(lowest[kind], trace, kind, sample, random_seed)
    planted = (plant(trace, kind, random_seed=random_seed) for kind in ALL_KINDS for trace in _ordered(lowest[kind]))
    return Picked(
        accepted=accepted,
        untouched=tuple(_ordered(lowest[None])),
        planted=tuple(one for one in planted if one is not None),
        carriers=carriers,
    )


def _keep(lowest: list[tuple[int, str, Trace]], trace: Trace, kind: str, sample: int, random_seed: int) -> None:
    """A heap of the `sample` lowest hashes, the highest of them on top."""
    rank = int(identity("calibrate", str(random_seed), kind, trace.id), 16)
    if len(lowest) < sample:
        heapq.heappush(lowest, (-rank, trace.id, trace))
    elif -rank > lowest[0][0]:
        heapq.heapreplace(lowest, (-rank, trace.id, trace))


def _ordered(lowest: list[tuple[int, str, Trace]]) -> Iterator[Trace]:
    return (trace for _, _, trace in sorted(lowest, key=lambda entry: (-entry[0], entry[1])))


async def calibrate(
    picked: Picked,
    *,
    check: Check,
    auditor: str,
    models: Mapping[str, Model],
    prompts: Mapping[str, Prompt],
    sample: int,
    random_seed: int,
) -> tuple[Calibration, tuple[Case, ...]]:
    """Ask the check of every chain picked, and count."""
    work = [(None, trace) for trace in picked.untouched] + [(planted, planted.trace) for planted in picked.planted]
    verdicts = await _asked([trace for _, trace in work], check, models, prompts)
    cases = tuple(_case(planted, trace, said) for (planted, trace), said in zip(work, verdicts, strict=True))
    untouched = [case for case in cases if case.kind is None]
    rejected, unscored = _counted(untouched)
    prompt = prompts[check.prompt].ref if check.prompt else None
    told = Calibration(
        check=check.name,
        auditor=auditor,
        prompt=prompt,
        settings=msgspec.to_builtins(check.settings),
        random_seed=random_seed,
        sample=sample,
        accepted=picked.accepted,
        recall=tuple(_recall(kind, picked.carriers[kind], cases) for kind in ALL_KINDS),
        false_rejections=rejected,
        untouched_unscored=unscored,
        same_auditor=sum(_passed_before(trace, check.name, auditor) for trace in picked.untouched),
    )
    return told, cases


async def _asked(
    traces: list[Trace], check: Check, models: Mapping[str, Model], prompts: Mapping[str, Prompt]
) -> list[Verdict]:
    places = asyncio.Semaphore(AT_ONCE)

    async def ask(trace: Trace) -> Verdict:
        async with places:
            try:
                return await check(trace, models=models, prompts=prompts)
            except CogitoError:
                raise
            except Exception as error:
                LOG.exception("calibrate: %s", trace.id)
                return Verdict(check=check.name, outcome="unscored", reason=f"crashed: {error}")

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(ask(trace)) for trace in traces]
    except BaseExceptionGroup as errors:
        raise next((error for error in errors.exceptions if isinstance(error, CogitoError)), errors) from None
    return [task.result() for task in tasks]


def _case(planted: Planted | None, trace: Trace, verdict: Verdict) -> Case:
    return Case(
        kind=planted.kind if planted else None,
        trace=planted.original if planted else trace.id,
        was=planted.was if planted else "",
        now=planted.now if planted else "",
        outcome=verdict.outcome,
        named=planted is not None and any(_names(finding, planted) for finding in verdict.findings),
        reason=verdict.reason,
        findings=verdict.findings,
    )


def _names(finding: Finding, planted: Planted) -> bool:
    """Whether a finding is about the error: it quotes it or a part of its sentence, or the chain against the answer."""
    if planted.kind == "answer_swapped":
        return finding.kind in ("conclusion", "wrong_answer", "unfaithful")
    quote, now, sentence = (
        f" {' '.join(text.lower().split())} " for text in (finding.quote, planted.now, planted.sentence)
    )
    bare = quote.strip(" .,;:!?\"'")
    return bool(bare) and (now.strip(" .") in quote or (not planted.was and bare in sentence))


def _passed_before(trace: Trace, check: str, auditor: str) -> bool:
    return any((said.check, said.by, said.outcome) == (check, auditor, "pass") for said in trace.verdicts)


def _counted(cases: list[Case]) -> tuple[Share, int]:
    """Those that the check fails of those that it judged, and how many it did not judge."""
    scored = [case for case in cases if case.outcome != "unscored"]
    return _share(sum(case.outcome == "fail" for case in scored), len(scored)), len(cases) - len(scored)


def _share(count: int, of: int) -> Share:
    interval = wilson(count, of)
    return Share(count=count, of=of, interval=interval and (round(interval[0], 4), round(interval[1], 4)))


def _recall(kind: Kind, carriers: int, cases: tuple[Case, ...]) -> Recall:
    of_kind = [case for case in cases if case.kind == kind]
    caught, unscored = _counted(of_kind)
    quotes = any(case.findings for case in cases)
    return Recall(
        kind=kind,
        carriers=carriers,
        planted=len(of_kind),
        unscored=unscored,
        caught=caught,
        named=_share(sum(case.named for case in of_kind if case.outcome == "fail"), caught.of) if quotes else None,
    )


def write(folder: Path, told: Calibration, cases: tuple[Case, ...]) -> Path:
    """FOLDER/CHECK-AUDITOR.json, and every case beside it in CHECK-AUDITOR.cases.jsonl."""
    name = "".join(c if c.isalnum() or c in "._-" else "_" for c in f"{told.check}-{told.auditor}")
    path = folder / f"{name}.json"
    write_whole(folder / f"{name}.cases.jsonl", b"".join(msgspec.json.encode(case) + b"\n" for case in cases))
    write_whole(path, msgspec.json.format(msgspec.json.encode(told), indent=2) + b"\n")
    return path


def bound_check(check: Check) -> Check:
    """The check, if it is one that an auditor says. Raises SetupError for one of questions, or that asks no model."""
    if check.takes != "trace":
        raise SetupError(f"the check {check.name!r} takes a question: errors are planted in chains")
    if check.model is None:
        raise SetupError(f"the check {check.name!r} asks no model, so there is no auditor to calibrate")
    return check
