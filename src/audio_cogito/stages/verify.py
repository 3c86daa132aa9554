"""Quality verification (Audio-Cogito, section 2.1.4): checks say verdicts about a question's traces.

Checks run in the order listed and stop at the first failure unless `all`: the cheap ones come first, and a judge is not
paid for a chain that is already out. A check that fails to do its work says `unscored`, which is no verdict on the
trace. No trace is dropped: every one leaves with its verdicts and its standing follows from them.

Checks of the question itself come before those of its traces, and before any chain is drawn (`Asked`): the thinker is
not paid for a question that is out. Such a question is dropped, in the ledger of think, with what the check said.

A question's draws are seen together: the share that is right, what most of them answer, and whether that speaks against
the key. Three listeners who agree on another answer are a reason to look at the question, not proof of anything.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msgspec

from audio_cogito import plugins, shards
from audio_cogito.answers import AS_A_RULE, Near, compare
from audio_cogito.answers.text import bare
from audio_cogito.audio import Sounds
from audio_cogito.checks import consistent, judge
from audio_cogito.errors import SetupError
from audio_cogito.ledger import Drop
from audio_cogito.messages import Model
from audio_cogito.prompts import Prompt
from audio_cogito.review import journal, opinions
from audio_cogito.run import Run
from audio_cogito.seeds import Seed
from audio_cogito.types import Question, Record, Trace, Verdict

STAGE = "verify"
LEAST_DRAWS = 3
"""Draws from which on most of them can be said to agree."""


class Settings(Record, omit_defaults=False):
    checks: tuple[str, ...] = ("copied_seed", "complete", "consistent", "language", "judge")
    """In this order, those that take a question before those that take a trace."""
    all: bool = False
    """Go on after a failure, so that every trace has every verdict; also draw chains for questions that are out."""


@dataclass(frozen=True)
class Check:
    """A file of `checks/` bound to its settings. A setting called `model` or `prompt` names what it needs."""

    name: str
    takes: Literal["question", "trace"]
    settings: Record
    function: Callable[..., Awaitable[Verdict]]
    prepare: Callable[..., Any] | None = None
    """What has to be done once before the check may be called; see the contract in `checks`."""
    prepared: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    """What came of it, as a further keyword for `function`."""

    @property
    def model(self) -> str | None:
        return getattr(self.settings, "model", None)

    @property
    def prompt(self) -> str | None:
        """Nothing where no model is asked."""
        return getattr(self.settings, "prompt", None) if self.model else None

    def ready(self, sounds: Sounds, pool: tuple[Seed, ...]) -> Check:
        """The check with what it needs to have prepared."""
        if self.prepare is None:
            return self
        return dataclasses.replace(self, prepared={"prepared": self.prepare(self.settings, sounds=sounds, pool=pool)})

    async def __call__(
        self, subject: Question | Trace, *, models: Mapping[str, Model], prompts: Mapping[str, Prompt]
    ) -> Verdict:
        return await self.function(subject, models=models, prompts=prompts, settings=self.settings, **self.prepared)


def bind(
    names: tuple[str, ...], tables: Mapping[str, Mapping[str, Any]], folders: tuple[Path, ...]
) -> tuple[Check, ...]:
    """The checks of these names, in order, each with its table of settings. SetupError where one is not there."""
    return tuple(_bound(name, tables.get(name, {}), folders) for name in names)


def _bound(name: str, table: Mapping[str, Any], folders: tuple[Path, ...]) -> Check:
    module = plugins.load("checks", name, folders)
    settings = msgspec.convert(table, module.Settings)
    return Check(
        name=name,
        takes=module.INFO.takes,
        settings=settings,
        function=module.check,
        prepare=getattr(module, "prepare", None),
    )


class Asked:
    """What the checks of a question say of it. They are asked when first needed, and once."""

    def __init__(
        self,
        question: Question,
        *,
        checks: tuple[Check, ...],
        models: Mapping[str, Model],
        prompts: Mapping[str, Prompt],
        settings: Settings,
    ) -> None:
        self._question, self._models, self._prompts, self._all = question, models, prompts, settings.all
        self._checks = [check for check in checks if check.takes == "question"]
        self._said: tuple[Verdict, ...] | None = None

    async def verdicts(self) -> tuple[Verdict, ...]:
        """In order, up to the first failure unless `all`."""
        if self._said is None:
            self._said = await _in_order(self._checks, self._question, self._models, self._prompts, self._all)
        return self._said

    async def rejection(self) -> Drop | None:
        """Why no chain is to be drawn for the question; None where one is."""
        failed = next((verdict for verdict in await self.verdicts() if _decides(verdict)), None)
        if failed is None or self._all:
            return None
        said = "; ".join(dict.fromkeys(filter(None, (failed.reason, *(f.detail for f in failed.findings)))))
        detail = f"{failed.check}: {said}: {self._question.text}"
        return Drop(stage="think", subject=self._question.id, reason="question_failed", detail=detail)


async def verify(
    traces: list[Trace],
    *,
    checks: tuple[Check, ...],
    models: Mapping[str, Model],
    prompts: Mapping[str, Prompt],
    settings: Settings,
    asked: Asked | None = None,
) -> list[Trace]:
    """The question's traces, in order, each with its verdicts and what its draws say together.

    `asked` is the question as its checks were asked before; without it they are asked now.
    """
    asked = asked or Asked(traces[0].question, checks=checks, models=models, prompts=prompts, settings=settings)
    of_question = await asked.verdicts()
    verdicts: Sequence[tuple[Verdict, ...]] = [of_question] * len(traces)
    if settings.all or not any(map(_decides, of_question)):
        of_trace = [check for check in checks if check.takes == "trace"]
        judged = [_in_order(of_trace, trace, models, prompts, settings.all) for trace in traces]
        said = await asyncio.gather(*judged) if len(judged) > 1 else [await judged[0]]
        verdicts = [of_question + one for one in said]
    verdicts = _with_bad_key(verdicts)
    near = _nearness(checks)
    right = [_right(trace, said, near) for trace, said in zip(traces, verdicts, strict=True)]
    known = [one for one in right if one is not None]
    majority = majority_of(traces)
    return [
        msgspec.structs.replace(
            trace,
            verdicts=trace.verdicts + said,
            right=one,
            pass_rate=sum(known) / len(known) if known else None,
            majority=majority,
            suspect_key=_speaks_against_key(majority, traces, right),
        )
        for trace, said, one in zip(traces, verdicts, right, strict=True)
    ]


async def _in_order(
    checks: Sequence[Check],
    subject: Question | Trace,
    models: Mapping[str, Model],
    prompts: Mapping[str, Prompt],
    all_: bool,
) -> tuple[Verdict, ...]:
    verdicts: list[Verdict] = []
    for check in checks:
        verdicts.append(await check(subject, models=models, prompts=prompts))
        if _decides(verdicts[-1]) and not all_:
            break
    return tuple(verdicts)


def _decides(verdict: Verdict) -> bool:
    """Whether what it is said of is out for it."""
    return verdict.outcome == "fail" and not verdict.advisory


def traces(run: Run) -> Iterator[Trace]:
    """The run's verified traces, in order, with what people have said of them since; raises SetupError where it has
    none."""
    paths = shards.paths(run.stage(STAGE))
    if not paths:
        raise SetupError(f"{run.folder} has no verified traces yet: run `cogito build` to its end")
    found = (trace for path in paths for trace in shards.read(path, Trace))
    yield from opinions.laid_over(found, journal.said_in(run.folder))


# --- a question's draws together --------------------------------------------------------------------------------------


def _with_bad_key(verdicts: Sequence[tuple[Verdict, ...]]) -> list[tuple[Verdict, ...]]:
    """A key that the judge of one draw holds for wrong is wrong for all: the question goes, not a trace of it."""
    found = next((verdict for said in verdicts for verdict in said if judge.has_bad_key(verdict)), None)
    if found is None:
        return list(verdicts)
    sister = Verdict(check="bad_key", outcome="fail", reason="said of another draw of this question", by=found.by)
    return [said if any(map(judge.has_bad_key, said)) else (*said, sister) for said in verdicts]


def _nearness(checks: tuple[Check, ...]) -> Near:
    """How near to the key is near enough, as the consistency check has it."""
    return next((c.settings.near for c in checks if isinstance(c.settings, consistent.Settings)), AS_A_RULE)


def _right(trace: Trace, verdicts: tuple[Verdict, ...], near: Near) -> bool | None:
    """Whether the answer is the key: as the consistency check found, else as far as code can tell."""
    for verdict in verdicts:
        if verdict.check == "consistent":
            return _found_right(verdict)
    said = compare(trace.answer, trace.question, near)
    return None if said == "undecided" else said == "equivalent"


def _found_right(verdict: Verdict) -> bool | None:
    """An answer that the chain does not conclude, and nothing else, is a right one."""
    if verdict.outcome == "unscored":
        return None
    kinds = {finding.kind for finding in verdict.findings}
    return verdict.outcome == "pass" or kinds == {"unfaithful"}


def majority_of(traces: Sequence[Trace]) -> str | None:
    """What more than half of at least three draws answer, in the words of the first; an unread answer is none."""
    if len(traces) < LEAST_DRAWS:
        return None
    answers = [trace.answer for trace in traces if trace.answer is not None]
    ((said, count),) = Counter(map(bare, answers)).most_common(1) or [("", 0)]
    return next(answer for answer in answers if bare(answer) == said) if 2 * count > len(traces) else None


def _speaks_against_key(majority: str | None, traces: Sequence[Trace], right: Sequence[bool | None]) -> bool:
    """Whether most draws give one answer that is known not to be the key."""
    if majority is None:
        return False
    wrong = [t.answer for t, known in zip(traces, right, strict=True) if known is False and t.answer is not None]
    return 2 * sum(bare(answer) == bare(majority) for answer in wrong) > len(traces)
