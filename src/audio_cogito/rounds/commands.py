"""A `cogito` command as a list of words: what a loop and a sweep run and print, and what a user could type."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from audio_cogito.rounds import Held, Table

Command = Callable[[list[str]], int]
"""Runs `cogito` with these arguments, or, where they begin with `-m`, a module; returns the exit code."""
WITH_FAILURES = 3


class Stopped(Exception):
    """A command ended with this exit code, having said why."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def evaluating(held: Held, model: Table, *, out: Path, store: Path) -> list[str]:
    """The evaluation of a model, which is named as `[models.NAME]` has it, on held-out questions."""
    model = dict(model)
    arguments = ["evaluate", held.benchmark, "--model", _named(model), "--data", held.data]
    arguments += [] if held.meta is None else ["--meta", held.meta]
    arguments += [] if held.limit is None else ["--limit", str(held.limit)]
    arguments += ["--profile", held.profile, "--out", str(out), "--store", str(store), *held.overrides]
    return arguments + [f"model.{key}={toml(value)}" for key, value in model.items()]


def _named(model: Table) -> str:
    """A model as `--model` takes it; what that says is taken out of the table."""
    name, url = str(model.pop("name")), model.pop("url", None)
    return f"{name}@{url}" if isinstance(url, str) else name


def toml(value: object) -> str:
    """As TOML, whose texts, numbers and lists are JSON's."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {toml(entry)}" for key, entry in value.items()) + "}"
    return json.dumps(value)


def typed(arguments: list[str]) -> str:
    """What would be typed into a shell."""
    return f"{'python' if arguments[0] == '-m' else 'cogito'} {shlex.join(arguments)}"


def run(arguments: list[str]) -> int:
    """`cogito` in this process; a module in one of its own, since it may want other surroundings."""
    if arguments[0] == "-m":
        return subprocess.run([sys.executable, *arguments]).returncode
    from audio_cogito import cli

    return cli.main(arguments)
