"""How fast a finished run is walked again, and how much memory that takes.

    python perf/rerun.py --questions 10000 100000

A run is made over spans of one long recording with models that answer in this process, then walked again in a process
of its own, which pays for no call. Records are clips, questions and traces with verdicts. Chains are as long as real
ones (`--chain` characters).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import soundfile

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from audio_cogito import config, pipeline
from audio_cogito.messages import Reply, Sampling
from audio_cogito.models.openai import OpenAI
from audio_cogito.opening import opened
from audio_cogito.run import RunRecord
from road import write_recipe
from server_replies import decode_request, message_for

WORDS = "the low bell rings again and a door closes far away while somebody walks over gravel towards the gate "


class Instant(OpenAI):
    """Answers in this process, at once."""

    chain = 3500

    async def send(self, asked: bytes, sampling: Sampling, *, draw: int = 0, attempt: int = 0) -> Reply:
        message: dict[str, Any] = dict(message_for(decode_request(asked)))
        if message.get("reasoning"):
            message["reasoning"] = (message["reasoning"] + " " + WORDS * 100)[: self.chain]
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        return Reply(
            model=self.name,
            revision=self.revision,
            choice=msgspec.Raw(msgspec.json.encode(choice)),
            usage=msgspec.Raw(b'{"prompt_tokens":1500,"completion_tokens":800}'),
            sampling=sampling,
        )


async def walk(recipe: Path, *, paying: bool) -> RunRecord:
    async with opened(config.load(recipe), connect=Instant if paying else OpenAI) as build:
        await pipeline.walk(build)
    return build.run.record


def make(folder: Path, questions: int) -> Path:
    """A recipe over as many spans as give about that many questions, at one and a half a clip."""
    rng = np.random.default_rng(0)
    clips = questions * 2 // 3
    soundfile.write(folder / "long.wav", 0.2 * rng.standard_normal(clips * 160 + 16000), 16000, subtype="PCM_16")
    rows = (
        {"path": "long.wav", "start": i * 0.01, "end": i * 0.01 + 0.03, "caption": f"moment {i}"} for i in range(clips)
    )
    (folder / "spans.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    sources = {"manifest": {"path": "spans.jsonl"}}
    # The chains are one sentence over and over, which is nothing to stop a measurement for.
    guards = {"max_looping": 1.0, "max_rejected": 1.0}
    return write_recipe(folder, "http://127.0.0.1:9/v1", sources=sources, collect={"min_seconds": 0.01}, guards=guards)


def again(recipe: Path) -> None:
    """Walk the finished run again and print what it took, as JSON."""
    began, cpu = time.perf_counter(), time.process_time()
    record = asyncio.run(walk(recipe, paying=False))
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    stages = record.stages
    records = stages["collect"].kept + stages["construct"].kept + stages["verify"].kept
    assert sum(usage.calls for usage in record.usage.values()) == 0
    taken = {
        "questions": stages["construct"].kept,
        "records": records,
        "seconds": round(seconds, 2),
        "records a second": round(records / seconds),
        "cpu microseconds a record": round(cpu / records * 1e6),
        "peak MB": peak_megabytes(),
    }
    print(json.dumps(taken))


def peak_megabytes() -> int:
    """Of this process alone: getrusage would count the parent's before the exec."""
    status = Path("/proc/self/status").read_text()
    return round(int(status.partition("VmHWM:")[2].split()[0]) / 1024)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--questions", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--chain", type=int, default=3500)
    parser.add_argument("--again", type=Path)
    options = parser.parse_args()
    if options.again:
        return again(options.again)
    Instant.chain = options.chain
    for questions in options.questions:
        folder = Path(tempfile.mkdtemp(prefix="rerun"))
        try:
            recipe = make(folder, questions)
            began = time.perf_counter()
            asyncio.run(walk(recipe, paying=True))
            print(f"made in {time.perf_counter() - began:.0f} s", flush=True)
            for _ in range(2):
                subprocess.run([sys.executable, __file__, "--again", str(recipe)], check=True)
        finally:
            shutil.rmtree(folder)
    return None


if __name__ == "__main__":
    main()
