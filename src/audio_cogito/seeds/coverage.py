"""What a pool covers: how many seeds each cell (domain, skill, difficulty) holds, as a table and as a picture (SVG)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape

from rich.table import Table

from audio_cogito.seeds.pool import DIFFICULTIES, Seed
from audio_cogito.seeds.skills import SKILLS, layer_of

CELL, ROW, LABEL, GAP, TOP = 46, 22, 130, 40, 70
"""Widths and heights in the picture, in pixels."""
COLUMN = LABEL + len(DIFFICULTIES) * CELL + GAP
PALE, DEEP, EMPTY = (225, 238, 250), (20, 84, 150), "#f6d5d0"
"""Colours of a cell with one seed, of the fullest cell, and of one without any."""

Cells = Counter[tuple[str, str, str]]


def cells(pool: Sequence[Seed]) -> Cells:
    return Counter((seed.domain, seed.skill, seed.difficulty) for seed in pool)


def skills_of(domain: str, pool: Sequence[Seed]) -> tuple[str, ...]:
    """Our vocabulary's where it knows the domain, and whatever else the pool has."""
    known = SKILLS.get(domain, ())
    return known + tuple(sorted({seed.skill for seed in pool if seed.domain == domain} - set(known)))


def table(pool: Sequence[Seed]) -> Table:
    """A row a skill, under its domain: its layer, how many seeds of each difficulty, and in all."""
    counted = cells(pool)
    shown = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("domain", "skill", "layer"):
        shown.add_column(name)
    for name in (*DIFFICULTIES, "all"):
        shown.add_column(name, justify="right")
    for domain in _domains(pool):
        for number, skill in enumerate(skills_of(domain, pool)):
            row = [counted[domain, skill, difficulty] for difficulty in DIFFICULTIES]
            first = domain if number == 0 else ""
            shown.add_row(first, skill, layer_of(skill) or "", *(str(count or "–") for count in row), str(sum(row)))
    return shown


def totals(pool: Sequence[Seed]) -> Iterator[str]:
    """Lines of shares: by domain, layer, difficulty, form, language, review; and the fullest cell."""
    counts: dict[str, Counter[str]] = {
        "domain": Counter(seed.domain for seed in pool),
        "layer": Counter(layer_of(seed.skill) or "of your own" for seed in pool),
        "difficulty": Counter(seed.difficulty for seed in pool),
        "form": Counter(seed.form for seed in pool),
        "language": Counter(seed.language for seed in pool),
    }
    for name, counted in counts.items():
        yield f"{name}: " + ", ".join(f"{key} {count}" for key, count in counted.most_common())
    (cell, most), *_ = cells(pool).most_common(1)
    yield f"fullest cell: {', '.join(cell)}, {most} of {len(pool)} ({most / len(pool):.1%})"
    yield f"with hard negatives explained: {sum(bool(seed.distractors) for seed in pool)}"
    yield f"reviewed by an expert: {sum(bool(seed.reviewed) for seed in pool)} of {len(pool)}"


def picture(pool: Sequence[Seed]) -> str:
    """The table as a heat map, a column of cells a difficulty, a panel a domain."""
    domains, counted = _domains(pool), cells(pool)
    most = max(counted.values())
    rows = max(len(skills_of(domain, pool)) for domain in domains)
    width, height = GAP + len(domains) * COLUMN, TOP + rows * ROW + GAP
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        'font-family="sans-serif" font-size="12">',
        f"<title>{len(pool)} seed questions by domain, skill and difficulty</title>",
        f'<rect width="{width}" height="{height}" fill="white"/>',
    ]
    for number, domain in enumerate(domains):
        parts += _panel(domain, pool, counted, most, GAP + number * COLUMN)
    return "\n".join((*parts, "</svg>", ""))


def _panel(domain: str, pool: Sequence[Seed], counted: Cells, most: int, left: int) -> Iterator[str]:
    whole = sum(seed.domain == domain for seed in pool)
    yield _text(left, TOP - 40, f"{domain} ({whole})", weight="bold")
    for column, difficulty in enumerate(DIFFICULTIES):
        yield _text(left + LABEL + column * CELL + CELL // 2, TOP - 12, difficulty, anchor="middle")
    for row, skill in enumerate(skills_of(domain, pool)):
        top = TOP + row * ROW
        yield _text(left + LABEL - 8, top + 15, skill, anchor="end")
        for column, difficulty in enumerate(DIFFICULTIES):
            count, x = counted[domain, skill, difficulty], left + LABEL + column * CELL
            yield f'<rect x="{x}" y="{top}" width="{CELL - 2}" height="{ROW - 2}" fill="{_colour(count, most)}"/>'
            ink = "white" if count * 2 > most else "black"
            yield _text(x + CELL // 2 - 1, top + 15, str(count), anchor="middle", ink=ink)


def _colour(count: int, most: int) -> str:
    if count == 0:
        return EMPTY
    share = (count - 1) / max(1, most - 1)
    return "#" + "".join(f"{round(pale + (deep - pale) * share):02x}" for pale, deep in zip(PALE, DEEP, strict=True))


def _text(x: int, y: int, words: str, *, anchor: str = "start", weight: str = "normal", ink: str = "black") -> str:
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}" font-weight="{weight}" fill="{ink}">{escape(words)}</text>'


def _domains(pool: Sequence[Seed]) -> list[str]:
    """Ours in their own order, then a user's."""
    found = {seed.domain for seed in pool}
    return [domain for domain in SKILLS if domain in found] + sorted(found - set(SKILLS))
