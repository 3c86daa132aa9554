"""How much sound collect takes in, beside a bare loop of soundfile and soxr, and beside librosa.

    COGITO_REAL_AUDIO=/recordings python perf/collect.py [bare collect unprinted flac librosa stage]
        [--files 600] [--rounds 5]

Seconds of sound for each second of CPU, over the same real recordings, the sides in turn; ratios are to the bare loop,
which reads, averages the channels and resamples, and does nothing else. `collect` beside it also finds out what is cut
off, hashes, measures, judges and fingerprints what lasts three seconds or more (`unprinted`: all but that); `flac`
writes each sound, too, as a build does. The stage as a build runs it, in its processes, is told by the clock.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import soundfile
import soxr

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "src"))

from audio_cogito import audio
from audio_cogito.audio import Sounds
from audio_cogito.hearing import listener
from audio_cogito.hearing.listener import Answer, Job
from audio_cogito.hearing.listeners import Listeners
from audio_cogito.ledger import Failure
from audio_cogito.stages.collect import Settings, collect
from audio_cogito.store import Hearings
from audio_cogito.types import Recording


class Forgetful(Sounds):
    """Writes nothing."""

    def write(self, id: str, samples: audio.Samples) -> None:
        pass


def recordings(count: int) -> list[Path]:
    """Some of the real recordings that last no longer than a clip may, the same each time."""
    root = Path(os.environ["COGITO_REAL_AUDIO"])
    listed = [root / json.loads(line)["path"] for line in (root / "manifest.jsonl").read_text().splitlines()]
    random.Random(0).shuffle(listed)
    chosen: list[Path] = []
    for path in listed:
        with soundfile.SoundFile(path) as sound:
            if 0.5 <= sound.frames / sound.samplerate <= 30:
                chosen.append(path)
        if len(chosen) == count:
            break
    return chosen


def bare(path: Path) -> None:
    frames, rate = soundfile.read(path, dtype="float32", always_2d=True)
    soxr.resample(frames.mean(axis=1), rate, audio.RATE)


def heard(path: Path, sounds: Sounds, *, printed: bool = True) -> None:
    assert isinstance(listener.listen(Job(path=str(path), printed=printed), sounds), Answer)


def cpu(side: Callable[[Path], None], paths: list[Path]) -> float:
    began = time.process_time()
    for path in paths:
        side(path)
    return time.process_time() - began


def with_flac(paths: list[Path]) -> float:
    folder = Path(tempfile.mkdtemp(prefix="collect"))
    try:
        return cpu(lambda path: heard(path, Sounds(folder)), paths)
    finally:
        shutil.rmtree(folder)


async def stage(paths: list[Path], processes: int) -> float:
    """Seconds by the clock for the whole stage, started processes and store included."""
    folder = Path(tempfile.mkdtemp(prefix="collect"))
    sounds, hearings = Sounds(folder / "audio"), Hearings(folder)
    listeners, settings = Listeners(sounds, processes), Settings(processes=processes)
    gate = asyncio.Semaphore(max(1, processes) * 2)

    async def one(path: Path) -> None:
        async with gate:
            made = Recording(source="real", path=str(path))
            (entry,) = await collect(made, sounds=sounds, hearings=hearings, listeners=listeners, settings=settings)
            assert not isinstance(entry, Failure), entry

    began = time.perf_counter()
    try:
        await asyncio.gather(*(one(path) for path in paths))
        return time.perf_counter() - began
    finally:
        listeners.close()
        hearings.close()
        shutil.rmtree(folder)


def sides(paths: list[Path], wanted: list[str]) -> dict[str, Callable[[], float]]:
    nowhere = Forgetful(Path("nowhere"))
    found: dict[str, Callable[[], float]] = {
        "bare": lambda: cpu(bare, paths),
        "collect": lambda: cpu(lambda path: heard(path, nowhere), paths),
        "unprinted": lambda: cpu(lambda path: heard(path, nowhere, printed=False), paths),
        "flac": lambda: with_flac(paths),
    }
    if "librosa" in wanted:
        try:
            import librosa

            librosa.load(paths[0], sr=audio.RATE)
            found["librosa"] = lambda: cpu(lambda path: librosa.load(path, sr=audio.RATE), paths)
        except ImportError:
            print("librosa is not installed: left out")
    return {name: side for name, side in found.items() if name in (*wanted, "bare")}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sides", nargs="*", default=["collect", "unprinted", "flac", "librosa", "stage"])
    parser.add_argument("--files", type=int, default=600)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    paths = recordings(options.files)
    seconds = sum(soundfile.info(path).duration for path in paths)
    for path in paths:  # so that the first side does not read from the disk for the others
        path.read_bytes()
    print(f"{len(paths)} recordings, {seconds:.0f} s of sound", flush=True)
    compared = sides(paths, options.sides)
    taken: dict[str, list[float]] = {name: [] for name in compared}
    for _ in range(options.rounds):
        for name, side in compared.items():
            taken[name].append(side())
            print(f"  {name} took {taken[name][-1]:.1f} s of CPU", flush=True)
    for name, times in taken.items():
        ratios = [first / own for first, own in zip(taken["bare"], times, strict=True)]
        rate = seconds / statistics.median(times)
        print(f"{name:10} {rate:6.0f} s of sound a CPU second   {statistics.median(ratios):.2f} x")
    for processes in (0, 1, 2, 4) if "stage" in options.sides else ():
        took = statistics.median([asyncio.run(stage(paths, processes)) for _ in range(options.rounds)])
        print(f"the stage, {processes} processes   {seconds / took:6.0f} s of sound a second by the clock")


if __name__ == "__main__":
    main()
