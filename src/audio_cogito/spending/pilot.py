"""A pilot: some recordings of each source walk the whole road, and what they cost and give is measured clip by clip.

They are chosen by hash, so a larger pilot adds to a smaller one, and the replies lie in the store: the whole run later
pays for none of them again. It has a run folder of its own. `projection` says what follows for the whole.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import msgspec
import zstandard

from audio_cogito.audio import Sounds
from audio_cogito.config import Recipe
from audio_cogito.ledger import Failure
from audio_cogito.models.clients import Client
from audio_cogito.models.meter import Meter
from audio_cogito.models.openai import usage_of
from audio_cogito.types import Clip, Question, Record, Trace

SUFFIX = "-pilot"
LOOK_SECONDS = 0.05
"""How often it is looked whether a model is at work."""


class Spent(msgspec.Struct):
    """What one model was asked about one clip, remembered or not."""

    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0


class Walked(msgspec.Struct):
    """What came of one clip."""

    source: str
    seconds: float
    sound_bytes: int
    unreadable: int = 0
    questions: int = 0
    traces: int = 0
    truncated: int = 0
    looping: int = 0
    unscored: int = 0
    accepted: int = 0
    rows: int = 0
    """Accepted traces, at most `export.per_question` of a question."""
    reply_bytes: int = 0
    """As the store holds them."""
    spent: dict[str, Spent] = msgspec.field(default_factory=lambda: defaultdict(Spent))
    """By model, as `name@revision`."""


class Work(Record):
    """How fast a model was: what it wrote while it was at work, one request or many at once."""

    completion_tokens: int
    busy_seconds: float

    @property
    def speed(self) -> float | None:
        """Completion tokens a second."""
        return self.completion_tokens / self.busy_seconds if self.completion_tokens and self.busy_seconds else None


@dataclass
class Pilot:
    """A pilot under way; `Build` tells it of every record."""

    size: int
    """Recordings of each source."""
    sounds: Sounds
    rows_per_question: int = 1
    found: Counter[str] = field(default_factory=Counter)
    """Recordings that each source yields, none for one that yields none."""
    clips: dict[str, Walked] = field(default_factory=dict)
    busy: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    """Seconds for which each model had something to do."""

    def __post_init__(self) -> None:
        self._compress = zstandard.ZstdCompressor(level=3)

    def constructed(self, clip: Clip, entries: Sequence[Record], meter: Meter) -> None:
        walked = self._walked(clip)
        walked.questions += sum(isinstance(entry, Question) for entry in entries)
        walked.unreadable += any(isinstance(entry, Failure) and entry.reason == "unreadable" for entry in entries)
        self._charge(walked, meter)

    def thought(self, question: Question, meter: Meter) -> None:
        self._charge(self._walked(question.clips[0]), meter)

    def verified(self, question: Question, entries: Sequence[Record], meter: Meter) -> None:
        walked = self._walked(question.clips[0])
        traces = [entry for entry in entries if isinstance(entry, Trace)]
        accepted = sum(trace.standing == "accepted" for trace in traces)
        walked.traces += len(traces)
        walked.accepted += accepted
        walked.rows += min(self.rows_per_question, accepted)
        walked.truncated += sum(trace.finish == "length" for trace in traces)
        walked.looping += sum(_loops(trace) for trace in traces)
        walked.unscored += sum(trace.standing == "unscored" for trace in traces)
        self._charge(walked, meter)

    def _walked(self, clip: Clip) -> Walked:
        if clip.id not in self.clips:
            size = self.sounds.path(clip.id).stat().st_size
            self.clips[clip.id] = Walked(source=clip.recording.source, seconds=clip.seconds, sound_bytes=size)
        return self.clips[clip.id]

    def _charge(self, walked: Walked, meter: Meter) -> None:
        for reply in meter.replies or ():
            usage, spent = usage_of(reply), walked.spent[f"{reply.model}@{reply.revision}"]
            spent.calls += 1
            spent.prompt_tokens += usage.prompt_tokens
            spent.completion_tokens += usage.completion_tokens
            walked.reply_bytes += len(self._compress.compress(msgspec.json.encode(reply)))

    @asynccontextmanager
    async def timed(self, clients: Iterable[Client]) -> AsyncIterator[None]:
        """Measure for how long each model is at work."""
        task = asyncio.create_task(self._look(list(clients)))
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _look(self, clients: list[Client]) -> None:
        clock = asyncio.get_running_loop().time
        before = clock()
        while True:
            at_work = {client.author for client in clients if client.tally.in_flight}
            await asyncio.sleep(LOOK_SECONDS)
            now = clock()
            for author in at_work:
                self.busy[author] += now - before
            before = now

    def work(self, clients: Iterable[Client]) -> dict[str, Work]:
        """What each model wrote in this invocation, and for how long it was at it."""
        written: Counter[str] = Counter()
        for client in clients:
            written[client.author] += client.tally.completion_tokens
        return {
            author: Work(completion_tokens=tokens, busy_seconds=round(self.busy[author], 2))
            for author, tokens in sorted(written.items())
        }


def _loops(trace: Trace) -> bool:
    return any(finding.kind == "looping" for verdict in trace.verdicts for finding in verdict.findings)


def of(recipe: Recipe) -> Recipe:
    """The recipe with a run folder of its own and no target, which so few recordings would only seem to reach."""
    collect = msgspec.structs.replace(recipe.collect, target_kept={})
    return msgspec.structs.replace(recipe, run=f"{recipe.run.rstrip('/')}{SUFFIX}", collect=collect)
