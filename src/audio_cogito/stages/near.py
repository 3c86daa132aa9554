"""Near-duplicates: clips that hold the same recording though no sample of theirs is equal.

Two are told by what their sources say, where both are segments of one video (AudioCaps lies within AudioSet), and by
their fingerprints. Whoever shares three seconds or more shares a split. Where two are the same nearly throughout, one
clip stays, that of the first source and lowest place, with the facts of all (`merging`).

What is decided of a clip depends on those that it is like and on no other.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from itertools import groupby, islice
from operator import itemgetter
from typing import Literal

import msgspec

from audio_cogito.hearing.alike import Index
from audio_cogito.hearing.fingerprint import SHORTEST, VERSION
from audio_cogito.hearing.prints import Prints
from audio_cogito.types import Record, identity

Rule = Literal["video", "print"]
WHOLE = 0.9
"""Share of the longer clip that the common stretch must cover for the two to be one."""
SURE = 0.975
"""And the score of their fingerprints: copies reach it, a note played again in the same rhythm mostly does not."""
BLOCK = 100_000
"""Clips that are indexed at once: 0.5 GB at ten seconds each."""
SAID = {"video": "the same part of the same video", "print": "by its fingerprint"}

TIMED = """
    SELECT DISTINCT one.id, other.id, one.time - other.time,
        MIN(one.time + one.seconds, other.time + other.seconds) - MAX(one.time, other.time)
    FROM clips AS one JOIN clips AS other ON one.grp = other.grp AND one.id < other.id
    WHERE one.time IS NOT NULL AND other.time IS NOT NULL
        AND one.grp >= 'group:youtube:' AND one.grp < 'group:youtube;'
        AND MIN(one.time + one.seconds, other.time + other.seconds) - MAX(one.time, other.time)
            >= ? * MAX(one.seconds, other.seconds)
    ORDER BY 1, 2, 3, 4
"""
TABLES = """
    DROP TABLE IF EXISTS merged;
    CREATE TABLE merged (id TEXT PRIMARY KEY, keeper TEXT, shift REAL, detail TEXT) WITHOUT ROWID;
    CREATE INDEX merged_into ON merged (keeper);
    DROP TABLE IF EXISTS tied;
    CREATE TABLE tied (grp TEXT PRIMARY KEY, root TEXT) WITHOUT ROWID;
    DROP TABLE IF EXISTS paired;
    CREATE TABLE paired (id TEXT PRIMARY KEY) WITHOUT ROWID;
"""


class Pair(Record):
    """Two clips that share a stretch of sound."""

    one: str
    other: str
    offset: float
    """Seconds into `other` at which `one` begins."""
    common: float
    rule: Rule
    score: float = 1.0


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(list[Pair]).decode


def found(db: sqlite3.Connection, prints: Prints) -> list[Pair]:
    """Every pair of the table's clips that share a stretch."""
    return [*_timed(db), *_printed(db, prints)]


def _timed(db: sqlite3.Connection) -> Iterator[Pair]:
    """Those that are nearly the same segment of a video, by what their sources say."""
    db.execute("CREATE INDEX IF NOT EXISTS timed ON clips (grp) WHERE time IS NOT NULL")
    for one, other, offset, common in db.execute(TIMED, (WHOLE,)):
        yield Pair(one=one, other=other, offset=round(offset, 3), common=round(common, 3), rule="video")


def _printed(db: sqlite3.Connection, prints: Prints) -> list[Pair]:
    """Those whose fingerprints share a stretch. Of a set of clips that was asked about before it is remembered."""
    clips = _named(db)
    if (remembered := prints.alike(clips)) is not None:
        return _decode(remembered)
    pairs = sorted(_compared(db, prints), key=lambda pair: (pair.one, pair.other))
    prints.found_alike(clips, _encode(pairs))
    return pairs


def _named(db: sqlite3.Connection) -> str:
    """A name for the set of clips that are long enough."""
    digest = blake2b(VERSION.encode(), digest_size=16)
    for (id,) in _long_enough(db, ""):
        digest.update(id.encode())
    return digest.hexdigest()


def _long_enough(db: sqlite3.Connection, first: str) -> Iterator[tuple[str]]:
    query = "SELECT DISTINCT id FROM clips WHERE seconds >= ? AND id >= ? ORDER BY id"
    yield from db.execute(query, (SHORTEST, first))


def _compared(db: sqlite3.Connection, prints: Prints) -> Iterator[Pair]:
    """Block by block: each is indexed, then asked about its own clips and all that come after."""
    waiting = [id for (id,) in islice(_long_enough(db, ""), BLOCK + 1)]
    while waiting:
        index, block = Index(), waiting[:BLOCK]
        for id, print in prints.of(block):
            index.add(id, print)
        for id, print in prints.of(id for (id,) in _long_enough(db, block[0])):
            for match in index.matches(print):
                if match.id < id:
                    yield Pair(
                        one=id,
                        other=match.id,
                        offset=match.offset,
                        common=match.common,
                        rule="print",
                        score=match.score,
                    )
        waiting = [id for (id,) in islice(_long_enough(db, waiting[BLOCK]), BLOCK + 1)] if waiting[BLOCK:] else []


def settle(db: sqlite3.Connection, pairs: Sequence[Pair], random_seed: int) -> None:
    """Decide, in tables beside the clips: who is merged into whom, and which groups share a split from now on."""
    db.executescript(TABLES)
    ids = {id for pair in pairs for id in (pair.one, pair.other)}
    db.execute("BEGIN")
    db.executemany("INSERT INTO paired VALUES (?)", ((id,) for id in ids))
    _tie(db, pairs, random_seed)
    _merge(db, pairs)
    db.execute("COMMIT")


def _tie(db: sqlite3.Connection, pairs: Sequence[Pair], random_seed: int) -> None:
    """Groups that share a sound take the name of one of them: the one with the lowest hash, which a group that comes
    later seldom undercuts."""
    rows = db.execute("SELECT DISTINCT id, grp FROM clips WHERE id IN (SELECT id FROM paired) ORDER BY id, grp")
    groups = {id: [group for _, group in found] for id, found in groupby(rows, key=itemgetter(0))}
    roots: dict[str, str] = {}

    def root(group: str) -> str:
        while (above := roots.setdefault(group, group)) != group:
            roots[group] = group = roots[above]
        return group

    for pair in pairs:
        tied = [root(group) for id in (pair.one, pair.other) for group in groups[id]]
        lowest = min(tied, key=lambda group: identity("tie", str(random_seed), group))
        roots |= dict.fromkeys(tied, lowest)
    renamed = [(group, root(group)) for group in list(roots)]
    db.executemany("INSERT INTO tied VALUES (?, ?)", [(group, name) for group, name in renamed if group != name])
    db.execute(
        "UPDATE clips SET grp = (SELECT root FROM tied WHERE tied.grp = clips.grp) WHERE grp IN (SELECT grp FROM tied)"
    )


def _merge(db: sqlite3.Connection, pairs: Sequence[Pair]) -> None:
    """In the order of the recipe's sources, and of places within one, each clip that is there still takes in those
    that are the same nearly throughout."""
    rows = db.execute(
        "SELECT id, ref, seconds FROM clips WHERE id IN (SELECT id FROM paired) ORDER BY rank, ref, clip, id"
    )
    places: dict[str, tuple[str, float]] = {}
    for id, ref, seconds in rows:
        places.setdefault(id, (ref, seconds))
    same: dict[str, list[tuple[str, float, Rule]]] = {}
    for pair in pairs:
        if _is_one(pair, places[pair.one][1], places[pair.other][1]):
            same.setdefault(pair.one, []).append((pair.other, -pair.offset, pair.rule))
            same.setdefault(pair.other, []).append((pair.one, pair.offset, pair.rule))
    db.executemany("INSERT INTO merged VALUES (?, ?, ?, ?)", _merged(places, same))


def _merged(
    places: dict[str, tuple[str, float]], same: dict[str, list[tuple[str, float, Rule]]]
) -> Iterator[tuple[str, str, float, str]]:
    settled: set[str] = set()
    for keeper, (ref, _) in places.items():
        if keeper in settled or keeper not in same:
            continue
        settled.add(keeper)
        for id, shift, rule in same[keeper]:
            if id not in settled:
                settled.add(id)
                yield id, keeper, shift, f"same recording as {ref}, {SAID[rule]}"


def _is_one(pair: Pair, one: float, other: float) -> bool:
    return pair.common >= WHOLE * max(one, other) and pair.score >= SURE
