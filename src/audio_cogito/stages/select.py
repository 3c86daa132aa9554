"""Decisions over all clips at once: what overlaps with a benchmark goes, of duplicates one stays, sources, domains and
labels keep to their targets, and splits follow groups.

Clips lie in a table on disk (`table`), so that memory does not grow with the data. Everything is decided by hashes and
places that stay put when data is added: a clip never moves to another split because others came.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

import msgspec

from audio_cogito.cleaning import balance
from audio_cogito.cleaning.balance import Ceilings
from audio_cogito.cleaning.balance import Settings as Balance
from audio_cogito.cleaning.contamination import REASONS, Hit
from audio_cogito.ledger import Drop
from audio_cogito.stages import merging, near, splits
from audio_cogito.stages import targets as target
from audio_cogito.stages.merging import Copy
from audio_cogito.stages.near import Pair
from audio_cogito.stages.table import Table
from audio_cogito.types import Clip, Record, Removed

STAGE = "select"

COLUMNS = """
    SELECT clips.id, clips.rank, clips.ref, clips.grp, stated.split, merged.detail, hosts.id IS NOT NULL, hits.hit,
        clips.clip
    FROM clips LEFT JOIN stated USING (grp) LEFT JOIN merged USING (id) LEFT JOIN hosts USING (id)
        LEFT JOIN hits USING (id)
"""
# The clip itself comes last in the order: of one place listed twice, with other facts, the same one stays in every run.
ORDER = "ORDER BY clips.id, clips.rank, clips.ref, clips.clip"
SELECTION = f"{COLUMNS} {ORDER}"
# Of equal sounds the first one is the clip, whichever of them was named.
NAMED = f"{COLUMNS} WHERE clips.id = (SELECT id FROM clips WHERE ref = ?) {ORDER} LIMIT 1"

# What is said of one sound: of the clip that stays, and of all that are the same to it.
SAID = """
    SELECT clip, shift, equal FROM (
        SELECT rank, ref, clip, 0.0 AS shift, 1 AS equal FROM clips WHERE id = ?1
        UNION ALL SELECT rank, ref, clip, shift, 0 FROM merged JOIN clips USING (id) WHERE keeper = ?1
    ) ORDER BY rank, ref, clip
"""

_decode = msgspec.json.Decoder(Clip).decode
_decode_hit = msgspec.json.Decoder(Hit).decode
_decode_drop = msgspec.json.Decoder(Drop).decode


class Settings(Record, omit_defaults=False):
    duplicates: Literal["drop", "keep"] = "drop"
    """Whether of equal sounds one stays. A benchmark keeps all: its items are counted. The facts of those that go are
    merged into the one that stays, and their questions where it comes with some of its own."""
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
        """Whether copies of one recording are told by fingerprints."""
        return self.duplicates == "drop" and self.near_duplicates == "drop"

    @property
    def needs_prints(self) -> bool:
        """Sounds of a benchmark are looked for whether copies are or not."""
        return self.looks_for_copies or bool(self.against)


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
    table.order()
    near.settle(table.db, table.apart(copies), random_seed)
    _index(table.db)
    rules = _Rules(table.db, settings, random_seed, target.ceilings(table.db, targets or {}, random_seed))
    rules = replace(rules, balanced=_balanced(rules))
    if table.names_others:
        table.db.execute("CREATE INDEX IF NOT EXISTS named ON clips (ref)")
    for ref, entry in _single(rules):
        if isinstance(entry, Hit):
            yield table.contamination.drop(STAGE, ref, entry)
        elif isinstance(entry, Clip):
            yield _with_beside(entry, rules) if entry.recording.posed else entry
        else:
            yield entry


class _Row(NamedTuple):
    """A clip of the table, with what was settled of it."""

    id: str
    rank: int
    ref: str
    group: str
    stated: str | None
    merged: str | None
    hosts: bool
    hit: bytes | None
    clip: bytes


@dataclass(frozen=True)
class _Rules:
    """What decides over a clip, whichever clips come before it."""

    db: sqlite3.Connection
    settings: Settings
    random_seed: int
    ceilings: Mapping[int, str]
    """Of sources, by rank."""
    balanced: Ceilings | None = None

    def decided(self, row: _Row) -> Clip | Drop | Hit:
        """The clip with its split and the facts of its copies, or why it goes."""
        if row.hit is not None:
            return _decode_hit(row.hit)
        if row.merged is not None:
            return Drop(stage=STAGE, subject=row.ref, reason="near_duplicate", detail=row.merged)
        if row.rank in self.ceilings and target.chance(row.id, self.random_seed) >= self.ceilings[row.rank]:
            return _too_many(row.ref, "its source")
        clip = msgspec.structs.replace(_decode(row.clip), split=self._split(row))
        if row.hosts and self.settings.duplicates == "drop":
            clip = _with_facts_of_all(clip, self.db)
        stratum = self.balanced.beyond(clip, self.random_seed) if self.balanced else None
        return _too_many(row.ref, stratum) if stratum else clip

    def _split(self, row: _Row) -> str:
        return row.stated[1:] if row.stated else splits.split_of(row.group, self.settings.splits, self.random_seed)


def _too_many(ref: str, stratum: str) -> Drop:
    return Drop(stage=STAGE, subject=ref, reason="over_target", detail=f"{stratum} has enough clips without it")


def _balanced(rules: _Rules) -> Ceilings | None:
    """What each source, domain and label may give, over the clips that are left by all other rules."""
    settings = rules.settings.balance
    if settings == Balance():
        return None
    kept = (entry for _, entry in _single(rules) if isinstance(entry, Clip))
    return balance.ceilings(rules.db, kept, settings, rules.random_seed)


def _single(rules: _Rules) -> Iterator[tuple[str, Clip | Drop | Hit]]:
    """The place of every clip with what is decided of it: of equal sounds the first one is judged."""
    kept: _Row | None = None
    for row in map(_Row._make, rules.db.execute(SELECTION)):
        left = row.hit is None and row.merged is None
        if left and kept is not None and kept.id == row.id and rules.settings.duplicates == "drop":
            yield row.ref, Drop(stage=STAGE, subject=row.ref, reason="duplicate", detail=f"same sound as {kept.ref}")
            continue
        kept = row if left else kept
        yield row.ref, rules.decided(row)


def _with_facts_of_all(clip: Clip, db: sqlite3.Connection) -> Clip:
    said = [(_decode(line), shift, equal) for line, shift, equal in db.execute(SAID, (clip.id,))]
    copies = [Copy(other.recording, other.seconds, shift) for other, shift, _ in said]
    recording = merging.merged(clip.recording, clip.seconds, copies)
    recording = merging.asked(recording, [other.recording for other, _, equal in said if equal])
    return msgspec.structs.replace(clip, recording=recording)


def _with_beside(clip: Clip, rules: _Rules) -> Clip:
    """With the clips that its own questions are also about, or why they were removed."""
    beside, removed = dict[str, Clip](), dict[str, Removed]()
    for ref in dict.fromkeys(ref for posed in clip.recording.posed for ref in posed.beside):
        match _named(ref, rules):
            case Clip() as other:
                beside[ref] = other.alone
            case Drop() as drop:
                removed[ref] = Removed(reason=drop.reason, detail=drop.detail)
            case Hit() as hit:
                removed[ref] = Removed(reason=REASONS[hit.rule], detail=hit.detail)
    return msgspec.structs.replace(clip, beside=beside, removed=removed)


def _named(ref: str, rules: _Rules) -> Clip | Drop | Hit | None:
    """What was decided of the recording at that place; None where none was heard there."""
    if row := rules.db.execute(NAMED, (ref,)).fetchone():
        return rules.decided(_Row._make(row))
    if gone := rules.db.execute("SELECT said FROM gone WHERE ref = ?", (ref,)).fetchone():
        return _decode_drop(gone[0])
    return None


def _index(db: sqlite3.Connection) -> None:
    """For each group the split that its members state, and which clips speak for others, too."""
    db.execute("DROP TABLE IF EXISTS stated")
    db.execute("CREATE TABLE stated (grp TEXT PRIMARY KEY, split TEXT) WITHOUT ROWID")
    db.execute("INSERT INTO stated SELECT grp, MIN(protection(split)) FROM clips WHERE split IS NOT NULL GROUP BY grp")
    db.execute("DROP TABLE IF EXISTS hosts")
    db.execute("CREATE TABLE hosts (id TEXT PRIMARY KEY) WITHOUT ROWID")
    db.execute("INSERT INTO hosts SELECT id FROM clips GROUP BY id HAVING COUNT(*) > 1 UNION SELECT keeper FROM merged")
