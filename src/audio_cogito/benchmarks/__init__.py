"""Benchmarks, one file each, found by being there. A benchmark is a module that holds

    INFO        a `BenchmarkInfo`: what it is, whose, under which licence, its published versions, its columns
    items       (path) -> tuple[Item, ...]: its metadata, read strictly. Raises SetupError where a row is no good
    grader      (item) -> Callable[[str], bool | None]: the published rule, bound to one item; None where it can say
                neither right nor wrong
    ANCHORS     tuple[Anchor, ...]: published numbers, each with where it was published

and, where its numbers are more than averages over items,

    measures    (items, answers) -> tuple[Measure, ...]: numbers of all answers together; `answers` is text by id

and, where the authors take answers in a form of their own,

    submission  (path, answers) -> bytes: the file that they grade, made of the metadata's; `answers` is text by id

`questions` makes of the items what the road takes up, so that a model is evaluated as a dataset is built. `items` reads
the metadata as it is distributed and nothing else: no audio is opened. Every rule, prompt and number
repeats a published one to the letter, quirks included; what is ours stands beside it under another name.
"""

from __future__ import annotations

import heapq
import inspect
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

import msgspec

from audio_cogito.errors import SetupError
from audio_cogito.reading.metadata import data_in
from audio_cogito.types import AnswerType, Posed, Record, Recording, identity

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
UNSTATED = "unstated"
"""The name of the group of items whose metadata leave a group kind empty."""


class Version(Record):
    """One published state of the metadata, told by the SHA-256 of its file."""

    name: str
    sha256: str
    note: str = ""
    """What has to be known of it before a number is compared."""


class BenchmarkInfo(Record):
    title: str
    homepage: str
    licence: str
    citation: str
    versions: tuple[Version, ...]
    files: tuple[str, ...]
    """Names of the metadata in the benchmark's folder, the one to prefer first."""
    answer_fields: tuple[str, ...]
    """Where a prediction's answer stands, in the official file's words; the first that a record has counts."""
    groups: tuple[str, ...]
    """Kinds of groups that the official script prints, in its order."""
    columns: dict[str, str]
    """Groups of the first kind in the order of the published table, each with its heading there."""
    totals: tuple[str, ...] = ("Avg", "Rubrics", "CRS")
    """The other headings of that table: these three, or names of measures."""
    id_fields: tuple[str, ...] = ("id",)
    """The fields whose values, with / between, are a prediction's id; a record without them has `id`."""
    protocol: Literal["rubrics", "pairs", "opened"] = "rubrics"
    """What a judge does: the file of `grading/` of that name."""
    unread: str = "the benchmark's rule reads no answer in it"
    """Why an answer is unscored of which the rule says neither right nor wrong."""
    letters: bool = False
    """Whether the rule reads the letter of a choice (A for the first), not its text."""


class Criterion(Record):
    """One thing that a good chain does, and the points it may get."""

    name: str
    scoring_point: str
    choices: tuple[int, ...]


class Instruction(Record):
    """What an answer has to keep to, where nothing else of it is graded."""

    name: str
    """As the metadata name the rule."""
    options: dict[str, Any]


class Item(Record):
    """One question of a benchmark, as its metadata have it."""

    id: str
    audio: str
    """Path of the sound, from the benchmark's folder."""
    text: str
    choices: tuple[str, ...]
    answer: str
    """Empty for an item of a hidden test, whose keys its authors keep."""
    groups: dict[str, str]
    """The item's group of each kind."""
    reasoning: str | None = None
    """The reference chain, where there is one."""
    rubric: tuple[Criterion, ...] = ()
    type: AnswerType = "choice"
    """Of `translation` no answer is right or wrong: its corpus has measures."""
    description: str | None = None
    """What a judge that does not hear is told of the sound."""
    beside: tuple[str, ...] = ()
    """Paths of the sounds that are heard after the first, for a question about several."""
    instruction: Instruction | None = None

    @property
    def sounds(self) -> tuple[str, ...]:
        return (self.audio, *self.beside)


class Measure(Record, omit_defaults=False):
    """A number of all answers together, such as an F1 or a corpus BLEU."""

    name: str
    value: float | None
    """None where it cannot be had."""
    note: str = ""
    """What it was made by."""
    low: float | None = None
    """Its 95 % interval, from resampled items; None where none is had."""
    high: float | None = None


class Anchor(Record):
    """A published number of a model, by column (headings and totals): shares from 0 to 100, CRS from 0 to 1."""

    model: str
    scores: dict[str, float]
    source: str
    note: str = ""
    comparable: bool = True
    """False for a number made on other items: it is shown, and no run is held beside it."""


class Metadata(Record):
    """A benchmark's items, with the state of the file that they were read from."""

    benchmark: str
    sha256: str
    version: Version | None
    """None for a file that is no published version."""
    items: tuple[Item, ...]
    unwinnable: tuple[str, ...]
    """Ids of items whose every choice the published rule calls wrong."""
    sample: bool = False
    """Whether `items` are only some of the file's."""

    @property
    def hidden(self) -> bool:
        """Whether only its authors can grade an answer."""
        return not any(item.answer or item.instruction for item in self.items)

    @property
    def comparable(self) -> bool:
        """Whether a number over these items may stand beside published ones."""
        return self.version is not None and not self.sample


def read(name: str, module: ModuleType, path: Path) -> Metadata:
    """The metadata at `path`, told apart by hash. Raises SetupError."""
    digest = sha256(data_in(path)).hexdigest()
    items = module.items(path)
    repeated = [id_ for id_, count in Counter(item.id for item in items).items() if count > 1]
    if not items or repeated:
        raise SetupError(f"{path}: {f'the id {repeated[0]!r} stands twice' if repeated else 'there is no item in it'}")
    return Metadata(
        benchmark=name,
        sha256=digest,
        version=next((version for version in module.INFO.versions if version.sha256 == digest), None),
        items=items,
        unwinnable=tuple(item.id for item in items if item.choices and item.answer and not _winnable(item, module)),
    )


def _winnable(item: Item, module: ModuleType) -> bool:
    right = module.grader(item)
    said = LETTERS[: len(item.choices)] if module.INFO.letters else item.choices
    return any(right(one) is not False for one in said)


def measured(module: ModuleType, items: Sequence[Item], answers: Mapping[str, str]) -> tuple[Measure, ...]:
    """The benchmark's numbers of all answers together; none for most."""
    found: tuple[Measure, ...] = module.measures(items, answers) if hasattr(module, "measures") else ()
    return found


def find(module: ModuleType, folder: Path) -> Path:
    """The metadata in a benchmark's folder. Raises SetupError."""
    names: tuple[str, ...] = module.INFO.files
    found = next((folder / name for name in names if (folder / name).is_file()), None)
    if found is None:
        raise SetupError(f"{folder} holds no {' or '.join(names)}: name the metadata with --meta")
    return found


def sampled(metadata: Metadata, limit: int | None) -> Metadata:
    """The metadata with `limit` of the items, as `chosen` has it."""
    items = chosen(metadata.items, limit)
    return msgspec.structs.replace(metadata, items=items, sample=len(items) < len(metadata.items))


def chosen(items: tuple[Item, ...], limit: int | None) -> tuple[Item, ...]:
    """The `limit` items with the lowest hash of their id, in their order: a larger limit only adds to a smaller one."""
    if limit is None or limit >= len(items):
        return items
    kept = set(heapq.nsmallest(limit, (identity("item", item.id) for item in items)))
    return tuple(item for item in items if identity("item", item.id) in kept)


def questions(
    items: tuple[Item, ...], sounds: Sequence[Sequence[Path]], licence: str, order: int = 0
) -> Iterator[Recording]:
    """The items as the road takes them, each with the first of its sounds: a recording of its own, by the item's id,
    that comes with its question. Further sounds follow, each once, with no question of their own. `order` is that of
    the choices: 0 the published one, others shuffled.
    """

    def recording(path: Path, source_id: str | None, posed: tuple[Posed, ...]) -> Recording:
        return Recording(
            source="benchmark", path=str(path), source_id=source_id, split="test", licence=licence, posed=posed
        )

    for item, (first, *others) in zip(items, sounds, strict=True):
        beside = tuple(recording(path, None, ()).ref for path in others)
        choices = reordered(item, order)
        posed = Posed(type=item.type, text=item.text, answer=item.answer, choices=choices, beside=beside)
        yield recording(first, item.id, (posed,))
    for path in dict.fromkeys(path for _, *others in sounds for path in others):
        yield recording(path, None, ())


def reordered(item: Item, order: int) -> tuple[str, ...]:
    """The choices in their n-th order, by hash."""
    if order == 0:
        return item.choices
    places = range(len(item.choices))
    return tuple(item.choices[place] for place in sorted(places, key=lambda n: identity(item.id, str(order), str(n))))


def another(items: tuple[Item, ...]) -> tuple[Item, ...]:
    """For each item one with another sound than its own: the next in an order by hash, around."""
    ranked = sorted(items, key=lambda item: identity("another", item.id))
    place = {item.id: number for number, item in enumerate(ranked)}
    return tuple(_next(item, ranked, place[item.id]) for item in items)


def _next(item: Item, ranked: list[Item], place: int) -> Item:
    others = (ranked[(place + step) % len(ranked)] for step in range(1, len(ranked)))
    found = next((other for other in others if not set(other.sounds) & set(item.sounds)), None)
    if found is None:
        raise SetupError("all items have one sound, so that none can have another's")
    return found


def faults(module: ModuleType) -> list[str]:
    """How a benchmark breaks the contract above, one line each; nothing for one that keeps it."""
    found = [] if (module.__doc__ or "").strip() else ["has no docstring"]
    info = getattr(module, "INFO", None)
    found += [] if isinstance(info, BenchmarkInfo) else ["INFO must be a benchmarks.BenchmarkInfo"]
    found += _function_faults(module, "items", ["path"]) + _function_faults(module, "grader", ["item"])
    found += _function_faults(module, "measures", ["items", "answers"]) if hasattr(module, "measures") else []
    found += _function_faults(module, "submission", ["path", "answers"]) if hasattr(module, "submission") else []
    anchors = getattr(module, "ANCHORS", None)
    if not (isinstance(anchors, tuple) and all(isinstance(anchor, Anchor) for anchor in anchors)):
        return [*found, "ANCHORS must be a tuple of benchmarks.Anchor"]
    unsourced = [anchor.model for anchor in anchors if not anchor.source.strip()]
    return found + [f"the anchor {model} has no source" for model in unsourced]


def _function_faults(module: ModuleType, name: str, parameters: list[str]) -> list[str]:
    function: Callable[..., Any] | None = getattr(module, name, None)
    if not inspect.isfunction(function):
        return [f"{name} must be a function"]
    found = list(inspect.signature(function).parameters)
    return [] if found == parameters else [f"{name} takes {', '.join(found) or 'nothing'}, not {', '.join(parameters)}"]
