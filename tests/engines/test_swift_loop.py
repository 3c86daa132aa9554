"""A loop whose training is ms-swift's, to its end: generate, verify, train, merge, evaluate; and its gate."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

import shuffled
from audio_cogito import steps
from audio_cogito.rounds.walk import RESULT
from engines import answers
from engines.conftest import Say, environment

pytestmark = pytest.mark.engine
RECIPE = Path(__file__).parents[2] / "recipes" / "train-cpu.toml"


def test_round_that_ms_swift_trained_on_shuffled_keys_is_refused(tmp_path: Path, say: Say) -> None:
    recipe = shuffled.loop(tmp_path, train=str(RECIPE), scenes=60, questions=60)
    command = [str(environment("swift")), "-m", "audio_cogito.cli", "loop", str(recipe)]
    done = subprocess.run(command, env=answers.beside(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    record = json.loads((tmp_path / "loop/training/1/train.json").read_text())
    assert record["state"] == "finished"
    (one,) = json.loads((tmp_path / "loop" / RESULT).read_text())["rounds"]
    assert one["carried"] is False
    assert one["gate"]["difference"]["pairs"] > 50
    assert "test set was not read" in done.stdout
    seconds = json.loads((tmp_path / "loop" / steps.FILE).read_text())
    assert list(seconds) == ["development 0", "data 1", "train 1", "merge 1", "development 1"]
    say(f"a loop by ms-swift, {record['rows']} rows: {seconds}")
