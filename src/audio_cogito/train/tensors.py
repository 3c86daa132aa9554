"""Which tensors a saved file holds, and whether training touched what it should (safetensors' format: a length in eight
bytes, a JSON header, the bytes of the tensors).

peft decides what a LoRA touches, and versions of it have decided wrongly without a word: 0.20.0 trains the audio tower
too where ms-swift was told to freeze it. So the saved file itself is asked.
"""

from __future__ import annotations

import json
import re
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from audio_cogito.errors import SetupError
from audio_cogito.train.recipe import Touched

WEIGHTS = "adapter_model.safetensors"
LARGEST_HEADER = 100_000_000
"""Bytes, as safetensors itself has it."""
WRAPPED = re.compile(
    r"^base_model\.model\.|\.base_layer(?=\.)|\.lora_(A|B|embedding_A|embedding_B)(\.default)?(\.weight)?$"
)
"""What peft puts around a module's own name."""


def header(path: Path) -> dict[str, Any]:
    """A file's tensors by name: type, shape and place. Raises SetupError where it is no whole safetensors file."""
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if not 2 <= length <= LARGEST_HEADER:
                raise ValueError("no header")
            found = json.loads(file.read(length))
            if not isinstance(found, dict):
                raise ValueError("no table of tensors")
        found.pop("__metadata__", None)
        ends = max((entry["data_offsets"][1] for entry in found.values()), default=0)
        if path.stat().st_size != 8 + length + ends:
            raise ValueError("cut short")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SetupError(f"{path} is no whole safetensors file: {error}") from error
    return found


def modules(path: Path) -> list[str]:
    """The base model's modules that an adapter's file changes, sorted."""
    return sorted({WRAPPED.sub("", name) for name in header(path)})


def faults(found: list[str], wanted: Touched) -> list[str]:
    """How the modules that were touched differ from what the recipe wants; empty where they do not."""
    if not found:
        return ["it holds no tensor"]
    said = thawed(found, wanted)
    strange = [name for name in found if not any(fnmatchcase(name, pattern) for pattern in wanted.touches)]
    if strange and not said:
        said.append(f"{len(strange)} modules were trained that the recipe does not name, such as {strange[0]}")
    for pattern in wanted.touches:
        if not any(fnmatchcase(name, pattern) for name in found):
            said.append(f"{pattern} is to be trained, and nothing of it was")
    return said


def thawed(found: list[str], wanted: Touched) -> list[str]:
    """Which modules were trained that were to stay frozen."""
    said = []
    for pattern in wanted.frozen:
        if held := [name for name in found if fnmatchcase(name, pattern)]:
            said.append(f"{pattern} is to stay frozen, and {len(held)} of its modules were trained, such as {held[0]}")
    return said


def check(checkpoint: Path, wanted: Touched) -> list[str]:
    """Hold a checkpoint's adapter to the recipe; returns the modules that it touches. Raises SetupError."""
    found = modules(checkpoint / WEIGHTS)
    if said := faults(found, wanted):
        raise SetupError(
            f"the adapter {checkpoint / WEIGHTS} does not touch what the recipe says: {'; '.join(said)}."
            " Is peft of the version that scripts/engines/swift.txt names?"
        )
    return found
