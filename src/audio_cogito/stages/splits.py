"""Which split a group is of: the most protective that a source states for any of its members, else by its hash."""

from __future__ import annotations

from hashlib import blake2b

PROTECTED = ("test", "dev")
"""The splits that win, in this order, where a group's members state different ones. Then comes any other name, which a
source may well mean as held out ("validation", "test-clean"), and last "train"."""


def protection(split: str) -> str:
    """The split behind a digit: of several, the smallest is the most protective."""
    if split in PROTECTED:
        return f"{PROTECTED.index(split)}{split}"
    return f"{9 if split == 'train' else 8}{split}"


def split_of(group: str, shares: dict[str, float], random_seed: int) -> str:
    """The split whose part of [0, 1) the group's hash falls into."""
    digest = blake2b(f"{random_seed}\n{group}".encode(), digest_size=8).digest()
    point, names = int.from_bytes(digest, "big") / 2**64, list(shares)
    for name in names:
        if point < shares[name]:
            return name
        point -= shares[name]
    return names[-1]
