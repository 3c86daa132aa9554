"""What the trainer says on the way, read from its `logging.jsonl`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

LOG = "logging.jsonl"


class Point(NamedTuple):
    """One line of the trainer's log."""

    step: int
    steps: int
    loss: float
    learning_rate: float
    seconds_a_step: float
    """Mean since the trainer was started."""
    left: str
    """The trainer's own guess of the time that is left."""

    def said(self, tokens_a_step: float) -> str:
        speed = (
            f", {tokens_a_step / self.seconds_a_step:,.0f} tokens/s" if self.seconds_a_step and tokens_a_step else ""
        )
        return (
            f"step {self.step:,} of {self.steps:,}: loss {self.loss:.4g}, learning rate {self.learning_rate:.3g}"
            f"{speed}, {self.left} left"
        )


class Follower:
    """Reads a log that grows; a line that is not whole yet waits."""

    def __init__(self, path: Path) -> None:
        self.path, self._place = path, path.stat().st_size if path.exists() else 0

    def news(self) -> list[Point]:
        """The points since the last look."""
        try:
            with self.path.open("rb") as file:
                file.seek(self._place)
                text = file.read()
        except FileNotFoundError:
            return []
        whole = text[: text.rfind(b"\n") + 1]
        self._place += len(whole)
        return list(_points(whole))


def points(path: Path) -> list[Point]:
    """A log's points by step; where a step was done again, after a resumption, the last."""
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        return []
    return [point for _, point in sorted({point.step: point for point in _points(text)}.items())]


def _points(text: bytes) -> Iterator[Point]:
    for line in text.splitlines():
        try:
            found = _point(json.loads(line))
        except (ValueError, KeyError, TypeError, AttributeError):
            continue
        if found:
            yield found


def _point(said: dict[str, Any]) -> Point | None:
    """None for a line of another kind, such as the summary at the end."""
    if "loss" not in said:
        return None
    step, _, steps = said["global_step/max_steps"].partition("/")
    return Point(
        step=int(step),
        steps=int(steps),
        loss=float(said["loss"]),
        learning_rate=float(said["learning_rate"]),
        seconds_a_step=float(said.get("train_speed(s/it)", 0)),
        left=str(said.get("remaining_time", "unknown time")),
    )
