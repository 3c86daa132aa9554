"""Thousands of damaged files: each is answered in one clear line, none ends the process or the run.

Short by default; the long test takes 3,000 files, real ones among them where COGITO_REAL_AUDIO names some.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
from collections import Counter
from pathlib import Path

import pytest

from audio_cogito.audio import Sounds
from audio_cogito.hearing.listener import Answer, Job
from audio_cogito.hearing.listeners import Listeners
from audio_cogito.store import Heard
from tones import FORMATS, noise, write

GOLDEN = Path(__file__).parent / "golden_sounds"


def originals(folder: Path) -> list[list[bytes]]:
    """Whole files by container, so that one of which there are many is not taken more often."""
    made = [write(folder / f"a.{suffix}", noise(0.3, 24_000), 24_000) for suffix in FORMATS]
    made += sorted(GOLDEN.iterdir())
    if real := os.environ.get("COGITO_REAL_AUDIO"):
        listed = [json.loads(line)["path"] for line in (Path(real) / "manifest.jsonl").read_text().splitlines()]
        small = [Path(real) / path for path in listed[::50]]
        made += [path for path in small if path.stat().st_size < 200_000]
    kinds: dict[str, list[bytes]] = {}
    for path in made:
        kinds.setdefault(path.suffix, []).append(path.read_bytes())
    return list(kinds.values())


def mutated(data: bytes, draw: random.Random) -> bytes:
    """A file with some of it changed, left out, said twice, or cut off; headers more often than the rest."""
    changed = bytearray(data)
    for _ in range(draw.choice([1, 1, 1, 2, 5, 20])):
        if not changed:
            break
        place = draw.randrange(min(len(changed), 100) if draw.random() < 0.5 else len(changed))
        match draw.choice([0, 0, 0, 1, 1, 2, 3, 4]):
            case 0:
                changed[place] ^= 1 << draw.randrange(8)
            case 1:
                changed[place : place + 4] = draw.choice([b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff"])
            case 2:
                del changed[place : place + draw.randrange(1, 64)]
            case 3:
                changed[place:place] = changed[place : place + draw.randrange(1, 64)]
            case 4:
                del changed[draw.randrange(len(changed)) :]
    return bytes(changed)


async def answers(folder: Path, count: int) -> list[tuple[Path, object]]:
    draw, given = random.Random(0), originals(folder)
    paths = []
    for number in range(count):
        path = folder / f"fuzzed {number}"
        path.write_bytes(mutated(draw.choice(draw.choice(given)), draw))
        paths.append(path)
    listeners = Listeners(Sounds(folder / "sounds"), 2, patience=60)
    try:
        heard = await asyncio.gather(*(listeners.listen(Job(path=str(path))) for path in paths))
    finally:
        listeners.close()
    return list(zip(paths, heard, strict=True))


def hold_to_the_contract(heard: list[tuple[Path, object]]) -> Counter[str]:
    kinds = Counter[str]()
    for path, answer in heard:
        assert isinstance(answer, Answer), (path, answer)
        (one,) = answer.heard
        kinds[_kind(one)] += 1
        if one.error is not None:
            assert one.error
            assert "\n" not in one.error
            assert str(path) not in one.error
    return kinds


def _kind(heard: Heard) -> str:
    if heard.error is not None:
        return "undecodable"
    if heard.measurements is None:
        return "too long"
    return "not numbers" if heard.measurements.not_numbers else "heard"


async def test_fuzzed_files_are_each_answered(tmp_path: Path) -> None:
    kinds = hold_to_the_contract(await answers(tmp_path, 150))
    assert sum(kinds.values()) == 150
    assert kinds["undecodable"] > 30
    assert kinds["heard"] > 20


@pytest.mark.long
async def test_three_thousand_fuzzed_files_are_each_answered(tmp_path: Path) -> None:
    kinds = hold_to_the_contract(await answers(tmp_path, 3000))
    print(kinds)
    assert sum(kinds.values()) == 3000
