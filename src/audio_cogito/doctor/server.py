"""Questions to a server: does it answer, serve the model, hear, say the same twice, and keep to a schema?"""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator, Awaitable
from typing import Literal

import msgspec

from audio_cogito.config import Recipe
from audio_cogito.doctor.line import Line, State, remedy
from audio_cogito.doctor.made import LENGTHS, Made
from audio_cogito.errors import CogitoError, Unreadable
from audio_cogito.messages import Audio, Message, Reply, Sampling, Schema, Text
from audio_cogito.models.openai import Listed, OpenAI, Settings, usage_of
from audio_cogito.parsing import read_json, read_reply, schema_of
from audio_cogito.types import Clip, Record

PATIENCE, TIMEOUT = 15.0, 180.0
"""Seconds that the doctor waits, where the recipe would wait longer: for a server, and for one reply."""
SHORT = Sampling(max_tokens=64, temperature=0.0)
DESCRIBE = "Describe this sound in one sentence."
PROMPT_ROOM = 4096
"""Tokens that a prompt of annotator or auditor may take, sounds aside."""


def patient(settings: Settings) -> Settings:
    """The settings for a server that is examined: it is not waited for as in a run."""
    return msgspec.structs.replace(
        settings, patience=min(settings.patience, PATIENCE), timeout=min(settings.timeout, TIMEOUT), retries=0
    )


async def probe(client: OpenAI, roles: list[str], made: Made, recipe: Recipe) -> AsyncIterator[Line]:
    """The server behind these roles. After a fault of `server`, `text` or `audio` nothing more is asked."""
    probe = _Probe(client, roles, made)
    for check, work in (("server", probe.listing), ("text", probe.text), ("audio", probe.audio)):
        line = await probe.said(check, work())
        yield line
        if line.state == "fault":
            return
    yield probe.greedy()
    yield probe.room(recipe)
    if set(roles) != {recipe.think.model} or recipe.think.model == recipe.construct.model:
        yield await probe.said("schema", probe.schema())


class _Probe:
    """One server under examination."""

    def __init__(self, client: OpenAI, roles: list[str], made: Made) -> None:
        self._client, self._roles, self._made = client, roles, made
        self._listed: Listed | None = None
        self._tokens_a_second = 0.0
        self._repeats = False

    async def said(self, check: str, work: Awaitable[Line]) -> Line:
        """What came of it; an error is a fault."""
        try:
            return await work
        except CogitoError as error:
            change = remedy(str(error), role=self._roles[0], audio=self._made.folder)
            return self._line(check, "fault", str(error), change)

    async def listing(self) -> Line:
        name, key = self._client.name, f"models.{self._roles[0]}"
        served = await self._client.served()
        if silent := [address for address, (status, _) in served.items() if not status]:
            said = f"nothing answers at {', '.join(silent)}"
            return self._line("server", "fault", said, f"start the server (docs/serve.md), or correct {key}.url")
        for address, (status, listed) in served.items():
            if listed is None:
                said = f"{address}/models gives no list (status {status})"
                return self._line("server", "warn", said, f"{key}.url, which mostly ends in /v1")
            found = next((model for model in listed if model.id == name), None)
            if found is None:
                names = ", ".join(model.id for model in listed) or "nothing"
                change = f"{key}.name, or the server's --served-model-name"
                return self._line("server", "fault", f"{address} serves {names}, not {name}", change)
            self._listed = found
        return self._line("server", "ok", f"{', '.join(served)}: serves {name}")

    async def text(self) -> Line:
        began = time.monotonic()
        usage = usage_of(await self._ask("Say hello."))
        said = f"{usage.prompt_tokens} + {usage.completion_tokens} tokens in {time.monotonic() - began:.1f} s"
        if usage.prompt_tokens:
            return self._line("text", "ok", said)
        return self._line(
            "text", "warn", "the server counts no tokens", "a server that sends `usage`, for budgets and the pilot"
        )

    async def audio(self) -> Line:
        """A longer sound costs more tokens; or else another sound gets another reply, and the same one the same."""
        first, heard, last = [await self._ask(DESCRIBE, self._made.rising[seconds]) for seconds in LENGTHS]
        again, other = [await self._ask(DESCRIBE, clip) for clip in (self._made.rising[5], self._made.noise)]
        tokens = [usage_of(reply).prompt_tokens for reply in (first, heard, last)]
        self._tokens_a_second = (tokens[2] - tokens[0]) / (LENGTHS[2] - LENGTHS[0])
        self._repeats, differs = _words(heard) == _words(again), _words(heard) != _words(other)
        said = f"{', '.join(map(str, tokens))} prompt tokens for {', '.join(map(str, LENGTHS))} s"
        if tokens[0] < tokens[1] < tokens[2]:
            return self._of_growth(f"{said}, {self._tokens_a_second:.1f} a second", differs)
        if not (self._repeats and differs):
            reply = "the same reply to another sound" if self._repeats else "other words each time"
            change = "serve a model that hears (docs/serve.md); some servers drop a sound without a word"
            return self._line("audio", "fault", f"no sound seems to arrive: {said}, {reply}", change)
        change = "nothing, if the server does not count sounds; else see what it says of a few clips"
        return self._line("audio", "warn", f"{said}, though another sound gets another reply", change)

    def _of_growth(self, said: str, differs: bool) -> Line:
        if differs:
            return self._line("audio", "ok", f"{said}; another sound gets another reply")
        change = "listen to what it says of a few clips: a model should tell a tone from noise"
        return self._line("audio", "warn", f"{said}, but the same reply to another sound", change)

    def greedy(self) -> Line:
        if self._repeats:
            return self._line("greedy", "ok", "the same words twice at temperature 0")
        change = "nothing, if batching is known to do it; a run keeps its replies, and repeats by them"
        return self._line("greedy", "warn", "other words at temperature 0", change)

    def room(self, recipe: Recipe) -> Line:
        """Whether the server's context holds a prompt, the longest sound and the longest reply."""
        longest = self._tokens_a_second * recipe.collect.max_seconds
        thinks = recipe.think.model in self._roles
        reply = recipe.think.drawn_by.max_tokens if thinks else recipe.construct.asking.sampling.max_tokens
        needed = round(PROMPT_ROOM + longest + (reply or 0))
        there = self._listed.max_model_len if self._listed else None
        if there is None:
            return self._line(
                "room", "ok", f"prompt, sound and reply may take {needed:,} tokens; not known how many fit"
            )
        said = f"prompt, sound and reply may take {needed:,} tokens, and {there:,} fit"
        if there >= needed:
            return self._line("room", "ok", said)
        key = "think.sampling.max_tokens" if thinks else "construct.asking.sampling.max_tokens"
        return self._line("room", "fault", said, f"the server's --max-model-len {needed}, or lower {key}")

    async def schema(self) -> Line:
        if not self._client.settings.structured:
            return self._line("schema", "ok", "none is sent; replies are parsed strictly")
        reply = await self._ask("Say hello.", schema=SCHEMA, max_tokens=1024)
        try:
            read_json(read_reply(reply), Enforced)
        except Unreadable as error:
            change = (
                f"a server that enforces schemas (vLLM: --structured-outputs-config), or models.{self._roles[0]}."
                "structured = false; replies are parsed strictly either way"
            )
            return self._line("schema", "warn", f"not enforced: {error}", change)
        return self._line("schema", "ok", "enforced")

    async def _ask(
        self, text: str, clip: Clip | None = None, *, schema: Schema | None = None, max_tokens: int = 0
    ) -> Reply:
        parts = (*((Audio(clip=clip.id),) if clip else ()), Text(text=text))
        sampling = msgspec.structs.replace(SHORT, max_tokens=max_tokens or SHORT.max_tokens)
        return await self._client((Message(role="user", parts=parts),), sampling, schema=schema)

    def _line(self, check: str, state: State, measured: str, change: str = "") -> Line:
        return Line(subject=", ".join(self._roles), check=check, state=state, measured=measured, change=change)


class Enforced(Record):
    """What nobody says who is not made to."""

    word: Literal["quokka-417"]


SCHEMA = Schema(name="probe", schema=schema_of(Enforced))


def _words(reply: Reply) -> str:
    reading = read_reply(reply)
    return re.sub(r"\s+", " ", f"{reading.thinking} {reading.text}").strip()
