"""Many scenes in a folder, which `sources/complex_audio` reads.

    DIR/dataset.json            how it was made; another way of making refuses this folder
    DIR/parts/00012.jsonl.zst   500 scenes: file, score and questions of each; there once its sounds are
    DIR/audio/00012/*.flac      their sounds, 16 kHz mono
    DIR/wordings.jsonl          its questions in a model's words, where one was asked (paraphrase.py)
    DIR/README.md, pictures/    what was made

Parts are made by several processes; each appears whole, and making it again goes on with those that are missing. A
scene's number decides what it is: asking for more scenes later adds to those that are there.
"""

from __future__ import annotations

import io
import os
import signal
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from itertools import pairwise
from multiprocessing import get_context
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Annotated

import msgspec
import soundfile

from audio_cogito import shards
from audio_cogito.audio import RATE
from audio_cogito.errors import SetupError
from audio_cogito.reading.rows import nearest
from audio_cogito.steps import claim
from audio_cogito.store import write_whole
from audio_cogito.synth import material, paraphrase
from audio_cogito.synth.asking import Asked
from audio_cogito.synth.composing import compose
from audio_cogito.synth.material import Material, Take
from audio_cogito.synth.pairs import pair_questions
from audio_cogito.synth.palette import comparable, vocabulary
from audio_cogito.synth.questions import chosen
from audio_cogito.synth.render import quantised, render
from audio_cogito.synth.scenes import Scene, draw_for
from audio_cogito.synth.settings import Settings, Share
from audio_cogito.synth.wordings import QUESTIONS
from audio_cogito.types import Record, identity

VERSION = 2
"""Of what a scene's number stands for: raise it when the same settings give other scenes."""
PART = 500
STAMP, PARTS, AUDIO = "dataset.json", "parts", "audio"


class Making(Settings, kw_only=True):
    """How a dataset is made: its scenes, and how many questions each is asked."""

    random_seed: int = 0
    questions: Annotated[int, msgspec.Meta(ge=1)] = 3
    """Of one scene, at most; each trains another skill."""
    pairs: Share = 0.2
    """The share of scenes that also have a question about themselves and the scene after them."""
    wordings: Annotated[int, msgspec.Meta(ge=1)] = 99
    """How many of the wordings of each question are used."""
    skills: tuple[str, ...] = ()
    """Only questions of these; none named means of all."""
    recordings: str | None = None
    """What scenes are made of besides the library: "bundled", or a run's folder, whose selected clips with one label
    and one domain are taken."""

    def __post_init__(self) -> None:
        super().__post_init__()
        for skill in self.skills:
            if skill not in QUESTIONS:
                raise ValueError(f"skills: nothing is asked of {skill!r}; {nearest(skill, QUESTIONS)}")


class Composed(Record):
    """One scene of a dataset."""

    path: str
    """Its sound, named from the dataset's folder."""
    scene: Scene
    asked: tuple[Asked, ...]
    licences: tuple[str, ...]
    """Of the recordings that it is made from; none for what the library made."""


def stamp(making: Making, takes: tuple[Take, ...]) -> bytes:
    """What decides a dataset's scenes."""
    own = msgspec.to_builtins(making)
    if not making.skills:
        del own["skills"]  # so that a folder made before they could be named is still its own
    made = {"version": VERSION, "making": own, "takes": identity(*(take.path for take in takes))}
    return msgspec.json.format(msgspec.json.encode(made), indent=1) + b"\n"


def make(folder: Path, count: int, making: Making, *, jobs: int | None = None) -> Iterator[int]:
    """Make scenes 0 to `count` - 1; yields after each part how many of them are there.

    Raises SetupError before anything is made for a folder that holds another dataset or cannot be written.
    """
    takes = material.takes(making.recordings) if making.recordings else ()
    claim(folder, stamp(making, takes), stamp=STAMP, other="scenes made with other settings")
    missing = [number for number in range(-(-count // PART)) if not _whole(folder, number, count)]
    done = count - sum(_size(number, count) for number in missing)
    yield done
    for number in _made(partial(make_part, folder=folder, count=count, making=making, takes=takes), missing, jobs):
        done += _size(number, count)
        yield done


def _made(make_one: partial[int], missing: list[int], jobs: int | None) -> Iterator[int]:
    processes = min(jobs or os.cpu_count() or 1, len(missing))
    if processes <= 1:
        yield from map(make_one, missing)
        return
    context = get_context("spawn")
    stop = context.Event()
    with ProcessPoolExecutor(processes, mp_context=context, initializer=_begin, initargs=(stop,)) as pool:
        try:
            for future in as_completed([pool.submit(make_one, number) for number in missing]):
                yield future.result()
        except BrokenProcessPool as error:
            raise SetupError("a process that made scenes was killed (memory?): run it again to go on") from error
        finally:
            stop.set()
            pool.shutdown(cancel_futures=True)


_stop: Event | None = None
"""Set when the process that wants the scenes wants them no more."""


def _begin(stop: Event) -> None:
    """In a new process: an interruption is the parent's to hear, which then says so."""
    global _stop
    _stop = stop
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _size(number: int, count: int) -> int:
    return min(PART, count - number * PART)


def _whole(folder: Path, number: int, count: int) -> bool:
    """Whether a part is there with all its scenes; a larger one, of an earlier time, is left as it is."""
    path = _part(folder, number)
    return path.exists() and sum(1 for _ in shards.read_lines(path)) >= _size(number, count)


def _part(folder: Path, number: int) -> Path:
    return folder / PARTS / f"{number:05d}{shards.SUFFIX}"


def path_of(index: int) -> str:
    """Where a scene's sound lies, named from the folder."""
    return f"{AUDIO}/{index // PART:05d}/{index:07d}.flac"


def composed(folder: Path) -> Iterator[Composed]:
    """The scenes of a dataset, in order, with their questions in a model's words where it was asked for some."""
    known = paraphrase.read(folder)
    for one in as_written(folder):
        asked = tuple(paraphrase.worded(one.scene, one.asked, known))
        yield msgspec.structs.replace(one, asked=asked) if known else one


def as_written(folder: Path) -> Iterator[Composed]:
    """The scenes in order, with their questions in the composer's words."""
    for path in shards.paths(folder / PARTS):
        yield from shards.read(path, Composed)


# --- one part, in a process of its own --------------------------------------------------------------------------------


def make_part(number: int, *, folder: Path, count: int, making: Making, takes: tuple[Take, ...]) -> int:
    """Write the sounds of a part, then the part."""
    recorded = Material(takes) if takes else None
    first = number * PART
    scenes = [compose(making, making.random_seed, i, recorded) for i in range(first, first + _size(number, count))]
    try:
        lines = [_written(scene, folder, making, recorded) for scene in _with_questions(scenes, making, recorded)]
        shards.write(_part(folder, number), [shards.lines_of(lines)])
    except OSError as error:
        raise SetupError(f"{folder} cannot be written: {error.strerror or error}") from error
    return number


Posing = tuple[Scene, tuple[Asked, ...]]


def _with_questions(scenes: list[Scene], making: Making, recorded: Material | None) -> Iterator[Posing]:
    """Each scene with its questions; one about two recordings is held by the first of them."""
    asked = [_chosen(scene, making, recorded) for scene in scenes]
    for i, (one, other) in enumerate(pairwise(scenes)):
        asked[i] += _of_two(one, other, making, recorded)
    yield from zip(scenes, asked, strict=True)


def _chosen(scene: Scene, making: Making, recorded: Material | None) -> tuple[Asked, ...]:
    known = vocabulary(making, recorded, scene)
    return chosen(scene, making.questions, vocabulary=known, wordings=making.wordings, skills=making.skills)


def _of_two(one: Scene, other: Scene, making: Making, recorded: Material | None) -> tuple[Asked, ...]:
    """At most one, about two scenes of one split and of like material."""
    draw = draw_for(one.random_seed, one.index, "of two")
    alike = one.split == other.split and bool(one.made_from) == bool(other.made_from) and comparable(one, other)
    if draw.random() >= making.pairs or not alike:
        return ()
    known = vocabulary(making, recorded, one, other)
    found = pair_questions(one, other, vocabulary=known, wordings=making.wordings)
    return (found[int(draw.integers(len(found)))],) if found else ()


def _written(posing: Posing, folder: Path, making: Making, recorded: Material | None) -> Composed:
    if _stop is not None and _stop.is_set():
        raise SetupError("interrupted")
    scene, asked = posing
    path = path_of(scene.index)
    sound = io.BytesIO()
    soundfile.write(sound, quantised(render(scene)), RATE, format="FLAC", subtype="PCM_16")
    write_whole(folder / path, sound.getvalue())
    licences = {take.path: take.licence or "not stated" for take in recorded.all} if recorded else {}
    return Composed(
        path=path, scene=scene, asked=asked, licences=tuple(sorted({licences[name] for name in scene.made_from}))
    )
