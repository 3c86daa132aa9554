"""A run's folder: its lock, its record (`run.json`) and where each stage's shards lie.

RUN/run.json                 the resolved recipe, versions, prompt digests, tallies, tokens, audio seconds
RUN/seeds.jsonl              the seed pool the run began with
RUN/select/00000.jsonl.zst   clips, by id          (then construct/ and think/ where a stage was run alone)
RUN/verify/00000.jsonl.zst   traces with verdicts: the result, self-contained
RUN/ledger/*.jsonl.zst       every drop and failure with its reason
RUN/reviews.jsonl            what people decided about samples (`review/`); builds read it and never write it
RUN/guard.jsonl              examples of what tripped a guard, whole
RUN/pilot.json               what a pilot measured
RUN/log.txt                  what a crash of a stage or plug-in had to say, at length
RUN/rows/                    exports
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import msgspec

from audio_cogito.cleaning.contamination import Looked
from audio_cogito.errors import RunLocked, SetupError
from audio_cogito.store import write_whole
from audio_cogito.types import Domain, PromptRef, Record, Standing

State = Literal[
    "running", "finished", "finished with failures", "endpoint lost", "stopped by a guard", "interrupted", "stopped",
]  # fmt: skip

LOCK = ".lock"
HOST = socket.gethostname()
WRITTEN = "run.json", "seeds.jsonl", "guard.jsonl", "pilot.json"
"""What only the holder of a run writes, at the top of its folder."""


class StageRecord(Record, omit_defaults=False):
    """A tally as it is kept: read = answered + unanswered, made = kept + dropped + failed."""

    read: int
    answered: int
    unanswered: int
    made: int
    kept: int
    dropped: int
    failed: int
    standings: dict[Standing, int]
    """Accepted, rejected and unscored traces, for verify."""
    reasons: dict[str, int]
    right: dict[Standing, int] = {}
    """Of each standing, the traces whose answer is known to be the key."""


class UsageRecord(Record, omit_defaults=False):
    """One model's calls and tokens: `paid` in this invocation, `remembered` from the store."""

    calls: int = 0
    remembered_calls: int = 0
    retries: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    remembered_prompt_tokens: int = 0
    remembered_completion_tokens: int = 0


class SourceRecord(Record, omit_defaults=False):
    """How much of a source is here and what came of it. Its title, domains and skill are its INFO's."""

    kind: str
    title: str
    domains: tuple[Domain, ...] = ()
    skill: str = ""
    expected: int | None = None
    """Recordings of what was asked for, as published; None where that is not known."""
    present: int = 0
    missing: int = 0
    broken: int = 0
    """Rows that cannot be read and sounds that cannot be decoded."""
    unread: int = 0
    """What failed for another reason, such as a decoder that is not installed."""
    clips: int = 0
    """That select kept."""
    accepted: int = 0
    """Traces whose question is about a clip of this source."""


class RunRecord(Record, omit_defaults=False):
    """What `run.json` holds."""

    recipe: dict[str, Any]
    recipe_digest: str
    random_seed: int
    only: str | None
    limit: int | None
    state: State
    began: str
    pilot: int | None = None
    """Recordings of each source, where the run is a pilot."""
    ended: str | None = None
    stopped_by: str | None = None
    """The error that ended it, in one line."""
    versions: dict[str, str] = {}
    prompts: tuple[PromptRef, ...] = ()
    seed_pool: str | None = None
    """Digest of the seed pool's copy."""
    stages: dict[str, StageRecord] = {}
    decontamination: tuple[Looked, ...] = ()
    """What every rule removed for every benchmark, or why it could not run."""
    sources: dict[str, SourceRecord] = {}
    """By the recipe's name of the source, in its order."""
    usage: dict[str, UsageRecord] = {}
    audio_seconds: float = 0.0
    seconds: float = 0.0


class Run:
    """A run's folder on disk."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.seeds = folder / "seeds.jsonl"
        self.ledger = folder / "ledger"
        self.rows = folder / "rows"
        self.examples = folder / "guard.jsonl"

    def stage(self, name: str) -> Path:
        return self.folder / name

    @property
    def record(self) -> RunRecord:
        """Raises SetupError where the folder holds no run."""
        path = self.folder / "run.json"
        try:
            return msgspec.json.decode(path.read_bytes(), type=RunRecord)
        except FileNotFoundError as error:
            raise SetupError(
                f"{self.folder} holds no run (no run.json): build one with `cogito build RECIPE`"
            ) from error
        except (msgspec.DecodeError, OSError) as error:
            raise SetupError(f"{path} cannot be read: {error}") from error

    def write(self, record: RunRecord) -> None:
        write_whole(self.folder / "run.json", msgspec.json.format(msgspec.json.encode(record), indent=2) + b"\n")

    @property
    def holder(self) -> str | None:
        """Who works on the run just now; None when nobody does."""
        path = self.folder / LOCK
        if not path.exists():
            return None
        with path.open() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except OSError:
                return _holder(file.read())
        return None

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the run; raises RunLocked, naming who holds it, when another process does."""
        with held(self.folder, LOCK, WRITTEN):
            yield


@contextmanager
def held(folder: Path, lock: str, written: tuple[str, ...]) -> Iterator[None]:
    """Hold one work in a folder, which is made if absent; what it writes there is `written`, of which a killed one may
    have left something half done. Others' (the review page's) may be being written just now.

    Raises RunLocked, and SetupError where the disk refuses.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / lock).open("a+")
    except OSError as error:
        raise SetupError(f"the run folder {folder} cannot be written: {error.strerror or error}") from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.seek(0)
            raise RunLocked(f"{folder} is held by {_holder(file.read())}") from None
        # The lock holds on a full disk, too; who holds it is then not said.
        with suppress(OSError):
            file.truncate(0)
            os.write(file.fileno(), msgspec.json.encode({"pid": os.getpid(), "host": HOST, "since": now()}))
        for leftover in (path for name in written for path in folder.glob(f".{name}.*.part")):
            leftover.unlink(missing_ok=True)
        yield


def _holder(text: str) -> str:
    try:
        held = json.loads(text)
        return f"process {held['pid']} on {held['host']} since {held['since']}"
    except (ValueError, KeyError, TypeError):
        return "another process"


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
