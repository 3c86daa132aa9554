"""The words that planted errors are made of (`planting`)."""

from __future__ import annotations


def _both_ways(*pairs: tuple[str, str]) -> dict[str, str]:
    return dict(pairs) | {other: one for one, other in pairs}


ORDERS = _both_ways(
    ("before", "after"),
    ("precedes", "follows"),
    ("preceded by", "followed by"),
    ("begins with", "ends with"),
    ("starts with", "finishes with"),
)
SPEAKERS = _both_ways(
    ("man", "woman"), ("men", "women"), ("male", "female"), ("boy", "girl"), ("mother", "father"), ("husband", "wife"),
    ("first speaker", "second speaker"), ("speaker 1", "speaker 2"), ("speaker a", "speaker b"),
)  # fmt: skip
EMOTIONS = _both_ways(
    ("happy", "sad"), ("cheerful", "gloomy"), ("joyful", "mournful"), ("calm", "furious"), ("relaxed", "panicked"),
    ("excited", "bored"), ("nervous", "confident"), ("anxious", "serene"), ("frightened", "amused"),
    ("sarcastic", "sincere"), ("melancholic", "jubilant"), ("frustrated", "pleased"), ("annoyed", "delighted"),
    ("playful", "stern"), ("aggressive", "gentle"), ("angry", "contented"), ("friendly", "hostile"),
    ("enthusiastic", "indifferent"),
)  # fmt: skip
NUMBERS = {
    "two": "three", "three": "four", "four": "five", "five": "six", "six": "seven", "seven": "eight", "eight": "nine",
}  # fmt: skip
"""A number and one more."""
NO_COUNT = {
    "seconds", "secs", "minutes", "hours", "days", "years", "beats", "bars", "semitones", "octaves", "degrees",
    "reasons", "possibilities", "steps", "ways", "things", "cases", "points", "aspects", "parts", "times", "sentences",
    "kinds",     "has", "was", "his", "its", "is", "us", "always", "perhaps", "thus", "less", "plus", "across",
}  # fmt: skip
"""What is not heard one by one, or is no noun."""
SOUNDING = (
    r"(?:barks|rings|sounds|cries|shouts|says|sings|plays|speaks|talks|laughs|crows|honks|roars|knocks|claps|chirps|"
    r"slams|opens|closes|clicks|beeps|buzzes|howls|meows|hums|whistles|coughs|sneezes|screams|whispers|tolls|rumbles|"
    r"rustles|splashes|drips|creaks|squeaks|hisses|crackles|rattles|jingles|thuds|bangs|booms|starts|begins|enters)"
)
SOUNDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Farther away, a rooster crows.", ("rooster", "cock", "crow", "chicken", "poultry", "fowl", "farm")),
    ("Behind it all, a church bell tolls.", ("bell", "church", "chime", "clock", "toll")),
    ("Meanwhile, a baby cries.", ("baby", "infant", "child", "cry", "cries", "wail", "sob")),
    ("Then glass shatters on a hard floor.", ("glass", "shatter", "break", "crash", "smash", "dish")),
    ("A ship's foghorn blows in the distance.", ("horn", "ship", "boat", "foghorn", "harbour", "harbor", "sea")),
    ("Somebody types on a typewriter the while.", ("typ", "keyboard", "click", "clack")),
    ("A chainsaw howls up and stops.", ("saw", "engine", "motor", "drill", "tool", "machine")),
    ("A crowd bursts into applause.", ("applau", "clap", "crowd", "audience", "cheer")),
    ("A horse trots past.", ("horse", "hoof", "hooves", "trot", "gallop", "clop")),
    ("A telephone rings twice.", ("phone", "ring", "bell")),
)
"""What is said to be heard, and the words by which something known of the clip might name it or its like."""
NON_SEQUITURS = (
    "Sounds of this kind are never made on purpose, so nobody there can have meant it.",
    "A clip of this length is always cut from a longer one, so what matters must have come before it began.",
    "What is loudest always happened first, so the loudest sound must also be the oldest.",
    "Where two sounds differ, one of them must have caused the other, so their order settles the cause.",
    "Nobody records what is ordinary, so whatever is heard must be rare.",
    "Since the clip comes to an end, those who are heard must have gone away.",
)
