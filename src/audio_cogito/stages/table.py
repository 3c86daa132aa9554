"""The clips that were collected, in a slim table on disk, and which of them are a benchmark's."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import msgspec

from audio_cogito.cleaning.contamination import RULES, Contamination, Hit
from audio_cogito.errors import SetupError
from audio_cogito.hearing.prints import Prints
from audio_cogito.ledger import Drop
from audio_cogito.stages import near, splits
from audio_cogito.stages.near import Pair
from audio_cogito.types import Clip

BATCH = 1000
TABLES = """
    PRAGMA journal_mode = OFF;
    PRAGMA synchronous = OFF;
    CREATE TABLE clips (id TEXT, rank INTEGER, ref TEXT, grp TEXT, split TEXT, seconds REAL, time REAL, clip BLOB);
    CREATE TABLE hits (id TEXT PRIMARY KEY, place TEXT, hit BLOB) WITHOUT ROWID;
    CREATE TABLE gone (ref TEXT PRIMARY KEY, said BLOB) WITHOUT ROWID;
"""

# Of equal sounds any may be known as a benchmark's, and the first rule by which one is counts for all.
INSERT_HIT = """
    INSERT INTO hits VALUES (?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET place = excluded.place, hit = excluded.hit WHERE excluded.place < hits.place
"""

_encode = msgspec.json.Encoder().encode
_decode_hit = msgspec.json.Decoder(Hit).decode


class Table:
    """The clips that were collected, in a scratch file that is made anew."""

    def __init__(self, path: Path, contamination: Contamination | None = None) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        self.path = path
        self.db = sqlite3.connect(path, isolation_level=None)
        self.db.executescript(TABLES)
        self.db.create_function("protection", 1, splits.protection, deterministic=True)
        self.contamination = contamination or Contamination(())
        self.names_others = False
        """Whether a question is about several recordings, which are then looked for by their place."""
        self._waiting: list[tuple[str, int, str, str, str | None, float, float | None, bytes]] = []
        self._waiting_hits: list[tuple[str, str, bytes]] = []
        self._waiting_drops: list[tuple[str, bytes]] = []

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

    def removed(self, drop: Drop) -> None:
        """What collect dropped, for questions that are also about it."""
        self._waiting_drops.append((drop.subject, _encode(drop)))
        if len(self._waiting_drops) >= BATCH:
            self.flush()

    def flush(self) -> None:
        """Raises SetupError where the disk refuses: the clip that happens to be added has no part in it."""
        try:
            self.db.execute("BEGIN")
            self.db.executemany("INSERT INTO clips VALUES (?, ?, ?, ?, ?, ?, ?, ?)", self._waiting)
            self.db.executemany(INSERT_HIT, self._waiting_hits)
            self.db.executemany("INSERT OR IGNORE INTO gone VALUES (?, ?)", self._waiting_drops)
            self.db.execute("COMMIT")
        except sqlite3.Error as error:
            raise _refused(self.path, error) from error
        self._waiting.clear()
        self._waiting_drops.clear()
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
        self.order()
        return near.found(self.db, prints)

    def order(self) -> None:
        """The order of reading. Made after the last insert."""
        self.db.execute("CREATE INDEX IF NOT EXISTS place ON clips (id, rank, ref)")

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
