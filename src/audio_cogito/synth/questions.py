"""Questions that the score of a scene answers, written by code, with wrong choices that a careless listener would take.

`questions(scene)` gives every question that can be asked: what cannot be heard for certain is not asked (an end of a
sound that fades, a difference of 2 dB, a pause in a hall). `chosen` takes some, each of another skill, such that the
answers of a skill come equally often.

The key must not be found without listening. So wrong lists are made in pairs of changes, each with and without the
other, and the key is any of the four; a wrong name has its relative among the choices as the key has; numbers are rows
of those that scenes may have; the choices are shuffled.
"""

from __future__ import annotations

from collections.abc import Sequence

from audio_cogito.synth import measures, presence, sequence
from audio_cogito.synth.asking import Asked, Asking, Skill
from audio_cogito.synth.library import WHOLE, Vocabulary
from audio_cogito.synth.scenes import Scene, draw_for
from audio_cogito.synth.waves import Draw

TEMPORAL: dict[str, Skill] = {
    "first": sequence.first,
    "last": sequence.last,
    "nth": sequence.nth,
    "after": sequence.after,
    "before": sequence.before,
    "order": sequence.order,
    "count": sequence.count,
    "total": sequence.total,
    "pause": measures.pause,
    "length": measures.length,
    "longest": measures.longest,
}
COMPOSITE: dict[str, Skill] = {
    "at_once": presence.at_once,
    "starts_first": presence.starts_first,
    "stops_first": presence.stops_first,
    "extract": presence.extract,
}
BOTH: dict[str, Skill] = {
    "different": sequence.different,
    "moment": measures.moment,
    "loudest": measures.loudest,
    "louder": measures.louder,
    "pitch": measures.pitch,
    "higher": measures.higher,
    "background": presence.background,
    "present": presence.present,
}


def questions(scene: Scene, *, vocabulary: Vocabulary = WHOLE, wordings: int = 99) -> tuple[Asked, ...]:
    """All that can be asked about a scene. `vocabulary` are the sounds that wrong choices may name."""
    asking = Asking(scene, draw_for(scene.random_seed, scene.index, "questions"), vocabulary, wordings)
    skills = (TEMPORAL if scene.form == "temporal" else COMPOSITE) | BOTH
    return tuple(asked for skill in skills.values() for asked in skill(asking))


def chosen(
    scene: Scene, most: int, *, vocabulary: Vocabulary = WHOLE, wordings: int = 99, skills: Sequence[str] = ()
) -> tuple[Asked, ...]:
    """At most so many questions, each of another skill, of `skills` where they are named.

    Within a skill every answer is as likely as any other.
    """
    draw = draw_for(scene.random_seed, scene.index, "chosen")
    by_skill: dict[str, list[Asked]] = {}
    for asked in questions(scene, vocabulary=vocabulary, wordings=wordings):
        if not skills or asked.skill in skills:
            by_skill.setdefault(asked.skill, []).append(asked)
    picked = [list(by_skill)[i] for i in draw.permutation(len(by_skill))[:most]]
    return tuple(_one(by_skill[skill], draw) for skill in picked)


def _one(asked: Sequence[Asked], draw: Draw) -> Asked:
    answers = sorted({one.answer for one in asked})
    answer = answers[int(draw.integers(len(answers)))]
    fitting = [one for one in asked if one.answer == answer]
    return fitting[int(draw.integers(len(fitting)))]
