"""Benchmark questions that a pool must not hold: `lint --against FILE` (MMAR, MMAU, or any list of their kind)."""

from __future__ import annotations

from pathlib import Path

import msgspec

from audio_cogito.errors import SetupError
from audio_cogito.types import Record


class Benchmark(Record):
    """A benchmark's questions, each once."""

    name: str
    questions: tuple[str, ...]


class _Item(msgspec.Struct):
    question: str


def read_benchmark(path: Path) -> Benchmark:
    """A JSON array or JSON lines of objects with a `question`. Raises SetupError for anything else."""
    try:
        data = path.read_bytes()
        if data.lstrip()[:1] == b"[":
            items = msgspec.json.decode(data, type=list[_Item])
        else:
            items = [msgspec.json.decode(line, type=_Item) for line in data.splitlines() if line.strip()]
    except FileNotFoundError as error:
        raise SetupError(f"there is no benchmark file {path}") from error
    except (OSError, msgspec.DecodeError) as error:
        raise SetupError(f"the benchmark {path} is no list of objects with a question: {error}") from error
    if not items:
        raise SetupError(f"the benchmark {path} holds no question")
    return Benchmark(name=path.name, questions=tuple(dict.fromkeys(item.question for item in items)))
