"""What a remembered reply costs: canonical form, key, look-up and decoding, with a 3 KB prompt and a 4 KB reply.

    python perf/cache.py [--replies 20000]

Every request differs, as in a rerun. Printed: microseconds a hit, by the median of five passes. Expected: below 60.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import statistics
import tempfile
import time
from pathlib import Path

from audio_cogito.models.cache import Remembered
from audio_cogito.models.scripted import Scripted
from audio_cogito.store import Replies
from audio_cogito.types import Audio, Message, Sampling, Text

PASSES = 5
SAMPLING = Sampling(temperature=0.6, top_p=0.95, top_k=20, max_tokens=16384)


def prose(characters: int, random_seed: int) -> str:
    words = random.Random(random_seed)
    return "".join(words.choice("abcdefghijklmnop    \n") for _ in range(characters))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replies", type=int, default=20_000)
    count = parser.parse_args().replies
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(measure(Path(folder), count))
