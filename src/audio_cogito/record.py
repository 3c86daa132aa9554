"""What every record shares. Records are frozen, and unknown fields are refused when they are read back.

Identity is content: an id never depends on where a record stands in a file or in which order it was made.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import dataclass_transform

import msgspec


def identity(*parts: str) -> str:
    """32 hex digits that name these strings, in this order."""
    digest = blake2b(digest_size=16)
    for part in parts:
        data = part.encode()
        digest.update(len(data).to_bytes(8, "big"))
        digest.update(data)
    return digest.hexdigest()


@dataclass_transform(frozen_default=True, kw_only_default=True)
class Record(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What every record shares: frozen, made by keyword, strict when read."""
