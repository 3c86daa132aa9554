"""What the fingerprint finds, and what it takes for the same that is not; its speed and its memory.

    COGITO_REAL_AUDIO=/recordings python perf/fingerprint.py [pairs recall short many] [--recall 400] [--many 20000]

Recordings of three seconds and more are read as models hear them, those beyond 30 s in parts of ten seconds. `pairs`:
each pair of them is asked whether it is the same. What is, is held against the samples: laid over each other as the
match says, do they correlate? `recall`: `--recall` of them are distorted in every way and looked for among all: found
is found under its own name, in place at the right second. `short`: both, of recordings of one to three seconds, where
one second in common is to suffice. `many`: memory and look-ups over `--many` prints of ten seconds, cut from real ones.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile
import soxr

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "src"))

from audio_cogito.audio import RATE, Samples, resample
from audio_cogito.hearing.alike import Index, Match
from audio_cogito.hearing.fingerprint import HOP_SECONDS, SHORTEST, SPAN_SECONDS, fingerprint, read
from audio_cogito.hearing.sound import Sound

Wave = npt.NDArray[np.float64]
Distortion = Callable[[Wave], tuple[Wave, float]]
"""The distorted sound, and at which second of the first it begins."""
MP3_LEVELS = {16_000: 0.6, 44_100: 0.88}
"""libsndfile's compression level that gives 64 kb/s for one channel at that rate (56 at 44.1 kHz: there is no 64)."""


def real(least: float, most: float = float("inf")) -> Iterator[tuple[str, Samples]]:
    root = Path(os.environ["COGITO_REAL_AUDIO"])
    listed = [json.loads(line)["path"] for line in (root / "manifest.jsonl").read_text().splitlines()]
    random.Random(0).shuffle(listed)
    for path in listed:
        if not least <= soundfile.info(root / path).duration < most:
            continue
        frames, rate = soundfile.read(root / path, dtype="float32", always_2d=True)
        samples = resample(Sound(frames, rate))
        if len(samples) <= 30 * RATE:
            yield path, samples
            continue
        for start in range(0, len(samples) - 10 * RATE, 10 * RATE):
            yield f"{path}@{start // RATE}", samples[start : start + 10 * RATE]


def through(wave: Wave, rate: int) -> Wave:
    return soxr.resample(soxr.resample(wave, RATE, rate), rate, RATE)


def mp3(wave: Wave, rate: int = 44_100) -> Wave:
    file = io.BytesIO()
    level = {"compression_level": MP3_LEVELS[rate], "bitrate_mode": "CONSTANT"}
    soundfile.write(file, soxr.resample(wave, RATE, rate), rate, format="MP3", subtype="MPEG_LAYER_III", **level)
    file.seek(0)
    return soxr.resample(soundfile.read(file, dtype="float64")[0], rate, RATE)


def cut(wave: Wave, seconds: float, dice: random.Random) -> tuple[Wave, float]:
    start = dice.uniform(0, max(0.0, len(wave) / RATE - seconds))
    first = round(start * RATE)
    return wave[first : first + round(seconds * RATE)], start


def noisy(wave: Wave) -> Wave:
    """White noise 20 dB below the sound."""
    noise = np.random.default_rng(0).standard_normal(len(wave))
    return wave + noise * np.sqrt(np.mean(wave**2)) * 0.1


def distortions(dice: random.Random, shortest: float) -> dict[str, Distortion]:
    return {
        "mp3, 64 kb/s at 16 kHz": lambda wave: (mp3(wave, 16_000), 0.0),
        "mp3, 56 kb/s at 44.1 kHz": lambda wave: (mp3(wave), 0.0),
        "through 8 kHz": lambda wave: (through(wave, 8000), 0.0),
        "through 44.1 kHz": lambda wave: (through(wave, 44_100), 0.0),
        "gain -20 dB": lambda wave: (wave * 0.1, 0.0),
        "gain +6 dB, clipped": lambda wave: (wave * 2, 0.0),
        "noise at 20 dB": lambda wave: (noisy(wave), 0.0),
        "offset of 3 s (5 s or more left)": lambda wave: (wave[3 * RATE :], 3.0),
        "cropped to 5 s": lambda wave: cut(wave, 5.0, dice),
        f"cropped to {shortest + 0.5:g} s": lambda wave: cut(wave, shortest + 0.5, dice),
        f"cropped to {shortest + 0.5:g} s, mp3, gain -20 dB": lambda wave: _worst(wave, shortest + 0.5, dice),
    }


def _worst(wave: Wave, seconds: float, dice: random.Random) -> tuple[Wave, float]:
    part, start = cut(wave, seconds, dice)
    return mp3(part) * 0.1, start


def heard(wave: Wave) -> Samples:
    return np.clip(np.rint(wave * 32768), -32768, 32767).astype("<i2")


def recall(index: Index, clips: dict[str, Samples], least: float, most: float, count: int) -> None:
    chosen = {name: clip for name, clip in clips.items() if least <= len(clip) / RATE < most}
    names = random.Random(3).sample(sorted(chosen), min(count, len(chosen)))
    print(f"\n{len(names)} of {len(chosen)} recordings of {least:g} to {most:g} s")
    for name, distort in distortions(random.Random(1), index.shortest).items():
        longest = {"offset": 8.0, "cropped": 5.0}.get(name.split()[0], 0.0) if index.shortest >= 3 else 0.0
        found = placed = asked = 0
        for id in names:
            if len(clips[id]) / RATE < longest or (least < 5 and name.startswith(("offset", "cropped to 5 s"))):
                continue
            wave, start = distort(clips[id] / 32768)
            mine = [match for match in index.matches(fingerprint(heard(wave))) if match.id == id]
            asked, found = asked + 1, found + len(mine)
            placed += sum(abs(match.offset - start) < 0.1 for match in mine)
        if asked:
            print(f"  {name:36} {found / asked:8.2%} found, {placed / asked:8.2%} in place, of {asked}", flush=True)


def correlates(asked: Samples, other: Samples, match: Match) -> float:
    """The median over half seconds of the best correlation within 50 ms of where the match lays them."""
    slack, length, found = RATE // 20, RATE, []
    for start in range(0, len(asked) - length, RATE // 2):
        there = start + round(match.offset * RATE) - slack
        if there < 0 or there + length + 2 * slack > len(other):
            continue
        one = asked[start : start + length].astype(float)
        around = other[there : there + length + 2 * slack].astype(float)
        if one.std() < 30:
            continue
        size = 1 << 15
        products = np.fft.irfft(np.fft.rfft(around, size) * np.fft.rfft(one, size).conj(), size)[: 2 * slack]
        energy = np.concatenate(([0], np.cumsum(around**2)))
        powers = (energy[length:] - energy[:-length])[: 2 * slack] * (one**2).sum()
        found.append(float(np.max(products / np.sqrt(powers + 1))))
    return float(np.median(found)) if found else 0.0


def strangers(index: Index, clips: dict[str, Samples], prints: dict[str, bytes]) -> None:
    pairs = len(clips) * (len(clips) - 1) // 2
    kinds: Counter[str] = Counter()
    for id, samples in clips.items():
        for match in index.matches(prints[id]):
            if match.id <= id:
                continue
            same = correlates(samples, clips[match.id], match) > 0.8
            work = id.partition("@")[0] == match.id.partition("@")[0]
            where = "within one piece of music" if work else "of two files"
            kinds[f"{where}: {'the samples agree' if same else 'the samples differ'}"] += 1
            if not (same or work):
                print(f"  differ: {id} | {match.id} {match}")
    print(f"\n{pairs:,} pairs of recordings that no one distorted, of which matched:")
    for kind, count in sorted(kinds.items()):
        print(f"  {kind:50} {count:5}   1 in {pairs / count:,.0f}")


def resident() -> float:
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def excerpts(prints: list[bytes], count: int) -> list[bytes]:
    """Prints of ten seconds each, cut from real ones that were laid end to end. Many overlap, so that a look-up has
    more to look at than it would in as many recordings."""
    signs, sure = (np.concatenate(words) for words in zip(*map(read, prints), strict=True))
    dice, frames = random.Random(2), round((10 - SPAN_SECONDS) / HOP_SECONDS) + 1
    places = [dice.randrange(len(signs) - frames) for _ in range(count)]
    return [signs[place : place + frames].tobytes() + sure[place : place + frames].tobytes() for place in places]


def many(clips: list[Samples], count: int) -> None:
    began = time.process_time()
    real_prints = [fingerprint(clip) for clip in clips]
    taken, seconds = time.process_time() - began, sum(map(len, clips)) / RATE
    rate = f"{taken / seconds * 1000:.2f} ms of CPU for each second of sound"
    print(f"a print takes {rate}: {seconds / taken / 10:,.0f} clips of 10 s a second")
    prints = excerpts(real_prints, count)
    before, index = resident(), Index()
    for number, one in enumerate(prints):
        index.add(str(number), one)
    began = time.process_time()
    index.matches(prints[0])
    laid, after = time.process_time() - began, resident()
    began = time.process_time()
    for one in prints[:500]:
        index.matches(one)
    asked = (time.process_time() - began) / 500
    size = sum(map(len, prints)) / count
    print(
        f"{count:,} prints of 10 s: {size:,.0f} bytes each, index {after - before:,.0f} MB, made in {laid:.1f} s of CPU"
    )
    print(
        f"  a million: {size / 1e3:.1f} GB of prints on disk, {(after - before) / count * 1e6 / 1024:,.1f} GB of index"
    )
    print(f"  {asked * 1000:.2f} ms a look-up", flush=True)


def indexed(clips: dict[str, Samples], shortest: float) -> tuple[Index, dict[str, bytes]]:
    prints, index = {id: fingerprint(samples) for id, samples in clips.items()}, Index(shortest=shortest)
    for id, one in prints.items():
        index.add(id, one)
    print(f"{len(clips):,} recordings, {sum(map(len, clips.values())) / RATE / 3600:.1f} hours", flush=True)
    return index, prints


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", default=["pairs", "recall", "short", "many"])
    parser.add_argument("--recall", type=int, default=400)
    parser.add_argument("--many", type=int, default=20_000)
    options = parser.parse_args()
    if "many" in options.parts:
        many([samples for _, samples in islice(real(SHORTEST), 600)], options.many)
    if {"pairs", "recall"} & set(options.parts):
        clips = dict(real(SHORTEST))
        index, prints = indexed(clips, SHORTEST)
        if "pairs" in options.parts:
            strangers(index, clips, prints)
        if "recall" in options.parts:
            recall(index, clips, 5, 1000, options.recall)
            recall(index, clips, 3, 5, options.recall)
    if "short" in options.parts:
        clips = dict(real(1, SHORTEST))
        index, prints = indexed(clips, 1.0)
        strangers(index, clips, prints)
        recall(index, clips, 1.5, SHORTEST, options.recall)


if __name__ == "__main__":
    main()
