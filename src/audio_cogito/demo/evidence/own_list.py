"""Keys without a score: what a model's own list of sounds says to a question.

The small analogue of Audio-Cogito's `w/o metadata` (Table 3), where questions and keys come of what the model itself
hears. A question that its list does not answer has no key and is left out.
"""

from __future__ import annotations

import re
from collections import Counter

from audio_cogito.nano.lessons import WORLD
from audio_cogito.parsing import CLOSE
from audio_cogito.synth.asking import NOTHING, Asked
from audio_cogito.synth.library import PITCHES
from audio_cogito.synth.wordings import ORDINALS
from audio_cogito.types import Event, Facts, Record

SOUND = re.compile(
    rf"\ban? (loud )?(long )?(?:({'|'.join(PITCHES)}) )?({'|'.join(WORLD.kinds)}) at (\d+\.\d)",
)
BEHIND = re.compile(rf"Background: ({'|'.join((*WORLD.backgrounds, NOTHING))})\.")
SHORT = 0.3
"""Seconds that a listed sound is said to last: a list says when sounds begin, not when they end."""


class Heard(Record):
    kind: str
    start: float
    loud: bool
    long: bool
    pitch: str | None


class OwnList(Record):
    sounds: tuple[Heard, ...]
    background: str

    @property
    def names(self) -> list[str]:
        return [sound.kind for sound in self.sounds]

    def once(self, name: str | None) -> Heard | None:
        """The sound of that name, where there is exactly one."""
        found = [sound for sound in self.sounds if sound.kind == name]
        return found[0] if len(found) == 1 else None

    def facts(self, seconds: float) -> Facts:
        """Of a clip of so many seconds, as if they were known: what chains are then held against."""
        spans = [(sound.kind, sound.start, sound.start + SHORT) for sound in self.sounds]
        if self.background != NOTHING:
            spans.append((self.background, 0.0, seconds))
        return Facts(
            events=tuple(Event(label=label, start=start, end=end, origin="composed") for label, start, end in spans)
        )


def read(reply: str) -> OwnList | None:
    """The list of a chain; None where it names no sound or no background."""
    thinking = reply.partition(CLOSE)[0]
    background = BEHIND.search(thinking)
    if background is None:
        return None
    sounds = tuple(
        Heard(kind=kind, start=float(start), loud=bool(loud), long=bool(long), pitch=pitch or None)
        for loud, long, pitch, kind, start in SOUND.findall(thinking[: background.start()])
    )
    return OwnList(sounds=sounds, background=background[1]) if sounds else None


def key(own: OwnList, asked: Asked) -> str | None:
    """What the list answers, where that is one of the choices."""
    answer = _answer(own, asked)
    return answer if answer in asked.choices else None


def _answer(own: OwnList, asked: Asked) -> str | None:
    return _of_all(own, asked) or _placed(own, asked) or _of_one(own, asked)


def _of_all(own: OwnList, asked: Asked) -> str | None:
    """Questions about the whole list."""
    names = own.names
    match asked.skill:
        case "order":
            return ", then ".join(names)
        case "count":
            return str(Counter(names)[asked.x or ""])
        case "total":
            return str(len(names))
        case "different":
            return str(len(set(names)))
        case "background":
            return own.background
        case "present":
            return "Yes" if asked.x in names else "No"
    return None


def _placed(own: OwnList, asked: Asked) -> str | None:
    """Questions about a place in the order."""
    match asked.skill:
        case "first":
            return own.names[0]
        case "last":
            return own.names[-1]
        case "nth" if asked.n is not None and ORDINALS.index(asked.n) < len(own.names):
            return own.names[ORDINALS.index(asked.n)]
        case "after" | "before":
            return _beside(own, asked)
    return None


def _beside(own: OwnList, asked: Asked) -> str | None:
    if own.once(asked.x) is None:
        return None
    place = own.names.index(asked.x or "") + (1 if asked.skill == "after" else -1)
    return own.names[place] if 0 <= place < len(own.names) else None


def _of_one(own: OwnList, asked: Asked) -> str | None:
    """Questions about marks and times of single sounds."""
    x, y = own.once(asked.x), own.once(asked.y)
    match asked.skill:
        case "moment":
            return f"{x.start:.1f} s" if x else None
        case "pitch":
            return x.pitch if x else None
        case "longest":
            return next((sound.kind for sound in own.sounds if sound.long), None)
        case "loudest":
            return next((sound.kind for sound in own.sounds if sound.loud), None)
        case "louder" if x and y and x.loud != y.loud:
            return x.kind if x.loud else y.kind
        case "higher" if x and y and x.pitch and y.pitch and x.pitch != y.pitch:
            return x.kind if _height(x.pitch) > _height(y.pitch) else y.kind
    return None


def _height(pitch: str) -> int:
    return [str(one) for one in PITCHES].index(pitch)
