"""The kinds of sound that a scene is made of, by name: domain, family, how long they last, whether they have a pitch.

Sounds of one family are the hard wrong choices for one another. What a listener is asked about is chosen so that it can
be heard: three pitches with octaves between them, ends only of sounds that stop and do not fade.
"""

from __future__ import annotations

import re
from typing import Literal

from audio_cogito.types import Domain, Record

Pitch = Literal["low", "middle", "high"]
Modality = Literal["sound-music", "sound-speech", "music-speech", "sound-music-speech"]
"""MMAR's four mixed modalities, in its words."""
DOMAINS: tuple[Domain, ...] = ("sound", "speech", "music")

PITCHES: dict[Pitch, tuple[float, float]] = {"low": (140, 240), "middle": (450, 780), "high": (1400, 2400)}
"""Hertz. The questions say where they part: below 300, above 1000."""


class Kind(Record):
    """One kind of sound. Its samples come of the function of that name in `voices`."""

    name: str
    domain: Domain
    family: str
    seconds: tuple[float, float]
    """How long it lasts where nothing is said."""
    lasting: bool = False
    """It can go on for any time and stops at once, so that its end and length can be heard."""
    pitched: bool = False
    synonyms: tuple[str, ...] = ()
    """Other words by which a chain may call it; none of them fits another kind."""


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(name="beep", domain="sound", family="electronic", seconds=(0.3, 0.55), lasting=True, pitched=True,
             synonyms=("electronic tone", "pure tone")),
        Kind(name="rising chirp", domain="sound", family="electronic", seconds=(0.3, 0.55),
             synonyms=("upward sweep", "rising sweep", "rising tone")),
        Kind(name="falling chirp", domain="sound", family="electronic", seconds=(0.3, 0.55),
             synonyms=("downward sweep", "falling sweep", "falling tone")),
        Kind(name="siren", domain="sound", family="alarm", seconds=(0.5, 0.8), lasting=True, synonyms=("alarm",)),
        Kind(name="phone ring", domain="sound", family="alarm", seconds=(0.5, 0.8), lasting=True,
             synonyms=("telephone", "ringtone", "phone ringing")),
        Kind(name="hiss", domain="sound", family="noise", seconds=(0.3, 0.55), lasting=True,
             synonyms=("hissing", "white noise")),
        Kind(name="rattle", domain="sound", family="mechanical", seconds=(0.4, 0.7), lasting=True,
             synonyms=("rattling",)),
        Kind(name="engine", domain="sound", family="mechanical", seconds=(0.4, 0.7), lasting=True,
             synonyms=("motor",)),
        Kind(name="drill", domain="sound", family="mechanical", seconds=(0.4, 0.7), lasting=True,
             synonyms=("drilling", "power tool")),
        Kind(name="bird call", domain="sound", family="animal", seconds=(0.4, 0.7), lasting=True,
             synonyms=("bird", "birdsong", "tweet", "chirping bird")),
        Kind(name="cricket", domain="sound", family="animal", seconds=(0.4, 0.7), lasting=True,
             synonyms=("insect", "cicada")),
        Kind(name="dog bark", domain="sound", family="animal", seconds=(0.25, 0.35),
             synonyms=("bark", "dog", "barking")),
        Kind(name="knock", domain="sound", family="impact", seconds=(0.25, 0.3), synonyms=("rap on wood", "knocking")),
        Kind(name="glass smash", domain="sound", family="impact", seconds=(0.5, 0.7),
             synonyms=("breaking glass", "glass breaking", "shattering glass", "glass shattering")),
        Kind(name="drip", domain="sound", family="water", seconds=(0.25, 0.35),
             synonyms=("water drop", "droplet", "dripping")),
        Kind(name="bell", domain="music", family="percussion", seconds=(0.5, 0.8), pitched=True,
             synonyms=("chime", "gong")),
        Kind(name="marimba", domain="music", family="percussion", seconds=(0.35, 0.5), pitched=True,
             synonyms=("xylophone",)),
        Kind(name="kick drum", domain="music", family="drum", seconds=(0.25, 0.35), synonyms=("bass drum", "kick")),
        Kind(name="snare drum", domain="music", family="drum", seconds=(0.25, 0.35), synonyms=("snare",)),
        Kind(name="cymbal", domain="music", family="drum", seconds=(0.5, 0.8), synonyms=("cymbal crash",)),
        Kind(name="guitar", domain="music", family="string", seconds=(0.5, 0.8), pitched=True,
             synonyms=("guitar pluck", "plucked string")),
        Kind(name="violin", domain="music", family="string", seconds=(0.5, 0.8), lasting=True, pitched=True,
             synonyms=("fiddle", "bowed string")),
        Kind(name="flute", domain="music", family="wind", seconds=(0.5, 0.8), lasting=True, pitched=True),
        Kind(name="trumpet", domain="music", family="wind", seconds=(0.4, 0.7), lasting=True, pitched=True,
             synonyms=("brass",)),
        Kind(name="organ", domain="music", family="keyboard", seconds=(0.5, 0.8), lasting=True, pitched=True,
             synonyms=("organ chord",)),
        Kind(name="man's voice", domain="speech", family="voice", seconds=(0.6, 0.9), lasting=True,
             synonyms=("male voice", "man speaking", "man talking")),
        Kind(name="woman's voice", domain="speech", family="voice", seconds=(0.6, 0.9), lasting=True,
             synonyms=("female voice", "woman speaking", "woman talking")),
        Kind(name="whisper", domain="speech", family="voice", seconds=(0.6, 0.9), lasting=True,
             synonyms=("whispering",)),
        Kind(name="laugh", domain="speech", family="voice", seconds=(0.6, 0.9), lasting=True,
             synonyms=("laughter", "laughing")),
        Kind(name="cough", domain="speech", family="voice", seconds=(0.25, 0.4), synonyms=("coughing",)),
    )
}  # fmt: skip

BACKGROUNDS: dict[str, Domain] = {
    "rain": "sound",
    "wind": "sound",
    "hum": "sound",
    "traffic": "sound",
    "waves": "sound",
    "crackle": "sound",
    "crowd": "speech",
    "soft music": "music",
}

CLASHES: dict[str, tuple[str, ...]] = {
    "rain": ("hiss", "drip"),
    "wind": ("hiss",),
    "hum": ("organ",),
    "traffic": ("engine", "hiss"),
    "waves": ("hiss",),
    "crackle": ("rattle",),
    "crowd": ("voice", "speech"),
    "soft music": ("music",),
}
"""What might be heard in a background, by name, family or domain: it is neither put before it nor asked about there."""


WORDS: dict[str, tuple[str, ...]] = {
    "rain": ("raindrop", "raindrops", "shower", "storm", "thunderstorm"),
    "wind": ("breeze", "gust", "storm", "thunderstorm", "rustling"),
    "hum": ("mains", "buzz", "humming"),
    "traffic": ("car", "vehicle", "road", "truck", "bus", "street", "highway", "motorway"),
    "waves": ("ocean", "sea", "surf", "wave", "beach"),
    "crackle": ("fire", "static", "vinyl", "crackling", "record"),
    "crowd": ("speech", "talk", "chatter", "conversation", "people", "babble", "cheering", "speaking", "talking"),
    "soft music": ("song", "melody"),
}
"""Other words by which a label may name what a background is."""


def clashes(background: str | None, kind: Kind) -> bool:
    """Whether nobody could say for certain that a sound is not in a background. Words in common count."""
    if background is None:
        return False
    same = {kind.name, kind.family, kind.domain} & set(CLASHES[background])
    return bool(same or {*background.split(), *WORDS[background]} & words(kind.name))


def words(name: str) -> set[str]:
    """Of a name, in small letters and without stops."""
    return set(re.findall(r"[\w']+", name.lower()))


def akin(one: Kind, other: Kind) -> bool:
    """Whether two kinds may be one sound by two names: a word of one, or of its synonyms, is one of the other's."""
    said = [{word for name in (kind.name, *kind.synonyms) for word in words(name)} for kind in (one, other)]
    return bool(said[0] & said[1])


class Vocabulary(Record):
    """The sounds, backgrounds and numbers that a question may name."""

    kinds: dict[str, Kind]
    backgrounds: tuple[str, ...]
    events: tuple[int, int] = (2, 5)
    """The least and the most sounds in sequence."""

    def family(self, name: str) -> str:
        return self.kinds[name].family if name in self.kinds else ""


WHOLE = Vocabulary(kinds=KINDS, backgrounds=tuple(BACKGROUNDS))

SMALL = (
    "beep", "bell", "rising chirp", "falling chirp", "hiss", "rattle", "siren", "kick drum", "snare drum", "guitar",
    "engine", "bird call",
)  # fmt: skip
"""Twelve kinds that are easy to tell apart; what a very small model can learn."""
SMALL_BACKGROUNDS = ("rain", "wind", "hum")
