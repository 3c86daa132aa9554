"""What tests of the whole road share: recordings, recipes, and `cogito` as a process of its own."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from hashlib import blake2b
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import soundfile

import nursery
from audio_cogito import cli, config, pipeline, shards
from audio_cogito.opening import opened
from audio_cogito.run import RunRecord
from audio_cogito.stages import collect
from audio_cogito.types import Trace

TESTS = Path(__file__).parent
RATE = 16000


def write_tones(folder: Path, count: int, seconds: float = 0.6) -> Path:
    """`count` different recordings, each with a caption beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    time = np.arange(int(seconds * RATE)) / RATE
    for i in range(count):
        tone = 0.3 * np.sin(2 * np.pi * (400 + 3 * i) * time)
        soundfile.write(folder / f"tone {i:04d}.wav", tone, RATE, subtype="PCM_16")
        (folder / f"tone {i:04d}.txt").write_text(f"a tone of {400 + 3 * i} hertz")
    return folder


def write_recipe(folder: Path, url: str, *, name: str = "recipe", **tables: dict[str, Any]) -> Path:
    """A recipe over `folder/recordings`, with one server in all three parts; `tables` replace or add."""
    server = {"name": "scripted", "url": url, "revision": "1", "patience": 2.0, "timeout": 20.0}
    whole: dict[str, Any] = {
        "sources": {"folder": {"path": "recordings", "licence": "CC0-1.0", "text": "caption"}},
        "models": {role: server | tables.get("server", {}) for role in ("annotator", "thinker", "auditor")},
    } | {key: value for key, value in tables.items() if key != "server"}
    whole["collect"] = {"processes": 0} | whole.get("collect", {})
    path = folder / f"{name}.toml"
    path.write_text("\n".join(_toml(whole)) + "\n")
    return path


def _toml(table: dict[str, Any], path: str = "") -> Iterator[str]:
    values = {key: value for key, value in table.items() if not isinstance(value, dict)}
    if path:
        yield f"[{path}]"
    for key, value in values.items():
        yield f"{key} = {json.dumps(value)}"
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _toml(value, f"{path}.{key}" if path else key)


async def build(recipe: Path, *overrides: str, only: str | None = None, limit: int | None = None) -> RunRecord:
    """Build in this process, as the command does."""
    async with opened(config.load(recipe, overrides), only=only, limit=limit) as one:
        await pipeline.walk(one)
    return one.run.record


def calls(record: RunRecord) -> int:
    return sum(usage.calls for usage in record.usage.values())


def traces(run: Path) -> list[Trace]:
    return [trace for _, found in shards.inputs(run / "verify", Trace) for trace in found]


def sums_hold(record: RunRecord) -> bool:
    stages = record.stages.values()
    return all(s.read == s.answered + s.unanswered and s.made == s.kept + s.dropped + s.failed for s in stages)


def results(run: Path) -> dict[str, str]:
    """A digest of every shard and row file of a run, by its place."""
    files = [path for path in sorted(run.rglob("*")) if path.is_file() and path.name.endswith((".jsonl.zst", ".jsonl"))]
    return {str(path.relative_to(run)): blake2b(path.read_bytes(), digest_size=8).hexdigest() for path in files}


def cogito(
    *arguments: str, timeout: float = 120, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own; `environment` adds to ours."""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        with nursery.start("cogito", arguments, out=out.fileno(), err=err.fileno(), environment=environment) as born:
            code = born.wait(timeout)
        for file in (out, err):
            file.seek(0)
        return subprocess.CompletedProcess(arguments, code, out.read(), err.read())


def cogito_from_nothing(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The command as a shell starts it, by a Python of its own."""
    command = [sys.executable, "-W", "error", "-m", "audio_cogito.cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def cogito_here(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The same in this process, which is quicker still; not from within an event loop. `evaluate` listens here, too."""
    heard_here = patch.dict(collect.EVERY_SOUND, processes=0)
    with heard_here, redirect_stdout(io.StringIO()) as out, redirect_stderr(io.StringIO()) as err:
        try:
            code = cli.main(arguments)
        except SystemExit as left:  # argparse's
            code = int(left.code or 0)
    return subprocess.CompletedProcess(arguments, code, out.getvalue(), err.getvalue())


@contextmanager
def serving(*options: str) -> Iterator[str]:
    """The scripted server in a process of its own; its url."""
    heard, said = os.pipe()
    with (
        os.fdopen(heard) as out,
        os.fdopen(said, "w") as told,
        nursery.start("server", options, out=told.fileno(), err=2),
    ):
        told.close()
        url = out.readline().strip()
        assert url.startswith("http://127.0.0.1:"), "the scripted server did not start"
        yield url
