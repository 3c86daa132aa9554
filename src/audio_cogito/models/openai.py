"""OpenAI-compatible servers (vLLM, SGLang, hosted APIs): chat completions over HTTP, whole replies, kept verbatim.

A thin client of our own: it adds to a plain POST only what a run of a million calls needs, namely sounds spliced in
(`wire`), several addresses (`addresses`), faults told apart (`faults`) and patience (`persistence`). It streams
nothing and reads nothing into a reply. A key is never in an error, a log or a reply (`secret`).
"""

from __future__ import annotations

import asyncio
import time
from types import TracebackType
from typing import Annotated, Any

import aiohttp
import msgspec

from audio_cogito.errors import CogitoError, SetupError
from audio_cogito.messages import Message, Reply, Sampling, Schema
from audio_cogito.models import request, sender
from audio_cogito.models.addresses import Address, Addresses
from audio_cogito.models.faults import Fault, cut, fault_of, message_of, one_line
from audio_cogito.models.persistence import Persistence
from audio_cogito.models.secret import Secret
from audio_cogito.models.wire import Form, SoundParts
from audio_cogito.types import Record

CONNECT_SECONDS = 30.0
PROBE_SECONDS = 5.0
IDLE_SECONDS = 4.0
"""A connection idle for longer is not used again: uvicorn, under vLLM and SGLang, closes one after 5 s."""
OURS = {"model", "messages", "stream", "n", "response_format", *Sampling.__struct_fields__}

Positive = Annotated[float, msgspec.Meta(gt=0)]


class Settings(Record, omit_defaults=False):
    """A model of a recipe: its `[models.NAME]` table."""

    name: str
    """As the server lists it."""
    revision: str = ""
    """Which weights; a server's must be stated. Two weights under one name never share replies."""
    url: str | tuple[str, ...] = ()
    """Where the server is, such as `http://127.0.0.1:8000/v1`. Of several addresses, the least busy is asked. None for
    a model that runs in this process: `nano`, the built-in one, or `hf:DIR` (`models/local`)."""
    key_env: str | None = None
    """Name of the environment variable that holds the key, where one is needed."""
    serve: str = ""
    """The command that serves it, for a run to start, wait for and stop by itself (`models/serving`):
    `vllm serve {dir} --port {port} --served-model-name {name}`."""
    dir: str = ""
    """The folder of its weights, where the run serves it; the revision is their digest."""
    start_seconds: Positive = 1800.0
    """How long such a server may take until it answers."""
    concurrency: Annotated[int, msgspec.Meta(ge=1)] = 64
    """Requests in flight at once, over all addresses."""
    timeout: Positive = 600.0
    """Seconds for one whole reply."""
    patience: Positive = 300.0
    """Seconds without any answer from any address before the run ends."""
    retries: Annotated[int, msgspec.Meta(ge=0)] = 5
    """How often a call is tried again while the server answers others."""
    audio: Form = "wav"
    """How a sound travels: base64 `wav` or `flac`, or `file` where the server shares the disk."""
    structured: bool = True
    """Send JSON schemas, for the server to enforce. Replies are parsed strictly either way."""
    body: dict[str, Any] = {}
    """Further fields of the request, such as `chat_template_kwargs`."""


class Tally(msgspec.Struct):
    """What one model was asked in this run."""

    calls: int = 0
    retries: int = 0
    in_flight: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0


class Usage(msgspec.Struct):
    """The two numbers of a server's usage object that all of them send."""

    prompt_tokens: int = 0
    completion_tokens: int = 0


class _Completion(msgspec.Struct):
    choices: list[msgspec.Raw]
    usage: msgspec.Raw = msgspec.Raw(b"null")


class Listed(msgspec.Struct):
    """A model as a server lists it."""

    id: str
    max_model_len: int | None = None
    """Tokens of prompt and reply together, where the server says so (vLLM does)."""


class _Listing(msgspec.Struct):
    data: list[Listed]


_decode_listing = msgspec.json.Decoder(_Listing).decode
_decode_completion = msgspec.json.Decoder(_Completion).decode
_decode_usage = msgspec.json.Decoder(Usage | None).decode


def usage_of(reply: Reply) -> Usage:
    """Tokens as the server counted them; zero where it did not."""
    try:
        return _decode_usage(reply.usage) or Usage()
    except msgspec.DecodeError:
        return Usage()


class OpenAI:
    """A model behind HTTP, of `messages.Model`'s shape; open it with `async with`.

    Raises SetupError when made with a wrong setting, and from a call when the server refuses the key or does not know
    the model; CallFailed and EndpointLost as `persistence` tells.
    """

    def __init__(self, settings: Settings, sounds: SoundParts) -> None:
        if taken := OURS & settings.body.keys():
            raise SetupError(f"the model {settings.name}: body may not set {', '.join(sorted(taken))}")
        self.settings, self.tally = settings, Tally()
        self._sounds = sounds
        self._secret = Secret.from_environment(settings.key_env)
        self._addresses = Addresses((settings.url,) if isinstance(settings.url, str) else settings.url)
        self._slots = asyncio.Semaphore(settings.concurrency)
        self._session: aiohttp.ClientSession | None = None

    @property
    def name(self) -> str:
        return self.settings.name

    @property
    def revision(self) -> str:
        return self.settings.revision

    @property
    def author(self) -> str:
        return f"{self.name}@{self.revision}"

    @property
    def silence(self) -> float | None:
        """Seconds for which nothing was answered though it was asked; None while all is well."""
        since = self._addresses.trouble_since
        return None if since is None else time.monotonic() - since

    async def __aenter__(self) -> OpenAI:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=IDLE_SECONDS),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=self._secret.headers(),
            timeout=aiohttp.ClientTimeout(total=self.settings.timeout, sock_connect=CONNECT_SECONDS),
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    __call__ = sender.call

    def canonical(self, messages: tuple[Message, ...], sampling: Sampling, schema: Schema | None = None) -> bytes:
        """The request as it is remembered: `request.canonical` with this model's own fields."""
        enforced = schema if self.settings.structured else None
        return request.canonical(self.name, messages, sampling, schema=enforced, extra=self.settings.body)

    async def send(self, asked: bytes, sampling: Sampling, *, draw: int = 0, attempt: int = 0) -> Reply:
        """The reply to a canonical request. Its key goes along as X-Request-Id, which servers log."""
        ident = request.key(asked, revision=self.revision, draw=draw, attempt=attempt).hex()
        self.tally.calls += 1
        persistence = Persistence(
            self.name, self._addresses, self.settings.retries, self.settings.patience, self._alive
        )
        try:
            while True:
                try:
                    return await self._try(asked, sampling, ident)
                except Fault as fault:
                    await persistence.after(fault)
                    self.tally.retries += 1
        finally:
            persistence.end()

    async def _try(self, asked: bytes, sampling: Sampling, ident: str) -> Reply:
        """One POST, in a slot of its own; raises Fault where another may help."""
        async with self._slots:
            body = await self._sounds.body(asked, self.settings.audio)
            address, began = self._addresses.pick(), time.monotonic()
            address.in_flight += 1
            self.tally.in_flight += 1
            try:
                reply = self._read(await self._post(address, body, ident), sampling)
            except Fault:
                self._addresses.failed(address, began)
                raise
            finally:
                address.in_flight -= 1
                self.tally.in_flight -= 1
        self._addresses.answered(address)
        return reply

    async def _post(self, address: Address, body: aiohttp.Payload, ident: str) -> bytes:
        """The body of a 200. Errors carry no cause: aiohttp's hold the request's headers, and those the key."""
        try:
            async with self._open.post(
                address.chat, data=body, headers={"X-Request-Id": ident}, allow_redirects=False
            ) as response:
                said = await response.read()
                status, retry_after = response.status, response.headers.get("Retry-After")
        except aiohttp.ConnectionTimeoutError:
            raise Fault("no connection in time") from None
        except TimeoutError:
            raise Fault(f"no whole reply in {self.settings.timeout:g} s") from None
        except (aiohttp.ClientError, OSError) as error:
            raise Fault(self._safe(f"no connection: {error or type(error).__name__}")) from None
        if status == 200:
            return said
        fault = fault_of(status, retry_after, self._safe(message_of(said)))
        raise await self._with_place(fault, address) if isinstance(fault, SetupError) else fault

    def _read(self, body: bytes, sampling: Sampling) -> Reply:
        """The first choice, cut out of the body as it stands."""
        body = self._secret.hide_bytes(body)
        try:
            body.decode()
            completion = _decode_completion(body)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise Fault(f"not a chat completion: {error}: {self._safe(message_of(body[:1000]))}") from None
        if not completion.choices:
            raise Fault("a chat completion without choices")
        reply = Reply(
            model=self.name,
            revision=self.revision,
            choice=completion.choices[0],
            usage=completion.usage,
            sampling=sampling,
        )
        usage = usage_of(reply)
        self.tally.prompt_tokens += usage.prompt_tokens
        self.tally.completion_tokens += usage.completion_tokens
        return reply

    async def _with_place(self, error: CogitoError, address: Address) -> SetupError:
        """Says which model and address a set-up error is about, and which models the server lists if it does."""
        _, listed = await self._listed(address)
        served = [model.id for model in listed or ()]
        lists = f"; it serves {', '.join(map(str, served))}" if served and self.name not in served else ""
        return SetupError(f"the model {self.name} at {address.models.parent}: {error}{self._safe(lists)}")

    async def served(self) -> dict[str, tuple[int, list[Listed] | None]]:
        """The status of each address's list of models, 0 where nothing answers, and what stands in it."""
        return {str(address.models.parent): await self._listed(address) for address in self._addresses.all}

    async def _listed(self, address: Address) -> tuple[int, list[Listed] | None]:
        status, listing = await self._look(address)
        try:
            return status, _decode_listing(self._secret.hide_bytes(listing)).data if status == 200 else None
        except msgspec.DecodeError:
            return status, None

    async def _alive(self) -> bool:
        """Whether any address answers an easy question."""
        looks = await asyncio.gather(*map(self._look, self._addresses.all))
        return any(0 < status < 500 for status, _ in looks)

    async def _look(self, address: Address) -> tuple[int, bytes]:
        """Status and body of the list of models; 0 where nothing answers."""
        timeout = aiohttp.ClientTimeout(total=min(PROBE_SECONDS, self.settings.timeout))
        try:
            async with self._open.get(address.models, timeout=timeout, allow_redirects=False) as response:
                return response.status, await response.read()
        except (aiohttp.ClientError, OSError, TimeoutError):
            return 0, b""

    @property
    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            raise RuntimeError("open the model with 'async with' before it is asked")
        return self._session

    def _safe(self, text: str) -> str:
        return cut(self._secret.hide(one_line(text)))
