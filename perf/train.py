"""What `cogito train` costs beside a bare `swift sft` of the same rows and options, on the same machine.

    python perf/train.py [--rows 128] [--rounds 3] [--python .venv-engines/swift/bin/python] [key=value ...]

The shipped recipe for machines without a GPU (recipes/train-cpu.toml, `key=value` changes it) over the built-in model
and tones. Sides take turns; medians. A side's processor seconds are those of all its processes, the trainer's start
among them: other work on the machine disturbs them less than it does the clock. Apart stands what is done once before
the trainer starts (rows exported and encoded by the engine, then held to what they say), which a bare run does not do
and which does not grow with the steps. Expected: from then on under 2 % more.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from audio_cogito.audio import Sounds
from audio_cogito.run import Run
from audio_cogito.train import progress, training
from audio_cogito.train import recipe as recipes
from audio_cogito.train.recipe import TrainRecipe
from audio_cogito.train.record import CONFIG, SWIFT
from audio_cogito.train.rows import ROWS
from training_runs import tone_trace, write_training_run

STARTED = "starting ms-swift"
MOST_PERCENT = 2.0


class Spent(NamedTuple):
    """What one side took, from the trainer's start on."""

    cpu: float
    """Seconds, of all processes."""
    wall: float
    steps: float
    """Seconds that the trainer says its steps took."""
    largest: float
    """MB of the trainer's largest process."""


class Wrapped(NamedTuple):
    spent: Spent
    own_cpu: float
    """Of `spent`, the seconds of our own process."""
    own_largest: float
    """MB of our own process."""
    before_cpu: float
    before_wall: float
    """Until the trainer starts."""
    tokens: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("overrides", nargs="*", metavar="key=value")
    parser.add_argument("--rows", type=int, default=128)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--recipe", type=Path, default=ROOT / "recipes" / "train-cpu.toml")
    parser.add_argument("--python", type=Path, default=ROOT / ".venv-engines" / "swift" / "bin" / "python")
    parser.add_argument("--wrapped", type=Path, nargs=2, metavar=("RUN", "OUT"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    recipe = recipes.load(options.recipe, (f'python="{options.python.absolute()}"', *options.overrides))
    if options.wrapped:
        print(json.dumps(wrapped(*options.wrapped, recipe)))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sounds = Sounds(folder / "audio")
        run = write_training_run(folder, [tone_trace(sounds, number) for number in range(options.rows)])
        ours = [_wrapped_apart(run, first := folder / "wrapped-0")]
        alone = [bare(recipe, first, folder / "bare-0")]
        _tell("round 1", ours[0], alone[0])
        for number in range(1, options.rounds):
            if number % 2:  # then the other side is first
                alone.append(bare(recipe, first, folder / f"bare-{number}"))
            ours.append(_wrapped_apart(run, folder / f"wrapped-{number}"))
            if not number % 2:
                alone.append(bare(recipe, first, folder / f"bare-{number}"))
            _tell(f"round {number + 1}", ours[-1], alone[-1])
    report(ours, alone, epochs=float(recipe.swift["num_train_epochs"]))  # type: ignore[arg-type]


def _wrapped_apart(run: Run, out: Path) -> Wrapped:
    """In a process of its own, as the command is: its memory and its children are then its own."""
    command = [sys.executable, *sys.argv, "--wrapped", str(run.folder), str(out)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        sys.exit(f"the wrapped side ended with {done.returncode}")
    spent, *rest = json.loads(done.stdout.splitlines()[-1])
    return Wrapped(Spent(*spent), *rest)


def wrapped(run: Path, out: Path, recipe: TrainRecipe) -> Wrapped:
    marks = [_now()]

    def say(line: str) -> None:
        if line == STARTED:
            marks.append(_now())

    record = training.train(Run(run), recipe, out.absolute(), say)
    begun, started, ended = (*marks, _now())
    spent = Spent(
        cpu=ended.own + ended.children - started.own - started.children,
        wall=ended.clock - started.clock,
        steps=_seconds_of_steps(out / SWIFT),
        largest=resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024,
    )
    return Wrapped(
        spent=spent,
        own_cpu=ended.own - started.own,
        own_largest=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        before_cpu=started.own + started.children - begun.own - begun.children,
        before_wall=started.clock - begun.clock,
        tokens=record.tokens,
    )


def bare(recipe: TrainRecipe, wrapped: Path, out: Path) -> Spent:
    """The trainer by itself, with the rows and the options of the other side, and in a session of its own as there: on
    a busy machine that decides how much of it a process gets. A copy of the rows is new to it, as they are there."""
    out.mkdir()
    shutil.copyfile(wrapped / ROWS, out / ROWS)
    places = {"output_dir": str(out / SWIFT), "dataset": str(out / ROWS)}
    told: dict[str, Any] = json.loads((wrapped / CONFIG).read_text())
    (out / CONFIG).write_text(json.dumps(told | places))
    began = time.monotonic()
    with (out / "log.txt").open("wb") as log:
        child = subprocess.Popen(
            training.command(recipe, out), stdout=log, stderr=log, env=os.environ | recipe.environment,
            start_new_session=True,
        )  # fmt: skip
        _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        sys.exit(f"the bare side ended with {child.returncode}: {(out / 'log.txt').read_text()[-1000:]}")
    return Spent(
        cpu=used.ru_utime + used.ru_stime,
        wall=time.monotonic() - began,
        steps=_seconds_of_steps(out / SWIFT),
        largest=used.ru_maxrss / 1024,
    )


class _Now(NamedTuple):
    clock: float
    own: float
    children: float
    """Processor seconds, of the children that ended."""


def _now() -> _Now:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return _Now(time.monotonic(), *(one.ru_utime + one.ru_stime for one in used))


def _seconds_of_steps(swift: Path) -> float:
    """As the trainer sums them up at its end."""
    lines = [json.loads(line) for line in (swift / progress.LOG).read_text().splitlines()]
    return float(next(line["train_runtime"] for line in reversed(lines) if "train_runtime" in line))


def _tell(name: str, ours: Wrapped, alone: Spent) -> None:
    print(
        f"{name}: wrapped {ours.spent.cpu:.1f} s of CPU, {ours.own_cpu:.2f} s of them our own process's;"
        f" bare {alone.cpu:.1f} s; steps {ours.spent.steps:.1f} and {alone.steps:.1f} s by the clock",
        flush=True,
    )


def report(ours: list[Wrapped], alone: list[Spent], epochs: float) -> None:
    median = statistics.median
    tokens = ours[0].tokens * epochs
    for name, side in (("cogito train", [one.spent for one in ours]), ("swift sft", alone)):
        cpu, wall, steps, largest = (median(values) for values in zip(*side, strict=True))
        print(
            f"{name:13}{cpu:8.1f} s CPU {wall:8.1f} s wall {largest:8,.0f} MB"
            f" {tokens / steps:8,.0f} tokens/s over {steps:.1f} s of steps, {tokens / cpu:,.0f} tokens a CPU second"
        )
    more = median(100 * (one.spent.cpu / other.cpu - 1) for one, other in zip(ours, alone, strict=True))
    own = median(100 * one.own_cpu / (one.spent.cpu - one.own_cpu) for one in ours)
    verdict = "" if own < MOST_PERCENT else f", more than {MOST_PERCENT:g} %"
    print(f"wrapping: {own:.2f} % of the trainer's CPU in our own process{verdict}; the sums differ by {more:+.1f} %")
    print(f"our own process: {median(one.own_largest for one in ours):,.0f} MB")
    before_cpu, before_wall = (
        median(v) for v in zip(*((one.before_cpu, one.before_wall) for one in ours), strict=True)
    )
    print(f"before the trainer starts, once: {before_cpu:.1f} s CPU, {before_wall:.1f} s wall")


if __name__ == "__main__":
    main()
