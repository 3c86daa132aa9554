"""What our wrapping costs a training: `cogito train` beside a bare `swift sft` of the same rows and options.

    python perf/train.py RUN --recipe recipes/train-cpu.toml --out DIR [key=value ...]

Processor seconds and the largest process, all descendants counted. What is done once, before the first step (rows
exported, some encoded by the engine), is shown apart from what goes on beside the steps: the first does not grow with
the training.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

from audio_cogito.train import recipe as recipes
from audio_cogito.train import training
from audio_cogito.train.record import CONFIG, RECORD


class Spent(NamedTuple):
    cpu: float
    wall: float
    largest: float
    """MB of the largest process."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("overrides", nargs="*")
    parser.add_argument("--recipe", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    recipe = recipes.load(given.recipe, tuple(given.overrides))
    environment = os.environ | recipe.environment
    ours, bare = given.out.absolute() / "ours", given.out.absolute() / "bare"
    bare.mkdir(parents=True)
    told = [str(given.run), "--recipe", str(given.recipe), "--out", str(ours), *given.overrides]
    whole = spent([sys.executable, "-m", "audio_cogito.cli", "train", *told], dict(os.environ), bare)
    settings = json.loads((ours / CONFIG).read_text()) | {"output_dir": str(bare / "swift")}
    (bare / CONFIG).write_text(json.dumps(settings))
    alone = spent(list(training.command(recipe, bare)), environment, bare)
    record = json.loads((ours / RECORD).read_text())
    print(f"{record['rows']:,} rows, {record['tokens']:,} tokens, {record['steps']:,} steps")
    for name, one in (("cogito train", whole), ("swift sft", alone)):
        print(f"{name:13} {one.cpu:8.1f} s CPU  {one.wall:8.1f} s wall  {one.largest:8,.0f} MB")
    print(f"cogito train, of which ms-swift: {record['seconds']:.1f} s wall; bare: {alone.wall:.1f} s")
    print(f"wrapping: {whole.cpu - alone.cpu:+.1f} s CPU ({100 * (whole.cpu - alone.cpu) / alone.cpu:+.1f} %)")


def spent(command: list[str], environment: dict[str, str], folder: Path) -> Spent:
    began = time.monotonic()
    with (folder / "said.txt").open("ab") as said:
        child = subprocess.Popen(command, stdout=said, stderr=said, env=environment)
        _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        sys.exit(f"{command[0]} ended with {child.returncode}: {folder / 'said.txt'}")
    return Spent(used.ru_utime + used.ru_stime, time.monotonic() - began, used.ru_maxrss / 1024)


if __name__ == "__main__":
    main()
