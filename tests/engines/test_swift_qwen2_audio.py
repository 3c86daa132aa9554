"""Audio-Reasoner's training: rows that the road made by its recipe, and ms-swift over a tiny random Qwen2-Audio.

In the environment that ms-swift asks for with this model, which is made on request alone, and in ms-swift's own, with a
transformers that it warns of: so each run of the engines proves the recipe, and it is known where both agree.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from audio_cogito.forms import WHOLE, sections
from audio_cogito.train import recipe as recipes
from audio_cogito.train.tensors import header
from engines.conftest import Say, environment
from road import cogito, serving, write_tones

pytestmark = pytest.mark.engine
HERE = Path(__file__).parent
RECIPES = HERE.parents[1] / "recipes"
RECIPE = RECIPES / "train-full-qwen2-audio.toml"
CLIPS, TOO_LONG = 8, 2
QUIET = {"HF_HUB_OFFLINE": "1", "PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1"}
ON_A_CPU = (
    "swift.use_cpu=true",
    'swift.deepspeed=""',
    "swift.torch_dtype=float32",
    "swift.dataset_num_proc=1",
    "swift.dataloader_num_workers=0",
    'environment.CUDA_VISIBLE_DEVICES=""',
    'environment.NPROC_PER_NODE="1"',
    *(f'environment.{name}="{value}"' for name, value in QUIET.items()),
)
SMALL = (
    "swift.learning_rate=3e-3",
    "swift.num_train_epochs=12",
    "swift.gradient_accumulation_steps=1",
    "swift.warmup_ratio=0",
)
"""Steps that a model of random weights learns by; the recipe's are for one that can hear already."""


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made by recipes/cota.toml; two of its sounds last 31 s."""
    folder = tmp_path_factory.mktemp("cota")
    write_tones(folder / "recordings", CLIPS, seconds=2.0)
    write_tones(folder / "recordings" / "long", TOO_LONG, seconds=31.0)
    with serving() as url:
        roles = ("annotator", "thinker", "auditor")
        servers = [f"models.{role}.{key}" for role in roles for key in (f"url={url}", "name=scripted")]
        places = [f"{key}={folder / name}" for key, name in {"sources.folder.path": "recordings", "run": "run"}.items()]
        places += [f"store={folder / 'store'}", "collect.max_seconds=40", "collect.processes=0"]
        done = cogito("build", str(RECIPES / "cota.toml"), *places, *servers)
    assert done.returncode == 0, done.stderr[-3000:]
    return folder / "run"


@pytest.fixture(scope="session", params=["swift", "qwen2_audio"])
def python(request: pytest.FixtureRequest) -> Path:
    return environment(request.param, on_request=request.param == "qwen2_audio")


@pytest.fixture(scope="session")
def model(python: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("qwen2_audio")
    engine(python, "checkpoint_qwen2_audio.py", folder)
    return folder


@pytest.fixture(scope="session")
def trained(run: Path, python: Path, model: Path, tmp_path_factory: pytest.TempPathFactory, say: Say) -> Path:
    out = tmp_path_factory.mktemp("trained") / "out"
    done = train(run, out, python, model, *SMALL)
    assert done.returncode == 0, done.stderr[-3000:]
    told = record(out)
    versions = f"transformers {told['versions']['transformers']}"
    say(f"Qwen2-Audio by ms-swift, {versions}: loss {told['first_loss']:.3f} to {told['last_loss']:.3f}")
    return out


def engine(python: Path, script: str, *arguments: object) -> None:
    command = [str(python), str(HERE / script), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | QUIET)
    assert done.returncode == 0, done.stderr[-3000:]


def train(run: Path, out: Path, python: Path, model: Path, *changes: str) -> subprocess.CompletedProcess[str]:
    told = [f'python="{python}"', f'model="{model}"', *ON_A_CPU, *changes]
    command = [sys.executable, "-m", "audio_cogito.cli", "train", str(run), "--recipe", str(RECIPE), "--out", str(out)]
    return subprocess.run([*command, *told], capture_output=True, text=True, check=False)


def record(out: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((out / "train.json").read_text())
    return found


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_the_loss_falls_on_rows_in_audio_reasoners_tags(trained: Path) -> None:
    told, rows = record(trained), lines(trained / "rows.jsonl")
    assert told["last_loss"] < told["first_loss"] / 3
    assert (told["state"], told["rows"], told["modules"]) == ("finished", len(rows), [])
    assert len(rows) >= CLIPS
    for row in rows:
        question, answer = (message["content"] for message in row["messages"])
        assert sections(answer, WHOLE)
        assert "<" not in question.removeprefix("<audio>")  # the form is the system prompt's to say


def test_sounds_over_30_s_are_refused_by_name(trained: Path) -> None:
    left = lines(trained / "left-out.jsonl")
    assert len(left) >= TOO_LONG
    assert {row["reason"] for row in left} == {"a sound over 30 s"}


def test_all_parameters_are_trained_and_saved_under_the_published_names(trained: Path, model: Path) -> None:
    base, after = weights(model), weights(trained / "model")
    assert after.keys() == base.keys()
    assert {name.partition(".")[0] for name in base} == {"audio_tower", "multi_modal_projector", "language_model"}
    assert [name for name in base if after[name] == base[name]] == []


def test_transformers_loads_the_result_and_it_answers_in_the_form(trained: Path, python: Path, tmp_path: Path) -> None:
    system = recipes.load(RECIPE).swift["system"]
    engine(python, "loading_qwen2_audio.py", trained / "model", trained / "rows.jsonl", system, tmp_path)
    told = json.loads((tmp_path / "told.json").read_text())
    assert (told["missing_keys"], told["unexpected_keys"]) == ([], [])
    assert told["said"].startswith("<THINK>\n<PLANNING>\nI hear ")


def test_rows_encoded_otherwise_than_a_server_does_are_not_trained_on(
    run: Path, python: Path, model: Path, tmp_path: Path
) -> None:
    if python.parents[1].name == "swift":
        pytest.skip("held in qwen2_audio, and of other templates in test_swift.py: each start of ms-swift costs 20 s")
    other = shutil.copytree(model, tmp_path / "other")
    (template,) = other.glob("chat_template.*")
    assert "Audio " in template.read_text()
    template.write_text(template.read_text().replace("Audio ", "Sound "))
    done = train(run, tmp_path / "out", python, other)
    assert done.returncode == 2
    assert "the question is not encoded as a server encodes it" in done.stderr
    assert not (tmp_path / "out" / "swift").exists()


def weights(folder: Path) -> dict[str, bytes]:
    """The bytes of each tensor."""
    data = (folder / "model.safetensors").read_bytes()
    begin = 8 + int.from_bytes(data[:8], "little")
    places = {name: entry["data_offsets"] for name, entry in header(folder / "model.safetensors").items()}
    return {name: data[begin + start : begin + end] for name, (start, end) in places.items()}
