"""How a request travels: its canonical form with every sound put where its clip id stands.

A sound is encoded once, off the event loop, and kept while there is room; a body is written piece by piece, so that
requests about one clip share its bytes in memory.
"""

from __future__ import annotations

import asyncio
from binascii import b2a_base64
from collections import OrderedDict
from pathlib import Path
from typing import Literal, Protocol

import msgspec
from aiohttp import Payload
from aiohttp.abc import AbstractStreamWriter

from audio_cogito.models import request

Form = Literal["wav", "flac", "file"]
"""Bytes in the request, as one of two formats, or the address of a file on a disk that the server shares."""
CACHE_BYTES = 512 * 2**20


class Sounds(Protocol):
    """Where clips are read: 16 kHz mono int16, as whole files. Raises what ends a run when one is missing."""

    def wav(self, id: str, /) -> bytes: ...

    def flac(self, id: str, /) -> bytes: ...

    def path(self, id: str, /) -> Path: ...


class SoundParts:
    """A clip as the part of a message that servers take. One for all models of a run.

    `wav` and `flac` are OpenAI's `input_audio` with base64 data; `file` is `audio_url` with a `file://` address, which
    vLLM reads when it is started with `--allowed-local-media-path`.
    """

    def __init__(self, sounds: Sounds, cache_bytes: int = CACHE_BYTES) -> None:
        self.sounds, self._room = sounds, cache_bytes
        self._kept: OrderedDict[tuple[str, Form], bytes] = OrderedDict()
        self._kept_bytes = 0
        self._making: dict[tuple[str, Form], asyncio.Task[bytes]] = {}

    @property
    def kept_bytes(self) -> int:
        return self._kept_bytes

    async def body(self, asked: bytes, form: Form) -> Body:
        """The wire form of a canonical request."""
        pieces = request.pieces(asked)
        for i in range(1, len(pieces), 2):
            pieces[i] = await self.part(pieces[i].decode(), form)
        return Body(pieces)

    async def part(self, clip: str, form: Form) -> bytes:
        """One sound as JSON, from memory if it is there. Asked for twice at once, it is encoded once."""
        if form == "file":
            address = self.sounds.path(clip).resolve().as_uri()
            return msgspec.json.encode({"type": "audio_url", "audio_url": {"url": address}})
        place = (clip, form)
        if (kept := self._kept.get(place)) is not None:
            self._kept.move_to_end(place)
            return kept
        if place not in self._making:
            self._making[place] = task = asyncio.create_task(self._make(place))
            task.add_done_callback(lambda done: done.cancelled() or done.exception())
        return await asyncio.shield(self._making[place])

    async def _make(self, place: tuple[str, Form]) -> bytes:
        try:
            made = await asyncio.to_thread(self._encode, *place)
            self._keep(place, made)
            return made
        finally:
            del self._making[place]

    def _encode(self, clip: str, form: Form) -> bytes:
        sound = self.sounds.wav(clip) if form == "wav" else self.sounds.flac(clip)
        return b'{"type":"input_audio","input_audio":{"data":"%b","format":"%b"}}' % (
            b2a_base64(sound, newline=False),
            form.encode(),
        )

    def _keep(self, place: tuple[str, Form], made: bytes) -> None:
        self._kept[place] = made
        self._kept_bytes += len(made)
        while self._kept_bytes > self._room:
            _, dropped = self._kept.popitem(last=False)
            self._kept_bytes -= len(dropped)


class Body(Payload):
    """A JSON body in pieces, written without joining them."""

    _autoclose = True

    def __init__(self, pieces: list[bytes]) -> None:
        super().__init__(pieces, content_type="application/json")
        self._size = sum(map(len, pieces))

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        return b"".join(self._value).decode(encoding, errors)

    async def write(self, writer: AbstractStreamWriter) -> None:
        for piece in self._value:
            await writer.write(piece)
