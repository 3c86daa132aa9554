"""What a score stands beside: its base plain, prompted and by majority of five, and what is had without listening.

A claim that training made a model better is one about these: prompting (`observe`) and voting cost no training, and may
give as much. So every result names the three, each with its paired difference or as `not run`. They are run at once
(`--base`) or named where they lie (`--beside`), since a base and what was made of it seldom fit one machine together.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from audio_cogito.errors import SetupError
from audio_cogito.evaluation.outcome import FILE, Setting
from audio_cogito.grading import comparison
from audio_cogito.grading.comparison import Difference
from audio_cogito.grading.scores import Graded
from audio_cogito.grading.tables import aligned
from audio_cogito.types import Record

VOTES = 5
BASE = ("base, plain", "base, prompted (observe)", f"base, majority of {VOTES}")
"""What a claim for a trained model needs beside it."""
FOLDERS = dict(zip(BASE, ("plain", "observe", "majority"), strict=True))
"""Where `--base` writes them, below RUN/base."""
NOT_RUN = "not run"
HOW = "a claim for a trained model needs them: evaluate --base NAME@URL runs them, --beside RUN names them"


@dataclass(frozen=True)
class Scored:
    """A scored run on disk, to be held beside another."""

    folder: Path
    setting: Setting | None
    """None for predictions that were made elsewhere."""
    graded: dict[str, Graded]


class Row(Record, omit_defaults=False):
    """One line of what stands beside: the other run, and this run minus it."""

    name: str
    run: str = ""
    accuracy: Difference | None = None
    rubrics: Difference | None = None
    ran: bool = True


def load(folders: Sequence[Path], items: Collection[str]) -> list[Scored]:
    """Runs named by a person, each with its majority where it has one. Raises SetupError."""
    given = [
        folder for named in folders for folder in (named, named / "majority") if folder == named or folder.is_dir()
    ]
    found = [Scored(folder, _setting(folder), comparison.load(folder)) for folder in given]
    for one in found:
        if one.graded.keys() != set(items):
            apart = len(one.graded.keys() ^ set(items))
            raise SetupError(f"{one.folder} is not over these items: {apart:,} are in one of the two alone")
    return found


def _setting(folder: Path) -> Setting | None:
    try:
        return msgspec.json.decode((folder / FILE).read_bytes(), type=Setting)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError) as error:
        raise SetupError(f"{folder / FILE} cannot be read: {error}") from error


def rows(graded: Sequence[Graded], model: str | None, others: Sequence[Scored]) -> list[Row]:
    """Every run beside this one's items; what a claim needs comes first, run or not. `model` is this run's."""
    this = {one.id: one for one in graded}
    named = [_row(_name(other, model), this, other) for other in others]
    needed = [[row for row in named if row.name == name] or [Row(name=name, ran=False)] for name in BASE]
    return [*(row for rows in needed for row in rows), *(row for row in named if row.name not in BASE)]


def _name(other: Scored, model: str | None) -> str:
    made = other.setting
    if made is None:
        return other.folder.name
    own = made.model == model
    if made.blind:
        return f"{'the same model' if own else 'base'}, blind ({made.blind})"
    if made.majority:
        return f"{'the same model' if own else 'base'}, majority of {made.draws}"
    style = "plain" if made.style == "free" else f"prompted ({made.style})"
    return f"{'the same model' if own else 'base'}, {style}"


def _row(name: str, this: Mapping[str, Graded], other: Scored) -> Row:
    pairs = comparison.paired(other.graded, this)
    run = str(other.folder)
    return Row(name=name, run=run, accuracy=comparison.accuracy(pairs), rubrics=comparison.rubrics(pairs))


def lines(found: Sequence[Row]) -> Iterator[str]:
    """The table; one line where nothing was run."""
    if not any(row.ran for row in found):
        yield f"beside it: {'; '.join(f'{row.name}: {NOT_RUN}' for row in found)} ({HOW})"
        return
    headings = ("beside it", "pairs", "its Avg", "this run", "this - it", "95 % interval", "p", "its Rubrics", "")
    yield from aligned([headings, *map(_cells, found)])
    if not all(row.ran for row in found):
        yield HOW


def _cells(row: Row) -> tuple[str, ...]:
    if not row.ran:
        return (row.name, *[""] * 7, NOT_RUN)
    one = row.accuracy
    judged = "" if row.rubrics is None else f"{row.rubrics.a:.2f}"
    if one is None:
        return (row.name, *[""] * 6, judged, "no answer is right or wrong in both")
    interval, p = f"{one.low:+.2f} to {one.high:+.2f}", "" if one.p is None else f"{one.p:.3g}"
    numbers = (f"{one.a:.2f}", f"{one.b:.2f}", f"{one.difference:+.2f}", interval, p)
    return (row.name, str(one.pairs), *numbers, judged, said(one))


def said(found: Difference) -> str:
    words = {"B is higher": "this run is higher", "A is higher": "this run is lower"}
    return words.get(found.verdict, found.verdict)


def changes(name: str, think: dict[str, Any], *, greedy: bool) -> dict[str, Any]:
    """How think departs, for one of BASE, from what this run's was told."""
    plain = {key: value for key, value in think.items() if key != "style"}
    if name == BASE[1]:
        return plain | {"style": "observe"}
    if name == BASE[2]:
        return plain | {"draws": VOTES} | ({"sampling": "checkpoint"} if greedy else {})
    return plain
