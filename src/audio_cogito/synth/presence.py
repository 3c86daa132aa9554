"""Questions about what is there: backgrounds, presence, sounds that overlap."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from audio_cogito.synth.asking import CHOICES, NOTHING, Asked, Asking
from audio_cogito.synth.library import clashes
from audio_cogito.synth.measures import stops
from audio_cogito.synth.scenes import Placed

EARLIER = 0.4
"""Seconds between two beginnings, or two ends, of tracks for their order to be asked."""
OVERLAP = 0.5
"""Seconds for which sounds must be heard together to count as heard at once."""


# --- what is there ----------------------------------------------------------------------------------------------------


def background(asking: Asking) -> Iterator[Asked]:
    """Unless every background there is could be taken for one of the sounds."""
    answer = asking.scene.background or NOTHING
    there = [asking.vocabulary.kinds[name] for name in asking.names]
    fitting = [bed for bed in asking.vocabulary.backgrounds if not any(clashes(bed, kind) for kind in there)]
    others = [name for name in asking.shuffled(fitting) if name != answer]
    wrong = [(name, "another background") for name in others][: CHOICES - 1 - (answer != NOTHING)]
    if answer != NOTHING:
        wrong.append((NOTHING, "the background was missed"))
    if wrong:
        yield asking.asked("background", answer, wrong)


def present(asking: Asking) -> Iterator[Asked]:
    """As often about a sound that is there as about one of the same family that is not."""
    name = asking.names[int(asking.draw.integers(len(asking.names)))]
    yield asking.asked("present", "Yes", [("No", "the sound was missed")], "yesno", x=name)
    for wrong in asking.relative(name, asking.shuffled(asking.absent)):
        yield asking.asked("present", "No", [("Yes", "taken for a sound that is there")], "yesno", x=wrong)


# --- sounds that overlap ----------------------------------------------------------------------------------------------


def at_once(asking: Asking) -> Iterator[Asked]:
    """Where the densest moment lasts, so that it can be heard."""
    most = max(_together(asking.events, event.start) for event in asking.events)
    if most == max(_together(asking.events, event.start, OVERLAP) for event in asking.events):
        yield from asking.number("at_once", most, 1, CHOICES)


def _together(events: Sequence[Placed], moment: float, seconds: float = 0.0) -> int:
    return sum(event.start <= moment < event.end and event.end >= moment + seconds for event in events)


def starts_first(asking: Asking) -> Iterator[Asked]:
    one, next_ = asking.events[:2]
    if next_.start - one.start >= EARLIER:
        yield asking.asked("starts_first", one.kind, asking.wrong_names(one.kind))


def stops_first(asking: Asking) -> Iterator[Asked]:
    one, next_ = sorted(asking.events, key=lambda event: event.end)[:2]
    if next_.end - one.end >= EARLIER and stops(asking, one):
        yield asking.asked("stops_first", one.kind, asking.wrong_names(one.kind))


def extract(asking: Asking) -> Iterator[Asked]:
    """The one track that is not named."""
    for target in dict.fromkeys(asking.names):
        named = [name for name in asking.names if name != target]
        wrong = asking.wrong_names(target, present=False)
        yield asking.asked("extract", target, wrong, x=" and the ".join(named))  # fmt: skip
