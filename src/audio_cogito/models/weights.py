"""Which weights a folder holds: one digest of everything that decides what a model says.

Weights, configuration, tokenizer and chat template count, the notes beside them do not. Large files are read once:
their digests are kept in the user's cache by path, size and time of change.
"""

from __future__ import annotations

import os
from contextlib import suppress
from hashlib import blake2b, file_digest
from pathlib import Path

import msgspec

from audio_cogito.errors import SetupError
from audio_cogito.store import write_whole

WEIGHTS = (".safetensors", ".bin", ".gguf")
OTHERS = (".json", ".jinja", ".txt", ".model")
NO_MATTER = {"train.json", "trainer_state.json", "training_args.json", "args.json", "logging.json", "merge.json"}
"""Files that tell how weights came to be."""
LARGE = 1 << 22
"""Bytes from which a file's digest is kept."""


def revision(folder: Path) -> str:
    """16 hex digits. Raises SetupError where the folder holds no weights or one of its files cannot be read."""
    try:
        names = sorted(entry.name for entry in folder.iterdir() if entry.is_file() and counts(entry.name))
        if not any(name.endswith(WEIGHTS) for name in names):
            raise SetupError(f"{folder} holds no weights ({', '.join(WEIGHTS)})")
        whole = blake2b(digest_size=8)
        for name in names:
            whole.update(f"{name}\n{_digest(folder / name)}\n".encode())
    except OSError as error:
        raise SetupError(f"the model {folder} cannot be read: {error.strerror or error}") from error
    return whole.hexdigest()


def counts(name: str) -> bool:
    return name.endswith((*WEIGHTS, *OTHERS)) and name not in NO_MATTER


def _digest(path: Path) -> str:
    stat = path.stat()
    if stat.st_size < LARGE:
        return _of_content(path)
    known, key = _known(), f"{path.resolve()} {stat.st_size} {stat.st_mtime_ns}"
    if key not in known:
        known = {**_known(), key: _of_content(path)}
        with suppress(OSError):
            _cache().parent.mkdir(parents=True, exist_ok=True)
            write_whole(_cache(), msgspec.json.encode(known))
    return known[key]


def _of_content(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, lambda: blake2b(digest_size=16)).hexdigest()


def _known() -> dict[str, str]:
    try:
        return msgspec.json.decode(_cache().read_bytes(), type=dict[str, str])
    except (OSError, msgspec.DecodeError):
        return {}


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "audio-cogito" / "weights.json"
