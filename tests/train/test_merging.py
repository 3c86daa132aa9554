"""`cogito merge` over a stand-in for ms-swift: a whole folder or none, at a scale, from the training that it says."""

from __future__ import annotations

import json
import struct
import subprocess
from pathlib import Path
from typing import Any

import pytest

import fake_swift
from audio_cogito.models import weights
from road import cogito_here
from training_runs import trace_of, write_train_recipe, write_training_run


@pytest.fixture
def base(tmp_path: Path) -> Path:
    folder = tmp_path / "base"
    folder.mkdir()
    fake_swift.write_weights(folder / "model.safetensors", 1)
    for name in ("config.json", "tokenizer.json", "chat_template.jinja", "vocab.txt", "args.json"):
        (folder / name).write_text('"the base\'s"')
    return folder


@pytest.fixture
def training(tmp_path: Path, base: Path) -> Path:
    return trained(tmp_path, base)


def trained(folder: Path, base: Path, **tables: Any) -> Path:
    run = write_training_run(folder, [trace_of(f"sound {i}") for i in range(3)])
    recipe = write_train_recipe(folder, model=str(base), **tables)
    done = cogito_here("train", str(run.folder), "--recipe", str(recipe))
    assert done.returncode == 0, done.stderr
    return run.folder / "train" / "train"


def merge(training: Path, out: Path, *rest: str) -> subprocess.CompletedProcess[str]:
    return cogito_here("merge", str(training), "--out", str(out), *rest)


def number(folder: Path) -> float:
    (found,) = struct.unpack("<f", (folder / "model.safetensors").read_bytes()[-4:])
    return float(found)


def wrong(monkeypatch: pytest.MonkeyPatch, **told: Any) -> None:
    monkeypatch.setenv("FAKE_SWIFT", json.dumps({key.replace("_", " "): value for key, value in told.items()}))


def test_merged_folder_has_new_weights_and_reads_and_writes_as_the_base_does(training: Path, tmp_path: Path) -> None:
    done = merge(training, tmp_path / "merged")
    assert done.returncode == 0, done.stderr
    out = tmp_path / "merged"
    assert number(out) == 32
    assert json.loads((out / "config.json").read_text()) == "merged"
    for name in ("tokenizer.json", "chat_template.jinja", "vocab.txt"):
        assert json.loads((out / name).read_text()) == "the base's"
    assert not (out / "args.json").exists()
    assert weights.revision(out) in done.stderr
    assert {path.name for path in tmp_path.glob(".*.part")} == set()


def test_scale_multiplies_what_peft_multiplies_with(training: Path, tmp_path: Path) -> None:
    assert merge(training, tmp_path / "half", "--scale", "0.5").returncode == 0
    assert number(tmp_path / "half") == 16
    assert json.loads((training / "adapter/adapter_config.json").read_text())["lora_alpha"] == 32


def test_other_scales_are_other_revisions_and_the_record_beside_them_is_none(training: Path, tmp_path: Path) -> None:
    for name, scale in (("a", "0.5"), ("b", "1"), ("c", "1")):
        assert merge(training, tmp_path / name, "--scale", scale).returncode == 0
    a, b, c = (weights.revision(tmp_path / name) for name in "abc")
    assert a != b == c
    (tmp_path / "c" / "merge.json").unlink()
    assert weights.revision(tmp_path / "c") == c


def test_merge_that_is_done_is_not_done_again_and_another_is_refused(training: Path, tmp_path: Path) -> None:
    out = tmp_path / "merged"
    merge(training, out)
    (training / "merge.log").unlink()
    assert "merged already" in merge(training, out).stderr
    assert not (training / "merge.log").exists()
    other = merge(training, out, "--scale", "2")
    assert other.returncode == 2
    assert "is there and is not this merge" in other.stderr
    assert number(out) == 32


@pytest.mark.parametrize(("fault", "said"), [("cannot_merge", "No space left on device"), ("merges_half", "cut short")])
def test_merge_that_fails_is_said_and_leaves_nothing(
    training: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str, said: str
) -> None:
    wrong(monkeypatch, **{fault: True})
    done = merge(training, tmp_path / "merged")
    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not list(tmp_path.glob("*merged*")) + list(tmp_path.glob(".*merged*"))
    wrong(monkeypatch)
    assert merge(training, tmp_path / "merged").returncode == 0


def test_training_of_all_parameters_is_linked_and_has_no_scale(tmp_path: Path, base: Path) -> None:
    training = trained(tmp_path, base, swift={"max_length": 400, "tuner_type": "full"}, adapter=None)
    model = (training / "model").resolve()
    fake_swift.write_weights(model / "model.safetensors", 7)
    (model / "optimizer.pt").write_bytes(b"large")
    done = merge(training, tmp_path / "merged")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "merged/model.safetensors").samefile(model / "model.safetensors")
    assert not (tmp_path / "merged/optimizer.pt").exists()
    assert json.loads((tmp_path / "merged/tokenizer.json").read_text()) == "the base's"
    scaled = merge(training, tmp_path / "half", "--scale", "0.5")
    assert scaled.returncode == 2
    assert "there is no adapter whose scale" in scaled.stderr


def test_folder_that_is_no_finished_training_is_told_in_a_line(training: Path, tmp_path: Path) -> None:
    nothing = merge(tmp_path / "nowhere", tmp_path / "merged")
    assert (nothing.returncode, len(nothing.stderr.strip().splitlines())) == (2, 1)
    assert "holds no train.json" in nothing.stderr
    record = training / "train.json"
    record.write_text(record.read_text().replace('"finished"', '"begun"'))
    assert "is not finished" in merge(training, tmp_path / "merged").stderr
    record.write_text("{")
    assert "cannot be read" in merge(training, tmp_path / "merged").stderr
    assert not (tmp_path / "merged").exists()


@pytest.mark.parametrize("scale", ["0", "-1", "much", "nan", "1e9"])
def test_scale_that_is_no_factor_is_refused(tmp_path: Path, scale: str) -> None:
    refused = cogito_here("merge", str(tmp_path), "--out", str(tmp_path / "merged"), f"--scale={scale}")
    assert refused.returncode == 2


def test_engine_that_is_gone_is_named(training: Path, tmp_path: Path) -> None:
    (tmp_path / "engine/bin/swift").unlink()
    done = merge(training, tmp_path / "merged")
    assert done.returncode == 2
    assert "is the engine there?" in done.stderr
