"""`python -m audio_cogito.demo.evidence`: on, from wherever it was stopped."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from audio_cogito import config
from audio_cogito.demo.evidence import Settings, steps, tables
from audio_cogito.errors import CogitoError
from audio_cogito.nano.pretrain import MALLOC


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m audio_cogito.demo.evidence", description=__doc__)
    parser.add_argument("settings", type=Path, help="recipes/evidence.toml")
    parser.add_argument("--out", type=Path, default=Path("evidence"), metavar="DIR", help="where all of it lies")
    parser.add_argument("--recipe", type=Path, default=Path("recipes/demo.toml"), help="the demo's recipe")
    parser.add_argument("--tables", action="store_true", help="only write the tables of what is there")
    parser.add_argument("overrides", nargs="*", metavar="key=value", help="e.g. random_seeds=2 demo.rate=1e-4")
    options = parser.parse_intermixed_args()
    if any(os.environ.get(name) != value for name, value in MALLOC.items()):
        os.execve(
            sys.executable, [sys.executable, "-m", "audio_cogito.demo.evidence", *sys.argv[1:]], os.environ | MALLOC
        )
    try:
        _run(options)
    except CogitoError as error:
        sys.exit(f"cogito: {error}")
    except OSError as error:
        sys.exit(f"cogito: {error.filename or options.out}: {error.strerror or error}")
    except KeyboardInterrupt:
        sys.exit(130)


def _run(options: argparse.Namespace) -> None:
    settings = read(options.settings, tuple(options.overrides))
    evidence = steps.Evidence(options.out, settings, options.recipe, say=_say)
    if not options.tables:
        evidence.walk()
    print(tables.write(evidence))  # noqa: T201


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)  # noqa: T201


def read(path: Path, overrides: tuple[str, ...] = ()) -> Settings:
    """Raises SetupError with the file, the key and what to write instead."""
    table = config.read_table(path, overrides)
    return config.read_settings(table, Settings, where=str(path))


if __name__ == "__main__":
    main()
