"""How much of each kind is kept: shares and numbers by source, domain and label, decided by the hash of each clip.

Every clip has a point, a hash of its id and the random seed, and stays when it lies below the ceiling of each stratum
that it is in. So a stratum's share decides alone which of its clips stay, adding data moves none, and raising a share
only adds. A number becomes the ceiling under which so many lie; a mix becomes numbers, as great as the scarcest allows.

Counting goes by source first, then by domain over what that leaves, then by label: a number is of what is kept then.
It needs a table of a few numbers a clip, on disk; where only shares are set, nothing is counted at all.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from typing import Annotated, get_args

import msgspec

from audio_cogito.errors import SetupError
from audio_cogito.types import Clip, Domain, Record, identity

WHOLE = 1 << 60
"""Points lie in [0, WHOLE)."""
BATCH = 1000
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Number = Annotated[int, msgspec.Meta(ge=0)]
Part = Annotated[float, msgspec.Meta(gt=0)]
DOMAINS: tuple[str, ...] = get_args(Domain)
NO_DOMAIN = "unknown"


class Settings(Record, omit_defaults=False):
    """A whole number is how many clips are to be kept, a number with a point is a share of those there are (1.0: all).

    What is not named is not limited.
    """

    sources: dict[str, Share] = {}
    """Shares by source. A source's number stands in collect.target_kept."""
    domains: dict[str, Number | Share] = {}
    """By domain; a clip of several is of all together, as "sound+speech" in its source's order, and one of none is
    "unknown"."""
    labels: dict[str, Number | Share] = {}
    """By label: a clip that has several of these must pass each."""
    label_cap: Number | None = None
    """About so many clips of a label that `labels` does not name. A clip stays for the rarest label it has, so that a
    frequent one that stands beside rare ones may exceed it."""
    source_mix: dict[str, Part] = {}
    """How the kept clips are to be parted among these sources, such as {audioset = 3, clotho = 1}: as many of each as
    the scarcest allows."""
    domain_mix: dict[str, Part] = {}
    """The same by domain."""

    def __post_init__(self) -> None:
        for one, other in ((self.sources, "source_mix"), (self.domains, "domain_mix")):
            if both := sorted(set(one) & set(getattr(self, other))):
                raise ValueError(f"select.balance names {both[0]!r} by itself and in {other}: only one can decide")
        for name in (*self.domains, *self.domain_mix):
            if name != NO_DOMAIN and not set(name.split("+")) <= set(DOMAINS):
                known = ", ".join((*DOMAINS, NO_DOMAIN))
                raise ValueError(f"select.balance names the domain {name!r}; there are {known}, and several with +")

    @property
    def counts(self) -> bool:
        """Whether something is set that needs counting."""
        amounts = (*self.domains.values(), *self.labels.values())
        return bool(self.source_mix or self.domain_mix or self.label_cap is not None) or any(
            isinstance(amount, int) for amount in amounts
        )


class Ceilings(Record):
    """Below which point a clip of a stratum stays; what is not named stays."""

    sources: dict[str, int] = {}
    domains: dict[str, int] = {}
    labels: dict[str, int] = {}
    capped: dict[str, int] = {}
    """Of labels under label_cap that are too many. Any label of a clip that is not here lets it stay."""

    def beyond(self, clip: Clip, random_seed: int) -> str | None:
        """The stratum that has enough clips without this one; None where it stays."""
        at, labels = point(clip.id, random_seed), labels_of(clip)
        if at >= self.sources.get(clip.recording.source, WHOLE):
            return f"the source {clip.recording.source}"
        if at >= self.domains.get(domain_of(clip), WHOLE):
            return f"the domain {domain_of(clip)}"
        for label in labels:
            if at >= self.labels.get(label, WHOLE):
                return f"the label {label}"
        free = [label for label in labels if label not in self.labels]
        if free and all(at >= self.capped.get(label, WHOLE) for label in free):
            return f"the label {free[0]}"
        return None


def point(clip: str, random_seed: int) -> int:
    """Where a clip lies, whatever others there are."""
    return int(identity("balance", str(random_seed), clip)[:15], 16)


def domain_of(clip: Clip) -> str:
    return "+".join(clip.recording.domains) or NO_DOMAIN


def labels_of(clip: Clip) -> tuple[str, ...]:
    return tuple(dict.fromkeys(label.text for label in clip.recording.facts.own.labels))


def ceilings(db: sqlite3.Connection, kept: Iterable[Clip], settings: Settings, random_seed: int) -> Ceilings:
    """The ceilings over these clips, each of which comes once. They are read only where something is to be counted."""
    if not settings.counts:
        return Ceilings(
            sources=_of_shares(settings.sources),
            domains=_of_shares(settings.domains),
            labels=_of_shares(settings.labels),
        )
    strata = Strata(db)
    strata.fill(kept, settings, random_seed)
    sources = _of_shares(settings.sources) | strata.mixed("source", settings.source_mix)
    strata.cut("source", sources)
    domains = strata.amounts("domain", settings.domains) | strata.mixed("domain", settings.domain_mix)
    strata.cut("domain", domains)
    labels = strata.amounts("label", settings.labels)
    capped = {} if settings.label_cap is None else strata.capped(settings.label_cap, except_for=set(labels))
    strata.close()
    return Ceilings(sources=sources, domains=domains, labels=labels, capped=capped)


def _of_shares(amounts: Mapping[str, float]) -> dict[str, int]:
    return {name: round(share * WHOLE) for name, share in amounts.items()}


class Strata:
    """Points by stratum, in a scratch table: some 25 bytes for each source, domain and label of a clip."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self.db = db
        self._names: dict[str, int] = {}
        for kind in ("source", "domain", "label"):
            db.execute(f"DROP TABLE IF EXISTS strata_{kind}")
            db.execute(f"CREATE TABLE strata_{kind} (name INTEGER, at INTEGER)")

    def fill(self, kept: Iterable[Clip], settings: Settings, random_seed: int) -> None:
        """Only the kinds that are set. Every clip has its one source and domain, by which it is cut below."""
        with_labels = bool(settings.labels) or settings.label_cap is not None
        waiting: dict[str, list[tuple[int, int]]] = {"source": [], "domain": [], "label": []}
        self.db.execute("BEGIN")
        for clip in kept:
            at = point(clip.id, random_seed)
            waiting["source"].append((self._number(clip.recording.source), at))
            waiting["domain"].append((self._number(domain_of(clip)), at))
            waiting["label"] += [(self._number(label), at) for label in labels_of(clip)] if with_labels else []
            if len(waiting["source"]) >= BATCH:
                self._insert(waiting)
        self._insert(waiting)
        self.db.execute("COMMIT")

    def _insert(self, waiting: dict[str, list[tuple[int, int]]]) -> None:
        for kind, found in waiting.items():
            self.db.executemany(f"INSERT INTO strata_{kind} VALUES (?, ?)", found)
            found.clear()

    def _indexed(self, kind: str) -> str:
        """The table of a kind, in order from its first use on: what is cut before costs no index."""
        self.db.execute(f"CREATE INDEX IF NOT EXISTS strata_{kind}_at ON strata_{kind} (name, at)")
        return f"strata_{kind}"

    def _number(self, name: str) -> int:
        return self._names.setdefault(name, len(self._names))

    def cut(self, kind: str, limits: Mapping[str, int]) -> None:
        """Forget the clips beyond these ceilings, for the kinds that are counted after this one."""
        later = {"source": ("domain", "label"), "domain": ("label",)}[kind]
        for name, ceiling in limits.items():
            out = f"SELECT at FROM {self._indexed(kind)} WHERE name = ? AND at >= ?"
            for other in later:
                self.db.execute(f"DELETE FROM strata_{other} WHERE at IN ({out})", (self._names.get(name), ceiling))

    def amounts(self, kind: str, amounts: Mapping[str, float]) -> dict[str, int]:
        return {
            name: self.below(kind, name, amount) if isinstance(amount, int) else round(amount * WHOLE)
            for name, amount in amounts.items()
        }

    def below(self, kind: str, name: str, number: int) -> int:
        """The ceiling under which `number` clips of a stratum lie, all where there are no more."""
        query = f"SELECT at FROM {self._indexed(kind)} WHERE name = ? ORDER BY at LIMIT 1 OFFSET ?"
        row = self.db.execute(query, (self._names.get(name), number)).fetchone()
        return WHOLE if row is None else int(row[0])

    def mixed(self, kind: str, mix: Mapping[str, float]) -> dict[str, int]:
        """Ceilings that leave clips in these proportions."""
        if not mix:
            return {}
        counts = {name: self._count(kind, name) for name in mix}
        if empty := [name for name, count in counts.items() if not count]:
            raise SetupError(f"select.balance.{kind}_mix names {empty[0]!r}, of which there is no clip")
        unit = min(counts[name] / part for name, part in mix.items())
        return {name: self.below(kind, name, int(unit * part + 1e-9)) for name, part in mix.items()}

    def _count(self, kind: str, name: str) -> int:
        query = f"SELECT COUNT(*) FROM {self._indexed(kind)} WHERE name = ?"
        return int(self.db.execute(query, (self._names.get(name),)).fetchone()[0])

    def capped(self, cap: int, *, except_for: set[str]) -> dict[str, int]:
        """For each label of more clips than the cap, the ceiling under which so many lie."""
        names = {number: name for name, number in self._names.items()}
        query = f"SELECT name FROM {self._indexed('label')} GROUP BY name HAVING COUNT(*) > ?"
        many = [names[number] for (number,) in self.db.execute(query, (cap,)).fetchall()]
        return {name: self.below("label", name, cap) for name in sorted(many) if name not in except_for}

    def close(self) -> None:
        for kind in ("source", "domain", "label"):
            self.db.execute(f"DROP TABLE strata_{kind}")
