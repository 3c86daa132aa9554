"""Iterated self-distillation: generate, verify, train, serve, evaluate, again (`cogito loop RECIPE`).

Each round's data are made by the last round's model, each round's training begins from the base (or goes on from the
last round's weights), and a gate stands at its end: a round that is not better than the model it came from, by a paired
test on a development set, is said to be so and not carried on. The test set is read once, at the end.

    gate.py   better or not          walk.py       the rounds, each step a `cogito` command
    sweep.py  scales of an adapter   commands.py   such commands as words

Every step is a command that a user could type, and is printed before it runs. What a killed loop had done stays done.

    RUN/loop.json           what came of it            RUN/steps.json         which steps are done
    RUN/data/N              round N's build            RUN/models/N           its weights
    RUN/training/N          its training, where that is ms-swift's
    RUN/development/N       its evaluation (0: the first model's)             RUN/test/...     read at the end
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import msgspec

from audio_cogito import config, nano
from audio_cogito.errors import SetupError
from audio_cogito.types import Record

NANO = "nano"
GREEDY = ("think.sampling.temperature=0",)
"""So that a difference is the weights'."""
Table = dict[str, Any]


class Held(Record, omit_defaults=False, kw_only=True):
    """Questions that no round is taught, as `cogito evaluate` takes them."""

    benchmark: str
    data: str
    meta: str | None = None
    profile: str = "qwen"
    limit: int | None = None
    overrides: tuple[str, ...] = GREEDY
    """As `cogito evaluate` takes them."""


class Settings(Record, omit_defaults=False, kw_only=True):
    """A loop's recipe. Paths are relative to its folder."""

    run: str
    rounds: Annotated[int, msgspec.Meta(ge=1)] = 3
    """At most: the loop ends at a round that the gate refuses."""
    build: str
    """The recipe of each round's data. Its thinker is the round's model."""
    train: str
    """The recipe of each round's training, or `nano` for the built-in model's own."""
    models: dict[str, Table]
    """`[models.thinker]`: the first model. One with `serve` and `dir` is served by the loop, as is each round's."""
    development: Held
    test: Held
    level: Annotated[float, msgspec.Meta(gt=0, lt=1)] = 0.05
    """Probability of a false alarm over all rounds together: each is tested at `level / rounds`."""
    carry_on: bool = False
    """Go on with a round that the gate refused, which is said all the same."""
    goes_on: bool = False
    """Train on from the last round's weights rather than from the base."""

    @property
    def thinker(self) -> Table:
        return self.models["thinker"]


PLACES = ("run", "build", "train")


def load(path: Path, overrides: tuple[str, ...] = ()) -> Settings:
    """Read a loop's recipe. Raises SetupError with the file, the key and what to write instead."""
    table = config.read_table(path, overrides)
    table.setdefault("run", f"runs/{path.stem}")
    settings = config.read_settings(table, Settings, where=str(path))
    if settings.models.keys() != {"thinker"}:
        raise SetupError(f"{path}: a loop has one model, [models.thinker]; the others are the build recipe's")
    own = settings.thinker.get("dir") and settings.thinker.get("serve")
    if not own and not nano.is_local(str(settings.thinker.get("name"))):
        raise SetupError(f"{path}: models.thinker needs dir and serve, since each round's model is served by the loop")
    if settings.development == settings.test:
        raise SetupError(f"{path}: [development] and [test] are the same questions, so that nothing would be held out")
    return _absolute(settings, path.resolve().parent)


def _absolute(settings: Settings, folder: Path) -> Settings:
    def at(text: str) -> str:
        return str(folder / Path(text).expanduser())

    def held(one: Held) -> Held:
        return msgspec.structs.replace(one, data=at(one.data), meta=one.meta and at(one.meta))

    thinker = settings.thinker
    if thinker.get("dir"):
        thinker = thinker | {"dir": at(str(thinker["dir"]))}
    return msgspec.structs.replace(
        settings,
        run=at(settings.run),
        build=at(settings.build),
        train=settings.train if settings.train == NANO else at(settings.train),
        models={"thinker": thinker},
        development=held(settings.development),
        test=held(settings.test),
    )
