"""Reading what models write: the split between reasoning and text, and JSON that was asked for.

A reply is read anew each time it is used, so that a better reader takes effect on a rerun without a single call.
Readers return a value or raise `Unreadable`; nothing is repaired.
"""

from __future__ import annotations

import re
from typing import Any, TypeVar

import msgspec

from audio_cogito.errors import Unreadable
from audio_cogito.messages import Reply
from audio_cogito.types import Record

T = TypeVar("T")
OPEN, CLOSE = "<think>", "</think>"
FENCE = re.compile(r"\A```(?:json)?\s*\n(.*)\n```\Z", re.DOTALL)


class Reading(Record):
    """A reply, read: the reasoning, what follows it, why the server stopped, and whether the reasoning ended."""

    thinking: str
    text: str
    finish: str
    closed: bool


def content_of(reply: Reply) -> str:
    """The content of the message as the server sent it, for a published reader that has rules of its own."""
    try:
        return _decode_choice(reply.choice).message.content or ""
    except msgspec.DecodeError as error:
        raise Unreadable(f"the server's choice is not a chat message: {error}") from error


class _Said(msgspec.Struct):
    content: str | None = None
    reasoning: str | None = None
    reasoning_content: str | None = None


class _Choice(msgspec.Struct):
    message: _Said
    finish_reason: str | None = None


_decode_choice = msgspec.json.Decoder(_Choice).decode


def read_reply(reply: Reply) -> Reading:
    """Split a reply. Reasoning comes from the server's `reasoning` or `reasoning_content`, or from think tags.

    A server with a reasoning parser puts all text into `reasoning` when the thinking never ends (vLLM with the `qwen3`
    parser), and a template that opens the tag itself leaves a lone `</think>` in the text: both are handled.
    """
    try:
        choice = _decode_choice(reply.choice)
    except msgspec.DecodeError as error:
        raise Unreadable(f"the server's choice is not a chat message: {error}") from error
    finish = choice.finish_reason or "unknown"
    content = choice.message.content or ""
    reasoning = choice.message.reasoning or choice.message.reasoning_content
    if reasoning:
        return Reading(thinking=reasoning.strip(), text=content.strip(), finish=finish, closed=bool(content.strip()))
    return _split_tags(content, finish)


def _split_tags(content: str, finish: str) -> Reading:
    thinking, close, text = content.partition(CLOSE)
    if close:
        thinking = thinking.strip().removeprefix(OPEN).strip()
        return Reading(thinking=thinking, text=text.strip(), finish=finish, closed=True)
    if content.lstrip().startswith(OPEN):
        return Reading(thinking=content.strip().removeprefix(OPEN).strip(), text="", finish=finish, closed=False)
    return Reading(thinking="", text=content.strip(), finish=finish, closed=True)


def read_json(reading: Reading, type_: type[T]) -> T:
    """The text as one JSON value of a type: whole, or whole within one code fence. Anything else is unreadable."""
    if reading.finish == "length":
        raise Unreadable("cut at max_tokens")
    text = reading.text
    if fenced := FENCE.match(text):
        text = fenced[1]
    try:
        return msgspec.json.decode(text, type=type_)
    except (msgspec.DecodeError, UnicodeEncodeError) as error:
        raise Unreadable(f"not the JSON that was asked for: {error}") from error


def schema_of(type_: type[Record]) -> dict[str, Any]:
    """The JSON schema of a record that `read_json` is to read, without references: not all grammars follow them."""
    whole = msgspec.json.schema(type_)
    definitions = whole.pop("$defs", {})

    def resolve(node: Any) -> Any:
        match node:
            case {"$ref": str(name)}:
                return resolve(definitions[name.rsplit("/", 1)[1]])
            case dict():
                return {key: resolve(value) for key, value in node.items() if not _is_label(key, value)}
            case list():
                return [resolve(value) for value in node]
        return node

    return {key: resolve(value) for key, value in resolve(whole).items()}


def _is_label(key: str, value: Any) -> bool:
    return key in ("title", "description") and isinstance(value, str)
