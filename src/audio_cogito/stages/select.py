"""Decisions over all clips at once: what overlaps with a benchmark goes, of duplicates one stays, sources, domains and
labels keep to their targets, and splits follow groups.

Clips lie in a slim table on disk, so that memory does not grow with the data. Everything is decided by hashes and
places that stay put when data is added: a clip never moves to another split because others came.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import Literal

import msgspec

from audio_cogito.cleaning import balance
from audio_cogito.cleaning.balance import Ceilings
from audio_cogito.cleaning.balance import Settings as Balance
from audio_cogito.cleaning.contamination import RULES, Contamination, Hit
from audio_cogito.errors import SetupError
from audio_cogito.hearing.prints import Prints
from audio_cogito.ledger import Drop
from audio_cogito.stages import merging, near
from audio_cogito.stages import targets as target
from audio_cogito.stages.merging import Copy
from audio_cogito.stages.near import Pair
from audio_cogito.types import Clip, Record

STAGE = "select"
BATCH = 1000
PROTECTED = ("test", "dev")
"""The splits that win, in this order, where a group's members state different ones. Then comes any other name, which a
source may well mean as held out ("validation", "test-clean"), and last "train"."""

# The clip itself comes last in the order: of one place listed twice, with other facts, the same one stays in every run.
SELECTION = """
    SELECT clips.id, clips.rank, clips.ref, clips.grp, stated.split, merged.detail, hosts.id IS NOT NULL, hits.hit,
        clips.clip
    FROM clips LEFT JOIN stated USING (grp) LEFT JOIN merged USING (id) LEFT JOIN hosts USING (id)
        LEFT JOIN hits USING (id)
    ORDER BY clips.id, clips.rank, clips.ref, clips.clip
"""

# Of equal sounds any may be known as a benchmark's, and the first rule by which one is counts for all.
INSERT_HIT = """
    INSERT INTO hits VALUES (?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET place = excluded.place, hit = excluded.hit WHERE excluded.place < hits.place
"""

# What is said of one sound: of the clip that stays, and of all that are the same to it.
SAID = """
    SELECT clip, shift FROM (
        SELECT rank, ref, clip, 0.0 AS shift FROM clips WHERE id = ?1
        UNION ALL SELECT rank, ref, clip, shift FROM merged JOIN clips USING (id) WHERE keeper = ?1
    ) ORDER BY rank, ref, clip
"""

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Clip).decode
_decode_hit = msgspec.json.Decoder(Hit).decode

# Of equal sounds the first one is the clip, whichever of them was named. One that is a benchmark's is none.
NAMED = """
    SELECT clips.grp, stated.split, clips.clip FROM clips LEFT JOIN stated USING (grp)
    WHERE clips.id = (SELECT id FROM clips WHERE ref = ?) AND clips.id NOT IN (SELECT id FROM hits)
    ORDER BY clips.rank, clips.ref, clips.clip LIMIT 1
"""


class Settings(Record, omit_defaults=False):
    duplicates: Literal["drop", "keep"] = "drop"
    """Whether of equal sounds one stays. A benchmark keeps all: it asks different things of one sound. The facts of
    those that go are merged into the one that stays."""
    near_duplicates: Literal["drop", "keep"] = "drop"
    """Whether the same goes for copies of one recording, which fingerprints and the times of videos tell (`near`). What
    shares three seconds or more with another shares its split."""
    splits: dict[str, float] = msgspec.field(default_factory=lambda: {"train": 0.98, "dev": 0.01, "test": 0.01})
    """Shares of the groups that no source states a split for; they sum to 1."""
    decontaminate: bool = True
    """Whether what overlaps with a benchmark goes, before a model is called (`cleaning/contamination.py`)."""
    against: tuple[str, ...] = ()
    """Folders of benchmarks, with their metadata and sounds, and files of metadata, beside the facts that the package
    has: MMAR's videos and times."""
    other_times: Literal["drop", "keep"] = "drop"
    """Whether other parts of a video that a benchmark hears go, too: the same voice, the same piece."""

    balance: Balance = Balance()
    """How much of each source, domain and label is kept (`cleaning/balance.py`)."""

    def __post_init__(self) -> None:
        if self.against and not self.decontaminate:
            raise ValueError("select.against names benchmarks, and select.decontaminate = false turns their rules off")
        if not (all(share >= 0 for share in self.splits.values()) and abs(sum(self.splits.values()) - 1) < 1e-6):
            raise ValueError(f"the shares of select.splits must sum to 1, not {sum(self.splits.values()):g}")

    @property
    def looks_for_copies(self) -> bool:
        """Whether fingerprints are needed."""
        return self.duplicates == "drop" and self.near_duplicates == "drop"


class Table:
    """The clips that were collected, in a scratch file that is made anew."""

    def __init__(self, path: Path, contamination: Contamination | None = None) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        self.path = path
        self.db = sqlite3.connect(path, isolation_level=None)
        self.db.execute("PRAGMA journal_mode = OFF")
        self.db.execute("PRAGMA synchronous = OFF")
        self.db.create_function("protection", 1, _protection, deterministic=True)
        columns = "id TEXT, rank INTEGER, ref TEXT, grp TEXT, split TEXT, seconds REAL, time REAL, clip BLOB"
        self.db.execute(f"CREATE TABLE clips ({columns})")
        self.db.execute("CREATE TABLE hits (id TEXT PRIMARY KEY, place TEXT, hit BLOB) WITHOUT ROWID")
        self.contamination = contamination or Contamination(())
        self.names_others = False
        """Whether a question is about several recordings, which are then looked for by their place."""
        self._waiting: list[tuple[str, int, str, str, str | None, float, float | None, bytes]] = []
        self._waiting_hits: list[tuple[str, str, bytes]] = []

    def add(self, clip: Clip, rank: int) -> None:
        """A clip from the recipe's source number `rank`."""
        recording = clip.recording
        group = f"group:{recording.group}" if recording.group else f"clip:{clip.id}"
        self._waiting.append(
            (clip.id, rank, recording.ref, group, recording.split, clip.seconds, recording.source_time, _encode(clip))
        )
        self.names_others = self.names_others or any(posed.beside for posed in recording.posed)
        if (hit := self.contamination.of_clip(clip)) is not None:
            self._waiting_hits.append(_placed(clip.id, hit))
        if len(self._waiting) >= BATCH:
            self.flush()

    def flush(self) -> None:
        """Raises SetupError where the disk refuses: the clip that happens to be added has no part in it."""
        try:
            self.db.execute("BEGIN")
            self.db.executemany("INSERT INTO clips VALUES (?, ?, ?, ?, ?, ?, ?, ?)", self._waiting)
            self.db.executemany(INSERT_HIT, self._waiting_hits)
            self.db.execute("COMMIT")
        except sqlite3.Error as error:
            raise _refused(self.path, error) from error
        self._waiting.clear()
        self._waiting_hits.clear()

    def compare_prints(self) -> None:
        """Find the clips that are like a benchmark's sound, where there are fingerprints."""
        self.db.executemany(INSERT_HIT, [_placed(id, hit) for id, hit in self.contamination.alike(self._ids)])

    def spread(self, pairs: Iterable[tuple[str, str]]) -> None:
        """What is a near-duplicate of a benchmark's clip, by ids, is the benchmark's, too."""
        hits = dict(self.db.execute("SELECT id, hit FROM hits"))
        known = [(other, id) for pair in pairs for id, other in (pair, pair[::-1]) if id in hits]
        self.db.executemany(INSERT_HIT, [_placed(other, _spread(_decode_hit(hits[id]), id)) for other, id in known])

    def apart(self, copies: Sequence[Pair]) -> list[Pair]:
        """The pairs of which neither is a benchmark's."""
        hits = {id for (id,) in self.db.execute("SELECT id FROM hits")}
        return [pair for pair in copies if not {pair.one, pair.other} & hits]

    def _ids(self) -> Iterator[str]:
        query = "SELECT DISTINCT id FROM clips WHERE id NOT IN (SELECT id FROM hits) ORDER BY id"
        return (id for (id,) in self.db.execute(query))

    def copies(self, prints: Prints) -> list[Pair]:
        """The pairs of clips that share a stretch of sound."""
        self.flush()
        _order(self.db)
        return near.found(self.db, prints)

    def close(self) -> None:
        self.db.close()
        self.path.unlink(missing_ok=True)


@contextmanager
def scratch(path: Path, contamination: Contamination) -> Iterator[Table]:
    """A table for as long as it is needed. Raises SetupError where the disk refuses."""
    try:
        with closing(Table(path, contamination)) as table:
            yield table
    except sqlite3.Error as error:
        raise _refused(path, error) from error


def _refused(path: Path, error: sqlite3.Error) -> SetupError:
    return SetupError(f"the scratch file {path} cannot be written: {error}")


def _placed(id: str, hit: Hit) -> tuple[str, str, bytes]:
    return id, f"{RULES.index(hit.rule)} {hit.benchmark} {hit.detail}", _encode(hit)


def _spread(hit: Hit, id: str) -> Hit:
    return Hit(rule=hit.rule, benchmark=hit.benchmark, detail=f"like the clip {id}: {hit.detail}")


def select(
    table: Table,
    *,
    settings: Settings,
    random_seed: int,
    targets: Mapping[int, int] | None = None,
    copies: Sequence[Pair] = (),
) -> Iterator[Clip | Drop]:
    """The clips that stay, with their split, and a Drop for each that is a benchmark's, a duplicate, or beyond what its
    source, domain or labels may give, in order of clip id. `targets`: the most clips of a source, by its rank.
    `copies`: the pairs that are near-duplicates.

    Of clips with equal ids, that is equal samples, the one of the first source and lowest place stays, and so it is of
    copies of one recording; the facts of the others are merged into it. Clips of one
    group share a split: the most protective that a source states for any of them, duplicates too, else by the hash of
    the group. A clip that is in no group is one by itself. Where duplicates are in different groups, that of the one
    that stays counts.
    """
    table.flush()
    table.compare_prints()
    table.spread([(pair.one, pair.other) for pair in copies])
    _order(table.db)
    near.settle(table.db, table.apart(copies), random_seed)
    _index(table.db)
    ceilings = target.ceilings(table.db, targets or {}, random_seed)
    if table.names_others:
        table.db.execute("CREATE INDEX IF NOT EXISTS named ON clips (ref)")
    balanced = _balanced(table, settings, random_seed, ceilings)
    for ref, entry in _single(table, settings, random_seed, ceilings):
        if isinstance(entry, Hit):
            yield table.contamination.drop(STAGE, ref, entry)
        elif isinstance(entry, Drop):
            yield entry
        elif balanced and (stratum := balanced.beyond(entry, random_seed)):
            yield Drop(stage=STAGE, subject=ref, reason="over_target", detail=f"{stratum} has enough clips without it")
        else:
            yield _with_beside(entry, table, settings, random_seed) if entry.recording.posed else entry


def _balanced(table: Table, settings: Settings, random_seed: int, ceilings: Mapping[int, str]) -> Ceilings | None:
    """What each source, domain and label may give, over the clips that are left by all other rules."""
    if settings.balance == Balance():
        return None
    found = _single(table, settings, random_seed, ceilings)
    kept = (entry for _, entry in found if isinstance(entry, Clip))
    return balance.ceilings(table.db, kept, settings.balance, random_seed)


def _single(
    table: Table, settings: Settings, random_seed: int, ceilings: Mapping[int, str]
) -> Iterator[tuple[str, Clip | Drop | Hit]]:
    """The place of every clip with the clip and its split, or why it goes; `ceilings` are those of the sources."""
    kept: tuple[str, str] | None = None
    for id_, rank, ref, group, stated, merged, hosts, hit, line in table.db.execute(SELECTION):
        if hit is not None:
            yield ref, _decode_hit(hit)
            continue
        if merged is not None:
            yield ref, Drop(stage=STAGE, subject=ref, reason="near_duplicate", detail=merged)
            continue
        if kept is not None and kept[0] == id_ and settings.duplicates == "drop":
            yield ref, Drop(stage=STAGE, subject=ref, reason="duplicate", detail=f"same sound as {kept[1]}")
            continue
        kept = (id_, ref)
        if rank in ceilings and target.chance(id_, random_seed) >= ceilings[rank]:
            detail = "its source has enough clips without it"
            yield ref, Drop(stage=STAGE, subject=ref, reason="over_target", detail=detail)
            continue
        split = stated[1:] if stated else split_of(group, settings.splits, random_seed)
        clip = msgspec.structs.replace(_decode(line), split=split)
        yield ref, _with_facts_of_all(clip, table.db) if hosts and settings.duplicates == "drop" else clip


def _with_facts_of_all(clip: Clip, db: sqlite3.Connection) -> Clip:
    said = ((_decode(line), shift) for line, shift in db.execute(SAID, (clip.id,)))
    copies = [Copy(other.recording, other.seconds, shift) for other, shift in said]
    return msgspec.structs.replace(clip, recording=merging.merged(clip.recording, clip.seconds, copies))


def _with_beside(clip: Clip, table: Table, settings: Settings, random_seed: int) -> Clip:
    """With the clips that its own questions are also about, as far as they became clips."""
    beside = {}
    for ref in dict.fromkeys(ref for posed in clip.recording.posed for ref in posed.beside):
        for group, stated, line in table.db.execute(NAMED, (ref,)):
            split = stated[1:] if stated else split_of(group, settings.splits, random_seed)
            beside[ref] = msgspec.structs.replace(_decode(line).alone, split=split)
    return msgspec.structs.replace(clip, beside=beside)


def _order(db: sqlite3.Connection) -> None:
    """The order of reading. Made after the last insert."""
    db.execute("CREATE INDEX IF NOT EXISTS place ON clips (id, rank, ref)")


def _index(db: sqlite3.Connection) -> None:
    """For each group the split that its members state, and which clips speak for others, too."""
    db.execute("DROP TABLE IF EXISTS stated")
    db.execute("CREATE TABLE stated (grp TEXT PRIMARY KEY, split TEXT) WITHOUT ROWID")
    db.execute("INSERT INTO stated SELECT grp, MIN(protection(split)) FROM clips WHERE split IS NOT NULL GROUP BY grp")
    db.execute("DROP TABLE IF EXISTS hosts")
    db.execute("CREATE TABLE hosts (id TEXT PRIMARY KEY) WITHOUT ROWID")
    db.execute("INSERT INTO hosts SELECT id FROM clips GROUP BY id HAVING COUNT(*) > 1 UNION SELECT keeper FROM merged")


def _protection(split: str) -> str:
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
