"""What the taggers say of real speech, music and effects, and how many clips a second they hear.

    COGITO_REAL_AUDIO=/recordings python perf/taggers.py [--files 150] [--scored 12]

By domain and origin as the manifest has them: clips, their median length (what is longer than 20 s is cut there), the
quartiles of the share of speech, how many clips have at least 30 % and how many none; then the quartiles of DNSMOS'
overall score. Speed is in CPU time of one thread, without decoding.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "src"))

from audio_cogito import audio
from audio_cogito.audio import Samples
from audio_cogito.hearing import decoding
from audio_cogito.hearing.sound import Undecodable
from audio_cogito.hearing.taggers import dnsmos, speech

LONGEST = 20 * audio.RATE
SHORTEST = audio.RATE // 2
T = TypeVar("T")


def groups(root: Path) -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = {}
    for line in (root / "manifest.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        # Letters and digits of a drawing program, whose sounds are their names, spoken.
        more = " (spoken names)" if row["domain"] == "sound" and "/stamps/symbols/" in row["path"] else ""
        found.setdefault(f"{row['domain']:6} {row['package']}{more}", []).append(root / row["path"])
    return dict(sorted(found.items()))


def heard(paths: list[Path], count: int) -> list[Samples]:
    random.Random(0).shuffle(paths)
    found: list[Samples] = []
    for path in paths:
        if len(found) == count:
            break
        try:
            samples = audio.resample(decoding.decode(path))[:LONGEST]
        except Undecodable:
            continue
        if len(samples) >= SHORTEST and np.abs(samples.astype(np.int32)).max() > 300:
            found.append(samples)
    return found


def timed(say: Callable[[Samples], T], sounds: Sequence[Samples]) -> tuple[list[T], float]:
    began = time.process_time()
    return [say(samples) for samples in sounds], time.process_time() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=150, help="clips of each origin whose speech is told")
    parser.add_argument("--scored", type=int, default=12, help="clips of each origin that DNSMOS scores")
    asked = parser.parse_args()
    speech.share(np.zeros(SHORTEST, "<i2")), dnsmos.quality(np.zeros(SHORTEST, "<i2"))
    clips, cpu, seconds = [0, 0], [0.0, 0.0], [0.0, 0.0]
    for name, paths in groups(Path(os.environ["COGITO_REAL_AUDIO"])).items():
        sounds = heard(paths, asked.files)
        shares, told = timed(speech.share, sounds)
        scores, scored = timed(dnsmos.quality, sounds[: asked.scored])
        for place, (some, taken) in enumerate(((sounds, told), (sounds[: asked.scored], scored))):
            clips[place], cpu[place] = clips[place] + len(some), cpu[place] + taken
            seconds[place] += sum(map(len, some)) / audio.RATE
        overall = np.percentile([score.overall for score in scores], [25, 50, 75]).round(2)
        print(
            f"{name}: {len(sounds)} of {np.median([len(one) for one in sounds]) / audio.RATE:.1f} s, speech",
            np.percentile(shares, [25, 50, 75]).round(2),
            f">= 30 %: {np.mean(np.array(shares) >= 0.3):.0%}, none: {np.mean(np.array(shares) == 0):.0%}, DNSMOS",
            overall,
            flush=True,
        )
    for place, name in enumerate(("speech", "dnsmos")):
        rate, times = clips[place] / cpu[place], seconds[place] / cpu[place]
        print(f"{name}: {rate:.1f} clips a CPU second, {times:.0f} x real time, {clips[place]} clips")


if __name__ == "__main__":
    main()
