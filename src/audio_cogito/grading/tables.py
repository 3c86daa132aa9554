"""What a person reads of a scored run: the published table with the anchors beside it, and every group.

Plain lines of text, the same on a terminal, in a file and in a pipe: a number that is cut off is no number.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from audio_cogito.benchmarks import Anchor, BenchmarkInfo, Measure, Metadata
from audio_cogito.grading.scores import Averages, Graded, Summary
from audio_cogito.intervals import beside, wilson
from audio_cogito.types import Record

TOO_FEW = 30
"""Items below which a group's average says next to nothing: at half right, 30 items are uncertain by 18 points."""
LEFT_OUT = "turns on what is left out"
"""How a run stands to a published number where its missing and unread answers decide that."""
NAMED = 5
"""Ids of unscored items that are printed for one reason; graded.jsonl has all."""
Row = Sequence[str]


def aligned(rows: Sequence[Row]) -> list[str]:
    """Rows as lines: first and last column to the left, numbers between them to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    last = len(widths) - 1
    return [
        "  ".join(
            cell.ljust(width) if at in (0, last) else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def head(metadata: Metadata, info: BenchmarkInfo, oddities: Mapping[str, int], anchors: tuple[Anchor, ...]) -> str:
    """Which items were graded, and what was strange about them and the predictions."""
    unknown = "metadata of no published version" if info.versions else "metadata without published versions"
    version = metadata.version.name if metadata.version else unknown
    lines = [f"{info.title} · {version} · sha256 {metadata.sha256[:8]} · {len(metadata.items):,} items"]
    if metadata.version and metadata.version.note:
        lines.append(f"Note: {metadata.version.note}.")
    if metadata.unwinnable:
        lines.append(f"{len(metadata.unwinnable)} items that no choice wins: {', '.join(metadata.unwinnable)}")
    if anchors and not metadata.comparable:
        lines.append("Published numbers stand beside for orientation: they were not made on these items.")
    lines += [f"predictions: {count:,} {what}" for what, count in oddities.items()]
    return "\n".join(lines)


def results(
    summary: Summary,
    info: BenchmarkInfo,
    anchors: tuple[Anchor, ...],
    name: str,
    *,
    comparable: bool,
    judge: str | None,
    measures: tuple[Measure, ...] = (),
) -> str:
    """The published table with this run in its first row, what the totals are over, and every other group."""
    table = published(summary, info, anchors, name, comparable=comparable, measures=measures)
    lines = [*_lines(table), "", *_totals(summary, info)]
    lines += [f"{one.name} {measured(one)}" for one in measures]
    if judge is not None:
        judged = "Rubrics and CRS" if info.protocol == "rubrics" else "Ratings"
        lines.append(f"{judged} are by the judge {judge}: no number of another judge may be held beside them")
    for kind, named in summary.groups.items():
        if summary.avg_strict is not None and (kind != info.groups[0] or not info.columns):
            lines += ["", *_groups(kind, named)]
    return "\n".join(lines)


class Published(Record):
    """The published table, this run in its first row."""

    headings: tuple[str, ...]
    counts: tuple[str, ...]
    """Answered items of each group, then of all."""
    rows: tuple[tuple[str, ...], ...]
    """Name, a number or - under each heading, and where it is from and how this run stands to it."""
    sources: tuple[str, ...]
    notes: tuple[str, ...]


def published(
    summary: Summary,
    info: BenchmarkInfo,
    anchors: tuple[Anchor, ...],
    name: str,
    *,
    comparable: bool,
    measures: tuple[Measure, ...] = (),
) -> Published:
    """This run, then the anchors, each with the number of its source."""
    named = summary.groups[info.groups[0]]
    headings = (*info.columns.values(), *info.totals)
    sources = list(dict.fromkeys(anchor.source for anchor in anchors))
    counts = [str(named[group].n) if group in named else "0" for group in info.columns]
    rows = [(name, *map(_cell, _own(summary, info, measures)), "this run")]
    for anchor in anchors:
        cells = (_cell(anchor.scores.get(heading)) for heading in headings)
        standing = _standing(summary, info, anchor) if comparable else ""
        rows.append((anchor.model, *cells, f"[{sources.index(anchor.source) + 1}] {standing}"))
    return Published(
        headings=headings,
        counts=(*counts, str(summary.items - summary.missing)),
        rows=tuple(rows),
        sources=tuple(f"[{number}] {source}" for number, source in enumerate(sources, 1)),
        notes=tuple(f"{anchor.model}: {anchor.note}" for anchor in anchors if anchor.note),
    )


def _lines(table: Published) -> Iterator[str]:
    counts = ["items", *table.counts, *[""] * (len(table.headings) - len(table.counts)), ""]
    yield from aligned([["", *table.headings, ""], counts, *table.rows])
    yield from table.sources
    yield from table.notes


def measured(one: Measure) -> str:
    """A measure's number, its interval where it has one, and what it was made by."""
    interval = "" if one.low is None or one.high is None else f" (95 % interval {one.low:.2f} to {one.high:.2f})"
    return f"{_cell(one.value)}{interval}{one.note and f': {one.note}'}"


def _own(summary: Summary, info: BenchmarkInfo, measures: tuple[Measure, ...]) -> list[float | None]:
    named = summary.groups[info.groups[0]]
    groups = (named[group].avg if group in named else None for group in info.columns)
    totals = {"Avg": summary.avg, "Rubrics": summary.rubrics, "CRS": summary.crs}
    totals |= {one.name: one.value for one in measures}
    return [*groups, *map(totals.get, info.totals)]


def _counted(summary: Summary, info: BenchmarkInfo) -> int:
    """Answers that are right or wrong."""
    return sum(group.n for group in summary.groups[info.groups[0]].values())


def _cell(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _standing(summary: Summary, info: BenchmarkInfo, anchor: Anchor) -> str:
    """How this run's average stands to the anchor's; differences within the 95 % interval are ties.

    What is left out must not win: a standing that the strict average does not share is none.
    """
    answered, strict = _counted(summary, info), summary.avg_strict
    if summary.avg is None or strict is None or "Avg" not in anchor.scores or not answered or not anchor.comparable:
        return ""
    published = anchor.scores["Avg"] / 100
    found = beside(summary.avg / 100, answered, published)
    if found != beside(strict / 100, summary.items, published):
        return LEFT_OUT
    return "tie" if found == "tie" else f"this run is {found}"


def _totals(summary: Summary, info: BenchmarkInfo) -> Iterator[str]:
    answered = _counted(summary, info)
    interval = wilson(round((summary.avg or 0) / 100 * answered), answered)
    if summary.avg is None or summary.avg_strict is None or interval is None:
        return
    unread = summary.items - summary.missing - answered
    wrong = f"{summary.missing:,} missing" + (f" and {unread:,} that the rule cannot read" if unread else "")
    low, high = interval
    yield (
        f"Avg {summary.avg:.2f} over {answered:,} answered items, 95 % interval {100 * low:.1f} to {100 * high:.1f}; "
        f"strict {summary.avg_strict:.2f} with {wrong} counted wrong"
    )
    if summary.rubrics is not None:
        crs = "-" if summary.crs is None else f"{summary.crs:.3f}"
        yield (
            f"Rubrics {summary.rubrics:.2f} and CRS {crs} over {answered - summary.unscored:,} items; "
            f"{summary.unscored:,} unscored, which got no valid judgement, are in neither"
        )


def judge_of(graded: Sequence[Graded]) -> str | None:
    """Who judged, if anybody did."""
    return next((one.judge for one in graded if one.judge), None)


def unscored(graded: Sequence[Graded]) -> str:
    """Which items have no score though they were answered, and why; a line each, but one a reason where neither right
    nor wrong is known.
    """
    unscored = [one for one in graded if one.outcome == "unscored"]
    said = [f"unscored {one.id}: {one.reason}\n" for one in unscored if one.correct is not None]
    unread: dict[str, list[str]] = {}
    for one in unscored:
        if one.correct is None:
            unread.setdefault(one.reason, []).append(one.id)
    for reason, ids in unread.items():
        more = ", ..." if len(ids) > NAMED else ""
        said.append(f"unscored {len(ids):,} items, {reason}: {', '.join(ids[:NAMED])}{more}\n")
    return "".join(said)


def _groups(kind: str, named: Mapping[str, Averages]) -> list[str]:
    rows = [[f"by {kind}", "items", "Avg", "95 % interval", "Rubrics", ""]]
    for name, group in named.items():
        few = "too few to say" if group.n < TOO_FEW else ""
        rows.append([name, str(group.n), _cell(group.avg), _interval(group), _cell(group.rubrics), few])
    return aligned(rows)


def _interval(group: Averages) -> str:
    found = None if group.avg is None else wilson(group.avg / 100 * group.n, group.n)
    return "" if found is None else f"{100 * found[0]:.1f} to {100 * found[1]:.1f}"
