"""Which tensors of a checkpoint are no longer the base model's: what a training of all parameters changed, and left.

"Frozen" is an option that a trainer was told; what it did stands in the weights that it saved. So these are read
beside the base model's, tensor by tensor, as they lie on the disk. A tensor that was trained differs within its first
numbers and is read no further, so that little more than what stayed the same is read whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from audio_cogito.errors import SetupError
from audio_cogito.train.recipe import Touched
from audio_cogito.train.record import Part
from audio_cogito.train.tensors import faults, header, thawed

T = TypeVar("T", bound=np.generic)
Numbers = npt.NDArray[np.float32]

ENDS = (".weight", ".bias")
"""Of a tensor's name, after its module's."""
AT_ONCE = 1 << 20
"""Numbers, or bytes, that are compared at once."""
TYPES = {"F32": "<f4", "F16": "<f2", "BF16": "<u2"}
"""Those that a training changes one into the other; numpy has no BF16, which is the upper half of an F32."""


class Tensor(NamedTuple):
    """Where a tensor lies."""

    file: Path
    type: str
    shape: tuple[int, ...]
    begin: int
    end: int
    """Bytes of the file."""


class Compared(NamedTuple):
    """The modules of which some tensor is not the base model's, and those of which each is; sorted."""

    changed: list[str]
    same: list[str]


def check(base: Path, trained: Path, wanted: Touched | None) -> tuple[Part, ...]:
    """Hold a whole training to its recipe, where that says anything; returns what changed. Raises SetupError."""
    found = compare(base, trained)
    if wanted is not None:
        missing = [
            f"{pattern} is to stay frozen, and the checkpoint holds nothing of it"
            for pattern in wanted.frozen
            if not any(fnmatchcase(name, pattern) for name in [*found.changed, *found.same])
        ]
        said = faults(found.changed, wanted) if found.changed else ["none of them is other than the base model's"]
        _raise(trained, [*said, *missing])
    return parts(found)


def check_frozen(base: Path, trained: Path, wanted: Touched) -> None:
    """The same of what is to stay frozen alone: early in a training much else has not moved yet. Raises SetupError."""
    _raise(trained, thawed(compare(base, trained, wanted.frozen).changed, wanted))


def _raise(trained: Path, said: list[str]) -> None:
    if said:
        raise SetupError(f"the weights in {trained} are not what the recipe says: {'; '.join(said)}")


def parts(found: Compared) -> tuple[Part, ...]:
    """The modules of all layers and experts together: their numbers stand as `*`."""
    counts: dict[str, list[int]] = {}
    for names, changed in ((found.changed, 1), (found.same, 0)):
        for name in names:
            count = counts.setdefault(re.sub(r"\d+", "*", name), [0, 0])
            count[0] += changed
            count[1] += 1
    return tuple(Part(modules=name, changed=changed, of=of) for name, (changed, of) in sorted(counts.items()))


def compare(base: Path, trained: Path, patterns: Sequence[str] = ("*",)) -> Compared:
    """Compare the tensors of the modules that match; those that only the base has, such as a voice, are left out.

    Raises SetupError where a folder holds no safetensors, or the trained one holds what the base does not.
    """
    before, after = tensors(base), tensors(trained)
    if strange := sorted(set(after) - set(before)):
        raise SetupError(f"{trained} holds {len(strange)} tensors that {base} does not, such as {strange[0]}")
    same: dict[str, bool] = {}
    for name in sorted(after):
        module = name.removesuffix(ENDS[0]).removesuffix(ENDS[1])
        if any(fnmatchcase(module, pattern) for pattern in patterns):
            same[module] = same.get(module, True) and equal(before[name], after[name])
    return Compared([name for name, held in same.items() if not held], [name for name, held in same.items() if held])


def tensors(folder: Path) -> dict[str, Tensor]:
    """All tensors of a checkpoint, by name, in however many files they lie. Raises SetupError."""
    found: dict[str, Tensor] = {}
    for path in sorted(folder.glob("*.safetensors")):
        entries = header(path)
        begin = path.stat().st_size - max((entry["data_offsets"][1] for entry in entries.values()), default=0)
        for name, entry in entries.items():
            first, last = entry["data_offsets"]
            found[name] = Tensor(path, entry["dtype"], tuple(entry["shape"]), begin + first, begin + last)
    if not found:
        raise SetupError(f"{folder} holds no safetensors, so that what was trained cannot be read from the weights")
    return found


# --- one tensor -------------------------------------------------------------------------------------------------------


def equal(base: Tensor, trained: Tensor) -> bool:
    """Whether a tensor is the base's: to the bit, or, where it was saved as another type, as that type holds it."""
    if base.shape != trained.shape:
        return False
    if base.type == trained.type:
        return all(
            np.array_equal(one, other)
            for one, other in zip(*map(_pieces, (_bytes(base), _bytes(trained))), strict=True)
        )
    pieces = zip(*map(_pieces, (_stored(base), _stored(trained))), strict=True)
    return all(np.array_equal(rounded(wide(one), trained.type), wide(other)) for one, other in pieces)


def read(tensor: Tensor) -> Numbers:
    """A tensor's numbers in its shape. Raises SetupError for a type that is none of TYPES."""
    return wide(_stored(tensor)).reshape(tensor.shape)


def _bytes(tensor: Tensor) -> npt.NDArray[np.uint8]:
    if tensor.begin == tensor.end:
        return np.empty(0, np.uint8)
    return np.memmap(tensor.file, np.uint8, "r", tensor.begin, (tensor.end - tensor.begin,))


def _stored(tensor: Tensor) -> npt.NDArray[np.generic]:
    if tensor.type not in TYPES:
        raise SetupError(f"{tensor.file} holds numbers of the type {tensor.type}, which cannot be compared with others")
    return _bytes(tensor).view(TYPES[tensor.type])


def _pieces(numbers: npt.NDArray[T]) -> Iterator[npt.NDArray[T]]:
    return (numbers[at : at + AT_ONCE] for at in range(0, len(numbers), AT_ONCE))


def wide(stored: npt.NDArray[np.generic]) -> Numbers:
    """As F32, which holds every number of TYPES."""
    if stored.dtype == np.uint16:
        return (stored.astype(np.uint32) << 16).view(np.float32)
    return stored.astype(np.float32)


def rounded(numbers: Numbers, type: str) -> Numbers:
    """The nearest numbers that a type has, of two equally near the even one, as torch rounds."""
    if type == "F16":
        return numbers.astype(np.float16).astype(np.float32)
    if type == "F32":
        return numbers
    bits = numbers.view(np.uint32)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000).astype(np.uint32).view(np.float32)
