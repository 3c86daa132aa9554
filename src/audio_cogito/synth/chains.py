"""Gold chains: what sounds and when, as a listener would note it, then the conclusion and the answer in its own words.

"I hear a low bell at 0.5, a hiss at 1.6 and a loud snare drum at 3.0. Background: rain. Right after the bell comes the
hiss, so the answer is hiss."

Loud, long, low, middle and high are said wherever the score makes them certain, whatever is asked, so that a chain's
timeline follows from the scene alone. `Chain.conclusion` is kept apart: a trainer may weigh it more.
"""

from __future__ import annotations

from audio_cogito.synth.asking import NOTHING, Asked
from audio_cogito.synth.measures import LONGER, LOUDER_DB
from audio_cogito.synth.scenes import Placed, Scene, draw_for
from audio_cogito.synth.wordings import CONCLUSIONS, TIMELINES
from audio_cogito.types import Record


class Chain(Record):
    """A gold chain in its two parts."""

    timeline: str
    conclusion: str

    @property
    def text(self) -> str:
        return f"{self.timeline} {self.conclusion}"


def chain(scene: Scene, asked: Asked, *, other: Scene | None = None, grid: float = 0.1) -> Chain:
    """The gold chain of a question. Times are said to `grid` seconds; `other` is the second recording, if any."""
    draw = draw_for(scene.random_seed, scene.index, f"chain {asked.text}")
    opening = TIMELINES[int(draw.integers(len(TIMELINES)))]
    listed = timeline(scene, opening, grid)
    if other is not None:
        listed = f"In the first recording: {listed} In the second: {timeline(other, opening, grid)}"
    endings = CONCLUSIONS[asked.skill]
    said = endings[int(draw.integers(len(endings)))].format(a=asked.answer, x=asked.x, y=asked.y, n=asked.n)
    return Chain(timeline=listed, conclusion=f"{said}, so the answer is {asked.answer}.")


def timeline(scene: Scene, opening: str = TIMELINES[0], grid: float = 0.1) -> str:
    """Every event in order, and the background, in one or two sentences."""
    events = [f"{described(event, scene)} {_when(event, scene, grid)}" for event in scene.events]
    *rest, last = events
    listed = f"{', '.join(rest)} and {last}" if rest else last
    return f"{opening.format(listed)}. Background: {scene.background or NOTHING}."


def described(event: Placed, scene: Scene) -> str:
    """An event with its article and what marks it: `a loud low bell`."""
    words = [*_marks(event, scene), event.kind]
    article = "an" if words[0][0].lower() in "aeiou" else "a"
    return " ".join((article, *words))


def _marks(event: Placed, scene: Scene) -> list[str]:
    others = [one for one in scene.events if one is not event]
    loud = others and event.level_db >= max(one.level_db for one in others) + LOUDER_DB
    long = others and event.seconds >= LONGER * max(one.seconds for one in others)
    return [word for word, said in (("loud", loud), ("long", long)) if said] + ([event.pitch] if event.pitch else [])


def _when(event: Placed, scene: Scene, grid: float) -> str:
    if scene.form == "temporal":
        return f"at {_time(event.start, grid)}"
    return f"from {_time(event.start, grid)} to {_time(event.end, grid)}"


def _time(seconds: float, grid: float) -> str:
    return f"{round(seconds / grid) * grid:.1f}"
