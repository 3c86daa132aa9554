"""Questions in a model's words: asked for once for all scenes with the same question, held by code to what they mean.

    DIR/wordings.jsonl   a line for each question: what may stand for it, what was refused and why
    DIR/replies          what the model said, so that asking again costs nothing

The parts of a dataset stay as they are; whoever reads them gets one of the wordings, the composer's own among them, by
a draw of the scene's. The model sees neither choices nor key.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from audio_cogito.errors import CallFailed, SetupError, Unreadable
from audio_cogito.messages import Model, Sampling, Schema
from audio_cogito.models.ask import Asking, ask
from audio_cogito.parsing import read_json, schema_of
from audio_cogito.prompts import Prompt
from audio_cogito.synth.asking import Asked
from audio_cogito.synth.meaning import Original, fault
from audio_cogito.synth.scenes import Scene, draw_for
from audio_cogito.types import Record

FILE = "wordings.jsonl"
COUNT = 3
"""Wordings that are asked for."""
ASKING = Asking(sampling=Sampling(temperature=0.9, top_p=0.95, top_k=0, max_tokens=1024))
SCHEMA = "wordings"


class Wordings(Record):
    """The model's whole reply."""

    wordings: tuple[str, ...]


class Refused(Record):
    text: str
    reason: str


class Reworded(Record):
    """What came of one question: its words, those that may stand for it, and those that may not."""

    skill: str
    text: str
    by: str
    """The model, name and revision."""
    wordings: tuple[str, ...] = ()
    refused: tuple[Refused, ...] = ()
    failed: str | None = None
    """Why there is no reply."""


class Tally(NamedTuple):
    """asked = answered + failed, made = kept + refused."""

    asked: int
    failed: int
    kept: int
    refused: Counter[str]


def originals(posed: Iterable[tuple[Scene, Sequence[Asked]]]) -> list[Original]:
    """The distinct questions of scenes, by skill and words, with all that was offered as their choices."""
    found: dict[tuple[str, str], Original] = {}
    choices: dict[tuple[str, str], dict[str, None]] = {}
    for _, several in posed:
        for asked in several:
            key = asked.skill, asked.text
            found.setdefault(key, Original(skill=asked.skill, text=asked.text, names=_names(asked), n=asked.n))
            choices.setdefault(key, {}).update(dict.fromkeys(asked.choices))
    return [msgspec.structs.replace(found[key], choices=tuple(sorted(choices[key]))) for key in sorted(found)]


def _names(asked: Asked) -> tuple[str, ...]:
    """In the order in which the words have them; `x` may hold several ("the bell and the hiss")."""
    named = [name for part in (asked.x, asked.y) if part for name in part.split(" and the ")]
    return tuple(sorted(named, key=asked.text.find))


async def reworded(asked: Sequence[Original], *, model: Model, prompt: Prompt, count: int = COUNT) -> list[Reworded]:
    """Each question in a model's words. Raises EndpointLost when the server is gone."""
    return list(await asyncio.gather(*(_reworded(one, model, prompt, count) for one in asked)))


async def _reworded(one: Original, model: Model, prompt: Prompt, count: int) -> Reworded:
    messages = prompt.messages((), question=one.text, names=one.names, number=one.n, count=count)
    schema = Schema(name=SCHEMA, schema=schema_of(Wordings))
    made = Reworded(skill=one.skill, text=one.text, by=model.author)
    try:
        reply = await ask(model, messages, ASKING, lambda reading: read_json(reading, Wordings), schema)
    except (Unreadable, CallFailed) as error:
        return msgspec.structs.replace(made, failed=str(error))
    said = list(dict.fromkeys(wording.strip() for wording in reply.wordings))
    faults = {wording: fault(one, wording) for wording in said}
    return msgspec.structs.replace(
        made,
        wordings=tuple(wording for wording, reason in faults.items() if reason is None),
        refused=tuple(Refused(text=wording, reason=reason) for wording, reason in faults.items() if reason),
    )


def tally(made: Sequence[Reworded]) -> Tally:
    return Tally(
        asked=len(made),
        failed=sum(one.failed is not None for one in made),
        kept=sum(len(one.wordings) for one in made),
        refused=Counter(refused.reason for one in made for refused in one.refused),
    )


Known = Mapping[tuple[str, str], Reworded]


def read(folder: Path) -> Known:
    """What stands in a dataset's folder; nothing where nobody asked a model. Raises SetupError for a damaged file."""
    path = folder / FILE
    if not path.exists():
        return {}
    try:
        lines = [msgspec.json.decode(line, type=Reworded) for line in path.read_bytes().splitlines()]
    except (OSError, msgspec.DecodeError) as error:
        raise SetupError(f"{path} cannot be read: {error}; delete it for the composer's own words") from error
    return {(one.skill, one.text): one for one in lines}


def worded(scene: Scene, asked: Sequence[Asked], known: Known) -> Iterator[Asked]:
    """The questions of a scene, each in one of its wordings, by the scene's own draw."""
    for one in asked:
        found = known.get((one.skill, one.text))
        place = 0
        if found is not None and found.wordings:
            draw = draw_for(scene.random_seed, scene.index, f"wording {one.text}")
            place = int(draw.integers(len(found.wordings) + 1))
        if found is None or place == 0:
            yield one
        else:
            yield msgspec.structs.replace(one, text=found.wordings[place - 1], by=found.by)
