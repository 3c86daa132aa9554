"""How long the built-in model's course is and how fast it goes. No torch is needed to read a command line."""

from __future__ import annotations

from audio_cogito.types import Record

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
