"""How many tokens a sound is, to the token: what the encoders' convolutions leave of its frames."""

from __future__ import annotations

from typing import Literal

Hearing = Literal["qwen3-omni", "qwen2-audio"]
HOP = 160
"""Samples at 16 kHz between two frames of the mel spectrogram."""


def audio_tokens(samples: int, hearing: Hearing) -> int:
    """Tokens of a sound of so many samples at 16 kHz.

    Qwen3-Omni hears chunks of 100 frames, 13 tokens each, and an eighth of the rest's frames (transformers,
    `_get_feat_extract_output_lengths`). For Qwen2-Audio ms-swift hands on one mark a sound, and counts it as one; the
    model itself makes of it 25 tokens a second, 750 at most.
    """
    frames = samples // HOP
    if hearing == "qwen3-omni":
        return 13 * (frames // 100) + -(-(frames % 100) // 8)
    return 1
