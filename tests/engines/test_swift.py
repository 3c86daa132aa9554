"""`cogito train` with the real ms-swift on the built-in model: it learns, it resumes, what it
learnt is served, and both traps are caught."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from audio_cogito import nano
from audio_cogito.audio import RATE, Sounds, clip_id
from audio_cogito.run import Run
from audio_cogito.train.tensors import header
from audio_cogito.types import Trace
from engines.conftest import Say, environment
from engines.test_nano import same_answers
from exporting import PASSED
from made import make_clip, make_question, make_trace
from training_runs import write_training_run

pytestmark = pytest.mark.engine
RECIPE = Path(__file__).parents[2] / "recipes" / "train-cpu.toml"
PROGRAM = [sys.executable, "-m", "audio_cogito.cli"]
ROWS = 24
LONGER = ("swift.num_train_epochs=3", "swift.save_steps=5")
"""Eighteen steps."""


@pytest.fixture(scope="session")
def python() -> Path:
    return environment("swift")


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run of tones of different lengths, each with a question whose chain and answer can be learnt by heart."""
    folder = tmp_path_factory.mktemp("swift")
    found = write_training_run(folder, [_trace(Sounds(folder / "audio"), number) for number in range(ROWS)])
    return Run(found.folder)


def _trace(sounds: Sounds, number: int) -> Trace:
    time = np.arange(round((1 + number / 10) * RATE)) / RATE
    samples = (8000 * np.sin(2 * np.pi * (300 + 20 * number) * time)).astype("<i2")
    sounds.write(id := clip_id(samples), samples)
    clip = msgspec.structs.replace(make_clip(f"tone {number}", seconds=len(samples) / RATE), id=id)
    question = make_question("beep", "hiss", text="What do you hear first?", clips=(clip,))
    chain = "First to last: a high beep at 0.0. Background: none. The beep comes first, so the answer is beep."
    return make_trace(question, verdicts=PASSED, thinking=chain, pass_rate=1.0)


def train(run: Run, out: Path, python: Path, *changes: str, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(run, out, python, *changes), capture_output=True, text=True, check=False, **options)


def command(run: Run, out: Path, python: Path, *changes: str) -> list[str]:
    told = [f'python="{python}"', 'environment.OMP_NUM_THREADS="1"', *changes]
    return [*PROGRAM, "train", str(run.folder), "--recipe", str(RECIPE), "--out", str(out), *told]


def losses(out: Path) -> dict[int, float]:
    lines = (json.loads(line) for line in (out / "swift" / "logging.jsonl").read_text().splitlines())
    return {int(line["global_step/max_steps"].split("/")[0]): line["loss"] for line in lines if "loss" in line}


@pytest.fixture(scope="session")
def uninterrupted(run: Run, python: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("uninterrupted") / "out"
    done = train(run, out, python, *LONGER)
    assert done.returncode == 0, done.stderr[-3000:]
    return out


def test_the_loss_falls_and_the_audio_tower_is_left_alone(uninterrupted: Path, say: Say) -> None:
    found = losses(uninterrupted)
    first, last = found[1], found[max(found)]
    say(f"ms-swift on the built-in model: loss {first:.3f} to {last:.3f} in {len(found)} steps")
    assert last < first / 2
    record = json.loads((uninterrupted / "train.json").read_text())
    assert record["state"] == "finished"
    assert record["rows"] == ROWS
    assert record["versions"]["peft"] == "0.18.1"
    assert all(".self_attn." in name and "audio_tower" not in name for name in record["modules"])


def test_killed_and_resumed_gives_the_same_losses(run: Run, python: Path, uninterrupted: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with subprocess.Popen(
        command(run, out, python, *LONGER), stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as child:
        assert child.stderr is not None
        for line in child.stderr:
            if line.startswith("step 8 "):
                break
        child.send_signal(signal.SIGTERM)
        child.stderr.read()
    assert child.returncode == 130
    again = train(run, out, python, *LONGER)
    assert again.returncode == 0, again.stderr[-3000:]
    assert "resuming from checkpoint-" in again.stderr  # the trainer may be steps ahead of what was read
    assert losses(out) == pytest.approx(losses(uninterrupted), rel=1e-6)


def test_a_template_that_drops_think_fails_the_run_and_shows_the_row(run: Run, python: Path, tmp_path: Path) -> None:
    """ms-swift told to render by the checkpoint's own chat template, and that to drop all reasoning."""
    model = with_template(tmp_path, "loop.index0 > asked.last and thinking", "false")
    done = train(run, tmp_path / "out", python, f'model="{model}"', "swift.template_backend=jinja")
    assert done.returncode == 2
    assert "<think> stands 0 times in it, not once" in done.stderr
    assert "<|im_start|>assistant\nbeep" in done.stderr.partition("Encoded it reads:")[2]
    assert not (tmp_path / "out" / "swift").exists()


def test_an_adapter_on_the_audio_tower_fails_the_run(run: Run, python: Path, tmp_path: Path) -> None:
    done = train(run, tmp_path / "out", python, "swift.freeze_vit=false", "swift.save_steps=2")
    assert done.returncode == 2
    assert "thinker.audio_tower.* is to stay frozen" in done.stderr
    assert not (tmp_path / "out" / "adapter").exists()


@pytest.fixture(scope="session")
def merged(uninterrupted: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("merged") / "model"
    told = [*PROGRAM, "merge", str(uninterrupted), "--out", str(out)]
    done = subprocess.run(told, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return out


def test_the_merged_model_is_a_checkpoint_of_the_same_tensors_words_and_template(merged: Path) -> None:
    assert set(header(merged / nano.WEIGHTS)) == set(header(nano.SHIPPED / nano.WEIGHTS))
    for name in (nano.TOKENIZER, nano.TEMPLATE, "vocab.json", "merges.txt", "tokenizer_config.json"):
        assert (merged / name).read_bytes() == (nano.SHIPPED / name).read_bytes()


async def test_the_merged_model_says_the_same_served_and_in_process(merged: Path, tmp_path: Path, say: Say) -> None:
    """And it says what was learnt by heart; the base hears low and middle beeps in these tones."""
    said = await same_answers(merged, tmp_path, say)
    assert all("a high beep at 0.0" in text for text in said)


@pytest.mark.parametrize("change", ["rows.loss=answer", 'rows.loss="all but the opening tag"', "rows.weights=true"])
def test_each_loss_is_what_it_says(run: Run, python: Path, tmp_path: Path, change: str) -> None:
    done = train(run, tmp_path / "out", python, change, "swift.max_steps=2")
    assert done.returncode == 0, done.stderr[-3000:]


def test_a_template_that_opens_the_reasoning_itself_is_taken(run: Run, python: Path, tmp_path: Path) -> None:
    model = with_template(tmp_path, "assistant\\n' -}}", "assistant\\n<think>\\n' -}}")
    done = train(run, tmp_path / "out", python, f'model="{model}"', "swift.max_steps=2")
    assert done.returncode == 0, done.stderr[-3000:]


def with_template(folder: Path, before: str, after: str) -> Path:
    """The built-in model with another chat template."""
    shutil.copytree(nano.SHIPPED, folder / "model")
    template = folder / "model" / nano.TEMPLATE
    text = template.read_text()
    assert before in text
    template.write_text(text.replace(before, after))
    return folder / "model"
