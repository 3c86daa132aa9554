"""The skills that seeds call on, by the layers of MMAR (signal, perception, semantic, cultural) and by domain.

They cover the sub-categories of MMAR and MMAU and the skills in the tables of Audio-Cogito (1) and Audio-Reasoner
(1, 2). A cell of the pool is a domain, one of its skills and a difficulty. A domain of a user's own has whatever
skills it has.
"""

from __future__ import annotations

from typing import Literal

Layer = Literal["signal", "perception", "semantic", "cultural"]

LAYERS: dict[Layer, tuple[str, ...]] = {
    "signal": ("quality", "production", "anomaly", "difference"),
    "perception": (
        *("source", "scene", "counting", "order", "temporal pattern", "space", "correlation", "layers", "attention"),
        *("prosody", "phonetics"),
        *("instrument", "tempo and metre", "harmony", "melody", "texture", "form"),
    ),
    "semantic": (
        *("cause", "purpose", "danger", "content", "emotion", "intention", "sarcasm", "speaker", "dialogue"),
        *("translation", "lyrics", "mood", "expression", "function"),
    ),
    "cultural": ("knowledge", "imagination", "accent", "culture", "genre", "aesthetics"),
}

SKILLS: dict[str, tuple[str, ...]] = {
    "sound": (
        *("quality", "anomaly", "difference", "source", "scene", "counting", "order", "temporal pattern", "space"),
        *("correlation", "cause", "purpose", "danger", "knowledge", "imagination", "culture"),
    ),
    "speech": (
        *("quality", "anomaly", "difference", "counting", "order", "scene", "prosody", "phonetics", "content"),
        *("emotion", "intention", "sarcasm", "speaker", "dialogue", "translation", "accent", "culture"),
    ),
    "music": (
        *("production", "anomaly", "difference", "instrument", "tempo and metre", "harmony", "melody", "texture"),
        *("form", "lyrics", "mood", "expression", "function", "genre", "culture", "aesthetics"),
    ),
    "mixed": (
        *("quality", "anomaly", "counting", "order", "temporal pattern", "space", "layers", "attention", "scene"),
        *("cause", "content", "emotion", "intention", "purpose", "culture", "imagination"),
    ),
}


def layer_of(skill: str) -> Layer | None:
    """None for a skill that is not of our vocabulary."""
    return next((layer for layer, skills in LAYERS.items() if skill in skills), None)
