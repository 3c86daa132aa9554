"""`cogito train` with the real ms-swift on the built-in model: it learns, it resumes, what it
learnt is served, and both traps are caught."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from itertools import islice
from pathlib import Path

import pytest
import soundfile

from audio_cogito import nano
from audio_cogito.audio import RATE, Sounds
from audio_cogito.run import Run
from audio_cogito.stages import verify
from audio_cogito.train import parameters
from audio_cogito.train.tensors import header
from engines import answers
from engines.conftest import Say, environment
from engines.test_nano import same_answers
from training_runs import tone_trace, write_training_run

pytestmark = pytest.mark.engine
RECIPE = Path(__file__).parents[2] / "recipes" / "train-cpu.toml"
PROGRAM = [sys.executable, "-m", "audio_cogito.cli"]
ROWS = 24
LONGER = ("swift.num_train_epochs=3", "swift.save_steps=5")
"""Eighteen steps."""
LANGUAGE = '"thinker.model.*", "thinker.lm_head"'


@pytest.fixture(scope="session")
def python() -> Path:
    return environment("swift")


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run of tones of different lengths, each with a question whose chain and answer can be learnt by heart."""
    folder = tmp_path_factory.mktemp("swift")
    found = write_training_run(folder, [tone_trace(Sounds(folder / "audio"), number) for number in range(ROWS)])
    return Run(found.folder)


def train(run: Run, out: Path, python: Path, *changes: str, recipe: Path = RECIPE) -> subprocess.CompletedProcess[str]:
    told = command(run, out, python, *changes, recipe=recipe)
    return subprocess.run(told, capture_output=True, text=True, check=False)


def command(run: Run, out: Path, python: Path, *changes: str, recipe: Path = RECIPE) -> list[str]:
    told = [f'python="{python}"', 'environment.OMP_NUM_THREADS="1"', *changes]
    return [*PROGRAM, "train", str(run.folder), "--recipe", str(recipe), "--out", str(out), *told]


def logged(out: Path) -> list[float]:
    """The losses in the order in which the trainer logged them, one a step."""
    lines = map(json.loads, (out / "swift" / "logging.jsonl").read_text().splitlines())
    return [line["loss"] for line in lines if "loss" in line]


@pytest.fixture(scope="session")
def uninterrupted(run: Run, python: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("uninterrupted") / "out"
    done = train(run, out, python, *LONGER)
    assert done.returncode == 0, done.stderr[-3000:]
    return out


def test_the_loss_falls_and_the_audio_tower_is_left_alone(uninterrupted: Path, say: Say) -> None:
    found = logged(uninterrupted)
    first, last = found[0], found[-1]
    say(f"ms-swift on the built-in model: loss {first:.3f} to {last:.3f} in {len(found)} steps")
    assert last < first / 2
    record = json.loads((uninterrupted / "train.json").read_text())
    assert record["state"] == "finished"
    assert record["rows"] == ROWS
    assert record["versions"]["peft"] == "0.18.1"
    assert all(".self_attn." in name and "audio_tower" not in name for name in record["modules"])


def test_killed_and_resumed_goes_on_from_its_last_whole_checkpoint_with_the_same_losses(
    run: Run, python: Path, uninterrupted: Path, tmp_path: Path, say: Say
) -> None:
    """How far the trainer is when it is killed is its own affair; from which checkpoint it goes on is not."""
    out, whole = tmp_path / "out", logged(uninterrupted)
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
    before, kept = logged(out), last_saved(out)
    assert 5 <= kept <= len(before) < len(whole)
    assert before == pytest.approx(whole[: len(before)], rel=1e-6)
    again = train(run, out, python, *LONGER)
    assert again.returncode == 0, again.stderr[-3000:]
    assert f"resuming from checkpoint-{kept}\n" in again.stderr
    assert logged(out)[len(before) :] == pytest.approx(whole[kept:], rel=1e-6)  # it began behind that checkpoint
    last = out / "swift" / f"checkpoint-{len(whole)}"
    assert json.loads((last / "args.json").read_text())["resume_from_checkpoint"].endswith(f"/checkpoint-{kept}")
    history = json.loads((last / "trainer_state.json").read_text())["log_history"]
    assert [line["step"] for line in history] == list(range(1, len(whole) + 1))
    assert [line["loss"] for line in history] == pytest.approx(whole, rel=1e-6)
    say(f"killed at step {len(before)}, resumed from checkpoint-{kept}")


def last_saved(out: Path) -> int:
    """The last step whose checkpoint is whole."""
    states = [json.loads(path.read_text()) for path in (out / "swift").glob("checkpoint-*/trainer_state.json")]
    return int(max(state["global_step"] for state in states))


def test_all_parameters_but_the_frozen_towers_are_trained(run: Run, python: Path, tmp_path: Path, say: Say) -> None:
    text = RECIPE.read_text().replace('tuner_type = "lora"', 'tuner_type = "full"')
    text = text.replace("[adapter]", "[parameters]").replace('"thinker.model.layers.*.self_attn.?_proj"', LANGUAGE)
    recipe, out = tmp_path / "full.toml", tmp_path / "out"
    recipe.write_text(text)
    done = train(run, out, python, "swift.max_steps=2", "swift.save_steps=2", recipe=recipe)
    assert done.returncode == 0, done.stderr[-3000:]
    parts = json.loads((out / "train.json").read_text())["changed"]
    frozen = [part for part in parts if part["modules"].startswith(("thinker.audio_tower.", "thinker.visual."))]
    assert len(frozen) > 20
    assert all(part["changed"] == 0 for part in frozen)
    moved = {part["modules"]: part["changed"] for part in parts if part["changed"] == part["of"]}
    assert moved.keys() >= {"thinker.lm_head", "thinker.model.embed_tokens"}
    assert moved["thinker.model.layers.*.self_attn.q_proj"] == 4
    say(f"all parameters, two steps: {sum(part['changed'] for part in parts)} of {sum(p['of'] for p in parts)} modules")


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


def merge(training: Path, out: Path, *options: str) -> Path:
    told = [*PROGRAM, "merge", str(training), "--out", str(out), *options]
    done = subprocess.run(told, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return out


@pytest.fixture(scope="session")
def merged(uninterrupted: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return merge(uninterrupted, tmp_path_factory.mktemp("merged") / "model")


def test_the_merged_model_is_a_checkpoint_of_the_same_tensors_words_and_template(merged: Path) -> None:
    assert set(header(merged / nano.WEIGHTS)) == set(header(nano.SHIPPED / nano.WEIGHTS))
    for name in (nano.TOKENIZER, nano.TEMPLATE, "vocab.json", "merges.txt", "tokenizer_config.json"):
        assert (merged / name).read_bytes() == (nano.SHIPPED / name).read_bytes()


@pytest.mark.parametrize("scale", [0.5, 1.0])
def test_merged_is_the_base_and_so_much_of_what_was_learnt(
    uninterrupted: Path, merged: Path, tmp_path: Path, scale: float
) -> None:
    """To two roundings of BF16: of what is added, and of the sum. No other tensor moves by a bit."""
    found = merged if scale == 1 else merge(uninterrupted, tmp_path / "half", "--scale", str(scale))
    base, now = parameters.tensors(nano.SHIPPED), parameters.tensors(found)
    adapter = {name: parameters.read(tensor) for name, tensor in parameters.tensors(uninterrupted / "adapter").items()}
    modules = json.loads((uninterrupted / "train.json").read_text())["modules"]
    assert parameters.compare(nano.SHIPPED, found).changed == modules
    for module in modules:
        a, b = (adapter[f"base_model.model.{module}.lora_{side}.weight"] for side in "AB")
        before, after = (parameters.read(tensors[f"{module}.weight"]) for tensors in (base, now))
        learnt = 32 / 8 * (b @ a)  # lora_alpha over lora_rank
        allowed = 2.0**-8 * (abs(before) + abs(learnt))
        assert (abs(before + scale * learnt - after) <= allowed).all()
        assert (abs(before + (1.5 - scale) * learnt - after) > allowed).any()


def test_a_sweep_asks_each_scale_and_scale_1_answers_what_was_learnt(
    run: Run, uninterrupted: Path, tmp_path: Path, say: Say
) -> None:
    items = questions(run, tmp_path / "dev", count=4)
    told = ["sweep", str(uninterrupted), "--scales", "0.5", "--benchmark", "custom", "--data", str(tmp_path / "dev")]
    done = subprocess.run(
        [str(environment("swift")), "-m", "audio_cogito.cli", *told, "--out", str(tmp_path / "out")],
        env=answers.beside(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    half, whole = json.loads((tmp_path / "out" / "sweep.json").read_text())["scales"]
    assert [(one["scale"], one["answered"]) for one in (half, whole)] == [(0.5, items), (1.0, items)]
    assert whole["right"] == items
    assert half["beside"]["pairs"] == items
    assert not list((tmp_path / "out").glob("weights-*"))
    say(f"a sweep: {half['right']} of {items} right at scale 0.5, {whole['right']} at scale 1")


def questions(run: Run, folder: Path, count: int) -> int:
    """Some of what was learnt by heart, as a benchmark."""
    folder.mkdir()
    rows, sounds = [], Sounds(run.folder.parent / "audio")
    for number, trace in enumerate(islice(verify.traces(run), count)):
        question, name = trace.question, f"{number}.wav"
        soundfile.write(folder / name, sounds.samples(question.clips[0].id), RATE)
        row = {"id": name, "audio": name, "question": question.text, "choices": question.choices}
        rows.append(row | {"answer": trace.answer})
    (folder / "benchmark.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return len(rows)


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
