"""A judge at work over a whole benchmark: its server, the replies that are kept, and what a person sees meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from pathlib import Path
from types import ModuleType
from typing import Literal

from rich.console import Console

from audio_cogito import benchmarks, prompts
from audio_cogito.audio import Sounds
from audio_cogito.benchmarks import Item, Measure, Metadata
from audio_cogito.errors import EndpointLost, SetupError
from audio_cogito.grading import opened, pairs, rubrics
from audio_cogito.grading.predictions import Predictions
from audio_cogito.grading.scores import Graded
from audio_cogito.models.cache import Remembered
from audio_cogito.models.clients import Client, connected
from audio_cogito.models.openai import Settings
from audio_cogito.models.wire import SoundParts
from audio_cogito.store import Replies

Protocol = Literal["rubrics", "pairs", "opened"]
BY: dict[Protocol, ModuleType] = {"rubrics": rubrics, "pairs": pairs, "opened": opened}
Measures = tuple[Measure, ...]
LINE_SECONDS = 15.0
"""Between two lines about how far it is."""


class Progress:
    """How many items have their judgement, or need none."""

    def __init__(self, total: int) -> None:
        self.done, self.total = 0, total

    def step(self) -> None:
        self.done += 1

    def __str__(self) -> str:
        return f"{self.done:,} of {self.total:,} items are done"


async def judge(
    graded: Sequence[Graded],
    metadata: Metadata,
    found: Predictions,
    *,
    protocol: Protocol,
    server: Settings,
    store: Path,
    err: Console,
) -> list[Graded]:
    """Every item with its rubric score, or its ratings."""
    expect(metadata, protocol)
    by = BY[protocol]
    progress = Progress(len(graded))
    said = [found.by_id.get(item.id) for item in metadata.items]
    with closing(Replies(store)) as replies:
        async with (
            connected(server, SoundParts(Sounds(store / "audio")), logs=store) as client,
            _told(client, progress, err),
        ):
            model = Remembered(client, replies)
            try:
                scored = await rubrics.judge(
                    graded,
                    metadata.items,
                    said,
                    model=model,
                    prompt=prompts.load(by.PROMPT),
                    each=by.judged,
                    on_item=progress.step,
                )
            except EndpointLost as error:
                raise EndpointLost(f"{error}; {progress}, run it again to go on") from None
            usage = (
                f"{model.memory.calls:,} calls paid, {model.memory.hits:,} remembered, {client.tally.retries:,} retries"
            )
    err.print(f"judge {client.author}: {usage}", markup=False)
    if any(one.outcome == "unscored" and one.judge for one in scored):
        err.print("replies out of form are remembered, too: with another --store they are asked for anew", markup=False)
    return scored


def body(protocol: Protocol) -> dict[str, int]:
    """What the judge's requests hold beside."""
    return rubrics.BODY if protocol == "rubrics" else {}


def measured(module: ModuleType, items: Sequence[Item], answers: dict[str, str], graded: Sequence[Graded]) -> Measures:
    """The benchmark's numbers of all answers together, a judge's among them."""
    if module.INFO.protocol == "pairs":
        return pairs.measures(graded)
    found = benchmarks.measured(module, items, answers)
    return (*found, opened.measure(graded)) if module.INFO.protocol == "opened" else found


def expect(metadata: Metadata, protocol: Protocol) -> None:
    """Raises SetupError where there is nothing to judge by."""
    if protocol == "rubrics" and not all(item.rubric and item.reasoning is not None for item in metadata.items):
        raise SetupError("these metadata hold no rubrics, so that no judge can score by them")


@asynccontextmanager
async def _told(client: Client, progress: Progress, err: Console) -> AsyncIterator[None]:
    """Say now and then how far it is, and that a server does not answer."""

    async def lines() -> None:
        while True:
            await asyncio.sleep(LINE_SECONDS)
            silence = client.silence
            quiet = "" if silence is None else f"; no answer from {client.name} for {silence:.0f} s"
            err.print(f"{progress}{quiet}", markup=False)

    task = asyncio.create_task(lines())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
