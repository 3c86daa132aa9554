"""The job of reviewing seed questions: candidates that a model proposed, or a pool as it stands.

What was accepted is written to DIR/seeds/*.toml, in the layout of a plug-in folder, after every decision: `plugins =
["DIR"]` in a recipe draws from it. Of candidates the accepted ones make one file, `reviewed.toml`. Of a pool every file
that was reviewed is written whole, without what was rejected, and stands in for the one of the same name. `reviewed`
names those who accepted the wording that is written.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from audio_cogito.errors import SetupError
from audio_cogito.review.decisions import SEED_REASONS, Decision, SampleText, SeedText
from audio_cogito.review.desk import Asked, Desk
from audio_cogito.review.figures import Beside
from audio_cogito.seeds.lint import lint
from audio_cogito.seeds.pool import Placed, Seed, as_toml
from audio_cogito.store import write_whole
from audio_cogito.types import Record

ACCEPTED = "reviewed.toml"
MOST_NEAR = 8
UNREVIEWED = "; not reviewed"
"""What `seeds propose` writes behind its author."""


class SeedItem(Record, omit_defaults=False):
    """A seed as the page shows it."""

    subject: str
    version: int
    double: bool
    decided: bool
    seed: SeedText
    """As it stands, after the edits that the person may see."""
    original: SeedText
    language: str
    provenance: str
    reviewed: tuple[str, ...]
    where: str
    faults: tuple[str, ...]
    """What the lint says of it beside the pool and the other candidates."""
    near: tuple[str, ...]
    """Others of its cell: domain, skill and difficulty."""
    standing: str
    history: tuple[Decision, ...]


class SeedJob:
    """Seeds to be reviewed, and the pool that they are compared with."""

    kind = "seed"
    reasons = SEED_REASONS

    def __init__(self, judged: Sequence[Placed], pool: Sequence[Placed], out: Path, *, candidates: bool) -> None:
        """Raises SetupError where a seed stands twice."""
        self.out, self.candidates = out, candidates
        self.title = "seed candidates" if candidates else "seed pool"
        self._judged = {placed.seed.id: placed for placed in judged}
        if len(self._judged) != len(judged):
            raise SetupError("a seed stands twice among those to be reviewed: `cogito seeds lint` says where")
        self._beside = [placed for placed in pool if placed.seed.id not in self._judged]

    @property
    def subjects(self) -> dict[str, str]:
        return {id_: placed.seed.domain for id_, placed in self._judged.items()}

    def sound(self, clip: str) -> Path | None:
        return None

    def view(self, subject: str, who: str, desk: Desk) -> SeedItem:
        """Raises KeyError for an unknown subject."""
        placed, said = self._judged[subject], desk.visible(subject, who)
        seed, text = placed.seed, _text(placed.seed, said)
        return SeedItem(
            subject=subject,
            version=len(said),
            double=desk.double(subject),
            decided=any(decision.by == who for decision in said),
            seed=text,
            original=text_of(seed),
            language=seed.language,
            provenance=seed.provenance,
            reviewed=seed.reviewed,
            where=placed.where.rpartition("/")[2],
            faults=self._faults(placed, text),
            near=self._near(subject, text),
            standing=standing(said),
            history=tuple(said),
        )

    def before(self, asked: Asked, desk: Desk) -> tuple[str, SampleText | None]:
        return standing(desk.visible(asked.subject, asked.by)), None

    def seed_before(self, asked: Asked, desk: Desk) -> SeedText | None:
        """Its words, where they are to be edited."""
        seed = self._judged[asked.subject].seed
        return _text(seed, desk.visible(asked.subject, asked.by)) if asked.action == "edit" else None

    def fault(self, asked: Asked) -> str | None:
        """Why a decision cannot be taken; None where it can."""
        if asked.action == "reject" and asked.reason not in SEED_REASONS:
            return "a rejection needs one of the reasons"
        if asked.action != "edit" or asked.now is not None:
            return None if asked.now is None and asked.seed_now is None else "only an edit of a seed changes its words"
        if asked.seed_now is None:
            return "an edit needs the new words"
        text, placed = asked.seed_now, self._judged[asked.subject]
        if text.form == "choice" and len(set(text.options)) < 2:
            return "a choice needs two different options at least"
        if not {wrong.text for wrong in text.distractors} <= set(text.options):
            return "what misleads has to be one of the options, word for word"
        changed = _with(placed.seed, text)
        others = {*self._judged, *(other.seed.id for other in self._beside)} - {placed.seed.id}
        return "another seed says the very same" if changed.id in others else None

    def taken(self, desk: Desk) -> None:
        """Write what was accepted so far. Raises SetupError where the disk refuses."""
        for path, data in self.files(desk).items():
            if not path.exists() or path.read_bytes() != data:
                write_whole(path, data)

    def files(self, desk: Desk) -> dict[Path, bytes]:
        """What is to be written, by its place."""
        if self.candidates:
            kept = [seed for placed in self._judged.values() if (seed := accepted(placed.seed, desk)) is not None]
            return {self.out / "seeds" / ACCEPTED: _as_file(kept)} if kept else {}
        touched = {self._judged[subject].path for subject in desk.said if subject in self._judged}
        return {self.out / "seeds" / path.name: _as_file(self._of_file(path, desk)) for path in sorted(touched)}

    def beside(self, desk: Desk) -> tuple[Beside, ...]:
        """No check judges seeds but the lint, which the page shows."""
        return ()

    def _of_file(self, path: Path, desk: Desk) -> list[Seed]:
        found = []
        for placed in (placed for placed in self._judged.values() if placed.path == path):
            seed = accepted(placed.seed, desk)
            if seed is not None:
                found.append(seed)
            elif standing(desk.said.get(placed.seed.id, ())) != "rejected":
                found.append(placed.seed)
        return found

    def _near(self, subject: str, text: SeedText) -> tuple[str, ...]:
        others = (placed.seed for placed in (*self._judged.values(), *self._beside) if placed.seed.id != subject)
        cell = (text.domain, text.skill, text.difficulty)
        return tuple(seed.text for seed in others if (seed.domain, seed.skill, seed.difficulty) == cell)[:MOST_NEAR]

    def _faults(self, placed: Placed, text: SeedText) -> tuple[str, ...]:
        changed = msgspec.structs.replace(placed, seed=_with(placed.seed, text))
        others = [other for id_, other in self._judged.items() if id_ != placed.seed.id]
        faults = lint([changed], beside=[*self._beside, *others], balanced=False)
        return tuple(f"{fault.rule}: {fault.detail}" for fault in faults)


def standing(said: Sequence[Decision]) -> str:
    if not said:
        return "waiting"
    return {"accept": "accepted", "edit": "accepted", "reject": "rejected", "flag": "flagged"}[said[-1].action]


def text_of(seed: Seed) -> SeedText:
    return SeedText(
        text=seed.text,
        domain=seed.domain,
        skill=seed.skill,
        difficulty=seed.difficulty,
        form=seed.form,
        options=seed.options,
        distractors=seed.distractors,
    )


def accepted(seed: Seed, desk: Desk) -> Seed | None:
    """The seed as people let it pass, naming them and whoever changed its words; None where they did not."""
    said = desk.said.get(seed.id, [])
    if standing(said) != "accepted":
        return None
    edits = [n for n, decision in enumerate(said) if decision.action == "edit"]
    agreed = [decision.by for decision in said[edits[-1] if edits else 0 :] if decision.action in ("accept", "edit")]
    editors = dict.fromkeys(said[n].by for n in edits)
    provenance = seed.provenance.removesuffix(UNREVIEWED) + (f"; edited by {', '.join(editors)}" if editors else "")
    before = () if edits else seed.reviewed
    changed = _with(seed, _text(seed, said))
    return msgspec.structs.replace(changed, provenance=provenance, reviewed=tuple(dict.fromkeys((*before, *agreed))))


def _text(seed: Seed, said: Sequence[Decision]) -> SeedText:
    edits = [decision.seed_now for decision in said if decision.seed_now is not None]
    return edits[-1] if edits else text_of(seed)


def _with(seed: Seed, text: SeedText) -> Seed:
    return msgspec.structs.replace(seed, **msgspec.structs.asdict(text))


def _as_file(seeds: Sequence[Seed]) -> bytes:
    return "\n".join(map(as_toml, seeds)).encode()
