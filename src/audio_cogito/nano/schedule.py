"""How long the built-in model's course is and how fast it goes. No torch is needed to read a command line."""

from __future__ import annotations

from typing import Annotated

import msgspec

from audio_cogito.types import Record

Count = Annotated[int, msgspec.Meta(ge=1)]
EXAM_SEED = 2_000_003
"""Of the scenes of its exam, which no course composes."""

WARM_UP = 40
"""Steps until the full rate."""
FLAT, LAST = 0.3, 0.02
"""The rate stays for this share of the course, then falls in a line to this share of itself."""


class Settings(Record, omit_defaults=False):
    random_seed: int = 0
    scenes: int = 24_000
    sounds: int = 12_000
    """Clips that the audio tower hears by itself before anything is written."""
    lessons: int = 90_000
    batch: int = 48
    rate: float = 3e-3
    vocabulary: int = 1024

    @property
    def hearing_steps(self) -> int:
        return self.sounds // self.batch

    @property
    def steps(self) -> int:
        return self.hearing_steps + self.lessons // self.batch

    def rate_at(self, step: int) -> float:
        progress = step / self.steps
        falling = 1.0 if progress < FLAT else max(LAST, (1 - progress) / (1 - FLAT))
        return self.rate * falling * min(1.0, (step + 1) / WARM_UP)

    def lessons_over(self, step: int) -> float:
        return (step - self.hearing_steps) / max(1, self.steps - self.hearing_steps)


FURTHER_WARM_UP, FURTHER_LAST = 8, 0.05
"""Steps until the full rate, which then falls in a line to this share of itself."""


class Further(Record, omit_defaults=False):
    """How it is taught on, on chains of its own (`distil`)."""

    random_seed: int = 0
    """Of the order in which rows are taken."""
    epochs: Count = 2
    batch: Count = 24
    rate: Annotated[float, msgspec.Meta(gt=0)] = 3e-4

    def steps(self, rows: int) -> int:
        return self.epochs * -(-rows // self.batch)

    def rate_at(self, step: int, steps: int) -> float:
        return self.rate * min(1.0, (step + 1) / FURTHER_WARM_UP) * max(FURTHER_LAST, 1 - step / steps)
