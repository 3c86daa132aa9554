"""Each part of the recipe rehearsed once with its own prompt, schema and reader, on a made sound."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial

import msgspec

from audio_cogito import prompts, seeds
from audio_cogito.config import Recipe
from audio_cogito.doctor.line import Line, State, remedy
from audio_cogito.doctor.made import Made
from audio_cogito.errors import CogitoError
from audio_cogito.ledger import Drop, Failure
from audio_cogito.models.openai import OpenAI
from audio_cogito.seeds import Draw
from audio_cogito.stages.construct import construct
from audio_cogito.stages.think import think
from audio_cogito.stages.verify import Check
from audio_cogito.types import Trace

LONGEST_THOUGHT = 4096
"""Tokens of a chain that is tried."""
CHAINS = 3
"""Chains that are tried where they are drawn: a thinker that mostly thinks may skip it once."""


async def rehearse(
    client: OpenAI, role: str, made: Made, recipe: Recipe, checks: tuple[Check, ...]
) -> AsyncIterator[Line]:
    """What a role does in the recipe, done once; an error is a fault."""
    work: dict[str, Callable[[], Awaitable[Line]]] = {}
    if role == recipe.construct.model:
        work["questions"] = partial(_questions, client, role, made, recipe)
    if role == recipe.think.model:
        work["reasoning"] = partial(_reasoning, client, role, made, recipe)
    for check in checks:
        if check.model == role:
            work[check.name] = partial(_verdict, client, role, made, recipe, check)
    for name, line in work.items():
        try:
            yield await line()
        except CogitoError as error:
            change = remedy(str(error), role=role, audio=made.folder)
            yield Line(subject=role, check=name, state="fault", measured=str(error), change=change)


async def _questions(client: OpenAI, role: str, made: Made, recipe: Recipe) -> Line:
    settings = recipe.construct
    entries = await construct(
        made.rising[5],
        model=client,
        prompt=prompts.load(settings.prompt, recipe.folders),
        draw=Draw(seeds.load(recipe.folders), recipe.random_seed),
        settings=msgspec.structs.replace(settings, asking=msgspec.structs.replace(settings.asking, attempts=1)),
        random_seed=recipe.random_seed,
    )
    failure = next((entry for entry in entries if isinstance(entry, Failure)), None)
    if failure is not None:
        change = _form(failure.detail, role, made, client.settings.structured)
        return Line(subject=role, check="questions", state="fault", measured=failure.detail, change=change)
    dropped = [f"{entry.reason}: {entry.detail}" for entry in entries if isinstance(entry, Drop)]
    said = f"{len(entries) - len(dropped)} written{''.join(f'; {reason}' for reason in dropped)}"
    if len(dropped) < len(entries):
        return Line(subject=role, check="questions", state="ok", measured=said)
    return Line(subject=role, check="questions", state="warn", measured=said, change="nothing yet: see a pilot")


def _form(detail: str, role: str, made: Made, structured: bool) -> str:
    """What to change where a reply is not in the form that was asked for, or could not be had."""
    if not ("not the JSON" in detail or "cut at" in detail):
        return remedy(detail, role=role, audio=made.folder)
    if not structured:
        return f"models.{role}.structured = true, if the server knows response_format; else another model"
    return (
        """the server's --structured-outputs-config '{"backend": "xgrammar", "disable_any_whitespace": true}'; """
        "or a larger max_tokens, if it was cut"
    )


async def _reasoning(client: OpenAI, role: str, made: Made, recipe: Recipe) -> Line:
    drawn = recipe.think.drawn_by
    sampling = msgspec.structs.replace(drawn, max_tokens=min(drawn.max_tokens or LONGEST_THOUGHT, LONGEST_THOUGHT))
    settings = msgspec.structs.replace(recipe.think, draws=1 if sampling.greedy else CHAINS, sampling=sampling)
    prompt = prompts.load(settings.prompt, recipe.folders)
    drawn_chains = await think(made.question, model=client, prompt=prompt, settings=settings)
    chains = [entry for entry in drawn_chains if isinstance(entry, Trace)]
    if not chains:
        detail = next(entry.detail for entry in drawn_chains if isinstance(entry, Failure))
        change = remedy(detail, role=role, audio=made.folder)
        return Line(subject=role, check="reasoning", state="fault", measured=detail, change=change)
    state, measured, change = _of_chain(max(chains, key=lambda chain: bool(chain.thinking)), recipe)
    without = sum(not chain.thinking for chain in chains)
    if 0 < without < len(chains):
        measured += f"; {without} of {len(chains)} chains have none"
    return Line(subject=role, check="reasoning", state=state, measured=measured, change=change)


def _of_chain(trace: Trace, recipe: Recipe) -> tuple[State, str, str]:
    if not trace.thinking:
        required = recipe.checks.get("complete", {}).get("thinking_required", False)
        change = (
            "a Thinking checkpoint, served with --reasoning-parser qwen3; or checks.complete.thinking_required = false"
        )
        return (
            ("fault" if required else "warn"),
            f"no reasoning is told apart from the text {trace.text[:80]!r}",
            change,
        )
    said = f"{len(trace.thinking):,} characters of reasoning"
    if not trace.closed or trace.finish == "length":
        change = "look at what it writes; the server's --reasoning-parser must fit the checkpoint"
        return "warn", f"{said}, which did not end within {LONGEST_THOUGHT:,} tokens", change
    if trace.answer is None:
        return "warn", f"{said}, but no answer can be read from {trace.text[:80]!r}", "nothing yet: see a pilot"
    right = "right" if trace.answer == trace.question.answer else "wrong, of a tone that rises"
    return "ok", f"{said}, then the answer {trace.answer!r}, which is {right}", ""


async def _verdict(client: OpenAI, role: str, made: Made, recipe: Recipe, check: Check) -> Line:
    trace = made.trace
    words = {check.prompt: prompts.load(check.prompt, recipe.folders)} if check.prompt else {}
    verdict = await check(trace if check.takes == "trace" else trace.question, models={role: client}, prompts=words)
    if verdict.outcome == "unscored":
        change = _form(verdict.reason, role, made, client.settings.structured)
        return Line(subject=role, check=check.name, state="fault", measured=verdict.reason, change=change)
    found = ", ".join(finding.kind for finding in verdict.findings)
    measured = f"a verdict on a sound chain: {verdict.outcome}{f' ({found})' if found else ''}"
    return Line(subject=role, check=check.name, state="ok", measured=measured)
