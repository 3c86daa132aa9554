"""Which seeds a clip is shown: the lowest of ranked hashes, so that another seed in the pool changes few draws.

The rank of a seed for a clip is splitmix64's finaliser over the exclusive or of two 64-bit little-endian BLAKE2b
digests: of `random seed, newline, clip id`, and of the seed's id.

uniform      the lowest ranks of the whole pool: each seed is as likely as any other (the paper's "we sample 20").
stratified   70 % from the clip's own domain, the rest dealt over the others (14 and 6 of 20). Within a domain the
             skills are ranked by a hash of their own, and the n-th skill gives its lowest seed of the n-th difficulty
             in turn: as many skills as can be, difficulties even. Thin cells are shown as often as full ones.

One more seed changes a clip's draw by at most one; under `stratified` that holds for a seed whose domain and skill the
pool has already.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Any, Literal

import numpy as np

from audio_cogito.seeds.pool import DIFFICULTIES, Seed
from audio_cogito.types import Record

OWN_SHARE = 0.7
Ranks = np.ndarray[Any, np.dtype[np.uint64]]
Places = np.ndarray[Any, np.dtype[np.intp]]


class Settings(Record, omit_defaults=False):
    draw: Literal["uniform", "stratified"] = "uniform"
    """How seeds are drawn for a clip; `uniform` is the paper's."""
    languages: tuple[str, ...] = ("en",)
    """Only seeds in these languages are shown; empty for all."""


DEFAULTS = Settings()


class Draw:
    """A pool, ready to be drawn from."""

    def __init__(self, pool: tuple[Seed, ...], random_seed: int, settings: Settings = DEFAULTS) -> None:
        spoken = settings.languages
        self._pool = tuple(seed for seed in pool if not spoken or seed.language in spoken)
        self._random_seed = random_seed
        self._lines = {seed.id: seed.shown for seed in self._pool}
        self._marks = _marks([seed.id for seed in self._pool])
        self._strata = Strata(self._pool) if settings.draw == "stratified" else None

    def line(self, seed: Seed) -> str:
        """A drawn seed as the annotator sees it."""
        return self._lines[seed.id]

    def draw(self, clip_id: str, count: int, domain: str | None = None) -> tuple[Seed, ...]:
        """At most `count` seeds, lowest rank first. `domain` is the clip's own where it is known."""
        if count == 0 or not self._pool:
            return ()
        mark = np.uint64(_digest(f"{self._random_seed}\n{clip_id}"))
        ranks = _mixed(self._marks ^ mark)
        if self._strata is not None:
            chosen = self._strata.choose(ranks, mark, min(count, len(ranks)), domain)
        else:
            chosen = np.argpartition(ranks, min(count, len(ranks)) - 1)[:count]
        return tuple(self._pool[i] for i in chosen[np.argsort(ranks[chosen])].tolist())


class Strata:
    """A pool by domain, skill and difficulty. Every array that does not depend on the clip is made here, once."""

    def __init__(self, pool: tuple[Seed, ...]) -> None:
        self.domains = sorted({seed.domain for seed in pool})
        skills = sorted({(seed.domain, seed.skill) for seed in pool})
        self._skill_domain = np.array([self.domains.index(domain) for domain, _ in skills])
        self._skill_marks = _marks(["\n".join(skill) for skill in skills])
        self._skill_place = _places_within(np.sort(self._skill_domain))
        self._domain_marks = _marks(self.domains)
        self._seed_skill = np.array([skills.index((seed.domain, seed.skill)) for seed in pool])
        self._seed_difficulty = np.array([DIFFICULTIES.index(seed.difficulty) for seed in pool])
        self._cell = self._seed_skill * len(DIFFICULTIES) + self._seed_difficulty
        self._cell_place = _places_within(np.sort(self._cell))
        self._seed_domain = self._skill_domain[self._seed_skill]
        self._sizes = np.bincount(self._seed_domain, minlength=len(self.domains)).tolist()

    def choose(self, ranks: Ranks, mark: np.uint64, count: int, domain: str | None) -> Places:
        """Places in the pool of `count` seeds, of which there must be as many."""
        order = self._order(ranks, mark)
        quotas = self._quotas(mark, count, domain)
        starts = np.cumsum([0, *self._sizes])
        return np.concatenate([order[start : start + quota] for start, quota in zip(starts, quotas, strict=False)])

    def _order(self, ranks: Ranks, mark: np.uint64) -> Places:
        """All seeds, domain after domain, each domain's in the order in which they are taken."""
        skill_rank = np.empty_like(self._skill_place)
        by_hash = np.lexsort((_mixed(self._skill_marks ^ mark), self._skill_domain))
        skill_rank[by_hash] = self._skill_place
        place = np.empty_like(self._cell_place)
        place[np.lexsort((ranks, self._cell))] = self._cell_place
        of_seed = skill_rank[self._seed_skill]
        first = (_mixed(self._domain_marks ^ mark) % np.uint64(len(DIFFICULTIES))).astype(np.intp)
        turn = (self._seed_difficulty - of_seed - first[self._seed_domain]) % len(DIFFICULTIES)
        return np.lexsort((of_seed, turn, place, self._seed_domain))

    def _quotas(self, mark: np.uint64, count: int, domain: str | None) -> list[int]:
        """How many seeds each domain gives: its share, or all it has, and then the others fill up."""
        quotas = [0] * len(self.domains)
        dealt = np.argsort(_mixed(self._domain_marks ^ mark)).tolist()
        own = self.domains.index(domain) if domain in self.domains else None
        if own is not None:
            dealt = [place for place in dealt if place != own]
            quotas[own] = min(self._sizes[own], round(OWN_SHARE * count), count)
        while sum(quotas) < count:
            open_ = [place for place in dealt if quotas[place] < self._sizes[place]]
            if not open_ and own is not None:
                open_ = [own]
            for place in open_[: count - sum(quotas)]:
                quotas[place] += 1
        return quotas


def _places_within(groups: Places) -> Places:
    """For sorted group numbers, each entry's place within its group, from 0."""
    starts = np.searchsorted(groups, groups)
    return np.arange(len(groups)) - starts


def _marks(names: list[str]) -> Ranks:
    return np.array([_digest(name) for name in names], dtype=np.uint64)


def _digest(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little")


def _mixed(values: Ranks) -> Ranks:
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))
