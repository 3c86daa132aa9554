"""Questions about sounds in sequence: which comes where, in which order, how many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from audio_cogito.synth.asking import CHOICES, Asked, Asking
from audio_cogito.synth.scenes import Scene
from audio_cogito.synth.settings import APART
from audio_cogito.synth.wordings import ORDINALS

ONCE = 0.25
"""The share of scenes in which it may be asked how often a sound is heard that is heard once."""


def first(asking: Asking) -> Iterator[Asked]:
    if len(asking.events) > 1:
        yield asking.asked("first", asking.names[0], asking.wrong_names(asking.names[0]))


def last(asking: Asking) -> Iterator[Asked]:
    if len(asking.events) > 1:
        yield asking.asked("last", asking.names[-1], asking.wrong_names(asking.names[-1]))


def nth(asking: Asking) -> Iterator[Asked]:
    for i, name in enumerate(asking.names[1:-1], 1):
        yield asking.asked("nth", name, asking.wrong_names(name), n=ORDINALS[i])


def after(asking: Asking) -> Iterator[Asked]:
    for i in asking.once:
        if i + 1 < len(asking.names):
            x, answer = asking.names[i], asking.names[i + 1]
            yield asking.asked("after", answer, asking.wrong_names(answer, x), x=x)


def before(asking: Asking) -> Iterator[Asked]:
    for i in asking.once:
        if i > 0:
            x, answer = asking.names[i], asking.names[i - 1]
            yield asking.asked("before", answer, asking.wrong_names(answer, x), x=x)


def order(asking: Asking) -> Iterator[Asked]:
    """Four lists: two changes, each with and without the other. Whichever is the key, the rest look alike."""
    names = tuple(asking.names)
    if not 3 <= len(names) <= 5:
        return
    at = [i for i, (one, next_) in enumerate(pairwise(names)) if one != next_]
    if not at:
        return
    i = at[int(asking.draw.integers(len(at)))]
    swapped = _swapped(names, i)
    j = int(asking.draw.choice([k for k in range(len(names)) if k not in (i, i + 1)]))
    if not asking.absent:
        return
    (other,) = asking.relative(names[j], asking.shuffled(asking.absent))
    wrong = [
        (swapped, "two sounds exchanged"),
        (_with(names, j, other), "a sound that is not there"),
        (_with(swapped, j, other), "two sounds exchanged, and one that is not there"),
    ]
    yield asking.asked("order", _listed(names), [(_listed(one), why) for one, why in wrong])


def _swapped(names: tuple[str, ...], i: int) -> tuple[str, ...]:
    return (*names[:i], names[i + 1], names[i], *names[i + 2 :])


def _with(names: tuple[str, ...], i: int, name: str) -> tuple[str, ...]:
    return (*names[:i], name, *names[i + 1 :])


def _listed(names: Sequence[str]) -> str:
    return ", then ".join(names)


def count(asking: Asking) -> Iterator[Asked]:
    """Of sounds that come several times, and now and then of one that does not: else once would be the usual answer."""
    single = asking.draw.random() < ONCE
    for name, count in Counter(asking.names).items():
        if countable(asking.scene, name) and (single or count > 1):
            yield from asking.number("count", count, 1, CHOICES, x=name)
            single = single and count > 1


def countable(scene: Scene, name: str) -> bool:
    """Whether the sounds of a kind are far enough apart to be told from a single one."""
    same = [event for event in scene.events if event.kind == name]
    return all(later.start - earlier.end >= APART - 0.01 for earlier, later in pairwise(same))


def total(asking: Asking) -> Iterator[Asked]:
    if all(countable(asking.scene, name) for name in asking.names):
        yield from asking.number("total", len(asking.events), *asking.vocabulary.events)


def different(asking: Asking) -> Iterator[Asked]:
    yield from asking.number("different", len(set(asking.names)), 1, asking.vocabulary.events[1])
