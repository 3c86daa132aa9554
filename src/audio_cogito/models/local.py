"""Models that run in this process: the built-in `nano`, and `hf:DIR` for another checkpoint of its kind.

A model like any other: the same canonical request, a reply in the shape of a server's with reasoning in a field of its
own, tokens counted as they were spent. Calls that wait at the same time are answered in one batch. Torch is imported
where one is opened. A large checkpoint belongs behind a server.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, TypeVar

import msgspec

from audio_cogito import nano
from audio_cogito.errors import CallFailed, CogitoError, SetupError
from audio_cogito.messages import Message, Reply, Sampling, Schema
from audio_cogito.models import request, sender
from audio_cogito.models.openai import Settings, Tally
from audio_cogito.models.wire import SoundParts

if TYPE_CHECKING:
    from audio_cogito.nano.voice import Answer, Voice

Taken = TypeVar("Taken")
Given = TypeVar("Given")

WINDOW_SECONDS = 0.004
"""How long a first call waits for company."""
LEAST_SHARED = 16
"""So few calls are answered in one batch, however many cores are idle: a batch costs little more than one call."""
TAKEN = {"chat_template_kwargs"}
"""What `body` may hold: there is no server that would read anything else."""


@dataclass(frozen=True, slots=True, eq=False)
class _Call:
    asked: bytes
    sampling: Sampling
    seed: int
    outcome: asyncio.Future[Answer]


class Local:
    """A model in this process, of `messages.Model`'s shape; open it with `async with`.

    Opening raises SetupError where torch or the checkpoint is missing. A call raises CallFailed, `refused`, for what
    the model cannot take: no clip or several, a clip or a question too long for it, a schema.
    """

    def __init__(self, settings: Settings, sounds: SoundParts) -> None:
        if strange := settings.body.keys() - TAKEN:
            raise SetupError(f"the model {settings.name} takes no {', '.join(sorted(strange))} in its body")
        self.settings, self.tally = settings, Tally()
        self.folder = nano.folder_of(settings.name)
        self.revision = nano.revision(self.folder)
        if settings.revision not in ("", self.revision):
            raise SetupError(f"the model {settings.name} is of revision {self.revision}, not {settings.revision}")
        self._sounds = sounds.sounds
        self._waiting: list[_Call] = []
        self._answering: set[asyncio.Task[None]] = set()
        self._workers = os.cpu_count() or 1
        self._pool = ThreadPoolExecutor(self._workers, thread_name_prefix=nano.NAME)
        self._voice: Voice | None = None

    @property
    def name(self) -> str:
        return nano.title_of(self.settings.name)

    @property
    def author(self) -> str:
        return f"{self.name}@{self.revision}"

    @property
    def silence(self) -> float | None:
        """A server may leave us waiting for nothing; this process does not."""
        return None

    async def __aenter__(self) -> Local:
        try:
            self._voice = await self._run(_opened, self)
        except BaseException:
            self._pool.shutdown()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._waiting.clear()
        await asyncio.gather(*self._answering, return_exceptions=True)
        self._pool.shutdown()

    __call__ = sender.call

    def canonical(self, messages: tuple[Message, ...], sampling: Sampling, schema: Schema | None = None) -> bytes:
        """The request as it is remembered, as a server's."""
        enforced = schema if self.settings.structured else None
        return request.canonical(self.name, messages, sampling, schema=enforced, extra=self.settings.body)

    async def send(self, asked: bytes, sampling: Sampling, *, draw: int = 0, attempt: int = 0) -> Reply:
        """The reply to a canonical request. What is drawn follows from the request, the draw and the attempt."""
        key = request.key(asked, revision=self.revision, draw=draw, attempt=attempt)
        call = _Call(asked, sampling, int.from_bytes(key), asyncio.get_running_loop().create_future())
        self.tally.calls += 1
        self.tally.in_flight += 1
        try:
            self._queue(call)
            return self._reply(await call.outcome, sampling)
        finally:
            self.tally.in_flight -= 1

    def _queue(self, call: _Call) -> None:
        if self._voice is None:
            raise RuntimeError("open the model with 'async with' before it is asked")
        self._waiting.append(call)
        if len(self._answering) < self._workers:
            task = asyncio.create_task(self._answer(self._voice))
            self._answering.add(task)
            task.add_done_callback(self._answering.discard)

    async def _answer(self, voice: Voice) -> None:
        """Answer what waits, batch by batch, until nothing does; as many of these work at once as there are cores."""
        await asyncio.sleep(WINDOW_SECONDS)
        while self._waiting:
            count = min(self.settings.concurrency, max(LEAST_SHARED, -(-len(self._waiting) // self._workers)))
            batch, self._waiting = self._waiting[:count], self._waiting[count:]
            batch = [call for call in batch if not call.outcome.done()]
            outcomes: list[Answer | CogitoError]
            try:
                outcomes = await self._run(voice.answer, [(call.asked, call.sampling, call.seed) for call in batch])
            except Exception as error:
                outcomes = [CallFailed("crashed", f"{type(error).__name__}: {error}")] * len(batch)
            for call, outcome in zip(batch, outcomes, strict=True):
                if call.outcome.done():
                    continue
                if isinstance(outcome, CogitoError):
                    call.outcome.set_exception(outcome)
                else:
                    call.outcome.set_result(outcome)

    def _reply(self, answer: Answer, sampling: Sampling) -> Reply:
        self.tally.prompt_tokens += answer.usage["prompt_tokens"]
        self.tally.completion_tokens += answer.usage["completion_tokens"]
        return Reply(
            model=self.name,
            revision=self.revision,
            choice=msgspec.Raw(msgspec.json.encode(answer.choice)),
            usage=msgspec.Raw(msgspec.json.encode(answer.usage)),
            sampling=sampling,
        )

    async def _run(self, work: Callable[[Taken], Given], argument: Taken) -> Given:
        """In a thread that computes."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, work, argument)


def _opened(model: Local) -> Voice:
    nano.require()
    from audio_cogito.nano.voice import Voice

    return Voice(model.folder, model._sounds.wav)
