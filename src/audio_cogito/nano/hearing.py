"""From samples to what the audio tower hears: Whisper's log-mel spectrogram, 100 frames a second.

The numbers are those of `WhisperFeatureExtractor` (transformers), which the checkpoint's own processor files name; a
test holds the two against each other. Here because that class needs transformers, and its processor torchvision.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

RATE = 16_000
MEL_BINS = 64
FFT, HOP = 400, 160
"""Samples: a window of 25 ms every 10 ms."""
CHUNK_FRAMES = 100
"""Frames that the audio tower's convolutions see at once."""
TOKENS_A_CHUNK = 13
RANGE = 8.0
"""Everything more than 80 dB below a clip's peak is lifted to that, in powers of ten."""


def log_mel(samples: npt.NDArray[np.int16]) -> Tensor:
    """MEL_BINS x frames, float32; a started hop of 160 samples at the end is left out, as Whisper does."""
    frames = len(samples) // HOP
    sound = torch.from_numpy(samples.astype(np.float32) / 32768)
    spectrum = torch.stft(sound, FFT, HOP, window=WINDOW, center=True, pad_mode="reflect", return_complex=True)
    power = spectrum[:, :frames].abs() ** 2
    mel = torch.clamp(FILTERS @ power, min=1e-10).log10()
    return (torch.maximum(mel, mel.max() - RANGE) + 4.0) / 4.0


def tokens(frames: int) -> int:
    """How many tokens stand for so many frames: 13 a second; each of three convolutions halves a started chunk."""
    whole, rest = divmod(frames, CHUNK_FRAMES)
    return whole * TOKENS_A_CHUNK + (rest + 7) // 8


def _mel_filters() -> Tensor:
    """Triangles on Slaney's mel scale (linear below 1 kHz, logarithmic above), each of area one; bins x frequencies."""
    corners = _hertz(np.linspace(_mels(0.0), _mels(RATE / 2), MEL_BINS + 2))
    frequencies = np.linspace(0, RATE / 2, FFT // 2 + 1)
    rising = (frequencies - corners[:-2, None]) / np.diff(corners)[:-1, None]
    falling = (corners[2:, None] - frequencies) / np.diff(corners)[1:, None]
    area = 2 / (corners[2:] - corners[:-2])
    return torch.from_numpy((np.clip(np.minimum(rising, falling), 0, None) * area[:, None]).astype(np.float32))


LINEAR = 200 / 3
"""Hertz a mel below BREAK."""
BREAK = 1000.0
LOG_STEP = np.log(6.4) / 27


def _mels(hertz: float) -> float:
    return hertz / LINEAR if hertz < BREAK else BREAK / LINEAR + float(np.log(hertz / BREAK) / LOG_STEP)


def _hertz(mels: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    above = BREAK * np.exp(LOG_STEP * (mels - BREAK / LINEAR))
    return np.where(mels < BREAK / LINEAR, mels * LINEAR, above)


WINDOW = torch.hann_window(FFT)
FILTERS = _mel_filters()
