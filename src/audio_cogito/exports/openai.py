"""Chat messages with content parts, sound first, as OpenAI's API and the servers that speak it read them.

OpenAI knows sounds as `input_audio`, base64 of a wav or mp3 within the message (openai-python,
ChatCompletionContentPartInputAudioParam): that is `export.audio = "once"`, and a row then weighs some 43 kB for each
second. vLLM reads `audio_url` too, also a file's (vllm.entrypoints.chat_utils; the server must be started with
`--allowed-local-media-path`): that is `"reference"`. LLaMA-Factory reads no parts: see `llama_factory`.
"""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlsplit

from audio_cogito import tags
from audio_cogito.audio import SoundLost
from audio_cogito.errors import SetupError
from audio_cogito.exports import Carried, FormatInfo, Sample, json_lines, read_json_lines
from audio_cogito.types import Record

INFO = FormatInfo(
    summary="messages with audio parts, for servers that speak OpenAI's API",
    suffix=".jsonl",
    audio=("reference", "once"),
    loads=False,
)


class TextPart(Record, tag_field="type", tag="text"):
    text: str


class Url(Record):
    url: str


class AudioUrlPart(Record, tag_field="type", tag="audio_url"):
    audio_url: Url


class Encoded(Record):
    data: str
    """Base64."""
    format: Literal["wav"]


class InputAudioPart(Record, tag_field="type", tag="input_audio"):
    input_audio: Encoded


class UserMessage(Record, tag_field="role", tag="user"):
    content: tuple[TextPart | AudioUrlPart | InputAudioPart, ...]


class AssistantMessage(Record, tag_field="role", tag="assistant"):
    content: str


class OpenAIRow(Record):
    """A conversation of two messages."""

    messages: tuple[UserMessage, AssistantMessage]


def writer(path: Path, carried: Carried) -> AbstractContextManager[Callable[[Sample], None]]:
    return json_lines(path, lambda sample: row(sample, carried))


def faults(path: Path, carried: Carried) -> Iterator[list[str]]:
    for found in read_json_lines(path, OpenAIRow):
        yield [found] if isinstance(found, str) else faults_of(found)


def beside(splits: tuple[str, ...]) -> dict[str, bytes]:
    return {}


def row(sample: Sample, carried: Carried) -> OpenAIRow:
    sounds = tuple(_sound(clip.id, carried) for clip in sample.trace.question.clips)
    user = UserMessage(content=(*sounds, TextPart(text=sample.user)))
    return OpenAIRow(messages=(user, AssistantMessage(content=sample.response)))


def _sound(id: str, carried: Carried) -> AudioUrlPart | InputAudioPart:
    if carried.how == "reference":
        return AudioUrlPart(audio_url=Url(url=Path(carried.carry(id)).as_uri()))
    try:
        return InputAudioPart(input_audio=Encoded(data=b64encode(carried.sounds.wav(id)).decode(), format="wav"))
    except SoundLost as error:
        raise SetupError(error.detail) from error


def faults_of(row: OpenAIRow) -> list[str]:
    """What is wrong with a row as it was read back."""
    user, assistant = row.messages
    found = tags.faults(assistant.content)
    *sounds, last = user.content
    if not sounds or not isinstance(last, TextPart) or any(isinstance(part, TextPart) for part in sounds):
        found.append("the user's message is not sounds, then one text")
    return found + [fault for part in user.content if (fault := _fault_of(part))]


def _fault_of(part: TextPart | AudioUrlPart | InputAudioPart) -> str | None:
    match part:
        case AudioUrlPart():
            path = unquote(urlsplit(part.audio_url.url).path)
            return None if Path(path).is_file() else f"{path} is not there"
        case InputAudioPart():
            return None if _is_wav(part.input_audio.data) else "a sound is no base64 of a wav"
    return None if part.text.strip() else "the question is empty"


def _is_wav(data: str) -> bool:
    try:
        return b64decode(data, validate=True).startswith(b"RIFF")
    except binascii.Error:
        return False
