"""AudioSet's classes by their machine ids (/m/09x0r): names, and where they stand in the ontology.

The ontology is a graph, not a tree: 38 of its 632 classes have more than one parent, so a class may have several paths.
Names come from the tables that lie beside the segments; a class that none of them names is an error, never a guess.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

from audio_cogito.errors import SetupError
from audio_cogito.ledger import Failure
from audio_cogito.reading import disk, tables
from audio_cogito.reading.tables import TABBED
from audio_cogito.types import Domain, Record

CLASSES = r"(?:.*[_-])?class_labels_indices\.csv"
ONTOLOGY = r"(?:.*[_-])?ontology\.json"
STRONG_NAMES = r"(?:.*[_-])?mid_to_display_name\.tsv"
"""Of AudioSet-strong, without a header. It counts before the others: 74 of its classes are in no other table."""
ROOTS: dict[str, Domain] = {"/m/09x0r": "speech", "/m/04rlf": "music"}
"""Speech and Music: what stands below them is of that domain, all else is sound."""
MID = re.compile(r"/[a-z]/[0-9a-z_]+")


class Node(msgspec.Struct):
    """A class as ontology.json has it; its other fields are left alone."""

    id: str
    name: str
    child_ids: list[str]


class Classes(Record):
    names: dict[str, str]
    parents: dict[str, tuple[str, ...]] = {}
    placed: dict[str, Domain] = {}
    """Each class's domain, where there is an ontology."""

    def name(self, mid: str) -> str:
        """Raises ValueError for a class that has none."""
        if mid not in self.names:
            raise ValueError(f"no table names the class {mid!r}")
        return self.names[mid]

    def paths(self, mid: str) -> list[str]:
        """From the top to the class, as "Animal > Domestic animals, pets > Dog", one for each way there is."""
        return [" > ".join(self.name(step) for step in (*above, mid)) for above in self._above(mid, ())]

    def domains(self, mids: tuple[str, ...]) -> tuple[Domain, ...]:
        """Of a clip with these classes. Without an ontology all are sound, as AudioSet is as a whole."""
        return tuple(sorted({self.placed.get(mid, "sound") for mid in mids})) or ("sound",)

    def domain(self, mid: str) -> Domain:
        """By what stands above it."""
        steps = {step for above in self._above(mid, ()) for step in (*above, mid)}
        return next((domain for root, domain in ROOTS.items() if root in steps), "sound")

    def _above(self, mid: str, below: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        """The ways from the top to just above a class; one that comes back to itself is none."""
        parents = [parent for parent in self.parents.get(mid, ()) if parent not in (mid, *below)]
        if not parents:
            yield ()
        for parent in parents:
            yield from ((*above, parent) for above in self._above(parent, (mid, *below)))


def read(places: list[Path]) -> Classes:
    """From the tables that lie there. Raises SetupError where there is none, or one cannot be read."""
    nodes = _nodes(disk.find(places, ONTOLOGY))
    names = {node.id: node.name for node in nodes}
    if classes := disk.find(places, CLASSES):
        for row in tables.certain(classes, ("mid", "display_name")):
            names[row["mid"]] = row["display_name"]
    if strong := disk.find(places, STRONG_NAMES):
        names |= _strong(strong)
    if not names:
        raise SetupError(f"no names of classes near {places[0]}: class_labels_indices.csv or ontology.json is needed")
    found = Classes(names=names, parents=_parents(nodes))
    # Walking up the graph for every row would take a third of the time of reading AudioSet.
    return msgspec.structs.replace(found, placed={mid: found.domain(mid) for mid in names if nodes})


def _nodes(path: Path | None) -> list[Node]:
    if path is None:
        return []
    try:
        return msgspec.json.decode(path.read_bytes(), type=list[Node])
    except (OSError, msgspec.MsgspecError) as error:
        raise SetupError(f"{path} is no ontology: {error}") from error


def _strong(path: Path) -> dict[str, str]:
    names: dict[str, str] = {}
    for row in tables.bare(path, TABBED):
        if isinstance(row, Failure) or len(row.cells) != 2:
            where = row.subject if isinstance(row, Failure) else row.where
            raise SetupError(f"{where} is no line of a class and its name")
        names[row.cells[0]] = row.cells[1]
    return names


def _parents(nodes: list[Node]) -> dict[str, tuple[str, ...]]:
    parents: dict[str, tuple[str, ...]] = {}
    for node in nodes:
        for child in node.child_ids:
            parents[child] = (*parents.get(child, ()), node.id)
    return parents
