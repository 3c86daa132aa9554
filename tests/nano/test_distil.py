"""Rows become a checkpoint: only the reply is taught, twice the same, and what cannot be taught is said before."""

from __future__ import annotations

import errno
import json
import os
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from audio_cogito import nano
from audio_cogito.nano import distil

pytest.importorskip("torch", reason="pip install 'audio-cogito[nano]'")

import torch

from audio_cogito.errors import SetupError
from audio_cogito.nano import checkpoint, rehearsal
from audio_cogito.nano.pretrain import MALLOC
from audio_cogito.nano.schedule import Further
from audio_cogito.nano.teaching import NOT_TAUGHT

REPLY = "<think>\nI hear a low bell at 1.5\n</think>\n\nsiren"


def sound(folder: Path, seconds: float = 1.3, name: str = "sound.flac", rate: int = 16_000) -> str:
    samples = (np.random.default_rng(0).standard_normal(round(seconds * rate)) * 3000).astype(np.int16)
    soundfile.write(folder / name, samples, rate, subtype="PCM_16")
    return name


def row(*sounds: str, reply: str = REPLY, question: str = "Which sound comes first?") -> dict[str, object]:
    user = "<audio>" * len(sounds) + question
    return {
        "messages": [{"role": "user", "content": user}, {"role": "assistant", "content": reply}],
        "audios": list(sounds),
    }


def rows(folder: Path, *lines: dict[str, object]) -> Path:
    path = folder / "train.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def test_what_is_taught_is_learnt_and_the_base_stays(fresh: Path, tmp_path: Path) -> None:
    base = (fresh / nano.WEIGHTS).read_bytes()
    path = rows(tmp_path, *[row(sound(tmp_path))] * 4)
    settings = Further(epochs=25, batch=4, rate=5e-3)
    rehearsal.distil(path, tmp_path / "taught", model=f"hf:{fresh}", settings=settings)
    assert (fresh / nano.WEIGHTS).read_bytes() == base
    assert nano.revision(tmp_path / "taught") != nano.revision(fresh)
    before, after = (_loss(folder, path) for folder in (fresh, tmp_path / "taught"))
    assert after < before / 4
    assert not (tmp_path / ".taught.part").exists()


def _loss(folder: Path, path: Path) -> float:
    thinker, tokenizer = checkpoint.load(folder)
    batch = rehearsal._batch(rehearsal.read(path, tokenizer), tokenizer)
    sounds = thinker.audio_tower(batch.mels, batch.lengths)
    audio = tokenizer.token_to_id("<|audio_pad|>")
    return float(rehearsal.writing_loss(thinker, sounds, batch, audio)[0])


def test_only_the_reply_is_taught(fresh: Path, tmp_path: Path) -> None:
    _, tokenizer = checkpoint.load(fresh)
    short, long = row(sound(tmp_path)), row(sound(tmp_path, 2.4, "long.flac"), question="How many times is it heard?")
    batch = rehearsal._batch(rehearsal.read(rows(tmp_path, short, long), tokenizer), tokenizer)
    for labels in batch.labels:
        taught = [int(label) for label in labels if label != NOT_TAUGHT]
        assert tokenizer.decode(taught, skip_special_tokens=False) == f"{REPLY}<|im_end|>\n"
    assert batch.lengths.tolist() == [13 + 4, 26 + 5]


def test_the_same_rows_give_the_same_weights(fresh: Path, tmp_path: Path) -> None:
    path = rows(
        tmp_path, row(sound(tmp_path)), row(sound(tmp_path, 2.0, "b.flac")), row(sound(tmp_path, 0.9, "c.flac"))
    )
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        settings = Further(batch=1, random_seed=seed)
        rehearsal.distil(path, tmp_path / name, model=f"hf:{fresh}", settings=settings)
    a, b, c = (nano.revision(tmp_path / name) for name in "abc")
    assert a == b
    assert a != c


def test_a_new_checkpoint_has_finite_weights_of_the_old_names(fresh: Path, tmp_path: Path) -> None:
    rehearsal.distil(rows(tmp_path, row(sound(tmp_path))), tmp_path / "new", model=f"hf:{fresh}", settings=Further())
    old, new = (checkpoint.load(folder)[0].state_dict() for folder in (fresh, tmp_path / "new"))
    assert old.keys() == new.keys()
    assert all(bool(torch.isfinite(weight).all()) for weight in new.values())


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        ([], "holds no row: nothing was accepted"),
        (["long.flac"], "0.1 to 10 s, long.flac has 10.50 s"),
        (["sound.flac", "gone.flac"], "line 2: .*gone.flac is not there"),
        (["fast.flac"], "not 16,000 Hz mono"),
        (["text.flac"], "no sound that can be read"),
    ],
)
def test_what_cannot_be_taught_is_said_in_a_line(fresh: Path, tmp_path: Path, lines: list[str], fault: str) -> None:
    sound(tmp_path)
    sound(tmp_path, 10.5, "long.flac")
    sound(tmp_path, 1, "fast.flac", rate=22_050)
    (tmp_path / "text.flac").write_text("no sound")
    with pytest.raises(SetupError, match=fault) as error:
        rehearsal.distil(rows(tmp_path, *map(row, lines)), tmp_path / "out", model=f"hf:{fresh}", settings=Further())
    assert "\n" not in str(error.value)
    assert not (tmp_path / "out").exists()


def test_a_row_out_of_form_is_named(fresh: Path, tmp_path: Path) -> None:
    name = sound(tmp_path)
    for bad in (row(name, name), row(name, reply="siren"), {"messages": []}):
        with pytest.raises(SetupError, match=r"line 2: "):
            rehearsal.distil(rows(tmp_path, row(name), bad), tmp_path / "out", model=f"hf:{fresh}", settings=Further())


def test_a_checkpoint_that_is_there_is_not_written_over(fresh: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with pytest.raises(SetupError, match="is there already"):
        rehearsal.distil(rows(tmp_path, row(sound(tmp_path))), tmp_path / "out", model="nano", settings=Further())


def test_the_command_ends_with_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nano, "NEEDS", ("torch_that_is_not_there",))
    monkeypatch.setattr(sys, "argv", ["distil", str(tmp_path / "rows.jsonl"), "--out", str(tmp_path / "out")])
    with pytest.raises(SystemExit, match=r"^cogito: .*pip install"):
        distil.main()


def test_a_full_disk_is_said_by_its_file_and_leaves_nothing_half_made(
    fresh: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(source: Path, target: Path) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(source), None, str(target))

    path = rows(tmp_path, row(sound(tmp_path)))
    monkeypatch.setattr(shutil, "copyfile", full)
    monkeypatch.setattr(sys, "argv", ["distil", str(path), "--out", str(tmp_path / "out"), "--model", f"hf:{fresh}"])
    for name, value in MALLOC.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit, match=r"^cogito: .*\.out\.part/[a-z_.]+: No space left on device$"):
        distil.main()
    assert not list(tmp_path.glob("*out*"))


def test_a_processor_without_bf16_is_said_and_teaches_all_the_same(
    fresh: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(rehearsal, "has_bf16", lambda: False)
    path = rows(tmp_path, row(sound(tmp_path)))
    rehearsal.distil(path, tmp_path / "out", model=f"hf:{fresh}", settings=Further())
    assert capsys.readouterr().out.count("this processor has no bf16: float32 is used") == 1
    assert (tmp_path / "out" / nano.WEIGHTS).exists()
