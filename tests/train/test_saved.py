"""What is read of files that a trainer writes: an adapter's header, a log, and the rows it encoded."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from audio_cogito.errors import SetupError
from audio_cogito.train import tensors
from audio_cogito.train.lengths import audio_tokens
from audio_cogito.train.progress import Follower, points
from audio_cogito.train.recipe import Touched
from audio_cogito.train.watching import last_word
from fake_swift import MODULES, write_adapter

LINE = {"loss": 1.5, "learning_rate": 1e-5, "global_step/max_steps": "3/9", "train_speed(s/it)": 2.0}
QWEN = Touched(touches=("thinker.model.layers.*.self_attn.?_proj",), frozen=("thinker.audio_tower.*",))


def test_an_adapters_modules_are_named_as_in_the_base_model(tmp_path: Path) -> None:
    write_adapter(tmp_path / "a", [*MODULES, "thinker.model.layers.0.mlp.experts.base_layer"])
    assert tensors.modules(tmp_path / "a") == ["thinker.model.layers.0.mlp.experts", *MODULES]


def test_a_trained_audio_tower_is_told_with_its_number() -> None:
    found = [*MODULES, "thinker.audio_tower.layers.0.self_attn.q_proj", "thinker.audio_tower.layers.1.fc1"]
    assert tensors.faults(found, QWEN) == [
        "thinker.audio_tower.* is to stay frozen, and 2 of its modules were trained, such as"
        " thinker.audio_tower.layers.0.self_attn.q_proj"
    ]
    assert tensors.faults(list(MODULES), QWEN) == []
    assert tensors.faults([], QWEN) == ["it holds no tensor"]


@pytest.mark.parametrize("data", [b"", b"\xff" * 20, b"\x02\0\0\0\0\0\0\0[]", b"\x08\0\0\0\0\0\0\0{}"])
def test_a_file_that_is_no_whole_safetensors_is_told(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a").write_bytes(data)
    with pytest.raises(SetupError, match="is no whole safetensors file"):
        tensors.modules(tmp_path / "a")


def test_an_adapter_cut_short_is_told(tmp_path: Path) -> None:
    write_adapter(tmp_path / "a", list(MODULES))
    (tmp_path / "a").write_bytes((tmp_path / "a").read_bytes()[:-1])
    with pytest.raises(SetupError, match="cut short"):
        tensors.modules(tmp_path / "a")


def test_a_log_is_followed_line_by_line_and_half_a_line_waits(tmp_path: Path) -> None:
    log = tmp_path / "logging.jsonl"
    follower = Follower(log)
    assert follower.news() == []
    text = json.dumps(LINE) + "\n"
    log.write_text(text + text[:20])
    assert [point.step for point in follower.news()] == [3]
    log.write_text(text + text.replace("3/9", "4/9"))
    assert [point.step for point in follower.news()] == [4]
    assert follower.news() == []


def test_a_log_that_was_there_before_is_not_told_again(tmp_path: Path) -> None:
    log = tmp_path / "logging.jsonl"
    log.write_text(json.dumps(LINE) + "\n")
    assert Follower(log).news() == []


def test_a_step_done_again_counts_once_and_other_lines_not(tmp_path: Path) -> None:
    log = tmp_path / "logging.jsonl"
    again = json.dumps(LINE | {"loss": 1.25})
    log.write_text("\n".join((json.dumps(LINE), '{"train_runtime": "3"}', "[1]", again)) + "\n")
    assert [(point.step, point.loss) for point in points(log)] == [(3, 1.25)]


def test_thirteen_tokens_are_a_second_of_qwen3_omni() -> None:
    """The numbers of transformers' own formula for frames of a hundredth of a second."""
    seconds = {1.0: 13, 4.9: 64, 30.0: 390, 0.1: 2, 0.99: 13, 1.01: 14}
    assert {s: audio_tokens(round(s * 16_000), "qwen3-omni") for s in seconds} == seconds


def test_of_several_processes_the_first_that_failed_is_told(tmp_path: Path) -> None:
    """torchrun's own last word says only that a child failed, and the others' that a connection was lost."""
    (tmp_path / "log").write_text(
        "[rank1]: KeyError: 'x'\n[rank1]: Traceback\n[rank1]: torch.OutOfMemoryError: CUDA out of memory\n"
        "[rank0]: torch.distributed.DistBackendError: lost\ntorch.distributed.elastic.ChildFailedError:\n"
    )
    assert last_word(tmp_path / "log") == "[rank1]: torch.OutOfMemoryError: CUDA out of memory"
