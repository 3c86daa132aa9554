"""The built-in model: a thinker of Qwen3-Omni's own kind, so small that it comes with the package.

It was trained from scratch on the composer's scenes and knows nothing else: `Settings(name = "nano")` for a recipe, a
test or a demo that is to hear real sound, reason and answer without a server. `hf:DIR` names another checkpoint of its
kind, such as one that was trained further.

    shape.py        its sizes, and the configuration file that states them
    vocabulary.py   its tokenizer            checkpoint.py   its folder, read and written
    hearing.py      samples to log-mel       network.py      the network            speaking.py   many replies at once
    lessons.py      what it is taught        teaching.py     in batches             optimiser.py   by which steps
    pretrain.py     from nothing to the weights of `checkpoint/` (course.py)        examine.py     how well (exam.py)
    distil.py       further, on verified chains (rehearsal.py)

This file needs no torch, the others do (`pip install 'audio-cogito[nano]'`).
"""

from __future__ import annotations

from hashlib import blake2b
from importlib.util import find_spec
from pathlib import Path

from audio_cogito.errors import SetupError

NAME, OTHER = "nano", "hf:"
SHIPPED = Path(__file__).with_name("checkpoint")
CONFIG, WEIGHTS, TOKENIZER, TEMPLATE = "config.json", "model.safetensors", "tokenizer.json", "chat_template.jinja"
LONGEST_SECONDS = 10.0
"""The longest clip that it was taught to hear."""
CONTEXT = 1024
"""Tokens of question and reply together."""


NEEDS = ("torch", "tokenizers", "safetensors")


def require() -> None:
    """Raises SetupError where what the other files need is not installed."""
    if missing := [name for name in NEEDS if find_spec(name) is None]:
        raise SetupError(f"a model in this process needs {', '.join(missing)}: pip install 'audio-cogito[nano]'")


def is_local(name: str) -> bool:
    """Whether a model's name means one that runs in this process."""
    return name == NAME or name.startswith(OTHER)


def folder_of(name: str) -> Path:
    return SHIPPED if name == NAME else Path(name.removeprefix(OTHER))


def title_of(name: str) -> str:
    """What replies and cards call it: never a path."""
    return NAME if name == NAME else f"{OTHER}{folder_of(name).name}"


def revision(folder: Path) -> str:
    """16 hex digits that stand for weights, words and template together. Raises SetupError where one is missing."""
    digest = blake2b(digest_size=8)
    for name in (CONFIG, WEIGHTS, TOKENIZER, TEMPLATE):
        try:
            digest.update((folder / name).read_bytes())
        except OSError as error:
            raise SetupError(f"the model {folder} has no {name} that can be read") from error
    return digest.hexdigest()
