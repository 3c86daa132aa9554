"""What a training of all parameters changed, read from saved weights: two small checkpoints side by side."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np
import pytest

import fake_swift
from audio_cogito.errors import SetupError
from audio_cogito.train import parameters
from audio_cogito.train.recipe import Touched
from audio_cogito.train.record import Part
from fake_swift import MODULES, TOWER

QWEN = Touched(touches=("thinker.model.*", "thinker.lm_head"), frozen=("thinker.audio_tower.*",))
LANGUAGE = (*MODULES, "thinker.lm_head")


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return model(tmp_path / "base")


def model(folder: Path, *changed: str) -> Path:
    folder.mkdir()
    fake_swift.write_model(folder / "model.safetensors", changed)
    return folder


def write(path: Path, name: str, type: str, data: bytes, shape: tuple[int, ...]) -> Path:
    head = json.dumps({name: {"dtype": type, "shape": shape, "data_offsets": [0, len(data)]}}).encode()
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(struct.pack("<Q", len(head)) + head + data)
    return path.parent


def test_changed_modules_are_told_apart_from_those_that_stayed(base: Path, tmp_path: Path) -> None:
    found = parameters.compare(base, model(tmp_path / "trained", *LANGUAGE))
    assert (found.changed, found.same) == (sorted(LANGUAGE), sorted(TOWER))


def test_modules_of_all_layers_are_counted_together(base: Path, tmp_path: Path) -> None:
    assert parameters.check(base, model(tmp_path / "trained", *LANGUAGE), QWEN) == (
        Part(modules="thinker.audio_tower.layers.*.fc*", changed=0, of=2),
        Part(modules="thinker.lm_head", changed=1, of=1),
        Part(modules="thinker.model.layers.*.self_attn.q_proj", changed=1, of=1),
        Part(modules="thinker.model.layers.*.self_attn.v_proj", changed=1, of=1),
    )


def test_a_tower_that_was_to_stay_frozen_and_moved_is_told(base: Path, tmp_path: Path) -> None:
    trained = model(tmp_path / "trained", *LANGUAGE, TOWER[1])
    for check in (parameters.check, parameters.check_frozen):
        with pytest.raises(SetupError, match=r"thinker.audio_tower.\* is to stay frozen, and 1 of its modules"):
            check(base, trained, QWEN)


def test_early_only_what_is_frozen_is_looked_at(base: Path, tmp_path: Path) -> None:
    parameters.check_frozen(base, trained := model(tmp_path / "trained", "thinker.lm_head"), QWEN)
    with pytest.raises(SetupError, match=r"thinker.model.\* is to be trained, and nothing of it was"):
        parameters.check(base, trained, QWEN)


def test_weights_that_are_the_bases_are_told(base: Path, tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="none of them is other than the base model's"):
        parameters.check(base, model(tmp_path / "trained"), QWEN)


def test_what_the_recipe_does_not_name_must_not_move(base: Path, tmp_path: Path) -> None:
    wanted = Touched(touches=("thinker.model.*",))
    with pytest.raises(SetupError, match=r"1 modules were trained that the recipe does not name, such as thinker.lm_h"):
        parameters.check(base, model(tmp_path / "trained", *LANGUAGE), wanted)


def test_a_frozen_part_that_is_not_in_the_checkpoint_is_told(base: Path, tmp_path: Path) -> None:
    wanted = Touched(touches=("thinker.*",), frozen=("audio_tower.*",))
    with pytest.raises(SetupError, match=r"audio_tower.\* is to stay frozen, and the checkpoint holds nothing of it"):
        parameters.check(base, model(tmp_path / "trained", *LANGUAGE), wanted)


def test_what_only_the_base_has_is_left_out_and_what_only_the_trained_has_is_refused(tmp_path: Path) -> None:
    one = write(tmp_path / "one" / "a.safetensors", "w", "F32", b"\0" * 4, (1,))
    two = write(tmp_path / "two" / "a.safetensors", "w", "F32", b"\0" * 4, (1,))
    write(two / "b.safetensors", "talker", "F32", b"\0" * 4, (1,))
    assert parameters.compare(two, one).same == ["w"]
    with pytest.raises(SetupError, match="holds 1 tensors that .* does not, such as talker"):
        parameters.compare(one, two)


@pytest.mark.parametrize(
    ("type", "bits"),
    [("BF16", [0x3F80, 0xBF80, 0x3F82, 0x3EAB]), ("F16", [0x3C00, 0xBC04, 0x3C0C, 0x3555])],
)
def test_the_same_numbers_as_another_type_are_the_same_and_the_next_number_is_not(
    tmp_path: Path, type: str, bits: list[int]
) -> None:
    """The second and the third lie in the middle between two numbers of BF16: torch takes the even one."""
    numbers = np.array([1.0, -1.00390625, 1.01171875, 1 / 3], "<f4")
    base = write(tmp_path / "base" / "m.safetensors", "w", "F32", numbers.tobytes(), (4,))
    same = write(tmp_path / "same" / "m.safetensors", "w", type, np.array(bits, "<u2").tobytes(), (4,))
    assert parameters.compare(base, same).same == ["w"]
    bits[3] += 1
    other = write(tmp_path / "other" / "m.safetensors", "w", type, np.array(bits, "<u2").tobytes(), (4,))
    assert parameters.compare(base, other).changed == ["w"]


def test_a_base_in_sixteen_bits_fits_into_thirty_two(tmp_path: Path) -> None:
    base = write(tmp_path / "base" / "m.safetensors", "w", "BF16", np.array([0x3F80, 0x3EAB], "<u2").tobytes(), (2,))
    held = np.array([1.0, 0.333984375], "<f4")
    assert parameters.compare(base, write(tmp_path / "a" / "m.safetensors", "w", "F32", held.tobytes(), (2,))).same
    moved = np.nextafter(held, np.float32(1))
    assert parameters.compare(base, write(tmp_path / "b" / "m.safetensors", "w", "F32", moved.tobytes(), (2,))).changed


def test_a_change_behind_the_first_million_numbers_is_found(tmp_path: Path) -> None:
    numbers = np.zeros(parameters.AT_ONCE + 5, np.float32)
    base = write(tmp_path / "base" / "m.safetensors", "w", "F32", numbers.tobytes(), numbers.shape)
    numbers[-1] = 1e-30
    trained = write(tmp_path / "trained" / "m.safetensors", "w", "F32", numbers.tobytes(), numbers.shape)
    assert parameters.compare(base, trained).changed == ["w"]


def test_weights_that_cannot_be_compared_are_told_in_a_line(base: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(SetupError, match="holds no safetensors"):
        parameters.compare(base, tmp_path / "empty")
    eighth = write(tmp_path / "eighth" / "m.safetensors", "thinker.lm_head.weight", "F8_E4M3", b"\0", (1,))
    with pytest.raises(SetupError, match="the type F8_E4M3"):
        parameters.compare(base, eighth)
