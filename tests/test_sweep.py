"""`cogito sweep`: one adapter at several scales on the same questions, and what may be said of the best of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from audio_cogito.commands import sweep as command
from audio_cogito.errors import SetupError
from audio_cogito.grading import scores
from audio_cogito.grading.scores import Graded
from audio_cogito.rounds import Held, sweep
from audio_cogito.rounds.commands import Stopped
from audio_cogito.rounds.sweep import Settings, Sweep
from road import cogito_here
from training_runs import trace_of, write_train_recipe, write_training_run

ITEMS = 200
HELD = Held(benchmark="scenes", data="dev")


@pytest.fixture
def training(tmp_path: Path) -> Path:
    run = write_training_run(tmp_path, [trace_of(f"sound {i}") for i in range(3)])
    recipe = write_train_recipe(tmp_path, model=str(tmp_path))
    assert cogito_here("train", str(run.folder), "--recipe", str(recipe), f"model={tmp_path / 'none'}").returncode == 0
    return run.folder / "train" / "train"


class Evaluations:
    """Stands in for `cogito evaluate`: so many of 200 are right at each scale."""

    def __init__(self, right: Mapping[str, int], code: int = 0) -> None:
        self.right, self.code, self.ran = right, code, list[str]()

    def __call__(self, arguments: list[str]) -> int:
        if self.code:
            return self.code
        folder = Path(arguments[arguments.index("--out") + 1])
        scale = folder.name.removeprefix("scale-")
        weights = Path(arguments[arguments.index("--model") + 1].removeprefix("hf:"))
        assert (weights / "model.safetensors").exists()
        assert "think.sampling.temperature=0" in arguments
        self.ran.append(scale)
        graded = [
            Graded(id=f"{n:03d}", correct=int(n < self.right[scale]), rubric=None, outcome="scored", groups={}, said="")
            for n in range(ITEMS)
        ]
        scores.write(folder, graded, scores.summarise("scenes", graded, {}))
        return 0


def swept(training: Path, out: Path, run: Evaluations, *scales: float) -> Sweep:
    settings = Settings(training="t", held=HELD, serve=None)
    return sweep.sweep(training, scales, settings, out, run, lambda line: None)


def test_best_scale_is_found_beside_scale_1_which_is_always_asked(training: Path, tmp_path: Path) -> None:
    run = Evaluations({"0.5": 130, "1": 100, "1.25": 90})
    found = swept(training, tmp_path / "out", run, 0.5, 1.25)
    assert run.ran == ["0.5", "1", "1.25"]
    assert found.best == 0.5
    half, whole, _ = found.scales
    assert whole.beside is None
    assert half.beside is not None
    assert (half.beside.a, half.beside.b, half.beside.pairs) == (50, 65, ITEMS)
    assert half.low < 65 < half.high
    assert (tmp_path / "out/sweep.json").exists()


def test_weights_of_a_scale_are_gone_when_it_is_evaluated(training: Path, tmp_path: Path) -> None:
    swept(training, tmp_path / "out", Evaluations({"1": 100}), 1)
    assert not list((tmp_path / "out").glob("weights-*"))


def test_sweep_that_was_stopped_goes_on_and_evaluates_no_scale_twice(training: Path, tmp_path: Path) -> None:
    right = {"0.5": 120, "1": 100}
    swept(training, tmp_path / "out", first := Evaluations(right), 1)
    with pytest.raises(Stopped):
        swept(training, tmp_path / "out", Evaluations(right, code=4), 0.5)
    swept(training, tmp_path / "out", second := Evaluations(right), 0.5)
    assert (first.ran, second.ran) == (["1"], ["0.5"])


def test_of_equal_scales_the_nearest_to_1_is_picked(training: Path, tmp_path: Path) -> None:
    run = Evaluations({"0.25": 100, "0.75": 100, "1": 90})
    assert swept(training, tmp_path / "out", run, 0.25, 0.75).best == 0.75


def test_best_of_several_is_said_to_be_a_selection_and_held_to_a_divided_level(training: Path, tmp_path: Path) -> None:
    """9 items more of 200 have p = 0.0039: enough for one comparison, and for 0.05 / 4, not for 0.05 / 20."""
    run = Evaluations({"0.5": 109, "1": 100, "1.25": 90, "0.75": 95, "0.25": 80})
    found = swept(training, tmp_path / "out", run, 0.25, 0.5, 0.75, 1.25)
    assert found.needed == pytest.approx(0.05 / 4)
    said = command.told(found)
    assert "better than scale 1" in said
    assert "not shown" not in said
    assert "best of 5 on these very questions" in said
    assert "optimistic" in said
    near = swept(training, tmp_path / "near", Evaluations({"0.5": 103, "1": 100}), 0.5)
    assert "not shown to be better than scale 1" in command.told(near)


def test_folder_of_another_sweep_is_refused(training: Path, tmp_path: Path) -> None:
    swept(training, tmp_path / "out", Evaluations({"1": 100}), 1)
    other = Settings(training="another", held=HELD, serve=None)
    with pytest.raises(SetupError, match="another training or other questions"):
        sweep.sweep(training, [1], other, tmp_path / "out", Evaluations({}), lambda line: None)


def test_served_model_is_named_by_its_folder_and_command() -> None:
    assert sweep.model(Path("/w/weights-0.5"), "vllm serve {dir} --port {port}") == {
        "name": "weights-0.5",
        "dir": "/w/weights-0.5",
        "serve": "vllm serve {dir} --port {port}",
    }


def test_data_that_are_not_there_stop_the_sweep_in_a_line(training: Path, tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere"
    arguments = ["--benchmark", "scenes", "--data", str(nowhere), "--out", str(tmp_path / "out"), "--scales", "1"]
    done = cogito_here("sweep", str(training), *arguments)
    assert done.returncode == 2
    assert "the sweep stops here" in done.stderr


def test_scales_are_factors_each_named_once() -> None:
    for wrong in ("", "0.5,0.5", "0,1", "a"):
        refused = cogito_here("sweep", "t", "--scales", wrong, "--benchmark", "scenes", "--data", "d", "--out", "o")
        assert refused.returncode == 2
