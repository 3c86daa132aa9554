"""Reading replies: reasoning from wherever a server puts it, and JSON strictly."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from audio_cogito.errors import Unreadable
from audio_cogito.messages import Reply, Sampling
from audio_cogito.parsing import Reading, read_json, read_reply, schema_of
from audio_cogito.stages.construct import Annotation
from audio_cogito.types import Record


def reply(message: dict[str, Any], finish: str | None = "stop") -> Reply:
    choice = msgspec.json.encode({"index": 0, "message": message, "finish_reason": finish, "extra": [1]})
    return Reply(
        model="m", revision="1", choice=msgspec.Raw(choice), usage=msgspec.Raw(b"null"), sampling=Sampling(max_tokens=1)
    )


@pytest.mark.parametrize(
    ("message", "thinking", "text", "closed"),
    [
        ({"reasoning": " because ", "content": "\n\nDog "}, "because", "Dog", True),
        ({"reasoning_content": "because", "content": "Dog"}, "because", "Dog", True),
        ({"content": "<think>\nbecause\n</think>\n\nDog"}, "because", "Dog", True),
        ({"content": "because\n</think>\n\nDog"}, "because", "Dog", True),
        ({"content": "<think>because, and"}, "because, and", "", False),
        ({"reasoning": "because, and", "content": None}, "because, and", "", False),
        ({"content": "Dog"}, "", "Dog", True),
        ({"content": None}, "", "", True),
        ({"content": "<think></think>Dog", "reasoning": ""}, "", "Dog", True),
    ],
)
def test_reasoning_is_read_from_wherever_it_stands(
    message: dict[str, Any], thinking: str, text: str, closed: bool
) -> None:
    assert read_reply(reply(message)) == Reading(thinking=thinking, text=text, finish="stop", closed=closed)


def test_finish_is_the_servers_own_word() -> None:
    assert read_reply(reply({"content": "x"}, "length")).finish == "length"
    assert read_reply(reply({"content": "x"}, None)).finish == "unknown"


def test_choice_that_is_no_message_is_unreadable() -> None:
    with pytest.raises(Unreadable):
        read_reply(msgspec.structs.replace(reply({}), choice=msgspec.Raw(b'{"message": 3}')))


class Pair(Record):
    left: str
    right: int


def reading(text: str, finish: str = "stop") -> Reading:
    return Reading(thinking="", text=text, finish=finish, closed=True)


@pytest.mark.parametrize("text", ['{"left": "a", "right": 1}', '```json\n{"left": "a", "right": 1}\n```'])
def test_json_is_read_whole_or_whole_in_a_fence(text: str) -> None:
    assert read_json(reading(text), Pair) == Pair(left="a", right=1)


@pytest.mark.parametrize(
    "text",
    [
        "",
        'Here you are: {"left": "a", "right": 1}',
        '{"left": "a", "right": 1',
        '{"left": "a"}',
        '{"left": "a", "right": "1"}',
        '{"left": "a", "right": 1, "more": 2}',
        '{"left": "a", "right": 1} {"left": "a", "right": 1}',
        '{"left": "\ud800", "right": 1}',
    ],
)
def test_anything_else_is_unreadable(text: str) -> None:
    with pytest.raises(Unreadable):
        read_json(reading(text), Pair)


def test_json_cut_at_the_length_limit_is_unreadable_even_if_it_parses() -> None:
    with pytest.raises(Unreadable, match="max_tokens"):
        read_json(reading('{"left": "a", "right": 1}', "length"), Pair)


def test_schema_has_no_references_and_keeps_the_order_of_writing() -> None:
    schema = schema_of(Annotation)
    assert "$ref" not in msgspec.json.encode(schema).decode()
    assert list(schema["properties"]) == ["caption", "evidence", "questions", "reason"]
    question = schema["properties"]["questions"]["items"]
    assert list(question["properties"])[-2:] == ["answer", "distractors"]
    assert question["additionalProperties"] is False
    assert question["required"] == list(question["properties"])


class Titled(Record):
    title: str


def test_schema_keeps_a_field_that_is_called_title() -> None:
    assert schema_of(Titled)["properties"] == {"title": {"type": "string"}}
