"""The loss as a picture: a line over the steps and its running mean, in SVG without a script or a font of its own."""

from __future__ import annotations

from collections.abc import Sequence

from audio_cogito.train.progress import Point

WIDTH, HEIGHT, LEFT, BELOW, ABOVE = 720, 320, 64, 36, 28
SMOOTHED = 0.9
"""How much of the running mean stays at each point."""


def loss(points: Sequence[Point]) -> str:
    """The picture. Needs at least one point."""
    losses = [point.loss for point in points]
    low, high = min(losses), max(losses)
    room = (high - low) or 1.0
    first, last = points[0].step, points[-1].step

    def place(step: int, value: float) -> str:
        x = LEFT + (WIDTH - LEFT - 16) * ((step - first) / ((last - first) or 1))
        y = ABOVE + (HEIGHT - ABOVE - BELOW) * (1 - (value - low) / room)
        return f"{x:.1f},{y:.1f}"

    def line(values: Sequence[float], style: str) -> str:
        drawn = " ".join(place(point.step, value) for point, value in zip(points, values, strict=True))
        return f'<polyline points="{drawn}" fill="none" {style}/>'

    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif"'
            ' font-size="12" fill="#555">',
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
            f'<text x="{LEFT}" y="18">Loss over {last:,} steps: {losses[0]:.4g}, then {losses[-1]:.4g} at last</text>',
            *(
                f'<text x="{LEFT - 8}" y="{place(first, value).split(",")[1]}" text-anchor="end">{value:.3g}</text>'
                for value in sorted({low, high})
            ),
            f'<text x="{LEFT}" y="{HEIGHT - 12}">step {first:,}</text>',
            f'<text x="{WIDTH - 16}" y="{HEIGHT - 12}" text-anchor="end">step {last:,}</text>',
            line(losses, 'stroke="#9bbbd4" stroke-width="1"'),
            line(_smooth(losses), 'stroke="#1f5f8b" stroke-width="2"'),
            "</svg>\n",
        )
    )


def _smooth(values: Sequence[float]) -> list[float]:
    """The running mean, freed of its beginning at nothing (as Adam frees its moments)."""
    mean, smooth = 0.0, []
    for count, value in enumerate(values, start=1):
        mean = SMOOTHED * mean + (1 - SMOOTHED) * value
        smooth.append(mean / (1 - SMOOTHED**count))
    return smooth
