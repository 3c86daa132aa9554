"""Whether the demo's result is one: its loop over several random seeds, beside arms in which a part of it is missing.

    python -m audio_cogito.demo.evidence recipes/evidence.toml --out DIR          # the same command goes on

Each random seed has scenes, questions and chains of its own; every arm of a seed teaches the same base on rows of the
same chains; every model answers the same held-out questions greedily. What is taught and asked is the demo's, by its
recipe; only the stages between are called here in one process, without runs and stores.

    questions.py   what is asked, and what a chain is worth        own_list.py     keys without a score
    arms.py        which chains an arm teaches                     speaking.py     chains, drawn (torch)
    steps.py       the steps, each done once                       bootstrap.py    how certain a difference is
    tables.py      what is said of it

    DIR/evidence.json       the settings; others are refused
    DIR/scenes/NAME         composed        DIR/chains/NAME.jsonl.zst   drawn and judged
    DIR/rows/NAME.jsonl     taught          DIR/models/NAME             the checkpoint
    DIR/exams/NAME.json     what each answered        DIR/result.json, tables.md        the result
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from audio_cogito import demo
from audio_cogito.types import Record

Count = Annotated[int, msgspec.Meta(ge=1)]


class Settings(Record, omit_defaults=False):
    held_out: Count = 2000
    """Questions of the exam, each about a scene of its own."""
    random_seeds: Count = 8
    """Of the main pair, before and after."""
    arm_seeds: Annotated[int, msgspec.Meta(ge=0)] = 3
    """Of the other arms, which share the chains of the first ones."""
    sampled: Annotated[int, msgspec.Meta(ge=0)] = 5
    """Sampled exams of the base and of the first seed's model, beside the greedy ones."""
    on: Annotated[str, msgspec.Meta(pattern="^(test|development)$")] = "test"
    """Which held-out scenes: settings are chosen on those of the development set, those of the test are read once."""
    demo: demo.Settings = demo.Settings(questions=900)
    """What is asked and how it is taught, as `cogito demo` does; its rounds, minutes and held_out say nothing here."""
