"""How people say that they hear a sound, beside its synonyms: a noun with its verb, in the verb's plain form.

Other forms are found by rule (`answers/naming.py`); irregular ones stand here.
"""

from __future__ import annotations

_SPEECH = ("speak", "spoke", "talk", "say", "said", "answer", "reply", "replies", "respond", "call", "ask")
SAYINGS: dict[str, tuple[str, ...]] = {
    "beep": ("bleep", "blip", "sine tone"),
    "rising chirp": ("ascending sweep", "ascending tone", "rising glide", "sweep upward", "sweep up"),
    "falling chirp": ("descending sweep", "descending tone", "falling glide", "sweep downward", "sweep down"),
    "siren": ("wail",),
    "phone ring": ("phone", "telephone ring", "phone rang", "ring tone", "telephone rang"),
    "hiss": ("static noise", "burst of noise", "noise burst"),
    "rattle": ("rattling noise",),
    "engine": ("motor run", "engine run", "engine rev"),
    "drill": ("power drill", "drill run"),
    "bird call": ("birdsong", "bird sing", "bird sang", "bird tweet", "bird chirp", "bird is heard", "chirp of a bird"),
    "cricket": ("cricket chirp", "insect chirp"),
    "dog bark": ("dog bark", "woof"),
    "knock": ("raps on wood", "rapping on wood", "knock on the door", "knock on wood", "tap on wood"),
    "glass smash": ("glass break", "glass broke", "glass shatter", "glass smash", "glass crash", "smash of glass",
                    "crash of glass", "shatter of glass", "breaking of glass", "glass"),
    "drip": ("drop of water", "water drip", "drop fall", "water drop fall"),
    "bell": ("bell ring", "bell rang", "bell toll", "chime ring"),
    "marimba": ("xylophone note", "marimba note"),
    "kick drum": ("kick", "bass drum hit", "kick drum hit", "kick hit"),
    "snare drum": ("snare hit", "snare drum hit", "snare stroke"),
    "cymbal": ("cymbal crash", "cymbal hit", "crash cymbal"),
    "guitar": ("guitar note", "guitar string", "guitar chord"),
    "violin": ("violin note",),
    "flute": ("flute note",),
    "trumpet": ("trumpet note",),
    "organ": ("organ note",),
    "man's voice": ("male speaker", "voice of a man", "man's speech", "male speech",
                    *(f"man {verb}" for verb in _SPEECH)),
    "woman's voice": ("female speaker", "voice of a woman", "woman's speech", "female speech",
                      *(f"woman {verb}" for verb in _SPEECH)),
    "whisper": ("whispered voice",),
    "laugh": ("burst of laughter",),
    "cough": ("clears his throat", "clears her throat"),
}  # fmt: skip
