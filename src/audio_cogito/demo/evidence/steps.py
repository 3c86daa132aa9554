"""The steps of the evidence, each done once: what lies in its place is not made again, and appears whole.

The order is by importance, so that whatever was done when the time was up is the most that could be said by then.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from audio_cogito import config, nano, shards
from audio_cogito.config import Recipe
from audio_cogito.demo import domain
from audio_cogito.demo.evidence import Settings, arms, own_list, questions
from audio_cogito.demo.evidence.arms import ARMS, FIRST_ARMS, MAIN, Arm, Row
from audio_cogito.demo.evidence.questions import Chain, Item
from audio_cogito.demo.loop import A_SCENE
from audio_cogito.exports.swift import SwiftMessage, SwiftRow
from audio_cogito.messages import Sampling
from audio_cogito.nano.schedule import Further
from audio_cogito.stages.think import NATIVE
from audio_cogito.steps import claim, encoded
from audio_cogito.store import write_whole
from audio_cogito.synth import dataset
from audio_cogito.synth.dataset import Making
from audio_cogito.tags import AUDIO
from audio_cogito.types import Question, Record

if TYPE_CHECKING:
    from audio_cogito.demo.evidence.speaking import Speaker

STAMP = "evidence.json"
SEEDS = {"test": 2_000_003, "development": 3_000_017}
"""Random seeds of the held-out scenes."""
SEED, APART = 4_000_037, 7_919
"""Of the first random seed's scenes, and how far the next lies from it."""
BASE = "base"
NO_METADATA, NO_SEEDS = "no-metadata", "no-seeds"


class Exam(Record, omit_defaults=False):
    """What one model answered to every held-out question, and what it had been taught."""

    answers: tuple[str | None, ...]
    right: tuple[bool, ...]
    listed: tuple[bool, ...]
    rows: int = 0
    steps: int = 0
    seconds: float = 0.0
    """Of processor time, teaching included."""


class Evidence:
    """Under way in a folder. Raises SetupError where the folder holds other settings."""

    def __init__(self, folder: Path, settings: Settings, recipe: Path, say: Callable[[str], None] = print) -> None:
        self.folder, self.settings, self.say = folder.absolute(), settings, say
        self.recipe: Recipe = config.load(recipe)
        claim(self.folder, encoded(self.settings), stamp=STAMP, other="evidence with other settings")
        self.items = cache(self._items)

    def walk(self) -> None:
        """All that is not done yet."""
        nano.require()
        nano.revision(nano.folder_of(self.settings.demo.model))
        for _ in self.steps():
            pass

    def steps(self) -> Iterator[Path]:
        """Each exam as it is there, in the order in which they are made."""
        yield self.examined(BASE)
        with_arms, all_seeds = range(self.settings.arm_seeds), range(self.settings.random_seeds)
        for arm in (ARMS[0], *FIRST_ARMS):
            for seed in with_arms:
                yield self.examined(name_of(seed, arm.name))
        for seed in all_seeds:
            yield self.examined(name_of(seed, MAIN))
        for arm in ARMS:
            for seed in with_arms:
                yield self.examined(name_of(seed, arm.name))
        for name in (BASE, name_of(0, MAIN)):
            for run in range(self.settings.sampled):
                yield self.examined(name, run=run)

    # --- exams --------------------------------------------------------------------------------------------------------

    def exam_of(self, name: str, run: int | None = None) -> Path:
        return self.folder / "exams" / f"{name}{'' if run is None else f'-sampled-{run}'}.json"

    def examined(self, name: str, run: int | None = None) -> Path:
        path = self.exam_of(name, run)
        if not path.exists():
            model, rows, taught_in = (nano.folder_of(self.settings.demo.model), 0, 0.0)
            if name != BASE:
                model, rows, taught_in = self.model(name)
            self.say(f"exam {path.stem} ...")
            began = time.process_time()
            exam = self._answered(model, run)
            spent = time.process_time() - began + taught_in
            steps = self._teaching(0).steps(rows) if rows else 0
            exam = msgspec.structs.replace(exam, rows=rows, steps=steps, seconds=round(spent, 1))
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, msgspec.json.encode(exam) + b"\n")
            shares = [100 * sum(marks) / len(marks) for marks in (exam.right, exam.listed)]
            self.say(
                f"exam {path.stem}: {shares[0]:.1f} % right, {shares[1]:.1f} % of lists exact, {spent:.0f} s of CPU"
            )
        return path

    def _answered(self, model: Path, run: int | None) -> Exam:
        sampling = self.sampling if run is not None else msgspec.structs.replace(self.sampling, temperature=0.0)
        found = self._speaker(model).chains(self.items("held-out"), sampling, random_seed=run or 0)
        return Exam(
            answers=tuple(one.answer for one in found),
            right=tuple(one.right for one in found),
            listed=tuple(one.listed for one in found),
        )

    def _speaker(self, model: Path) -> Speaker:
        from audio_cogito.demo.evidence.speaking import Speaker

        return Speaker(model)

    # --- teaching -----------------------------------------------------------------------------------------------------

    def model(self, name: str) -> tuple[Path, int, float]:
        """A taught checkpoint, its rows, and the seconds that teaching it took now."""
        out, rows = self.folder / "models" / name, self._rows(name)
        began = time.process_time()
        if not out.exists():
            out.parent.mkdir(parents=True, exist_ok=True)
            self.say(f"teach {name} ...")
            self._teach(rows, out, self._teaching(seed_of(name)))
        return out, len(rows.read_bytes().splitlines()), time.process_time() - began

    def _teach(self, rows: Path, out: Path, teaching: Further) -> None:
        from audio_cogito.nano import rehearsal

        with redirect_stdout(sys.stderr):
            rehearsal.distil(rows, out, model=self.settings.demo.model, settings=teaching)

    def _teaching(self, seed: int) -> Further:
        own = self.settings.demo
        return Further(random_seed=seed, epochs=own.epochs, batch=own.batch, rate=own.rate)

    def _rows(self, name: str) -> Path:
        path = self.folder / "rows" / f"{name}.jsonl"
        if not path.exists():
            seed, arm = seed_of(name), arm_of(name)
            taught = self.taught(seed, arm)
            items = self.items(self._asked(seed, arm.name))
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, shards.lines_of(_row(items[row.item], row) for row in taught))
        return path

    def taught(self, seed: int, arm: Arm) -> list[Row]:
        """The rows of an arm; of matched arms as many as the main one has."""
        rows = self._candidates(seed, arm.name)
        if arm.name == MAIN or not arm.matched:
            return rows
        return arms.matched(rows, len(self._candidates(seed, MAIN)), seed)

    def _candidates(self, seed: int, arm: str) -> list[Row]:
        items, most = self.items(self._asked(seed, arm)), self.recipe.export.per_question
        chains = self.own_judged(seed) if arm == NO_METADATA else self.chains(self._asked(seed, arm))
        return arms.taught(arm, items, [] if arm == "gold" else chains, most)

    # --- chains -------------------------------------------------------------------------------------------------------

    def chains(self, name: str) -> list[Chain]:
        """The base's draws for a seed's questions."""
        path = self.folder / "chains" / f"{name}{shards.SUFFIX}"
        if not path.exists():
            self._draw(path, self.items(name), self.sampling, self.settings.demo.draws)
        return list(shards.read(path, Chain))

    def own_judged(self, seed: int) -> list[Chain]:
        """The same draws, held against the base's own greedy list of each scene in the place of the score."""
        name = self._asked(seed, NO_METADATA)
        items, own = self.items(name), self._own_lists(name)
        known = {number: about for number, item in enumerate(items) if (about := _by_own_list(item, own)) is not None}
        return [
            questions.judged(known[one.item], one.reply, ended=one.ended, item=one.item, draw=one.draw)
            for one in self.chains(name)
            if one.item in known
        ]

    def _own_lists(self, name: str) -> dict[str, own_list.OwnList]:
        """By the scene's id, as the base lists it greedily when asked its first question."""
        items = self.items(name)
        firsts = [next(group) for _, group in groupby(items, key=lambda item: item.scene.id)]
        path = self.folder / "chains" / f"{name}-greedy{shards.SUFFIX}"
        if not path.exists():
            self._draw(path, firsts, msgspec.structs.replace(self.sampling, temperature=0.0), 1)
        said = {firsts[one.item].scene.id: own_list.read(one.reply) for one in shards.read(path, Chain)}
        return {id: own for id, own in said.items() if own is not None}

    def _draw(self, path: Path, items: list[Item], sampling: Sampling, draws: int) -> None:
        self.say(f"chains {path.name.removesuffix(shards.SUFFIX)}: {draws * len(items):,} ...")
        speaker = self._speaker(nano.folder_of(self.settings.demo.model))
        found = speaker.chains(items, sampling, draws=draws, random_seed=seed_of(path.name))
        path.parent.mkdir(parents=True, exist_ok=True)
        shards.write(path, [shards.lines_of(found)])

    @property
    def sampling(self) -> Sampling:
        drawn = self.recipe.think.sampling
        return drawn if isinstance(drawn, Sampling) else NATIVE

    # --- scenes -------------------------------------------------------------------------------------------------------

    def _asked(self, seed: int, arm: str) -> str:
        return f"{seed}-plain" if arm == NO_SEEDS else str(seed)

    def _items(self, name: str) -> list[Item]:
        """Questions of held-out scenes, of a random seed, or of a seed's scenes in the three plainest forms."""
        own = self.settings
        if name == "held-out":
            return self._composed(name, own.held_out, 1, SEEDS[own.on], own.held_out)
        seed = SEED + APART * seed_of(name)
        plain = name.endswith("plain")
        scenes = -(-own.demo.questions // A_SCENE)
        return self._composed(name, scenes, A_SCENE, seed, own.demo.questions, plain=plain)

    def _composed(self, name: str, scenes: int, each: int, seed: int, count: int, *, plain: bool = False) -> list[Item]:
        making: Making = domain.making(self.settings.demo.dial, random_seed=seed, questions=each, split="train")
        if plain:
            making = msgspec.structs.replace(making, skills=arms.PLAIN, wordings=1)
        folder = self.folder / "scenes" / name
        for _ in dataset.make(folder, scenes, making, jobs=1):
            pass
        return list(questions.items(folder))[:count]


def name_of(seed: int, arm: str) -> str:
    return f"{seed}-{arm}"


def seed_of(name: str) -> int:
    return int(name.partition("-")[0].partition(".")[0])


def arm_of(name: str) -> Arm:
    wanted = name.partition("-")[2]
    return next(arm for arm in ARMS if arm.name == wanted)


def _by_own_list(item: Item, own: dict[str, own_list.OwnList]) -> Question | None:
    """The question as a model's own list would answer it; None where it does not."""
    heard = own.get(item.scene.id)
    key = own_list.key(heard, item.asked) if heard else None
    return (
        questions.question(item, known=heard.facts(item.scene.seconds), key=key) if heard and key is not None else None
    )


def _row(item: Item, row: Row) -> SwiftRow:
    user = SwiftMessage(role="user", content=f"{AUDIO}{item.words}")
    return SwiftRow(messages=(user, SwiftMessage(role="assistant", content=row.reply)), audios=(str(item.sound),))
