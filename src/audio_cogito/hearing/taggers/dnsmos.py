"""What listeners would say of a recording of speech, by DNSMOS P.835 (Reddy, Gopal and Cutler, ICASSP 2022; MIT).

The package speechmos holds its networks. Its own code wants librosa and pandas and is not used: the network takes
samples, and the rest is windows and three polynomials. Of music and other sounds it says something as well, which
means nothing.
"""

from __future__ import annotations

from functools import cache
from importlib import metadata
from typing import Any

import numpy as np
import numpy.typing as npt

from audio_cogito.audio import RATE, Samples
from audio_cogito.types import Quality

PACKAGE = "speechmos"
NETWORK = "speechmos/dnsmos_models/sig_bak_ovr.onnx"
SECONDS = 9.01
"""What it hears at a time. A shorter sound is doubled until it is as long; then it is heard from each whole second on
from which so much follows. So speechmos does it."""
MOST_WINDOWS = 4
"""How many of these are heard, spread evenly: each takes some 0.4 s of a processor. On real recordings four of up
to sixteen told what all told within 0.02."""
TO_SCALE = {
    "signal": (-0.08397278, 1.22083953, 0.0052439),
    "background": (-0.13166888, 1.60915514, -0.39604546),
    "overall": (-0.06766283, 1.11546468, 0.04602535),
}
"""In the order of the network's outputs: from each to the scale of listeners, by powers from the second down."""


def quality(samples: Samples) -> Quality:
    said = np.array([_network().run(None, {"input_1": window[None]})[0][0] for window in windows(samples)])
    scores = {
        name: round(float(np.polyval(powers, said[:, place].astype(np.float64)).mean()), 3)
        for place, (name, powers) in enumerate(TO_SCALE.items())
    }
    return Quality(**scores)


def windows(samples: Samples) -> list[npt.NDArray[np.float32]]:
    """What it hears of a sound, full scale at 1."""
    length = int(SECONDS * RATE)
    wave = samples.astype(np.float32) / np.float32(32768)
    while len(wave) < length:
        wave = np.concatenate([wave, wave])
    count = int(len(wave) // RATE - SECONDS) + 1
    starts = np.linspace(0, count - 1, min(count, MOST_WINDOWS)).round().astype(int) * RATE
    return [wave[start : start + length] for start in starts]


@cache
def _network() -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    # As many processes listen as are wanted; each has one thread.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    path = metadata.distribution(PACKAGE).locate_file(NETWORK)
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
