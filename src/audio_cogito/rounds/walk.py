"""The rounds, each step a command, printed before it runs and done once.

A step that was interrupted is done again, and what it was paid for is remembered: replies lie in the store, a training
goes on from its last checkpoint.
"""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from audio_cogito import nano
from audio_cogito.grading import comparison
from audio_cogito.grading.comparison import Difference
from audio_cogito.rounds import NANO, Held, Settings, Table
from audio_cogito.rounds.commands import WITH_FAILURES, Command, Stopped, evaluating, toml, typed
from audio_cogito.rounds.gate import Gate, gate
from audio_cogito.steps import Steps, claim, encoded
from audio_cogito.store import write_whole
from audio_cogito.types import Record

STAMP, RESULT = "recipe.json", "loop.json"


class Round(Record, omit_defaults=False):
    """One round, and whether it was carried on."""

    number: int
    came_from: int
    """The round whose model made its data; 0 is the first model."""
    gate: Gate
    carried: bool


class Outcome(Record, omit_defaults=False):
    """What came of a loop: `RUN/loop.json`."""

    rounds: tuple[Round, ...]
    best: int
    """The last round that was carried on; 0 where none was."""
    test: Difference | None
    """The best against the first model on the test set, which is not read where no round was carried on."""


class Loop:
    """A loop under way in a folder. Raises SetupError where the folder holds one with another recipe."""

    def __init__(self, settings: Settings, run: Command, err: Console) -> None:
        self.folder, self.settings, self._run, self.err = Path(settings.run), settings, run, err
        claim(self.folder, encoded(settings), stamp=STAMP, other="a loop with another recipe", named="run=")
        self._steps = Steps(self.folder)

    def walk(self) -> Outcome:
        """All steps that are not done yet. Raises Stopped where one of them fails."""
        self._evaluate("development", 0, self.settings.development)
        rounds: list[Round] = []
        best = 0
        for number in range(1, self.settings.rounds + 1):
            one = self._round(number, best)
            rounds.append(one)
            self.say(f"round {number}: {one.gate}")
            self._write(Outcome(rounds=tuple(rounds), best=best, test=None))
            if not one.carried:
                self.say(f"round {number} is not carried on; `carry_on = true` would")
                break
            best = number
        outcome = Outcome(rounds=tuple(rounds), best=best, test=self._test(best) if best else None)
        self._write(outcome)
        return outcome

    def say(self, line: str) -> None:
        self.err.print(line, markup=False)

    def _round(self, number: int, last: int) -> Round:
        data = self.folder / "data" / str(number)
        self._command(f"data {number}", ["build", self.settings.build, *self._building(data, last)])
        for name, arguments in self._teaching(number, last, data):
            self._command(f"{name} {number}", arguments)
        self._evaluate("development", number, self.settings.development)
        found = gate(
            self._held("development", last),
            self._held("development", number),
            level=self.settings.level,
            rounds=self.settings.rounds,
        )
        return Round(number=number, came_from=last, gate=found, carried=found.passed or self.settings.carry_on)

    def _building(self, data: Path, last: int) -> list[str]:
        own = {"run": str(data), "store": str(self.folder / "store"), "models.thinker": self.model(last)}
        return [f"{key}={toml(value)}" for key, value in own.items()]

    def _teaching(self, number: int, last: int, data: Path) -> list[tuple[str, list[str]]]:
        out, base = self.weights(number), self.weights(last if self.settings.goes_on else 0)
        if self.settings.train == NANO:
            rows = data / "rows/swift/train.jsonl"
            model = base if isinstance(base, str) else f"{nano.OTHER}{base}"
            distil = ["-m", "audio_cogito.nano.distil", str(rows), f"--out={out}", f"--model={model}"]
            return [("export", ["export", str(data), "--to", "swift"]), ("teach", distil)]
        training = self.folder / "training" / str(number)
        train = [
            "train",
            str(data),
            "--recipe",
            self.settings.train,
            f"--out={training}",
            f"model={_trained_from(base)}",
        ]
        return [("train", train), ("merge", ["merge", str(training), f"--out={out}"])]

    def _test(self, best: int) -> Difference | None:
        for number in (0, best):
            self._evaluate("test", number, self.settings.test)
        pairs = comparison.paired(*(comparison.load(self._held("test", number)) for number in (0, best)))
        return comparison.accuracy(pairs)

    # --- the models ---------------------------------------------------------------------------------------------------

    def weights(self, number: int) -> Path | str:
        """Where a round's weights lie; of the first model as the recipe has it."""
        thinker = self.settings.thinker
        if number:
            return self.folder / "models" / str(number)
        return Path(thinker["dir"]) if thinker.get("dir") else str(thinker["name"])

    def model(self, number: int) -> Table:
        """The `[models.thinker]` table of a round's model."""
        thinker = self.settings.thinker
        if not number:
            return thinker
        if nano.is_local(str(thinker["name"])):
            return thinker | {"name": f"{nano.OTHER}{self.weights(number)}"}
        return thinker | {"name": f"round-{number}", "dir": str(self.weights(number))}

    # --- steps --------------------------------------------------------------------------------------------------------

    def _held(self, kind: str, number: int) -> Path:
        return self.folder / kind / str(number)

    def _evaluate(self, kind: str, number: int, held: Held) -> None:
        out, store = self._held(kind, number), self.folder / "store"
        self._command(f"{kind} {number}", evaluating(held, self.model(number), out=out, store=store))

    def _command(self, name: str, arguments: list[str]) -> None:
        if name in self._steps.seconds:
            self.say(f"{name}: done already")
            return
        self.say(f"{name}: {typed(arguments)}")
        self._steps.do(name, lambda: self._ran(arguments))

    def _ran(self, arguments: list[str]) -> None:
        code = self._run(arguments)
        if code not in (0, WITH_FAILURES):
            raise Stopped(code)

    def _write(self, outcome: Outcome) -> None:
        write_whole(self.folder / RESULT, encoded(outcome))


def _trained_from(base: Path | str) -> str:
    """As a training's recipe names it: a folder, or the built-in model."""
    return str(base).removeprefix(nano.OTHER)
