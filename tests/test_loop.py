"""`cogito loop`: rounds that are carried on only where the gate passes them, each step done once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest
from rich.console import Console

from audio_cogito import rounds
from audio_cogito.commands import loop as command
from audio_cogito.errors import SetupError
from audio_cogito.grading import scores
from audio_cogito.grading.scores import Graded
from audio_cogito.rounds import Settings
from audio_cogito.rounds.commands import Stopped
from audio_cogito.rounds.gate import gate
from audio_cogito.rounds.walk import Loop, Outcome
from road import cogito_here

ITEMS = 200


def evaluated(folder: Path, right: int) -> None:
    """A graded run in which the first so many of 200 items are right."""
    graded = [
        Graded(id=f"{number:03d}", correct=int(number < right), rubric=None, outcome="scored", groups={}, said="")
        for number in range(ITEMS)
    ]
    scores.write(folder, graded, scores.summarise("scenes", graded, {}))


class Commands:
    """Stands in for `cogito`: an evaluation finds as many right as it is told, by the model's folder."""

    def __init__(self, right: Mapping[str, int], stop_at: str = "", code: int = 0) -> None:
        self.right, self.stop_at, self.code = right, stop_at, code
        self.ran: list[list[str]] = []

    def __call__(self, arguments: list[str]) -> int:
        if self.stop_at and self.stop_at in arguments:
            self.stop_at = ""
            if not self.code:
                raise KeyboardInterrupt
            return self.code
        self.ran.append(arguments)
        if arguments[0] == "evaluate":
            model = arguments[arguments.index("--model") + 1]
            evaluated(Path(arguments[arguments.index("--out") + 1]), self.right[Path(model).name])
        return 0

    def named(self, name: str) -> list[list[str]]:
        return [arguments for arguments in self.ran if name in arguments]


def recipe(folder: Path, **changes: Any) -> Path:
    tables = {
        "models.thinker": {"name": "nano"},
        "development": {"benchmark": "scenes", "data": "dev"},
        "test": {"benchmark": "scenes", "data": "test"},
    }
    values = {"rounds": 3, "build": "build.toml", "train": "nano"} | changes
    lines = [f"{key} = {json.dumps(value)}" for key, value in values.items()]
    for name, table in tables.items():
        lines += [f"[{name}]", *(f"{key} = {json.dumps(value)}" for key, value in table.items())]
    path = folder / "loop.toml"
    path.write_text("\n".join(lines) + "\n")
    return path


def walked(settings: Settings, commands: Commands) -> Outcome:
    return Loop(settings, commands, Console(quiet=True)).walk()


def test_round_that_is_better_is_carried_on_and_makes_the_next_rounds_data(tmp_path: Path) -> None:
    commands = Commands({"nano": 100, "1": 120, "2": 140, "3": 160})
    outcome = walked(rounds.load(recipe(tmp_path)), commands)
    assert [one.carried for one in outcome.rounds] == [True, True, True]
    thinkers = [word for arguments in commands.named("build") for word in arguments if "models.thinker" in word]
    assert [f"models/{n}" in thinkers[n] for n in (1, 2)] == [True, True]
    assert '"nano"' in thinkers[0]


def test_round_that_is_not_better_ends_the_loop_and_the_test_set_is_not_read(tmp_path: Path) -> None:
    commands = Commands({"nano": 100, "1": 95})
    outcome = walked(rounds.load(recipe(tmp_path)), commands)
    assert (outcome.best, outcome.test, len(outcome.rounds)) == (0, None, 1)
    assert not any(str(tmp_path / "test") in arguments for arguments in commands.ran)
    assert "test set was not read" in command.told(outcome)


def test_refused_round_is_carried_on_where_told_to_and_still_said_to_be_refused(tmp_path: Path) -> None:
    commands = Commands({"nano": 100, "1": 95, "2": 96, "3": 97})
    outcome = walked(rounds.load(recipe(tmp_path), ("carry_on=true",)), commands)
    assert [(one.carried, one.gate.passed) for one in outcome.rounds] == [(True, False)] * 3


def test_best_round_is_held_against_the_first_model_on_the_test_set_once(tmp_path: Path) -> None:
    commands = Commands({"nano": 100, "1": 130, "2": 130})
    outcome = walked(rounds.load(recipe(tmp_path)), commands)
    assert outcome.best == 1
    assert outcome.test is not None
    assert (outcome.test.a, outcome.test.b) == (50, 65)
    read = [arguments for arguments in commands.ran if str(tmp_path / "test") in arguments]
    assert len(read) == 2
    walked(rounds.load(recipe(tmp_path)), commands)
    assert [arguments for arguments in commands.ran if str(tmp_path / "test") in arguments] == read


def test_training_begins_from_the_base_unless_told_to_go_on(tmp_path: Path) -> None:
    for goes_on, base in ((False, "nano"), (True, "hf:")):
        folder = tmp_path / str(goes_on)
        folder.mkdir()
        commands = Commands({"nano": 100, "1": 130, "2": 150})
        walked(rounds.load(recipe(folder), (f"goes_on={str(goes_on).lower()}", "rounds=2")), commands)
        second = commands.named("audio_cogito.nano.distil")[1]
        assert any(word.startswith(f"--model={base}") for word in second)


def test_probability_that_is_needed_is_the_level_over_the_number_of_rounds(tmp_path: Path) -> None:
    """9 items more of 200 have p = 0.0039: enough for ten rounds, not for twenty."""
    evaluated(tmp_path / "a", 100)
    evaluated(tmp_path / "b", 109)
    assert gate(tmp_path / "a", tmp_path / "b", level=0.05, rounds=10).passed
    assert not gate(tmp_path / "a", tmp_path / "b", level=0.05, rounds=20).passed
    assert not gate(tmp_path / "b", tmp_path / "a", level=0.05, rounds=1).passed


@pytest.mark.parametrize("at", ["build", "export", "audio_cogito.nano.distil", "evaluate"])
def test_killed_loop_goes_on_and_does_no_finished_step_twice(tmp_path: Path, at: str) -> None:
    right = {"nano": 100, "1": 130}
    whole = Commands(right)
    walked(rounds.load(recipe(tmp_path), ("rounds=1", "run=whole")), whole)
    commands = Commands(right, stop_at=at)
    settings = rounds.load(recipe(tmp_path), ("rounds=1", "run=killed"))
    with pytest.raises(KeyboardInterrupt):
        walked(settings, commands)
    walked(settings, commands)
    assert [arguments[0] for arguments in commands.ran] == [arguments[0] for arguments in whole.ran]


def test_step_that_fails_ends_the_loop_with_its_code(tmp_path: Path) -> None:
    settings = rounds.load(recipe(tmp_path))
    with pytest.raises(Stopped) as stopped:
        walked(settings, Commands({"nano": 100}, stop_at="build", code=4))
    assert stopped.value.code == 4


def test_build_that_finished_with_failures_is_no_reason_to_stop(tmp_path: Path) -> None:
    outcome = walked(rounds.load(recipe(tmp_path)), Commands({"nano": 100, "1": 90}, stop_at="build", code=3))
    assert len(outcome.rounds) == 1


def test_model_that_the_loop_serves_is_served_from_each_rounds_folder(tmp_path: Path) -> None:
    served = {"name": "base", "dir": "weights", "serve": "vllm serve {dir} --port {port}"}
    settings = rounds.load(recipe(tmp_path, train="train.toml"))
    settings = msgspec.structs.replace(settings, models={"thinker": served | {"dir": str(tmp_path / "weights")}})
    commands = Commands({"base": 100, "round-1": 130, "round-2": 131})
    walked(settings, commands)
    second = commands.named("build")[1]
    assert f'models.thinker={{name = "round-1", dir = "{tmp_path}/runs/loop/models/1", serve' in " ".join(second)
    trained, merged = commands.named("train")[0], commands.named("merge")[0]
    assert f"model={tmp_path / 'weights'}" in trained
    training = tmp_path / "runs/loop/training/1"
    assert f"--out={training}" in trained
    assert merged == ["merge", str(training), f"--out={tmp_path}/runs/loop/models/1"]


@pytest.mark.parametrize(("goes_on", "second"), [(False, "nano"), (True, "{folder}/runs/loop/models/1")])
def test_training_by_a_recipe_begins_from_the_base_or_from_the_last_merged_weights(
    tmp_path: Path, goes_on: bool, second: str
) -> None:
    commands = Commands({"nano": 100, "1": 130, "2": 150})
    walked(rounds.load(recipe(tmp_path, train="train.toml"), (f"goes_on={str(goes_on).lower()}", "rounds=2")), commands)
    models = [word for arguments in commands.named("train") for word in arguments if word.startswith("model=")]
    assert models == ["model=nano", f"model={second.format(folder=tmp_path)}"]


def test_model_that_someone_else_serves_cannot_be_replaced_by_a_rounds_and_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="needs dir and serve"):
        rounds.load(recipe(tmp_path), ('models.thinker={name = "x", url = "http://127.0.0.1:9/v1"}',))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ("rounds=0", "rounds"),
        ("test.data=dev", "nothing would be held out"),
        ('models.auditor.name="x"', "a loop has one model"),
        ("roundz=3", "did you mean rounds"),
    ],
)
def test_recipe_that_makes_no_sense_is_refused(tmp_path: Path, changes: str, said: str) -> None:
    with pytest.raises(SetupError, match=said):
        rounds.load(recipe(tmp_path), (changes,))


def test_folder_of_another_recipe_is_refused(tmp_path: Path) -> None:
    walked(rounds.load(recipe(tmp_path)), Commands({"nano": 100, "1": 90}))
    with pytest.raises(SetupError, match="another recipe"):
        walked(rounds.load(recipe(tmp_path), ("rounds=2",)), Commands({}))


def test_missing_development_data_is_told_in_a_line_and_stops_the_loop(tmp_path: Path) -> None:
    stopped = cogito_here("loop", str(recipe(tmp_path)))
    assert stopped.returncode == 2
    assert "holds no" in stopped.stderr
    assert "the loop stops here" in stopped.stderr


def test_shipped_recipe_loads_and_names_recipes_that_are_there() -> None:
    shipped = Path(__file__).parents[1] / "recipes"
    settings = rounds.load(shipped / "loop.toml")
    assert Path(settings.build) == shipped / "cogito-545k.toml"
    assert Path(settings.build).exists()
