"""What is known of a clip as lines for a prompt: each with who says so, every foreign text quoted as a JSON string.

Metadata comes from strangers. Quoted on one line it stays data: it cannot open a section of the prompt of its own.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from audio_cogito.types import Attribute, Event, Facts, Statement, Turn

ORIGINS = {
    "human": "a person",
    "tool": "a program's estimate",
    "composed": "exact, by construction",
    "seen": "a person who also saw the picture",
    "read": "a person who only read the words",
}


def lines(facts: Facts) -> list[str]:
    """One line a fact of the clip itself, in a fixed order; what is said of a longer whole is left out."""
    return list(_lines(facts.own))


def _lines(facts: Facts) -> Iterator[str]:
    yield from (_statement("caption", caption) for caption in facts.captions)
    yield from (_statement("label", label) for label in facts.labels)
    if facts.transcript:
        yield _statement("transcript", facts.transcript)
    if facts.translation:
        yield _statement("translation", facts.translation)
    yield from (_turn(turn) for turn in facts.turns)
    yield from (_event(event) for event in facts.events)
    yield from (_attribute(attribute) for attribute in facts.attributes)


def _quoted(text: str) -> str:
    return msgspec.json.encode(text).decode()


def _statement(kind: str, said: Statement) -> str:
    language = f", language {_quoted(said.language)}" if said.language else ""
    return f"{kind}{language} ({ORIGINS[said.origin]}): {_quoted(said.text)}"


def _turn(turn: Turn) -> str:
    named = (("speaker", turn.speaker), ("language", turn.language), ("emotion", turn.emotion))
    notes = [f"{name} {_quoted(value)}" for name, value in named if value]
    if turn.start is not None and turn.end is not None:
        notes.append(f"{turn.start:.2f} to {turn.end:.2f} s")
    said = _quoted(turn.text) if turn.text else "only partly in the clip"
    return f"turn{''.join(', ' + note for note in notes)} ({ORIGINS[turn.origin]}): {said}"


def _event(event: Event) -> str:
    return f"event, {event.start:.2f} to {event.end:.2f} s ({ORIGINS[event.origin]}): {_quoted(event.label)}"


def _attribute(attribute: Attribute) -> str:
    return f"{attribute.key} ({ORIGINS[attribute.origin]}): {_quoted(attribute.value)}"
