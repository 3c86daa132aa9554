"""A model proposes seeds for thin cells (Audio-Cogito, section 2.1.1: "we first use an LLM to generate candidates").

Its drafts are linted beside the pool, the benchmarks and each other. What passes waits for a person in a file of its
own and never enters the pool by itself; what does not is kept with the fault. Replies are remembered like all others,
so that asking again after an interruption pays for nothing twice and writes the same.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from fnmatch import fnmatchcase
from hashlib import blake2b
from pathlib import Path

from audio_cogito.errors import CallFailed, SetupError, Unreadable
from audio_cogito.messages import Model, Sampling, Schema
from audio_cogito.models.ask import Asking, ask
from audio_cogito.parsing import read_json, schema_of
from audio_cogito.prompts import Prompt
from audio_cogito.seeds.benchmarks import Benchmark
from audio_cogito.seeds.coverage import cells, skills_of
from audio_cogito.seeds.embedding import Meanings
from audio_cogito.seeds.lint import lint
from audio_cogito.seeds.pool import DIFFICULTIES, Difficulty, Form, Placed, Seed
from audio_cogito.seeds.rules import Fault
from audio_cogito.seeds.skills import layer_of
from audio_cogito.seeds.spelling import Spelling
from audio_cogito.types import Distractor, Record

EXAMPLES = 8
ASKING = Asking(sampling=Sampling(temperature=0.9, top_p=0.95, top_k=0, max_tokens=4096))
SCHEMA = "seeds"


class Cell(Record):
    domain: str
    skill: str
    difficulty: Difficulty

    def __str__(self) -> str:
        return f"{self.domain}/{self.skill}/{self.difficulty}"


class Draft(Record):
    """A question as the model writes it."""

    text: str
    form: Form
    options: tuple[str, ...]
    distractors: tuple[Distractor, ...]


class Drafts(Record):
    """The model's whole reply."""

    questions: tuple[Draft, ...]


class Refused(Record):
    """A draft that does not pass, and why."""

    cell: Cell
    text: str
    faults: tuple[str, ...]


class Proposed(Record):
    """What came of asking: made = kept + refused."""

    kept: tuple[Seed, ...] = ()
    refused: tuple[Refused, ...] = ()
    failed: tuple[str, ...] = ()
    """Cells for which no reply could be had or read, with the reason."""


def cells_of(pool: Sequence[Seed], patterns: Sequence[str], thinnest: int) -> tuple[Cell, ...]:
    """The cells that `DOMAIN/SKILL/DIFFICULTY` patterns name (`music/*/hard`), or else the thinnest ones.

    Raises SetupError for a pattern that names none.
    """
    counted = cells(pool)
    known = [
        Cell(domain=domain, skill=skill, difficulty=difficulty)
        for domain in sorted({seed.domain for seed in pool})
        for skill in skills_of(domain, pool)
        for difficulty in DIFFICULTIES
    ]
    for pattern in patterns:
        if not any(fnmatchcase(str(cell), pattern) for cell in known):
            raise SetupError(f"{pattern!r} names no cell; a cell is DOMAIN/SKILL/DIFFICULTY, such as {known[0]}")
    if patterns:
        return tuple(cell for cell in known if any(fnmatchcase(str(cell), pattern) for pattern in patterns))
    return tuple(sorted(known, key=lambda cell: counted[cell.domain, cell.skill, cell.difficulty])[:thinnest])


async def propose(
    asked: Sequence[Cell],
    *,
    model: Model,
    prompt: Prompt,
    pool: Sequence[Placed],
    against: Sequence[Benchmark],
    spelling: Spelling | None,
    meanings: Meanings | None = None,
    count: int,
    language: str = "en",
) -> Proposed:
    """Candidates for each cell, judged in the order of the cells. Raises EndpointLost when the server is gone."""
    seeds = [placed.seed for placed in pool if placed.seed.language == language]
    work = (_drafts(cell, model=model, prompt=prompt, seeds=seeds, count=count, language=language) for cell in asked)
    replies = await asyncio.gather(*work)
    kept: list[Placed] = []
    refused: list[Refused] = []
    failed: list[str] = []
    for cell, drafts in zip(asked, replies, strict=True):
        if isinstance(drafts, str):
            failed.append(f"{cell}: {drafts}")
            continue
        drafted = [
            _placed(cell, draft, number, model.author, language) for number, draft in enumerate(drafts.questions, 1)
        ]
        faults = lint(
            drafted, beside=[*pool, *kept], against=against, spelling=spelling, balanced=False, meanings=meanings
        )
        kept += [placed for placed in drafted if all(fault.where != placed.where for fault in faults)]
        refused += _refused(cell, drafted, faults)
    return Proposed(kept=tuple(placed.seed for placed in kept), refused=tuple(refused), failed=tuple(failed))


async def _drafts(
    cell: Cell, *, model: Model, prompt: Prompt, seeds: Sequence[Seed], count: int, language: str
) -> Drafts | str:
    messages = prompt.messages(
        (),
        domain=cell.domain,
        skill=cell.skill,
        layer=layer_of(cell.skill),
        difficulty=cell.difficulty,
        language=language,
        count=count,
        examples=[seed.shown for seed in examples(cell, seeds)],
    )
    schema = Schema(name=SCHEMA, schema=schema_of(Drafts))
    try:
        return await ask(model, messages, ASKING, lambda reading: read_json(reading, Drafts), schema)
    except (Unreadable, CallFailed) as error:
        return str(error)


def examples(cell: Cell, seeds: Sequence[Seed]) -> tuple[Seed, ...]:
    """The nearest of the pool: of its cell, then its skill, then its domain; reviewed before others, else by hash."""

    def rank(seed: Seed) -> tuple[bool, bool, bool, bool, bytes]:
        in_domain, in_skill = seed.domain == cell.domain, seed.skill == cell.skill
        in_cell = in_domain and in_skill and seed.difficulty == cell.difficulty
        digest = blake2b(f"{cell}\n{seed.id}".encode(), digest_size=8).digest()
        return (not in_cell, not (in_domain and in_skill), not in_domain, not seed.reviewed, digest)

    return tuple(sorted(seeds, key=rank)[:EXAMPLES])


def _placed(cell: Cell, draft: Draft, number: int, author: str, language: str) -> Placed:
    seed = Seed(
        domain=cell.domain,
        text=draft.text.strip(),
        skill=cell.skill,
        difficulty=cell.difficulty,
        form=draft.form,
        language=language,
        provenance=f"proposed by {author}; not reviewed",
        options=draft.options,
        distractors=draft.distractors,
    )
    return Placed(seed=seed, path=Path(str(cell)), entry=number, line=None)


def _refused(cell: Cell, drafted: Sequence[Placed], faults: Sequence[Fault]) -> list[Refused]:
    reasons: dict[str, list[str]] = {}
    for fault in faults:
        reasons.setdefault(fault.where, []).append(f"{fault.rule}: {fault.detail}")
    return [
        Refused(cell=cell, text=placed.seed.text, faults=tuple(reasons[placed.where]))
        for placed in drafted
        if placed.where in reasons
    ]


def reasons_of(refused: Sequence[Refused]) -> Counter[str]:
    """How many drafts each rule refused; one may fall to several."""
    return Counter(rule for draft in refused for rule in {fault.partition(":")[0] for fault in draft.faults})
