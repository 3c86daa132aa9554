"""Which task a clip bears, from what its source says of it: the angle that construct's prompt adds for it.

The tasks are those of the sources in Audio-Cogito's table 1, with sarcasm beside them. A clip has one task, that of its
most telling fact, so that a source is asked alike throughout. The words of each angle stand in the prompt.
"""

from __future__ import annotations

from typing import Literal

from audio_cogito.types import Facts

Task = Literal["caption", "event", "dialogue", "emotion", "translation", "sarcasm", "genre", "instrument", "complex"]


def task_of(facts: Facts) -> Task | None:
    """The task of the most telling fact, in the order written; None where none of them is known.

    Sarcasm, a translation, two turns or more (dialogue), an emotion or sentiment, two or more events that a composer
    placed (complex), instruments, a genre, a timed event, a caption, a label (event). What is said of a whole that the
    clip is a part of says no task.
    """
    facts = facts.own
    known = {attribute.key for attribute in facts.attributes}
    applies: tuple[tuple[Task, bool], ...] = (
        ("sarcasm", "sarcasm" in known),
        ("translation", facts.translation is not None),
        ("dialogue", len(facts.turns) > 1),
        ("emotion", not known.isdisjoint(("emotion", "sentiment")) or any(turn.emotion for turn in facts.turns)),
        ("complex", sum(event.origin == "composed" for event in facts.events) > 1),
        ("instrument", "instruments" in known),
        ("genre", "genre" in known),
        ("event", bool(facts.events)),
        ("caption", bool(facts.captions)),
        ("event", bool(facts.labels)),
    )
    return next((task for task, there in applies if there), None)
