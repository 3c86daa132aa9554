"""The job of reviewing seed questions: candidates that a model proposed, or a pool as it stands; and of writing more.

What people let pass is written to a plug-in folder after every decision (`accepted`). The lint sees each seed beside
all others as they are worded by now, but for the rejected ones; what it says is shown, and binds nobody.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal

from msgspec.structs import replace

from audio_cogito.errors import SetupError
from audio_cogito.review import accepted
from audio_cogito.review.accepted import ADDED, Folder, latest, reworded, standing, text_of, wordings, written
from audio_cogito.review.decisions import SEED_REASONS, Decision, SeedText
from audio_cogito.review.desk import Asked, Desk, Stood, Unseen, amiss
from audio_cogito.review.figures import Beside
from audio_cogito.seeds.benchmarks import Benchmark
from audio_cogito.seeds.coverage import skills_of
from audio_cogito.seeds.embedding import Meanings
from audio_cogito.seeds.lint import lint
from audio_cogito.seeds.pool import Placed
from audio_cogito.seeds.spelling import Spelling
from audio_cogito.types import Record, identity

MOST_NEAR = 8
NEW = "a new seed"
"""Where a seed stands that is being written."""


class SeedItem(Record, omit_defaults=False):
    """A seed as the page shows it."""

    subject: str
    version: int
    double: bool
    decided: bool
    seed: SeedText
    """As it stands, after the edits that the person may see."""
    original: SeedText
    provenance: str
    reviewed: tuple[str, ...]
    author: str | None
    """The person who wrote it on the page."""
    where: str
    faults: tuple[str, ...]
    """What the lint says of it beside the pool and the other candidates."""
    near: tuple[str, ...]
    """Others of its cell: domain, skill and difficulty."""
    standing: str
    history: tuple[Decision, ...]


class SeedJob:
    """Seeds to be reviewed, and the pool that they are compared with."""

    kind: Literal["seed"] = "seed"
    reasons = SEED_REASONS

    def __init__(
        self,
        judged: Sequence[Placed],
        pool: Sequence[Placed],
        out: Path,
        *,
        candidates: bool,
        against: Sequence[Benchmark] = (),
        spelling: Spelling | None = None,
        meanings: Meanings | None = None,
    ) -> None:
        """Raises SetupError where a seed stands twice, or what an earlier review wrote cannot be read."""
        self.out, self.candidates = out, candidates
        self.title = "seed candidates" if candidates else "seed pool"
        self._folder = Folder(out)
        # Those that people wrote here are known by the journal, edits and all.
        own = (self._folder.path / ADDED).resolve()
        judged = [placed for placed in judged if placed.path.resolve() != own]
        self._judged = {placed.seed.id: placed for placed in judged}
        if len(self._judged) != len(judged):
            raise SetupError("a seed stands twice among those to be reviewed: `cogito seeds lint` says where")
        self._pool = [placed for placed in pool if placed.seed.id not in self._judged and placed.path.resolve() != own]
        self._against, self._spelling, self._meanings = against, spelling, meanings

    @property
    def subjects(self) -> dict[str, str]:
        return {id_: placed.seed.domain for id_, placed in self._judged.items()}

    @property
    def vocabulary(self) -> Mapping[str, Sequence[str]]:
        seeds = [placed.seed for placed in (*self._judged.values(), *self._pool)]
        return {domain: skills_of(domain, seeds) for domain in sorted({seed.domain for seed in seeds})}

    def sound(self, clip: str) -> Path | None:
        return None

    def view(self, subject: str, who: str, desk: Desk) -> SeedItem:
        """Raises KeyError for an unknown subject."""
        placed, said = self.placed(desk)[subject], desk.visible(subject, who)
        seed, text = placed.seed, latest(placed.seed, said)
        return SeedItem(
            subject=subject,
            version=len(said),
            double=desk.double(subject),
            decided=any(decision.by == who for decision in said),
            seed=text,
            original=text_of(seed),
            provenance=seed.provenance,
            reviewed=seed.reviewed,
            author=next((one.by for one in desk.said.get(subject, ()) if one.action == "add"), None),
            where=placed.where.rpartition("/")[2],
            faults=self.lint(text, subject, who, desk),
            near=self._near(subject, text, who, desk),
            standing=standing(said),
            history=tuple(said),
        )

    def subject(self, asked: Asked) -> str:
        """That of a new seed follows from its words."""
        return identity(asked.seed_now.text) if asked.action == "add" and asked.seed_now is not None else asked.subject

    def stood(self, asked: Asked, desk: Desk) -> Stood:
        if asked.action == "add":
            return Stood("")
        said = desk.visible(asked.subject, asked.by)
        words = latest(self.placed(desk)[asked.subject].seed, said) if asked.action == "edit" else None
        return Stood(standing(said), seed_was=words)

    def fault(self, asked: Asked, desk: Desk) -> str | None:
        """Why a decision cannot be taken; None where it can. Raises Unseen for a new seed whose author was not shown
        what the lint says."""
        text = asked.seed_now
        if text is None:
            return amiss(asked, self.reasons) or ("only seeds are reviewed here" if asked.now else None)
        if asked.action != "add":
            return amiss(asked, self.reasons) or self.out_of_form(text, asked.subject, desk)
        fault = self.out_of_form(text, "", desk)
        if fault is None and not set(faults := self.lint(text, "", asked.by, desk)) <= set(asked.seen):
            raise Unseen(faults)
        return fault

    def out_of_form(self, text: SeedText, subject: str, desk: Desk) -> str | None:
        """Why these words are no seed, whatever a person thinks of them."""
        if text.form == "choice" and len(set(text.options)) < 2:
            return "a choice needs two different options at least"
        if not {wrong.text for wrong in text.distractors} <= set(text.options):
            return "what misleads has to be one of the options, word for word"
        if not subject and text.language is None:
            return "a new seed needs its language"
        known = [*self.placed(desk), *(placed.seed.id for placed in self._pool)]
        others = {id_ for other in known if other != subject for id_ in wordings(other, desk.said.get(other, ()))}
        own = wordings(subject, desk.said.get(subject, ()))
        return "another seed says the very same" if identity(text.text) in others - own else None

    def placed(self, desk: Desk) -> dict[str, Placed]:
        """All that is reviewed here, by subject, what people wrote last."""
        return self._judged | self._added(desk)

    def lint(self, text: SeedText, subject: str, who: str, desk: Desk) -> tuple[str, ...]:
        """What `cogito seeds lint` says of these words, for a subject or, where that is empty, for a new seed.

        Files are named without their folders, which are nobody's business but the server's.
        """
        placed = self.placed(desk).get(subject)
        if placed is None:
            blank = replace(text, language=text.language or "en")
            new = Decision(number=1, subject="", action="add", by=who, at="", version=0, key="", seed_now=blank)
            placed = written(new, Path(NEW), 1)
        changed = replace(placed, seed=reworded(placed.seed, text))
        faults = lint(
            [changed],
            beside=[replace(other, path=Path(other.path.name)) for other in self._others(subject, who, desk)],
            against=self._against,
            spelling=self._spelling,
            meanings=self._meanings,
            balanced=False,
        )
        return tuple(f"{fault.rule}: {fault.detail}" for fault in faults)

    def taken(self, desk: Desk) -> None:
        """Write what was let pass so far. Raises SetupError where the disk refuses."""
        accepted.write(self.files(desk))

    def files(self, desk: Desk) -> dict[Path, bytes]:
        """What is to be written, by its place."""
        files = self._folder.candidates if self.candidates else self._folder.pool
        return files(self._judged, self._added(desk), desk.said)

    def beside(self, desk: Desk) -> tuple[Beside, ...]:
        """No check judges seeds but the lint, which the page shows."""
        return ()

    def _added(self, desk: Desk) -> dict[str, Placed]:
        """The seeds that people wrote, in the order in which they did."""
        new = [one for one in desk.journal.decisions if one.action == "add" and one.subject not in self._judged]
        return {one.subject: written(one, self._folder.path / ADDED, entry) for entry, one in enumerate(new, start=1)}

    def _others(self, subject: str, who: str, desk: Desk) -> Iterator[Placed]:
        """All other seeds as `who` may see them; what was rejected is none."""
        own = wordings(subject, desk.said.get(subject, ()))
        yield from (placed for placed in self._pool if placed.seed.id not in own)
        for other, placed in self.placed(desk).items():
            said = desk.visible(other, who)
            if other != subject and standing(said) != "rejected":
                changed = any(decision.seed_now is not None for decision in said)
                seed = reworded(placed.seed, latest(placed.seed, said)) if changed else placed.seed
                yield replace(placed, seed=seed) if changed else placed

    def _near(self, subject: str, text: SeedText, who: str, desk: Desk) -> tuple[str, ...]:
        cell = (text.domain, text.skill, text.difficulty)
        others = (placed.seed for placed in self._others(subject, who, desk))
        return tuple(seed.text for seed in others if (seed.domain, seed.skill, seed.difficulty) == cell)[:MOST_NEAR]
