"""Quality verification (Audio-Cogito, section 2.1.4): checks say verdicts about a question's traces.

Checks run in the order listed and stop at a trace's first failure unless `all`: the cheap ones come first, and a judge
is not paid for a chain that is already out. A check that fails to do its work says `unscored`, which is no verdict on
the trace. Nothing is dropped: every trace leaves with its verdicts and its standing follows from them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msgspec

from audio_cogito import plugins
from audio_cogito.answers import matches
from audio_cogito.messages import Model
from audio_cogito.prompts import Prompt
from audio_cogito.types import Record, Trace, Verdict

STAGE = "verify"


class Settings(Record, omit_defaults=False):
    checks: tuple[str, ...] = ("complete", "consistent", "judge")
    """In this order."""
    all: bool = False
    """Go on after a failure, so that every trace has every verdict."""


@dataclass(frozen=True)
class Check:
    """A file of `checks/` bound to its settings. A setting called `model` or `prompt` names what it needs."""

    name: str
    takes: Literal["question", "trace"]
    settings: Record
    function: Callable[..., Awaitable[Verdict]]

    @property
    def model(self) -> str | None:
        return getattr(self.settings, "model", None)

    @property
    def prompt(self) -> str | None:
        return getattr(self.settings, "prompt", None)

    async def __call__(self, trace: Trace, *, models: Mapping[str, Model], prompts: Mapping[str, Prompt]) -> Verdict:
        subject = trace.question if self.takes == "question" else trace
        return await self.function(subject, models=models, prompts=prompts, settings=self.settings)


def bind(
    names: tuple[str, ...], tables: Mapping[str, Mapping[str, Any]], folders: tuple[Path, ...]
) -> tuple[Check, ...]:
    """The checks of these names, in order, each with its table of settings. SetupError where one is not there."""
    return tuple(_bound(name, tables.get(name, {}), folders) for name in names)


def _bound(name: str, table: Mapping[str, Any], folders: tuple[Path, ...]) -> Check:
    module = plugins.load("checks", name, folders)
    settings = msgspec.convert(table, module.Settings)
    return Check(name=name, takes=module.INFO.takes, settings=settings, function=module.check)


async def verify(
    traces: list[Trace],
    *,
    checks: tuple[Check, ...],
    models: Mapping[str, Model],
    prompts: Mapping[str, Prompt],
    settings: Settings,
) -> list[Trace]:
    """The question's traces, in order, each with its verdicts and the question's pass rate."""
    judged = [_verdicts(trace, checks, models, prompts, settings.all) for trace in traces]
    verdicts = await asyncio.gather(*judged) if len(judged) > 1 else [await judged[0]]
    pass_rate = sum(matches(trace.answer, trace.question) for trace in traces) / len(traces)
    return [
        msgspec.structs.replace(trace, verdicts=trace.verdicts + said, pass_rate=pass_rate)
        for trace, said in zip(traces, verdicts, strict=True)
    ]


async def _verdicts(
    trace: Trace, checks: tuple[Check, ...], models: Mapping[str, Model], prompts: Mapping[str, Prompt], all_: bool
) -> tuple[Verdict, ...]:
    verdicts: list[Verdict] = []
    for check in checks:
        verdict = await check(trace, models=models, prompts=prompts)
        verdicts.append(verdict)
        if verdict.outcome == "fail" and not (all_ or verdict.advisory):
            break
    return tuple(verdicts)
