"""What a composed scene costs on one core, at every dial: drawing it, and making it heard as 16 bits.

    python perf/compose.py [--scenes 60] [--rounds 5]

CPU time of the thread: the median over rounds and, since what else runs on a machine only ever adds, the least. A
second line gives the same in transforms of ten seconds of sound, in which machines differ less. Expected: at most 20 ms
a scene at every dial.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import numpy as np

from audio_cogito.audio import RATE
from audio_cogito.synth.composing import compose
from audio_cogito.synth.render import quantised, render
from audio_cogito.synth.settings import DIALS, Settings

MOST_MS = 20.0
TRANSFORMS = 50


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenes", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    for dial, settings in DIALS.items():
        _made(settings, 5)
        taken = [(_ms(_made, settings, options.scenes), _ms(_transforms)) for _ in range(options.rounds)]
        scenes = [of_scenes / options.scenes for of_scenes, _ in taken]
        multiple = statistics.median(one / (bare / TRANSFORMS) for one, (_, bare) in zip(scenes, taken, strict=True))
        verdict = "" if min(scenes) <= MOST_MS else f", more than {MOST_MS:g} ms"
        print(f"{dial}: {statistics.median(scenes):.1f} ms a scene, least {min(scenes):.1f}{verdict}")
        print(f"{dial}: {multiple:.1f} transforms of 10 s")


def _made(settings: Settings, count: int) -> None:
    for i in range(count):
        quantised(render(compose(settings, 1, i)))


def _transforms() -> None:
    sound = np.random.default_rng(0).standard_normal(10 * RATE, dtype=np.float32)
    for _ in range(TRANSFORMS):
        np.fft.irfft(np.fft.rfft(sound))


def _ms(work: Callable[..., None], *given: object) -> float:
    began = time.thread_time()
    work(*given)
    return (time.thread_time() - began) * 1000


if __name__ == "__main__":
    main()
