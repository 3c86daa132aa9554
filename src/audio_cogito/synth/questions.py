"""Questions that the score of a scene answers, written by code, with wrong choices that a careless listener would take.

`questions(scene)` gives every question that can be asked: what cannot be heard for certain is not asked (an end of a
sound that fades, a difference of 2 dB, a pause in a hall). `chosen` takes some, each of another skill, such that the
answers of a skill come equally often.

The key must not be found without listening. So wrong lists are made in pairs of changes, each with and without the
other, and the key is any of the four; a wrong name has its relative among the choices as the key has; numbers are rows
of those that scenes may have; the choices are shuffled.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

from audio_cogito.synth.library import PITCHES, WHOLE, Vocabulary, clashes
from audio_cogito.synth.scenes import APART, Draw, Placed, Scene, draw_for
from audio_cogito.synth.wordings import ORDINALS, QUESTIONS
from audio_cogito.types import AnswerType, Distractor, Record

LOUDER_DB = 6.0
"""By how much a sound must be louder than another for this to be asked."""
LONGER = 1.6
"""How many times as long the longest sound must be as the next."""
EARLIER = 0.4
"""Seconds between two beginnings, or two ends, of tracks for their order to be asked."""
OVERLAP = 0.5
"""Seconds for which sounds must be heard together to count as heard at once."""
LENGTHS = (0.25, 0.5, 1.0, 2.0)
NEAR = 0.2
"""Pauses and lengths are asked for where they lie this near to one of LENGTHS, as a share."""
MOMENT_STEP, MOMENT_APART = 0.5, 1.0
"""Moments are given to half a second, and the wrong ones lie a second or more away."""
ONCE = 0.25
"""The share of scenes in which it may be asked how often a sound is heard that is heard once."""
NOTHING = "nothing"
CHOICES = 4


class Asked(Record):
    """A question about a scene, before there is a clip."""

    skill: str
    text: str
    choices: tuple[str, ...]
    answer: str
    type: AnswerType = "choice"
    distractors: tuple[Distractor, ...] = ()
    x: str | None = None
    """The sounds that it is about, and the place in the order."""
    y: str | None = None
    n: str | None = None
    other: int | None = None
    """For a question about two recordings, the index of the second scene."""


@dataclass(frozen=True)
class Asking:
    """What one scene's questions are written with."""

    scene: Scene
    draw: Draw
    vocabulary: Vocabulary
    wordings: int

    @property
    def events(self) -> tuple[Placed, ...]:
        return self.scene.events

    @property
    def names(self) -> list[str]:
        return [event.kind for event in self.scene.events]

    @property
    def once(self) -> list[int]:
        """The events whose kind is there once, so that the name alone says which is meant."""
        counts = Counter(self.names)
        return [i for i, name in enumerate(self.names) if counts[name] == 1]

    @property
    def absent(self) -> list[str]:
        """The sounds of the vocabulary that are not there for certain."""
        known = self.vocabulary.kinds.values()
        return [kind.name for kind in known if kind.name not in self.names and not clashes(self.scene.background, kind)]

    def text(self, skill: str, **words: str) -> str:
        known = QUESTIONS[skill][: self.wordings]
        return known[int(self.draw.integers(len(known)))].format(**words)

    def asked(self, skill: str, answer: str, wrong: Sequence[tuple[str, str]], type_: AnswerType = "choice",
              **words: str) -> Asked:  # fmt: skip
        """A question with its key and wrong choices, each with the confusion that it is made for, shuffled."""
        choices = [answer, *(text for text, _ in wrong)]
        shuffled = tuple(choices[i] for i in self.draw.permutation(len(choices)))
        distractors = tuple(Distractor(text=text, confusion=confusion) for text, confusion in wrong)
        return Asked(
            skill=skill,
            text=self.text(skill, **words),
            choices=shuffled,
            answer=answer,
            type=type_,
            distractors=distractors,
            x=words.get("x"),
            y=words.get("y"),
            n=words.get("n"),
        )

    def number(self, skill: str, count: int, low: int, high: int, **words: str) -> Iterator[Asked]:
        """A question for a count, with four numbers in a row of those that scenes may have; none where it is beyond."""
        rows = [range(least, least + CHOICES) for least in range(low, max(low, high - CHOICES + 1) + 1)]
        holding = [row for row in rows if count in row]
        if holding:
            row = holding[int(self.draw.integers(len(holding)))]
            wrong = [(str(one), "one off" if abs(one - count) == 1 else "miscounted") for one in row if one != count]
            yield self.asked(skill, str(count), wrong, "choice", **words)

    def wrong_names(self, answer: str, *not_: str, present: bool = True) -> list[tuple[str, str]]:
        """Names that are wrong: those that are there, and relatives of the key and of wrong ones alike.

        Were only the key given a relative, two of a family would give it away.
        """
        others = [name for name in self.shuffled(self.names) if name not in (answer, *not_)] if present else []
        told = dict.fromkeys(others[: CHOICES - 1], "is there, at another place")
        absent = self.shuffled([name for name in self.absent if name != answer])
        if not told and absent:
            told[absent[0]] = "is not there"
        for name in self.shuffled([answer, *told])[: CHOICES - 1 - len(told)]:
            told |= self.relative(name, [one for one in absent if one not in told])
        return list(told.items())

    def relative(self, name: str, absent: Sequence[str]) -> dict[str, str]:
        """A sound of the same family among those that are not there, else any of them, with its confusion."""
        family = self.vocabulary.family(name)
        related = [one for one in absent if self.vocabulary.family(one) == family]
        if related:
            return {related[0]: "a sound of the same family"}
        return dict.fromkeys(absent[:1], "is not there")

    def shuffled(self, names: Sequence[str]) -> list[str]:
        distinct = list(dict.fromkeys(names))
        return [distinct[i] for i in self.draw.permutation(len(distinct))]


Skill = Callable[[Asking], Iterator[Asked]]


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


# --- sounds in sequence -----------------------------------------------------------------------------------------------


def _first(asking: Asking) -> Iterator[Asked]:
    if len(asking.events) > 1:
        yield asking.asked("first", asking.names[0], asking.wrong_names(asking.names[0]))


def _last(asking: Asking) -> Iterator[Asked]:
    if len(asking.events) > 1:
        yield asking.asked("last", asking.names[-1], asking.wrong_names(asking.names[-1]))


def _nth(asking: Asking) -> Iterator[Asked]:
    for i, name in enumerate(asking.names[1:-1], 1):
        yield asking.asked("nth", name, asking.wrong_names(name), n=ORDINALS[i])


def _after(asking: Asking) -> Iterator[Asked]:
    for i in asking.once:
        if i + 1 < len(asking.names):
            x, answer = asking.names[i], asking.names[i + 1]
            yield asking.asked("after", answer, asking.wrong_names(answer, x), x=x)


def _before(asking: Asking) -> Iterator[Asked]:
    for i in asking.once:
        if i > 0:
            x, answer = asking.names[i], asking.names[i - 1]
            yield asking.asked("before", answer, asking.wrong_names(answer, x), x=x)


def _order(asking: Asking) -> Iterator[Asked]:
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


def _count(asking: Asking) -> Iterator[Asked]:
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


def _total(asking: Asking) -> Iterator[Asked]:
    if all(countable(asking.scene, name) for name in asking.names):
        yield from asking.number("total", len(asking.events), *asking.vocabulary.events)


def _different(asking: Asking) -> Iterator[Asked]:
    yield from asking.number("different", len(set(asking.names)), 1, asking.vocabulary.events[1])


# --- time -------------------------------------------------------------------------------------------------------------


def _pause(asking: Asking) -> Iterator[Asked]:
    """Where the first sound stops at once and no room lets it ring on."""
    for i, j in pairwise(range(len(asking.events))):
        one, next_ = asking.events[i], asking.events[j]
        about = _about(next_.start - one.end)
        if about and i in asking.once and j in asking.once and _stops(asking, one):
            yield asking.asked("pause", about, _other_lengths(about), x=one.kind, y=next_.kind)


def _length(asking: Asking) -> Iterator[Asked]:
    for i in asking.once:
        event = asking.events[i]
        if (about := _about(event.seconds)) and _stops(asking, event):
            yield asking.asked("length", about, _other_lengths(about), x=event.kind)


def _stops(asking: Asking, event: Placed) -> bool:
    kind = asking.vocabulary.kinds.get(event.kind)
    return kind is not None and kind.lasting and event.recording is None and asking.scene.room is None


def _about(seconds: float) -> str | None:
    near = [length for length in LENGTHS if abs(seconds - length) <= NEAR * length]
    return _said(near[0]) if near else None


def _said(seconds: float) -> str:
    return f"{seconds:g} s"


def _other_lengths(about: str) -> list[tuple[str, str]]:
    return [(_said(length), "another length") for length in LENGTHS if _said(length) != about]


def _moment(asking: Asking) -> Iterator[Asked]:
    for i in asking.once:
        event = asking.events[i]
        key = round(event.start / MOMENT_STEP) * MOMENT_STEP
        slots = [slot * MOMENT_STEP for slot in range(int(asking.scene.seconds / MOMENT_STEP) + 1)]
        picked = [key]
        for slot in (slots[k] for k in asking.draw.permutation(len(slots))):
            if len(picked) < CHOICES and min(abs(slot - one) for one in picked) >= MOMENT_APART:
                picked.append(slot)
        wrong = [(f"{slot:.1f} s", "another moment") for slot in picked[1:]]
        if len(picked) == CHOICES:
            yield asking.asked("moment", f"{key:.1f} s", wrong, x=event.kind)


def _longest(asking: Asking) -> Iterator[Asked]:
    *rest, longest = sorted(asking.events, key=lambda event: event.seconds)
    if rest and longest.seconds >= LONGER * rest[-1].seconds and _stops(asking, longest):
        yield asking.asked("longest", longest.kind, asking.wrong_names(longest.kind))


# --- loudness and pitch -----------------------------------------------------------------------------------------------


def _loudest(asking: Asking) -> Iterator[Asked]:
    *rest, loudest = sorted(asking.events, key=lambda event: event.level_db)
    if rest and loudest.level_db >= rest[-1].level_db + LOUDER_DB:
        yield asking.asked("loudest", loudest.kind, asking.wrong_names(loudest.kind))


def _louder(asking: Asking) -> Iterator[Asked]:
    for one, other in _pairs(asking):
        if abs(one.level_db - other.level_db) >= LOUDER_DB:
            louder, softer = sorted((one, other), key=lambda event: -event.level_db)
            yield asking.asked(
                "louder", louder.kind, [(softer.kind, "is the softer one")], x=one.kind, y=other.kind
            )  # fmt: skip


def _pitch(asking: Asking) -> Iterator[Asked]:
    for i in asking.once:
        event = asking.events[i]
        if event.pitch:
            wrong = [(str(pitch), "another pitch") for pitch in PITCHES if pitch != event.pitch]
            yield asking.asked("pitch", event.pitch, wrong, x=event.kind)


def _higher(asking: Asking) -> Iterator[Asked]:
    for one, other in _pairs(asking):
        if one.hertz and other.hertz and one.pitch != other.pitch:
            higher, lower = sorted((one, other), key=lambda event: -(event.hertz or 0))
            yield asking.asked("higher", higher.kind, [(lower.kind, "is the lower one")], x=one.kind, y=other.kind)


def _pairs(asking: Asking) -> Iterator[tuple[Placed, Placed]]:
    """Two events that are each there once, in an order by chance."""
    for i, j in combinations(asking.once, 2):
        pair = (asking.events[i], asking.events[j])
        yield pair if asking.draw.random() < 0.5 else pair[::-1]


# --- what is there ----------------------------------------------------------------------------------------------------


def _background(asking: Asking) -> Iterator[Asked]:
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


def _present(asking: Asking) -> Iterator[Asked]:
    """As often about a sound that is there as about one of the same family that is not."""
    name = asking.names[int(asking.draw.integers(len(asking.names)))]
    yield asking.asked("present", "Yes", [("No", "the sound was missed")], "yesno", x=name)
    for wrong in asking.relative(name, asking.shuffled(asking.absent)):
        yield asking.asked("present", "No", [("Yes", "taken for a sound that is there")], "yesno", x=wrong)


# --- sounds that overlap ----------------------------------------------------------------------------------------------


def _at_once(asking: Asking) -> Iterator[Asked]:
    """Where the densest moment lasts, so that it can be heard."""
    most = max(_together(asking.events, event.start) for event in asking.events)
    if most == max(_together(asking.events, event.start, OVERLAP) for event in asking.events):
        yield from asking.number("at_once", most, 1, CHOICES)


def _together(events: Sequence[Placed], moment: float, seconds: float = 0.0) -> int:
    return sum(event.start <= moment < event.end and event.end >= moment + seconds for event in events)


def _starts_first(asking: Asking) -> Iterator[Asked]:
    one, next_ = asking.events[:2]
    if next_.start - one.start >= EARLIER:
        yield asking.asked("starts_first", one.kind, asking.wrong_names(one.kind))


def _stops_first(asking: Asking) -> Iterator[Asked]:
    one, next_ = sorted(asking.events, key=lambda event: event.end)[:2]
    if next_.end - one.end >= EARLIER and _stops(asking, one):
        yield asking.asked("stops_first", one.kind, asking.wrong_names(one.kind))


def _extract(asking: Asking) -> Iterator[Asked]:
    """The one track that is not named."""
    for target in dict.fromkeys(asking.names):
        named = [name for name in asking.names if name != target]
        wrong = asking.wrong_names(target, present=False)
        yield asking.asked("extract", target, wrong, x=" and the ".join(named))  # fmt: skip


TEMPORAL: dict[str, Skill] = {
    "first": _first, "last": _last, "nth": _nth, "after": _after, "before": _before, "order": _order, "count": _count,
    "total": _total, "pause": _pause, "length": _length, "longest": _longest,
}  # fmt: skip
COMPOSITE: dict[str, Skill] = {
    "at_once": _at_once, "starts_first": _starts_first, "stops_first": _stops_first, "extract": _extract,
}  # fmt: skip
BOTH: dict[str, Skill] = {
    "different": _different, "moment": _moment, "loudest": _loudest, "louder": _louder, "pitch": _pitch,
    "higher": _higher, "background": _background, "present": _present,
}  # fmt: skip
