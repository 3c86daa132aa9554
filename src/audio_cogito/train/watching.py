"""ms-swift as a process: started from its last checkpoint, watched while it runs, ended with us however we end."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from audio_cogito.errors import SetupError
from audio_cogito.train import parameters, progress, tensors
from audio_cogito.train.progress import Follower, Point
from audio_cogito.train.recipe import TrainRecipe
from audio_cogito.train.record import LOG, SWIFT, Plan, TrainRecord

Say = Callable[[str], None]

CHECKPOINT = re.compile(r"checkpoint-(\d+)")
COUNTED = re.compile(r"train_dataset: Dataset\(\{.*?num_rows: (\d+)", re.DOTALL)
"""ms-swift's own count of the rows, as it logs it before the first step."""
UNWRITTEN = re.compile(r"unexpected pos \d+ vs \d+|PytorchStreamWriter failed writing|iostream error")
"""What torch 2.13 says of a disk that takes no more of a file that it saves."""
LOOK_SECONDS, GRACE_SECONDS = 0.5, 20.0


def last_checkpoint(out: Path) -> Path | None:
    """The last checkpoint that was written whole: its state is written last."""
    found = [
        (int(match[1]), path)
        for path in (out / SWIFT).glob("checkpoint-*")
        if (match := CHECKPOINT.fullmatch(path.name)) and _whole(path)
    ]
    return max(found)[1] if found else None


def _whole(checkpoint: Path) -> bool:
    try:
        return isinstance(msgspec.json.decode((checkpoint / "trainer_state.json").read_bytes()), dict)
    except (OSError, msgspec.DecodeError):
        return False


def run(plan: Plan, say: Say) -> None:
    """ms-swift from its last checkpoint to its end. Raises SetupError with its last word where it fails."""
    out, last = plan.out, last_checkpoint(plan.out)
    words = [*plan.record.command, *(("--resume_from_checkpoint", str(last)) if last else ())]
    say(f"resuming from {last.name}" if last else "starting ms-swift")
    follower = Follower(out / SWIFT / progress.LOG)
    with (out / LOG).open("ab") as log:
        begun_at = log.tell()
        with _started(words, log.fileno(), plan) as child:
            watch = _Watch(plan, begun_at, say)
            while child.poll() is None:
                watch.look(follower.news())
                time.sleep(LOOK_SECONDS)
            watch.look(follower.news())
    if child.returncode:
        raise SetupError(f"ms-swift ended with code {child.returncode}: {last_word(out / LOG)} ({out / LOG})")


class _Watch:
    """What is looked for while the trainer runs: its count of the rows, what it saves, how it gets on."""

    def __init__(self, plan: Plan, begun_at: int, say: Say) -> None:
        self.plan, self.say, self._begun_at = plan, say, begun_at
        self._counted = self._looked = False

    def look(self, news: list[Point]) -> None:
        if not self._counted and news:
            self._counted = True
            _check_count(self.plan, self._begun_at)
        if not self._looked and (last := last_checkpoint(self.plan.out)):
            self._looked = True
            _check_touched(self.plan, last)
        for point in news:
            self.say(point.said(_tokens_a_step(self.plan.record, self.plan.recipe, point.steps)))


def _check_touched(plan: Plan, checkpoint: Path) -> None:
    if plan.recipe.adapter:
        tensors.check(checkpoint, plan.recipe.adapter)
    elif plan.recipe.parameters:
        parameters.check_frozen(plan.base, checkpoint, plan.recipe.parameters)


def _check_count(plan: Plan, begun_at: int) -> None:
    """ms-swift leaves out rows that it cannot use and says so nowhere: its count must be ours."""
    with (plan.out / LOG).open("rb") as log:
        log.seek(begun_at)
        found = COUNTED.search(log.read().decode("utf-8", "replace"))
    if found is None:
        raise SetupError(f"ms-swift did not say how many rows it trains on: {plan.out / LOG}")
    if int(found[1]) != plan.record.rows:
        raise SetupError(f"ms-swift trains on {int(found[1]):,} rows of {plan.record.rows:,}: {plan.out / LOG}")


def _tokens_a_step(record: TrainRecord, recipe: TrainRecipe, steps: int) -> float:
    """A mean over the whole training; 0, for unknown, where steps and not epochs say how long it is."""
    if "max_steps" in recipe.swift:
        return 0.0
    epochs = recipe.swift.get("num_train_epochs", 1)
    return record.tokens * (float(epochs) if isinstance(epochs, int | float) else 1.0) / steps


@contextmanager
def _started(words: list[str], log: int, plan: Plan) -> Iterator[subprocess.Popen[bytes]]:
    """The trainer and all it starts, ended with us however we end."""
    environment = os.environ | plan.recipe.environment
    try:
        child = subprocess.Popen(
            words, cwd=plan.out, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, env=environment,
            start_new_session=True,
        )  # fmt: skip
    except OSError as error:
        raise SetupError(f"{words[0]} cannot be started: {error.strerror or error}") from error
    try:
        yield child
    finally:
        _end(child)


def _end(child: subprocess.Popen[bytes]) -> None:
    for told in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(child.pid, told)
        with suppress(subprocess.TimeoutExpired):
            child.wait(GRACE_SECONDS)
            if child.returncode == 0 or told is signal.SIGKILL:
                return


def last_word(log: Path) -> str:
    """What a process said went wrong; of several under torchrun, the one that spoke first, with its last such line."""
    lines = [line.strip() for line in log.read_text("utf-8", "replace").replace("\r", "\n").splitlines()]
    ranks = [line for line in lines if re.match(r"\[rank\d+\]: [\w.]*(Error|Exception|Interrupt)\b", line)]
    ranks = [line for line in ranks if line.split()[0] == ranks[0].split()[0]]
    errors = ranks or [line for line in lines if re.match(r"[\w.]*(Error|Exception|Interrupt)\b", line)]
    word = " ".join((errors or [line for line in lines if line] or ["it said nothing"])[-1].split())[:300]
    return f"{word}: torch could not write a file, is the disk full?" if UNWRITTEN.search(word) else word
