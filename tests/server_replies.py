"""What the scripted server says: a function of the messages, whichever role they ask for.

A request with a JSON schema gets an instance of that schema, a question with choices gets reasoning and one of the
choices, anything else a sentence; where the four parts of a chain or <True> or <False> are asked for, these. No word of
any prompt is known here but the instruction that stands before choices, and these tags.
"""

from __future__ import annotations

from binascii import a2b_base64
from hashlib import blake2b
from typing import Any

import msgspec

INSTRUCTION = "Select one option from the provided choices:"
WORDS = [
    *("amber", "birch", "cedar", "delta", "ember", "fjord", "glade", "harps", "inlet", "jolly", "kites", "lilac"),
    *("maple", "noble", "ochre", "pearl", "quiet", "river", "stone", "tulip", "urban", "vivid", "waltz", "xenon"),
    *("yield", "zebra", "bells", "cello", "drums", "flute", "organ", "viola"),
]
"""All of five letters, so that no choice stands out by its length."""
AGREEING = ("equivalent", "yes")
PARTS = ("PLANNING", "CAPTION", "REASONING", "SUMMARY")


class Media(msgspec.Struct):
    data: str = ""
    url: str = ""


class Part(msgspec.Struct):
    type: str
    text: str = ""
    input_audio: Media | None = None
    audio_url: Media | None = None


class Said(msgspec.Struct):
    role: str
    content: str | list[Part]


class Request(msgspec.Struct):
    model: str
    messages: list[Said]
    response_format: dict[str, Any] | None = None


decode_request = msgspec.json.Decoder(Request).decode


class Chance:
    """Numbers drawn from a digest: the same digest, the same numbers."""

    def __init__(self, *parts: object) -> None:
        self._digest, self._drawn = repr(parts).encode(), 0

    def below(self, limit: int) -> int:
        self._drawn += 1
        drawn = blake2b(self._digest + b"%d" % self._drawn, digest_size=8).digest()
        return int.from_bytes(drawn, "big") % limit

    def pick(self, things: Any) -> Any:
        return things[self.below(len(things))]


def words_of(request: Request) -> tuple[str, str]:
    """A digest of the messages with the decoded sound, and the text of the last one."""
    digest, text = blake2b(digest_size=16), ""
    for message in request.messages:
        parts = [Part("text", message.content)] if isinstance(message.content, str) else message.content
        text = "\n".join(part.text for part in parts)
        digest.update(f"{message.role}\n{text}\n".encode())
        for part in parts:
            digest.update(a2b_base64(part.input_audio.data) if part.input_audio else b"")
            digest.update(part.audio_url.url.encode() if part.audio_url else b"")
    return digest.hexdigest(), text


def message_for(request: Request) -> dict[str, Any]:
    digest, text = words_of(request)
    chance = Chance(digest)
    if request.response_format is not None:
        asked = request.response_format["json_schema"]
        instance = Instances(chance, text, sparse=asked["name"] in ("verdict", "equivalence")).of(asked["schema"])
        return {"role": "assistant", "content": msgspec.json.encode(instance).decode()}
    thoughts = [f"I hear {phrase(chance)}, then {phrase(chance)}." for _ in range(12)]
    if any(isinstance(message.content, str) and "<True>" in message.content for message in request.messages):
        return {"role": "assistant", "content": f"{thoughts[0]} <{chance.below(8) > 0}>"}
    _, instruction, listed = text.partition(INSTRUCTION)
    choices = [line for line in listed.splitlines() if line.strip() and not line.startswith("</")]
    answer = chance.pick(choices) if instruction and chance.below(4) == 0 else favourite(choices)
    if f"<{PARTS[0]}>" in text:
        return {"role": "assistant", "content": in_parts(thoughts, answer or f"{phrase(chance)}.")}
    if not instruction:
        return {"role": "assistant", "content": f"It is {phrase(chance)}.", "reasoning": " ".join(thoughts)}
    return {"role": "assistant", "content": answer, "reasoning": f"{' '.join(thoughts)} So the answer is {answer}."}


def in_parts(thoughts: list[str], answer: str) -> str:
    parts = "".join(f"<{name}>\n{thought}\n</{name}>\n" for name, thought in zip(PARTS, thoughts, strict=False))
    return f"<THINK>\n{parts}</THINK>\n<RESPONSE>\n{thoughts[-1]} The answer is {answer}\n</RESPONSE>"


def favourite(choices: list[str]) -> str:
    """What the annotator calls right and the thinker mostly finds, so that most traces agree with their key."""
    return min(choices, key=lambda choice: blake2b(choice.strip().encode()).digest(), default="")


def phrase(chance: Chance) -> str:
    return " ".join(chance.pick(WORDS) for _ in range(3))


class Instances:
    """Values that fit a JSON schema, with no two strings alike. `sparse`: most lists without a minimum are
    empty, and where yes can be said, it mostly is."""

    def __init__(self, chance: Chance, text: str, *, sparse: bool) -> None:
        self._chance, self._sparse = chance, sparse
        self._quotable = (text.partition("<chain>")[2].partition("</chain>")[0] or text).split()
        self._used: set[str] = set()

    def of(self, schema: dict[str, Any], name: str = "") -> Any:
        match schema:
            case {"enum": allowed}:
                return self._agrees(allowed) or self._chance.pick(allowed)
            case {"anyOf": allowed}:
                return self.of(allowed[0], name)
            case {"type": "object"}:
                return self._object(schema)
            case {"type": "array"}:
                return [self.of(schema["items"]) for _ in range(self._length(schema, name))]
            case {"type": "string"}:
                return self._quote() if name == "quote" else self._string()
            case {"type": "boolean"}:
                return bool(self._chance.below(2))
            case {"type": "integer" | "number"}:
                low = schema.get("minimum", 0)
                return low + self._chance.below(schema.get("maximum", low + 5) - low + 1)
        raise ValueError(f"no value for the schema {schema}")

    def _object(self, schema: dict[str, Any]) -> dict[str, Any]:
        made = {name: self.of(value, name) for name, value in schema.get("properties", {}).items()}
        if "answer" in made and made.get("choices"):
            made["answer"] = favourite(made["choices"])
        return made

    def _agrees(self, allowed: list[Any]) -> Any:
        agreeing = [said for said in allowed if said in AGREEING and self._sparse]
        return agreeing[0] if agreeing and self._chance.below(8) > 0 else None

    def _length(self, schema: dict[str, Any], name: str) -> int:
        if name == "choices" and "minItems" not in schema:
            return int(self._chance.pick((0, schema["maxItems"])))  # a question is open or has all of them
        least = schema.get("minItems", 0 if self._sparse else 1)
        most = max(least, schema.get("maxItems", least + 2))
        if self._sparse and self._chance.below(4):
            return least
        return least + self._chance.below(most - least + 1)

    def _string(self) -> str:
        while (made := phrase(self._chance)) in self._used:
            pass
        self._used.add(made)
        return made

    def _quote(self) -> str:
        start = self._chance.below(max(1, len(self._quotable) - 5))
        return " ".join(self._quotable[start : start + 5])


def spoil(message: dict[str, Any], kind: str) -> tuple[dict[str, Any], str]:
    """A reply that came whole but is no good, and why the server says it stopped."""
    content = message["content"]
    match kind:
        case "cut_json":
            return {**message, "content": content[: len(content) // 2]}, "length"
        case "wrong_schema":
            return {**message, "content": '{"unasked": [1, 2]}'}, "stop"
        case "empty":
            return {**message, "content": "", "reasoning": None}, "stop"
        case "looping":
            return {**message, "reasoning": "The sound is the same again. " * 400}, "length"
        case "no_think_end":
            return {"role": "assistant", "content": "<think>" + (message.get("reasoning") or content)}, "length"
    return message, "stop"


def weight(parts: list[Part]) -> int:
    """Four times the prompt tokens: 100 a message, and 13 a second of a sound that comes as 16 kHz wav."""
    sounds = (len(part.input_audio.data) * 3 // 4 // 32000 for part in parts if part.input_audio)
    return 400 + 4 * 13 * sum(sounds)


def completion(asked: Request, message: dict[str, Any], finish: str) -> bytes:
    written = len(message.get("content") or "") + len(message.get("reasoning") or "")
    read = sum(len(said.content) if isinstance(said.content, str) else weight(said.content) for said in asked.messages)
    return msgspec.json.encode(
        {
            "id": "chatcmpl-scripted",
            "object": "chat.completion",
            "model": asked.model,
            "choices": [{"index": 0, "message": message, "finish_reason": finish}],
            "usage": {"prompt_tokens": read // 4, "completion_tokens": written // 4},
        }
    )
