"""What a build holds open while it runs: stores, models, prompts, the seed pool, checks and tallies (`opening`)."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from audio_cogito.audio import Sounds
from audio_cogito.cleaning.contamination import RULES, Contamination, Looked, Rule, brought_forward
from audio_cogito.config import Recipe, resolved
from audio_cogito.hearing.listeners import Listeners
from audio_cogito.hearing.prints import Prints
from audio_cogito.ledger import Drop, Failure
from audio_cogito.models.cache import Remembered
from audio_cogito.models.clients import Client
from audio_cogito.models.meter import metered
from audio_cogito.prompts import Prompt
from audio_cogito.review import opinions
from audio_cogito.review.decisions import Said
from audio_cogito.run import Run, RunRecord, StageRecord, State, now
from audio_cogito.runner import Tally, tallied
from audio_cogito.seeds import Draw
from audio_cogito.spending.accounts import stage_record, usage_record, versions
from audio_cogito.spending.coverage import Coverage
from audio_cogito.spending.guards import Guards
from audio_cogito.spending.pilot import Pilot
from audio_cogito.stages.collect import collect
from audio_cogito.stages.construct import construct
from audio_cogito.stages.pose import pose
from audio_cogito.stages.think import think
from audio_cogito.stages.verify import Asked, Check, verify
from audio_cogito.store import Hearings
from audio_cogito.types import Clip, Question, Recording, Trace, Verdict

STAGES = ("collect", "select", "construct", "think", "verify")


@dataclass
class Build:
    """A build under way. Its methods are the stages, bound to what the recipe says and counted."""

    recipe: Recipe
    run: Run
    sounds: Sounds
    hearings: Hearings
    prints: Prints | None
    """Fingerprints; None where the recipe asks for none."""
    listeners: Listeners
    clients: Mapping[str, Client]
    """The servers, and models in this process, by role."""
    models: Mapping[str, Remembered]
    """The same, each behind the reply store."""
    prompts: Mapping[str, Prompt]
    draw: Draw
    checks: tuple[Check, ...]
    seed_pool: str
    guards: Guards
    contamination: Contamination
    said: Said
    """What people decided about the run's samples."""
    only: str | None
    """The one stage to be run; None for the whole road."""
    earlier: RunRecord | None
    """What an earlier invocation counted, for the stages that this one leaves alone."""
    coverage: Mapping[str, Coverage]
    """How much of each source is here, by the recipe's name of it."""
    tallies: dict[str, Tally] = field(default_factory=lambda: {stage: Tally() for stage in STAGES})
    limit: int | None = None
    """At most so many recordings are read."""
    pilot: Pilot | None = None
    """What is measured, where this is a pilot."""
    audio_seconds: float = 0.0
    written: list[Path] = field(default_factory=list)
    began: str = field(default_factory=now)
    started: float = field(default_factory=time.monotonic)

    async def collect(self, recording: Recording) -> Sequence[Clip | Drop | Failure]:
        self.guards.spending(paid=False)
        work = collect(
            recording,
            sounds=self.sounds,
            hearings=self.hearings,
            listeners=self.listeners,
            settings=self.recipe.collect,
            prints=self.prints,
        )
        return await tallied(self.tallies["collect"], "collect", recording.ref, work)

    async def construct(self, clip: Clip) -> Sequence[Question | Drop | Failure]:
        """The clip's own questions, where its source poses some, else the annotator's, where there is one."""
        if clip.recording.posed or self.recipe.construct.model not in self.models:
            return await tallied(self.tallies["construct"], "construct", clip.id, self._kept_apart(pose(clip)))
        settings = self.recipe.construct
        work = construct(
            clip,
            model=self.models[settings.model],
            prompt=self.prompts[settings.prompt],
            draw=self.draw,
            settings=settings,
            random_seed=self.recipe.random_seed,
        )
        with metered(keep=self.pilot is not None) as meter:
            entries = await tallied(self.tallies["construct"], "construct", clip.id, self._kept_apart(work))
        if self.pilot:
            self.pilot.constructed(clip, entries, meter)
        self.guards.constructed(entries, paid=meter.paid)
        return entries

    async def _kept_apart(
        self, written: Awaitable[Sequence[Question | Drop | Failure]]
    ) -> Sequence[Question | Drop | Failure]:
        """With a Drop in place of each question that is a benchmark's."""
        return [
            self.contamination.drop("construct", entry.clips[0].id, hit)
            if isinstance(entry, Question) and (hit := self.contamination.of_question(entry))
            else entry
            for entry in await written
        ]

    def asked(self, question: Question) -> Asked:
        """The question before its own checks, for `think` and `verify`."""
        settings = self.recipe.verify
        return Asked(question, checks=self.checks, models=self.models, prompts=self.prompts, settings=settings)

    async def think(self, question: Question, asked: Asked) -> Sequence[Trace | Drop | Failure]:
        tally = self.tallies["think"]
        with metered(keep=self.pilot is not None) as meter:
            entries = await tallied(tally, "think", question.id, self._thought(question, asked))
        if any(isinstance(entry, Drop) for entry in entries):
            tally.reasons.update(_not_passed(await asked.verdicts()))
        if self.pilot:
            self.pilot.thought(question, meter)
        self.guards.thought(question.id, entries, paid=meter.paid, verified_next=self.only is None)
        return entries

    async def _thought(self, question: Question, asked: Asked) -> Sequence[Trace | Drop | Failure]:
        if (rejection := await asked.rejection()) is not None:
            return [rejection]
        settings = self.recipe.think
        return await think(
            question,
            model=self.models[settings.model],
            prompt=self.prompts[settings.prompt],
            settings=settings,
        )

    async def verify(self, traces: list[Trace], asked: Asked) -> Sequence[Trace | Failure]:
        work = self._verified(traces, asked)
        tally = self.tallies["verify"]
        question = traces[0].question
        with metered(keep=self.pilot is not None) as meter:
            verified = await tallied(tally, "verify", question.id, work)
        for trace in verified:
            if isinstance(trace, Trace):
                tally.standings[trace.standing] += 1
                tally.right[trace.standing] += trace.right is True
                self._accepted(trace)
                tally.reasons.update(_not_passed(trace.verdicts))
        if any(isinstance(trace, Trace) and trace.suspect_key for trace in verified):
            tally.reasons["suspect_key"] += 1
        if self.pilot:
            self.pilot.verified(question, verified, meter)
        self.guards.verified(question.id, verified, paid=meter.paid)
        return verified

    def _accepted(self, trace: Trace) -> None:
        # Clips that an earlier recipe's source gave are nobody's here.
        if trace.standing == "accepted" and (one := self.coverage.get(trace.question.clips[0].recording.source)):
            one.accepted += 1

    async def _verified(self, traces: list[Trace], asked: Asked) -> list[Trace]:
        """With the checks' verdicts and, after them, people's."""
        settings = self.recipe.verify
        verified = await verify(
            traces, checks=self.checks, models=self.models, prompts=self.prompts, settings=settings, asked=asked
        )
        return opinions.of_question(verified, self.said) if self.said else verified

    def record(self, state: State, stopped_by: str | None = None) -> RunRecord:
        return RunRecord(
            recipe=resolved(self.recipe),
            recipe_digest=self.recipe.digest,
            random_seed=self.recipe.random_seed,
            only=self.only,
            limit=self.limit,
            pilot=self.pilot.size if self.pilot else None,
            state=state,
            began=self.began,
            ended=None if state == "running" else now(),
            stopped_by=stopped_by,
            versions=versions(),
            prompts=tuple(prompt.ref for _, prompt in sorted(self.prompts.items())),
            seed_pool=self.seed_pool,
            stages={name: self._stage(name, tally) for name, tally in self.tallies.items()},
            decontamination=self._looked(),
            sources={name: one.record for name, one in self.coverage.items()},
            usage={role: usage_record(client, self.models[role]) for role, client in sorted(self.clients.items())},
            audio_seconds=round(self.audio_seconds, 3),
            seconds=round(time.monotonic() - self.started, 3),
        )

    def _stage(self, name: str, tally: Tally) -> StageRecord:
        earlier = self.earlier.stages if self.earlier else {}
        return stage_record(tally) if tally.read or name not in earlier else earlier[name]

    def _looked(self) -> tuple[Looked, ...]:
        earlier = self.earlier.decontamination if self.earlier else ()
        return tuple(brought_forward(earlier, self.contamination.looked(), self._rules_run))

    @property
    def _rules_run(self) -> tuple[Rule, ...]:
        """Those that this invocation had something to say by."""
        stage_of = {rule: "construct" if rule == "question" else "select" for rule in RULES}
        return tuple(rule for rule in RULES if self.only is None or self.tallies[stage_of[rule]].read)

    @property
    def failed(self) -> int:
        return sum(tally.failed for tally in self.tallies.values())


def _not_passed(verdicts: Iterable[Verdict]) -> list[str]:
    """Every verdict that is no pass, as the funnel names it."""
    return [f"{verdict.check} {verdict.outcome}" for verdict in verdicts if verdict.outcome != "pass"]
