"""Helps to ask models in this process."""

from __future__ import annotations

import numpy as np

from audio_cogito.audio import RATE, Sounds, clip_id
from audio_cogito.messages import Audio, Message, Text


def noise(sounds: Sounds, seconds: float, seed: int = 0) -> str:
    """The id of a clip of noise."""
    samples = (np.random.default_rng(seed).standard_normal(round(seconds * RATE)) * 3000).astype("<i2")
    sounds.write(id := clip_id(samples), samples)
    return id


def asking(clip: str, words: str = "Which sound comes first?") -> tuple[Message, ...]:
    return (Message(role="user", parts=(Audio(clip=clip), Text(text=words))),)
