"""A request in its canonical form: the JSON that is sent, with every sound replaced by its clip id.

The canonical form is what a reply is remembered by. A client makes the wire form from it by splicing the sound in
(`pieces`), so that what is remembered and what was asked cannot come apart. URL, headers and the way a sound travels
are no part of it.
"""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import Any

import msgspec

from audio_cogito.messages import Audio, Message, Sampling, Schema, Text

AUDIO = re.compile(rb'\{"type":"audio","clip":"([0-9a-f]+)"\}')
"""Unambiguous in encoded JSON: a quotation mark inside a text is always escaped."""

_encode = msgspec.json.Encoder().encode
"""Keeps the order of keys: a server that enforces a schema generates its properties in the order given."""


def canonical(
    model: str,
    messages: tuple[Message, ...],
    sampling: Sampling,
    *,
    schema: Schema | None = None,
    extra: dict[str, Any] | None = None,
) -> bytes:
    """The body of a chat completion. `extra`: fields that a recipe adds for its server."""
    body: dict[str, Any] = {"model": model, "messages": [_message(message) for message in messages]}
    body |= {k: v for k, v in msgspec.structs.asdict(sampling).items() if v is not None and (k, v) != ("top_k", 0)}
    if schema is not None:
        body["response_format"] = {
            "type": "json_schema",
            "json_schema": {"name": schema.name, "strict": True, "schema": schema.schema},
        }
    return _encode(body | (extra or {}))


def key(request: bytes, *, revision: str, draw: int, attempt: int) -> bytes:
    """What a reply is remembered by: 16 bytes of the request, the weights, and which asking of it this is."""
    digest = blake2b(request, digest_size=16)
    digest.update(f"\n{revision}\n{draw}\n{attempt}".encode())
    return digest.digest()


def pieces(request: bytes) -> list[bytes]:
    """The canonical form split at its sounds: JSON, clip id, JSON, clip id, ..., JSON."""
    return AUDIO.split(request)


def _message(message: Message) -> dict[str, Any]:
    match message.parts:
        case (Text(text=text),):
            return {"role": message.role, "content": text}
        case parts:
            return {"role": message.role, "content": [_part(part) for part in parts]}


def _part(part: Text | Audio) -> dict[str, str]:
    match part:
        case Text():
            return {"type": "text", "text": part.text}
        case Audio():
            return {"type": "audio", "clip": part.clip}
