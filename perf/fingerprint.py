"""What the fingerprint finds, and what it takes for the same that is not; its speed and its memory.

    COGITO_REAL_AUDIO=/recordings python perf/fingerprint.py [many pairs recall short] [--recall 400] [--many 20000]

Recordings of three seconds and more are read as models hear them, those beyond 30 s in parts of ten seconds. `pairs`:
each pair of them is asked whether it is the same. What is, is held against the samples: laid over each other as the
match says, do they correlate? `recall`: `--recall` of them are distorted in every way and looked for among all: found
is found under its own name, in place at the right second; what else is found and is not like the undistorted sound is
false. `overlap` in it: two clips of five seconds that begin apart, the second one as mp3. `short`: both, of recordings
of one to three seconds, where one second in common is to suffice. `many`: memory and look-ups over `--many` prints of
ten seconds, made of real ones. `--misses` names what was not found.
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
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
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
from audio_cogito.hearing.fingerprint import HOP_SECONDS, SHORTEST, SPAN_SECONDS, Words, fingerprint, read
from audio_cogito.hearing.sound import Sound
from audio_cogito.intervals import wilson
from audio_cogito.stages.collect import Settings

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


def distortions(dice: random.Random, shortest: float) -> dict[str, tuple[float, Distortion]]:
    """Each with the seconds that a recording must have for it."""
    brief = shortest + 0.5
    return {
        "nothing done": (0, lambda wave: (wave, 0.0)),
        "mp3, 64 kb/s at 16 kHz": (0, lambda wave: (mp3(wave, 16_000), 0.0)),
        "through 8 kHz": (0, lambda wave: (through(wave, 8000), 0.0)),
        "through 44.1 kHz": (0, lambda wave: (through(wave, 44_100), 0.0)),
        "gain -20 dB": (0, lambda wave: (wave * 0.1, 0.0)),
        "gain +6 dB, clipped": (0, lambda wave: (wave * 2, 0.0)),
        "noise at 20 dB": (0, lambda wave: (noisy(wave), 0.0)),
        "begins 3 s later": (shortest + 5, lambda wave: (wave[3 * RATE :], 3.0)),
        "cropped to 5 s": (5, lambda wave: cut(wave, 5.0, dice)),
        f"cropped to {brief:g} s": (brief, lambda wave: cut(wave, brief, dice)),
        f"cropped to {brief:g} s, -20 dB, mp3": (brief, lambda wave: _worst(wave, brief, dice)),
        "cropped to 5 s, 8 kHz, -20 dB, mp3": (5, lambda wave: _worst(wave, 5.0, dice, 8000)),
        "mp3, 56 kb/s at 44.1 kHz": (0, lambda wave: (mp3(wave), 0.0)),
    }


def _worst(wave: Wave, seconds: float, dice: random.Random, rate: int = RATE) -> tuple[Wave, float]:
    part, start = cut(wave, seconds, dice)
    return mp3(through(part, rate) * 0.1, 16_000), start


def heard(wave: Wave) -> Samples:
    return np.clip(np.rint(wave * 32768), -32768, 32767).astype("<i2")


@dataclass
class Score:
    """What was found of copies of recordings that were asked for."""

    asked: int = 0
    found: int = 0
    placed: int = 0
    false: int = 0
    pairs: int = 0
    missed: list[str] = field(default_factory=list)

    def add(self, id: str, matches: list[Match], start: float, like: set[str], among: int) -> None:
        """`like`: what the undistorted sound is like, of `among` recordings."""
        mine = [match for match in matches if match.id == id]
        self.asked, self.found, self.pairs = self.asked + 1, self.found + len(mine), self.pairs + among - 1
        self.placed += sum(abs(match.offset - start) < 0.1 for match in mine)
        self.false += sum(match.id not in like for match in matches)
        self.missed += [] if mine else [id]

    def say(self, name: str, misses: bool) -> None:
        if not self.asked:
            return
        low, high = wilson(self.found, self.asked) or (0, 1)
        found = f"{self.found / self.asked:8.2%} found ({low:.1%} to {high:.1%}) of {self.asked}"
        placed, false = f"{self.placed / self.asked:8.2%} in place", f"{self.false} of {self.pairs:,} other pairs"
        print(f"  {name:42} {found}, {placed}, {false}", flush=True)
        kinds = Counter(id.partition("/")[0] for id in self.missed)
        if kinds:
            print(f"    not found: {', '.join(f'{kind} {count}' for kind, count in kinds.most_common())}")
        for id in self.missed if misses else ():
            print(f"      {id}")


def level(clip: Samples) -> float:
    """In dB of full scale."""
    return 20 * np.log10(max(1.0, np.sqrt(np.mean(clip.astype(np.float64) ** 2))) / 32768)


def recall(
    index: Index,
    clips: dict[str, Samples],
    prints: dict[str, bytes],
    least: float,
    most: float,
    options: argparse.Namespace,
) -> None:
    chosen = {name: clip for name, clip in clips.items() if least <= len(clip) / RATE < most}
    loud = {name for name, clip in chosen.items() if level(clip) >= Settings().min_rms_db}
    names = random.Random(3).sample(sorted(loud), min(options.recall, len(loud)))
    silent = f"{len(chosen) - len(loud)} are silent by collect's gate and left out"
    print(f"\n{len(names)} of {len(chosen)} recordings of {least:g} to {most:g} s; {silent}")
    like = {id: {match.id for match in index.matches(prints[id])} | {id} for id in names}
    for name, (longest, distort) in distortions(random.Random(1), index.shortest).items():
        score = Score()
        for id in names:
            if len(clips[id]) / RATE >= longest:
                wave, start = distort(clips[id] / 32768)
                score.add(id, index.matches(fingerprint(heard(wave))), start, like[id], len(index))
        score.say(name, options.misses)
    for apart in (2.0, 1.5) if least >= 5 else ():
        overlap(clips, prints, names, like, apart, options.misses)


def overlap(
    clips: dict[str, Samples],
    prints: dict[str, bytes],
    names: list[str],
    like: dict[str, set[str]],
    apart: float,
    misses: bool,
) -> None:
    """Two clips of five seconds of one recording, of which the second begins so much later and is an mp3."""
    score, length, start = Score(), 5 * RATE, round(apart * RATE)
    long_enough = [id for id in names if len(clips[id]) >= length + start]
    firsts = {id: fingerprint(clips[id][:length]) for id in long_enough}
    index = built(prints | firsts, SHORTEST)
    for id in long_enough:
        second = mp3(clips[id][start : start + length] / 32768, 16_000)
        score.add(id, index.matches(fingerprint(heard(second))), apart, like[id], len(index))
    score.say(f"overlap of {5 - apart:g} s, other sounds follow, mp3", misses)


def correlates(asked: Samples, other: Samples, match: Match) -> float:
    """The median over half seconds of the best correlation within 50 ms of where the match lays them."""
    slack, length, found = RATE // 20, RATE if len(asked) > 2 * RATE else RATE // 2, []
    other = np.pad(other, slack)
    for start in range(0, len(asked) - length, RATE // 2):
        there = start + round(match.offset * RATE)
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
        low, high = wilson(count, pairs) or (0, 1)
        print(f"  {kind:50} {count:5}   1 in {pairs / count:,.0f} ({1 / high:,.0f} to {1 / low:,.0f})")
    low, high = wilson(0, pairs) or (0, 1)
    print(f"  none at all of that many would be less than 1 in {1 / high:,.0f}", flush=True)


def resident() -> float:
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def rotated(words: Words, by: int) -> Words:
    """Every band's sign in the place of another band's."""
    return (words << np.uint32(by)) | (words >> np.uint32(32 - by)) if by else words


def excerpts(prints: Iterable[bytes]) -> Iterator[bytes]:
    """Prints of ten seconds each: real ones laid end to end and cut, then the same with their bands rotated by one, and
    so on. No two of them are alike, and words come as often together as they do in real ones."""
    signs, sure = (np.concatenate(words) for words in zip(*map(read, prints), strict=True))
    frames = round((10 - SPAN_SECONDS) / HOP_SECONDS) + 1
    for by in range(32):
        turned = rotated(signs, by), rotated(sure, by)
        for place in range(0, len(signs) - frames, frames):
            yield b"".join(words[place : place + frames].tobytes() for words in turned)


def many(clips: dict[str, Samples], real_prints: Iterable[bytes], count: int) -> None:
    timed = list(clips.values())[:600]
    began = time.process_time()
    for clip in timed:
        fingerprint(clip)
    taken, seconds = time.process_time() - began, sum(map(len, timed)) / RATE
    rate = f"{taken / seconds * 1000:.2f} ms of CPU for each second of sound"
    print(f"\na print takes {rate}: {seconds / taken / 10:,.0f} clips of 10 s a second")
    prints = list(islice(excerpts(real_prints), count))
    before, index = resident(), Index()
    for number, one in enumerate(prints):
        index.add(str(number), one)
    began = time.process_time()
    index.matches(prints[0])
    laid, after = time.process_time() - began, resident()
    began = time.process_time()
    found = [len(index.matches(one)) for one in prints[:: max(1, len(prints) // 300)]]
    asked = (time.process_time() - began) / len(found)
    size, held = sum(map(len, prints)) / len(prints), after - before
    print(f"{len(prints):,} prints of 10 s: {size:,.0f} bytes each, index {held:,.0f} MB, made in {laid:.1f} s of CPU")
    million = held / len(prints) * 1e6 / 1024
    print(
        f"  a million: {size / 1e3:.1f} GB of prints on disk, {million:,.1f} GB of index, {million / 10:.2f} by blocks"
    )
    print(f"  {asked * 1000:.2f} ms a look-up, {sum(found) / len(found):.2f} found each", flush=True)


def built(prints: dict[str, bytes], shortest: float) -> Index:
    index = Index(shortest=shortest)
    for id, one in prints.items():
        index.add(id, one)
    return index


def indexed(clips: dict[str, Samples], shortest: float) -> tuple[Index, dict[str, bytes]]:
    prints = {id: fingerprint(samples) for id, samples in clips.items()}
    hours = sum(map(len, clips.values())) / RATE / 3600
    print(f"{len(clips):,} recordings and parts of {shortest:g} s and more, {hours:.1f} hours", flush=True)
    return built(prints, shortest), prints


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", default=["pairs", "recall", "short", "many"])
    parser.add_argument("--recall", type=int, default=400)
    parser.add_argument("--many", type=int, default=20_000)
    parser.add_argument("--short", type=int, default=2000, help="how many recordings of one to three seconds")
    parser.add_argument("--misses", action="store_true", help="name each recording that was not found")
    options = parser.parse_args()
    if {"many", "pairs", "recall"} & set(options.parts):
        clips = dict(real(SHORTEST))
        index, prints = indexed(clips, SHORTEST)
        if "many" in options.parts:
            many(clips, prints.values(), options.many)
        if "pairs" in options.parts:
            strangers(index, clips, prints)
        if "recall" in options.parts:
            recall(index, clips, prints, 5, 1000, options)
            recall(index, clips, prints, 3, 5, options)
    if "short" in options.parts:
        clips = dict(islice(real(1, SHORTEST), options.short))
        index, prints = indexed(clips, 1.0)
        strangers(index, clips, prints)
        recall(index, clips, prints, 1.5, SHORTEST, options)


if __name__ == "__main__":
    main()
