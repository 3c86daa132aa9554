"""The demo: the whole of Audio-Cogito for real, in minutes, without a server, a key or a download.

Scenes of a domain that is new to the built-in model are composed; it answers questions about them, several times each;
its chains are verified; those that hold are exported and taught to it; and what that did is counted on held-out scenes.

    domain.py    how those scenes sound          loop.py     the steps, each done once
    exams.py     before against after            page.py, page.html     the report

    DIR/demo.json           the settings; others are refused
    DIR/steps.json          which steps are done, and how long each took
    DIR/scenes, runs, store, models, exams       what the steps wrote, each as the command of its name does
    DIR/report.html         the page
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from audio_cogito.types import Record

Count = Annotated[int, msgspec.Meta(ge=1)]


class Settings(Record, omit_defaults=False):
    random_seed: int = 0
    questions: Annotated[int, msgspec.Meta(ge=3)] = 1500
    """Asked in a round, at most three about one scene."""
    draws: Annotated[int, msgspec.Meta(ge=2)] = 4
    """Chains for each."""
    held_out: Count = 1000
    """Questions of the exam, each about a scene of its own, answered greedily."""
    rounds: Count = 2
    """At most; another is begun only where it will end within `minutes`."""
    minutes: Annotated[float, msgspec.Meta(gt=0)] = 10.0
    rate: Annotated[float, msgspec.Meta(gt=0)] = 3e-4
    """Learning rate of the teaching, whose batches hold `batch` rows."""
    batch: Count = 24
    epochs: Count = 2
    """How often every row is taught."""
    model: str = "nano"
    """What is taught first: nano or hf:DIR."""
    dial: Annotated[float, msgspec.Meta(ge=0, le=1)] = 1.0
    """How far the scenes lie from what the model knows: 0 as it was taught, 1 all of them in rooms, bands and noise."""


QUICK = Settings(questions=420, held_out=200, rounds=1, minutes=2.0)
