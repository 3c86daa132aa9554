"""Questions about which of two recordings: one has the sound, has it more often, has more sounds, has another order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

import msgspec

from audio_cogito.synth.asking import Asked, Asking
from audio_cogito.synth.library import WHOLE, Vocabulary, clashes
from audio_cogito.synth.scenes import Scene, draw_for
from audio_cogito.synth.sequence import countable

RECORDINGS = ("the first recording", "the second recording")


def pair_questions(
    one: Scene, other: Scene, *, vocabulary: Vocabulary = WHOLE, wordings: int = 99
) -> tuple[Asked, ...]:
    """What can be asked of two scenes, heard one after the other."""
    draw = draw_for(one.random_seed, one.index, f"pair {other.index}")
    asking = Asking(one, draw, vocabulary, wordings)
    found = (*_contains(asking, other), *_more(asking, other), *_busier(asking, other), *_order_in(asking, other))
    return tuple(msgspec.structs.replace(asked, other=other.index) for asked in found)


def _asked(asking: Asking, skill: str, first: bool, **words: str) -> Asked:
    answer, wrong = RECORDINGS if first else RECORDINGS[::-1]
    return asking.asked(skill, answer, [(wrong, "the two recordings exchanged")], "choice", **words)


def _contains(asking: Asking, other: Scene) -> Iterator[Asked]:
    """What is in one of them and could not be taken for a background of the other."""
    scenes = (asking.scene, other)
    names = [{event.kind for event in scene.events} for scene in scenes]
    for name in sorted(names[0] ^ names[1]):
        first = name in names[0]
        if not clashes(scenes[first].background, asking.vocabulary.kinds[name]):
            yield _asked(asking, "contains", first, x=name)


def _more(asking: Asking, other: Scene) -> Iterator[Asked]:
    counts = [Counter(event.kind for event in scene.events) for scene in (asking.scene, other)]
    for name in sorted(set(counts[0]) & set(counts[1])):
        if counts[0][name] != counts[1][name] and countable(asking.scene, name) and countable(other, name):
            yield _asked(asking, "more", counts[0][name] > counts[1][name], x=name)


def _busier(asking: Asking, other: Scene) -> Iterator[Asked]:
    one, two = len(asking.scene.events), len(other.events)
    close = any(not countable(scene, event.kind) for scene in (asking.scene, other) for event in scene.events)
    if one != two and not close:
        yield _asked(asking, "busier", one > two)


def _order_in(asking: Asking, other: Scene) -> Iterator[Asked]:
    """Two sounds that each are in both recordings once, in opposite orders."""
    names = [[event.kind for event in scene.events] for scene in (asking.scene, other)]
    shared = [name for name in names[0] if names[0].count(name) == 1 and names[1].count(name) == 1]
    for x, y in pairwise(shared):
        if names[1].index(x) > names[1].index(y):
            x, y, first = (x, y, True) if asking.draw.random() < 0.5 else (y, x, False)
            yield _asked(asking, "order_in", first, x=x, y=y)
