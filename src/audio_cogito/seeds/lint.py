"""What is wrong with a pool: each seed by itself (`rules`), seeds beside each other, benchmarks, balance, spelling.

twin, near   the same question twice; one that shares most of its words with another
alike        the build of another with the content words exchanged; too many that open alike
benchmark    eight words in a row of a benchmark question, most of its words, or the question whole
meaning      one that means nearly the same as another, or as a benchmark question, by an embedding
balance      a cell (domain, skill, difficulty) that is empty, or holds more than 5 % of the pool; a form or difficulty
             that holds more than half

Thresholds were set on the shipped pool beside MMAR and MMAU test-mini (see docs/decisions/018): the nearest pairs that
were read and let pass reach 0.45 within the pool and 0.52 to a benchmark.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from audio_cogito.checks.copied_seed import Words, rouge_l, words
from audio_cogito.seeds import rules
from audio_cogito.seeds.benchmarks import Benchmark
from audio_cogito.seeds.embedding import Meanings
from audio_cogito.seeds.likeness import Vectors, frame, opening, vectors
from audio_cogito.seeds.pool import DIFFICULTIES, Placed
from audio_cogito.seeds.rules import Fault
from audio_cogito.seeds.skills import SKILLS
from audio_cogito.seeds.spelling import Spelling

NEAR = 0.55
"""Nearness (`likeness`) from which on two questions are near, 0 to 1."""
CANDIDATE, COPIED = 0.25, 0.75
"""ROUGE-L from `COPIED` on is near as well; it is measured where nearness reaches `CANDIDATE`."""
IN_A_ROW = 8
"""Words in a row that a seed may not share with a benchmark question."""
WHOLE = 4
"""A benchmark question of at least so many words may not stand in a seed whole."""
SAME = 0.77
"""Cosine from which on two questions mean nearly the same: by WordLlama the nearest that were read and let pass reach
0.74 in the pool and 0.76 to a benchmark (decision 024). Other vectors want another."""
CELL_SHARE, HALF = 0.05, 0.5
OPENING_SHARE = 0.04
"""Share of the pool that may open with the same three words."""
LARGE = 100
"""Seeds from which on a pool's shares mean something."""


def lint(
    pool: Sequence[Placed],
    *,
    beside: Sequence[Placed] = (),
    against: Sequence[Benchmark] = (),
    spelling: Spelling | None = None,
    balanced: bool = True,
    meanings: Meanings | None = None,
    same: float = SAME,
) -> list[Fault]:
    """All faults of `pool`, in its order. `beside` are seeds that it is compared with and that are not judged."""
    found = [fault for placed in pool for fault in rules.faults(placed)]
    questions = [(benchmark.name, question) for benchmark in against for question in benchmark.questions]
    texts = [placed.seed.text for placed in (*pool, *beside)]
    rows = vectors([*texts, *(question for _, question in questions)])
    found += _near([*pool, *beside], len(pool), rows[: len(texts)])
    found += _alike([*pool, *beside], len(pool))
    found += _overlaps(pool, questions, rows[: len(pool)], rows[len(texts) :])
    if meanings is not None:
        found += _same([*pool, *beside], len(pool), questions, meanings, same)
    if spelling is not None:
        found += (
            Fault(where=placed.where, rule="spelling", detail=f"unknown word {word!r}: {placed.seed.text}")
            for placed in pool
            for word in spelling.unknown(placed.seed)
        )
    if balanced:
        found += _balance(pool)
    places = {placed.where: number for number, placed in enumerate(pool)}
    return sorted(found, key=lambda fault: places.get(fault.where, len(places)))


def _near(entries: Sequence[Placed], judged: int, rows: Vectors) -> Iterator[Fault]:
    """Each pair once, at its later seed, or at the judged one of the two."""
    nearness = np.triu(rows[:judged] @ rows.T, 1)
    for i, j in np.argwhere(nearness >= CANDIDATE).tolist():
        one, other = (entries[i], entries[j]) if j >= judged else (entries[j], entries[i])
        said, before = words(one.seed.text), words(other.seed.text)
        common = rouge_l(said, before)
        if said == before:
            yield Fault(where=one.where, rule="twin", detail=f"stands at {other.where} as well: {one.seed.text}")
        elif nearness[i, j] >= NEAR or common >= COPIED:
            detail = (
                f"{nearness[i, j]:.2f} (ROUGE-L {common:.2f}) to {other.where}: {one.seed.text} · {other.seed.text}"
            )
            yield Fault(where=one.where, rule="near", detail=detail)


def _same(
    entries: Sequence[Placed], judged: int, questions: list[tuple[str, str]], meanings: Meanings, same: float
) -> Iterator[Fault]:
    """The nearest by meaning of each judged seed, where it is near enough; of two judged ones at the later."""
    others = [(placed.where, placed.seed.text) for placed in entries] + questions
    rows = meanings([text for _, text in others])
    nearness = rows[:judged] @ rows.T
    nearness[:, :judged] = np.tril(nearness[:, :judged], -1)
    for placed, row in zip(entries[:judged], nearness, strict=True):
        at = int(row.argmax())
        if row[at] >= same:
            where, text = others[at]
            yield Fault(
                where=placed.where, rule="meaning", detail=f"{row[at]:.2f} to {where}: {placed.seed.text} · {text}"
            )


def _alike(entries: Sequence[Placed], judged: int) -> Iterator[Fault]:
    built: dict[str, Placed] = {}
    for placed in entries[judged:]:
        built.setdefault(frame(placed.seed.text) or "", placed)
    for placed in entries[:judged]:
        build = frame(placed.seed.text)
        other = built.setdefault(build, placed) if build else placed
        if other is not placed and other.seed.id != placed.seed.id:
            yield Fault(
                where=placed.where, rule="alike", detail=f"built as {other.where}, {build!r}: {placed.seed.text}"
            )
    openings = Counter(opening(placed.seed.text) for placed in entries)
    for placed in entries[:judged]:
        count = openings[opening(placed.seed.text)]
        if len(entries) >= LARGE and count > OPENING_SHARE * len(entries):
            detail = f"one of {count} that open with {opening(placed.seed.text)!r}: {placed.seed.text}"
            yield Fault(where=placed.where, rule="alike", detail=detail)


def _overlaps(
    pool: Sequence[Placed], questions: list[tuple[str, str]], rows: Vectors, others: Vectors
) -> Iterator[Fault]:
    said = [words(question) for _, question in questions]
    runs: dict[Words, int] = {}
    for number, question in enumerate(said):
        for run in (*_runs(question, IN_A_ROW), *([question] if len(question) >= WHOLE else [])):
            runs.setdefault(run, number)
    lengths = {len(run) for run in runs}
    for row, placed in zip(rows @ others.T, pool, strict=True):
        asked = words(placed.seed.text)
        found = {runs[run] for length in lengths for run in _runs(asked, length) if run in runs}
        found |= {int(n) for n in np.flatnonzero(row >= CANDIDATE) if rouge_l(asked, said[n]) >= COPIED}
        found |= {int(n) for n in np.flatnonzero(row >= NEAR)}
        if found:
            number = max(found, key=lambda n: float(row[n]))
            name, text = questions[number]
            others_too = f", and {len(found) - 1} more" if len(found) > 1 else ""
            detail = f"{row[number]:.2f} to a question of {name}, {text!r}{others_too}: {placed.seed.text}"
            yield Fault(where=placed.where, rule="benchmark", detail=detail)


def _runs(said: Words, length: int) -> Iterator[Words]:
    return (said[at : at + length] for at in range(len(said) - length + 1))


def _balance(pool: Sequence[Placed]) -> Iterator[Fault]:
    seeds = [placed.seed for placed in pool]
    cells = Counter((seed.domain, seed.skill, seed.difficulty) for seed in seeds)
    for domain in sorted({seed.domain for seed in seeds} & set(SKILLS)):
        for skill in SKILLS[domain]:
            empty = [difficulty for difficulty in DIFFICULTIES if (domain, skill, difficulty) not in cells]
            if empty:
                detail = f"no seed of {domain}, {skill}: {', '.join(empty)}"
                yield Fault(where="pool", rule="balance", detail=detail)
    if len(seeds) < LARGE:
        return
    shares = [(", ".join(cell), count, CELL_SHARE) for cell, count in cells.items()]
    shares += [(form, count, HALF) for form, count in Counter(seed.form for seed in seeds).items()]
    shares += [(level, count, HALF) for level, count in Counter(seed.difficulty for seed in seeds).items()]
    for name, count, most in shares:
        if count > most * len(seeds):
            detail = f"{name}: {count} of {len(seeds)} seeds, more than {most:.0%}"
            yield Fault(where="pool", rule="balance", detail=detail)
