"""What is known of a sound, each statement with its origin. Imported from `types`, as the other nouns are."""

from __future__ import annotations

from typing import Literal

from audio_cogito.record import Record

Origin = Literal["human", "tool", "composed", "seen", "read"]
"""Who says a fact: a person who heard it, a program's estimate, the composer that put the sound there, a person who saw
the picture too, or one who only read the words. The last two may know what nobody can hear."""


class Statement(Record):
    """A caption, label, transcript or translation."""

    text: str
    origin: Origin
    language: str | None = None
    whole: bool = False
    """Said of a longer recording of which this clip is a part: it may not hold here, and no model is shown it."""


class Turn(Record):
    """One speaker's turn; times in seconds from the start of the clip."""

    text: str
    """Empty where only a part of the turn is in the clip: what is said in that part is not known."""
    origin: Origin
    speaker: str | None = None
    start: float | None = None
    end: float | None = None
    language: str | None = None
    emotion: str | None = None
    whole: bool = False
    """As with `Statement`: a turn without times may lie in another part."""


class Event(Record):
    """A sound that is there from `start` to `end`, in seconds from the start of the clip."""

    label: str
    start: float
    end: float
    origin: Origin


ATTRIBUTES = {
    "bpm": "tempo in beats per minute",
    "key": "musical key, such as 'A minor'",
    "metre": "time signature, such as '3/4'",
    "chords": "chord sequence",
    "genre": "musical genre",
    "mood": "mood or feeling",
    "instruments": "instruments that play",
    "emotion": "emotion of the speaker",
    "sentiment": "positive, neutral or negative",
    "speaker": "who speaks",
    "sarcasm": "whether the utterance is meant sarcastically",
    "scene": "where this was recorded",
    "title": "title of the work",
    "artist": "who performs it",
}


class Attribute(Record):
    """A value under one of the documented keys of `ATTRIBUTES`."""

    key: str
    value: str
    origin: Origin
    whole: bool = False
    """As with `Statement`."""

    def __post_init__(self) -> None:
        if self.key not in ATTRIBUTES:
            raise ValueError(f"unknown attribute {self.key!r}; the keys are {', '.join(ATTRIBUTES)}")


class Facts(Record):
    """What a source says of a sound, each statement with its origin."""

    captions: tuple[Statement, ...] = ()
    labels: tuple[Statement, ...] = ()
    transcript: Statement | None = None
    translation: Statement | None = None
    turns: tuple[Turn, ...] = ()
    events: tuple[Event, ...] = ()
    attributes: tuple[Attribute, ...] = ()

    @property
    def own(self) -> Facts:
        """Those of the clip itself, without what is said of the whole that it is a part of."""
        said = (*self.captions, *self.labels, *self.turns, *self.attributes, self.transcript, self.translation)
        if not any(one is not None and one.whole for one in said):
            return self
        return Facts(
            captions=tuple(caption for caption in self.captions if not caption.whole),
            labels=tuple(label for label in self.labels if not label.whole),
            transcript=None if self.transcript is None or self.transcript.whole else self.transcript,
            translation=None if self.translation is None or self.translation.whole else self.translation,
            turns=tuple(turn for turn in self.turns if not turn.whole),
            events=self.events,
            attributes=tuple(attribute for attribute in self.attributes if not attribute.whole),
        )
