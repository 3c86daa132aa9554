"""The curve of the built-in model's course as a picture.

    python perf/nano_curve.py DIR/curve.json docs/nano-curve.svg

Above, the shares that the exams found; below, the loss of the words. Both over the clips heard.
"""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec

from audio_cogito.types import Record

WIDTH, HEIGHT, LEFT, TOP, BETWEEN = 720, 190, 60, 24, 50
COLOURS = {"right": "#1a6faf", "lists": "#b4441e", "strange": "#4a8a3a", "words": "#555555"}


class Point(Record, forbid_unknown_fields=False):
    seen: int
    writing: float | None = None
    exam: dict[str, object] | None = None


def main(curve: Path, picture: Path) -> None:
    points = msgspec.json.decode(curve.read_bytes(), type=list[Point])
    furthest = max(point.seen for point in points)
    shares = {
        name: [(p.seen, float(str(p.exam[name]))) for p in points if p.exam] for name in ("right", "lists", "strange")
    }
    losses = [(p.seen, p.writing) for p in points if p.writing is not None]
    most = max(loss for _, loss in losses)
    body = [_axes(TOP, "share", 1.0), _axes(TOP + HEIGHT + BETWEEN, "loss of words", most)]
    body += [_line(name, xy, furthest, TOP, 1.0) for name, xy in shares.items()]
    body.append(_line("words", losses, furthest, TOP + HEIGHT + BETWEEN, most))
    low = TOP + 2 * HEIGHT + BETWEEN
    body += [
        f'<text x="{LEFT + WIDTH * i / 4}" y="{low + 18}" text-anchor="middle">{furthest * i // 4:,}</text>'
        for i in range(5)
    ]
    body.append(f'<text x="{LEFT + WIDTH / 2}" y="{low + 36}" text-anchor="middle">clips heard</text>')
    size = f'width="{LEFT + WIDTH + 30}" height="{low + 48}"'
    style = '<style>text { font: 12px sans-serif; fill: #333 }</style><rect width="100%" height="100%" fill="white"/>'
    picture.write_text(f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{style}{"".join(body)}</svg>\n')


def _axes(top: float, name: str, most: float) -> str:
    lines = "".join(
        f'<path d="M{LEFT} {top + HEIGHT * i / 4}h{WIDTH}" stroke="#ddd"/>'
        f'<text x="{LEFT - 6}" y="{top + HEIGHT * i / 4 + 4}" text-anchor="end">{most * (1 - i / 4):.2f}</text>'
        for i in range(5)
    )
    return f'{lines}<text x="{LEFT}" y="{top - 8}">{name}</text>'


def _line(name: str, points: list[tuple[int, float]], furthest: int, top: float, most: float) -> str:
    if not points:
        return ""
    xy = [(LEFT + WIDTH * x / furthest, top + HEIGHT * (1 - y / most)) for x, y in points]
    path = "L".join(f"{x:.1f} {y:.1f}" for x, y in xy)
    x, y = xy[-1]
    label = f'<text x="{x - 4:.1f}" y="{y - 6:.1f}" text-anchor="end" style="fill:{COLOURS[name]}">{name}</text>'
    return f'<path d="M{path}" fill="none" stroke="{COLOURS[name]}" stroke-width="1.5"/>{label}'


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
