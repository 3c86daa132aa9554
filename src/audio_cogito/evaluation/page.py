"""report.html: an evaluation on one page that holds everything it shows.

No sound is in it, since a benchmark's sounds are its authors' to give. Plots are lines and bars in percent of their
place, so that they fit any width; every number that is drawn is also printed.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from audio_cogito import evaluation, pages
from audio_cogito.benchmarks import Item
from audio_cogito.evaluation import Answered, beside
from audio_cogito.evaluation.beside import Row
from audio_cogito.evaluation.outcome import Grading, Outcome, Outcomes
from audio_cogito.grading import repeats, tables
from audio_cogito.grading.scores import Averages, Graded
from audio_cogito.intervals import wilson
from audio_cogito.pages.lengths import Column, columns
from audio_cogito.store import write_whole
from audio_cogito.types import Record, identity

FILE = "report.html"
SHOWN = 3
"""Items that are shown of those answered rightly, and of the others."""
LONGEST_SHOWN = 20_000
"""Characters of a chain that stand on the page; looping ones are longer than anybody reads."""


class Group(Record):
    """One group of items, with its 95 % interval."""

    name: str
    n: int
    avg: float
    low: float
    high: float
    rubrics: float | None

    @property
    def few(self) -> bool:
        return self.n < tables.TOO_FEW


class Shown(Record):
    """An item to be read, with what the model made of it."""

    item: Item
    answered: Answered
    graded: Graded
    chain: str
    points: tuple[tuple[str, float], ...]
    """Each criterion, and the share of judgements that found it met."""


class Page(Record):
    title: str
    name: str
    head: tuple[str, ...]
    made: tuple[tuple[str, str], ...]
    published: tables.Published
    whole: Group | None
    """All items; None where no answer is right or wrong."""
    strict: float | None
    crs: float | None
    unscored: int
    judge: str | None
    reading: evaluation.Reading
    anchors: tuple[tuple[str, float, str], ...]
    """Model, its Avg, and how this run stands to it."""
    beside: tuple[Row, ...]
    groups: Mapping[str, tuple[Group, ...]]
    measures: tuple[tuple[str, str], ...]
    runs: tuple[str, ...]
    orders: tuple[float, ...]
    lengths: tuple[Column, ...]
    shown: tuple[Shown, ...]

    @property
    def span(self) -> float:
        """Points to either side of 0 that the plot of differences has room for."""
        ends = [abs(end) for row in self.beside if (one := row.accuracy) for end in (one.low, one.high)]
        return math.ceil(max([5.0, *ends]))

    def place(self, difference: float) -> float:
        """Where a difference lies in that plot, in percent from the left."""
        return round(50 + 50 * difference / self.span, 2)


def write(folder: Path, by: Grading, found: Outcomes, rows: Sequence[Row]) -> None:
    write_whole(folder / FILE, page(by, found, rows).encode())


def page(by: Grading, found: Outcomes, rows: Sequence[Row]) -> str:
    return pages.page(
        Path(__file__).with_name("page.html"), one=filled(by, found, rows), said=beside.said, how=beside.HOW
    )


def filled(by: Grading, found: Outcomes, rows: Sequence[Row]) -> Page:
    info, first = by.module.INFO, found.runs[0]
    summary = first.summary
    comparable, name = by.metadata.comparable, found.setting.model.partition("@")[0]
    table = tables.published(summary, info, by.module.ANCHORS, name, comparable=comparable, measures=first.measures)
    return Page(
        title=info.title,
        name=name,
        head=tuple(tables.head(by.metadata, info, {}, by.module.ANCHORS).splitlines()),
        made=tuple(_made(found)),
        published=table,
        whole=_whole(first),
        strict=summary.avg_strict,
        crs=summary.crs,
        unscored=summary.unscored,
        judge=tables.judge_of(first.graded),
        reading=evaluation.reading(by.metadata, first.answers, by.module.grader, extracts=found.setting.extracts),
        anchors=tuple(_anchors(table)),
        beside=tuple(rows),
        groups={kind: groups for kind, named in summary.groups.items() if (groups := tuple(_groups(named)))},
        measures=tuple((one.name, tables.measured(one)) for one in first.measures),
        runs=tuple(repeats.lines(found.together)) if found.together else (),
        orders=found.together.sway.orders if found.together and found.together.sway else (),
        lengths=lengths(first),
        shown=tuple(_shown(by.metadata.items, first)),
    )


def _made(found: Outcomes) -> Iterator[tuple[str, str]]:
    made = found.setting
    yield "model", made.model
    yield "profile", made.profile
    yield "style", made.style
    yield "heard", "what is asked about" if made.blind is None else f"not what is asked about: {made.blind}"
    yield "draws", f"{made.draws} of each of {made.orders} orders of the choices"


def _whole(first: Outcome) -> Group | None:
    correct = [one.correct for one in first.graded if one.correct is not None]
    avg = first.summary.avg
    return None if avg is None else _group("all", Averages(avg=avg, rubrics=first.summary.rubrics, n=len(correct)))


def _anchors(table: tables.Published) -> Iterator[tuple[str, float, str]]:
    """The published averages, where there is a column of them, this run's among them, highest first."""
    if "Avg" in table.headings:
        at = table.headings.index("Avg") + 1
        named = [(row[0], float(row[at]), row[-1]) for row in table.rows if row[at] != "-"]
        yield from sorted(named, key=lambda row: -row[1])


def _groups(named: Mapping[str, Averages]) -> Iterator[Group]:
    for name, averages in named.items():
        if (group := _group(name, averages)) is not None:
            yield group


def _group(name: str, averages: Averages) -> Group | None:
    if averages.avg is None:
        return None
    interval = wilson(averages.avg / 100 * averages.n, averages.n)
    if interval is None:
        return None
    low, high = interval
    return Group(name=name, n=averages.n, avg=averages.avg, low=100 * low, high=100 * high, rubrics=averages.rubrics)


# --- chains -----------------------------------------------------------------------------------------------------------


def lengths(first: Outcome) -> tuple[Column, ...]:
    """Chains by their number of words, those that answer rightly beside the others."""
    right = {one.id for one in first.graded if one.correct}
    words: dict[bool, Counter[int]] = {True: Counter(), False: Counter()}
    for one in first.answers:
        words[one.item in right][len(one.thinking.split())] += 1
    return columns(words)


def _shown(items: Sequence[Item], first: Outcome) -> Iterator[Shown]:
    """A few right ones, then a few others, by hash: nobody chose them."""
    known, graded = {item.id: item for item in items}, {one.id: one for one in first.graded}
    answers = sorted(first.answers, key=lambda one: identity("shown", one.item))
    for right in (True, False):
        of_kind = [one for one in answers if bool(graded[one.item].correct) is right]
        for one in of_kind[:SHOWN]:
            yield _read(known[one.item], one, graded[one.item])


def _read(item: Item, answered: Answered, graded: Graded) -> Shown:
    chain = answered.thinking
    if len(chain) > LONGEST_SHOWN:
        chain = f"{chain[:LONGEST_SHOWN]} … ({len(chain):,} characters in all)"
    met = [sum(points) / len(points) for points in zip(*graded.points, strict=True)] if item.rubric else []
    points = tuple(zip((one.name for one in item.rubric), met, strict=False))
    return Shown(item=item, answered=answered, graded=graded, chain=chain, points=points)
