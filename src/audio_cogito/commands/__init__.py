"""The commands of `cogito`, one file each, found by being there. A command is a Python file with

    SUMMARY   what it does, in a line of the help
    arguments (parser) -> None: its options
    run       (options, out, err) -> int: the exit code; results go to `out`, what is said on the way to `err`

Its name is the file's, with `-` for `_`. `ORDER` is that of the help: the road first.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path

from audio_cogito.errors import SetupError

ORDER = (
    "demo",
    "doctor",
    "build",
    "status",
    "show",
    "export",
    "train",
    "merge",
    "sweep",
    "loop",
    "evaluate",
    "score",
    "compare",
    "agreement",
    "list",
)


def positive(text: str) -> int:
    """An option's number above 0."""
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number above 0")
    return int(text)


def there(folders: Iterable[Path]) -> tuple[Path, ...]:
    """A user's own folders. Raises SetupError for one that is not there."""
    for folder in folders:
        if not folder.is_dir():
            raise SetupError(f"there is no folder {folder}")
    return tuple(folders)
