"""Seeds as people let them pass, and the files of a plug-in folder that hold them: `plugins = ["DIR"]` draws from it.

Of candidates the accepted ones make DIR/seeds/reviewed.toml. Of a pool every file that was reviewed is written whole,
without what was rejected, and stands in for the one of the same name. What people wrote themselves makes added.toml.
Whatever else stood in reviewed.toml or added.toml stays there: another file of candidates was reviewed into it before.

`reviewed` names those who accepted the wording that is written; who wrote a seed is no reviewer of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from audio_cogito.review.decisions import STANDS, Decision, Said, SeedText
from audio_cogito.seeds.pool import NONE, Placed, Seed, as_file, read
from audio_cogito.store import write_whole
from audio_cogito.types import identity

ACCEPTED, ADDED = "reviewed.toml", "added.toml"
UNREVIEWED = "; not reviewed"
"""What `seeds propose` writes behind its author."""


def text_of(seed: Seed) -> SeedText:
    return SeedText(
        text=seed.text,
        domain=seed.domain,
        skill=seed.skill,
        difficulty=seed.difficulty,
        form=seed.form,
        options=seed.options,
        distractors=seed.distractors,
        language=seed.language,
    )


def reworded(seed: Seed, text: SeedText) -> Seed:
    changed = msgspec.structs.asdict(text)
    return msgspec.structs.replace(seed, **changed | {"language": text.language or seed.language})


def latest(seed: Seed, said: Iterable[Decision]) -> SeedText:
    """Its words after the edits."""
    edits = [decision.seed_now for decision in said if decision.seed_now is not None]
    return text_of(reworded(seed, edits[-1])) if edits else text_of(seed)


def wordings(subject: str, said: Iterable[Decision]) -> set[str]:
    """The ids of a seed in all the words that it ever had."""
    return {subject} | {identity(decision.seed_now.text) for decision in said if decision.seed_now is not None}


def written(decision: Decision, path: Path, entry: int) -> Placed:
    """The seed that a person wrote."""
    text = decision.seed_now
    assert text is not None
    assert text.language is not None
    seed = Seed(**msgspec.structs.asdict(text), provenance=f"written by {decision.by}")
    return Placed(seed=seed, path=path, entry=entry, line=None)


def standing(said: Sequence[Decision]) -> str:
    return STANDS[said[-1].action] if said else "waiting"


def accepted(seed: Seed, said: Sequence[Decision]) -> Seed | None:
    """The seed as people let it pass, naming them and whoever changed its words; None where they did not."""
    if standing(said) != "accepted":
        return None
    edits = [n for n, decision in enumerate(said) if decision.action == "edit"]
    author = {decision.by for decision in said if decision.action == "add" and not edits}
    agreed = [decision.by for decision in said[edits[-1] if edits else 0 :] if decision.action in ("accept", "edit")]
    editors = dict.fromkeys(said[n].by for n in edits)
    provenance = seed.provenance.removesuffix(UNREVIEWED) + (f"; edited by {', '.join(editors)}" if editors else "")
    before = () if edits else seed.reviewed
    named = tuple(name for name in dict.fromkeys((*before, *agreed)) if name not in author)
    return msgspec.structs.replace(reworded(seed, latest(seed, said)), provenance=provenance, reviewed=named)


class Folder:
    """DIR/seeds, with what stood in it when the review began."""

    def __init__(self, out: Path) -> None:
        """Raises SetupError where a file of an earlier review cannot be read."""
        self.path = out / "seeds"
        self._earlier = {name: _seeds(self.path / name) for name in (ACCEPTED, ADDED)}

    def candidates(self, judged: Mapping[str, Placed], added: Mapping[str, Placed], said: Said) -> dict[Path, bytes]:
        """What is to be written, by its place."""
        return self._own(ACCEPTED, judged, said) | self._own(ADDED, added, said)

    def pool(self, judged: Mapping[str, Placed], added: Mapping[str, Placed], said: Said) -> dict[Path, bytes]:
        """The same, of a pool."""
        touched = sorted({judged[subject].path for subject in said if subject in judged})
        return {self.path / path.name: _of_file(path, judged, said) for path in touched} | self._own(ADDED, added, said)

    def _own(self, name: str, ours: Mapping[str, Placed], said: Said) -> dict[Path, bytes]:
        known = {id_ for subject in ours for id_ in wordings(subject, said.get(subject, ()))}
        kept = [accepted(placed.seed, said.get(subject, ())) for subject, placed in ours.items()]
        earlier = [seed for seed in self._earlier[name] if seed.id not in known]
        return {self.path / name: as_file([*earlier, *(seed for seed in kept if seed is not None)])}


def write(files: Mapping[Path, bytes]) -> None:
    """What changed. Raises SetupError where the disk refuses."""
    for path, data in files.items():
        if path.read_bytes() != data if path.exists() else data != NONE:
            write_whole(path, data)


def _of_file(path: Path, judged: Mapping[str, Placed], said: Said) -> bytes:
    """A file of the pool: what was not reviewed stays as it is."""
    found = []
    for subject, placed in judged.items():
        if placed.path == path and standing(said.get(subject, ())) != "rejected":
            found.append(accepted(placed.seed, said.get(subject, ())) or placed.seed)
    return as_file(found)


def _seeds(path: Path) -> list[Seed]:
    return [placed.seed for placed in read(path)] if path.exists() else []
