"""Scenes that are new to the built-in model: its own sounds in rooms, over bad lines, before louder backgrounds.

What there is to hear it knows, and what is asked (a pause or a length, which it was never taught, is not); how it
sounds it does not.
"""

from __future__ import annotations

from audio_cogito.nano.lessons import SKILLS
from audio_cogito.synth import library
from audio_cogito.synth.dataset import Making

NEAR_SNR, FAR_SNR = (15.0, 25.0), (6.0, 14.0)
"""dB by which the background lies below the quietest sound, at both ends of the dial."""


def making(dial: float, *, random_seed: int, questions: int, split: str) -> Making:
    """How a dataset of that domain is made. `dial` goes from 0, the model's own world, to 1."""
    low, high = (near + dial * (far - near) for near, far in zip(NEAR_SNR, FAR_SNR, strict=True))
    return Making(
        kinds=library.SMALL,
        backgrounds=library.SMALL_BACKGROUNDS,
        seconds=(4.0, 7.0),
        events=(2 if dial < 0.5 else 3, 5),
        snr_db=(round(low, 1), round(high, 1)),
        quiet=round(0.3 * (1 - dial), 3),
        rooms=dial,
        bands=round(0.8 * dial, 3),
        codecs=round(0.5 * dial, 3),
        splits={split: 1.0},
        random_seed=random_seed,
        questions=questions,
        pairs=0.0,
        skills=SKILLS,
    )
