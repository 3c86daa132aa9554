"""How many clips a source may give (`collect.target_kept`), and which: those with the lowest hash of their id.

The hash of a clip does not depend on other clips: data that is added may displace some of those chosen, and shuffles
none. A duplicate counts for the source that keeps it, and only there.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

from audio_cogito.types import identity

KEEPERS = """
    SELECT id, MIN(rank) AS keeper FROM clips
    WHERE id NOT IN (SELECT id FROM merged UNION SELECT id FROM hits) GROUP BY id
"""
"""Of equal sounds, that of the first source stays (`select`), and so it does of near-duplicates (`near`); what is a
benchmark's counts for nobody."""


def chance(clip: str, random_seed: int) -> str:
    return identity("target", str(random_seed), clip)


def ceilings(db: sqlite3.Connection, targets: Mapping[int, int], random_seed: int) -> dict[int, str]:
    """For each source, by rank, that has more clips than its target: the hash from which on they are too many."""
    db.create_function("chance", 1, lambda clip: chance(clip, random_seed), deterministic=True)
    found = {}
    for rank, target in targets.items():
        query = f"SELECT chance(id) FROM ({KEEPERS}) WHERE keeper = ? ORDER BY 1 LIMIT 1 OFFSET ?"
        row = db.execute(query, (rank, target)).fetchone()
        if row is not None:
            found[rank] = row[0]
    return found
