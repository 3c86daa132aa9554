"""The weights that come with the package."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

pytest.importorskip("torch", reason="pip install 'audio-cogito[nano]'")

from audio_cogito import nano
from audio_cogito.messages import Sampling
from audio_cogito.models import request
from audio_cogito.nano import checkpoint, exam
from audio_cogito.nano.schedule import EXAM_SEED
from audio_cogito.nano.voice import Voice
from audio_cogito.synth.render import quantised, render
from local_models import asking

ROOT = Path(__file__).parents[2]
RECORD = ROOT / "docs" / "nano-exam.json"
"""The exam of the shipped weights: 1,000 questions, written by `python -m audio_cogito.nano.examine --out`."""
READY_SECONDS = 2.0
ANSWERS_A_SECOND = 30.0


def test_it_is_small_enough_to_ship() -> None:
    thinker, _ = checkpoint.load(nano.SHIPPED)
    assert sum(p.numel() for p in thinker.parameters()) < 8_000_000
    assert sum(file.stat().st_size for file in nano.SHIPPED.iterdir()) < 16 * 2**20


def test_it_has_the_packages_template() -> None:
    ours = Path(nano.__file__).with_name(nano.TEMPLATE)
    assert (nano.SHIPPED / nano.TEMPLATE).read_bytes() == ours.read_bytes()


def test_it_is_ready_at_once_when_torch_is_there_and_needs_neither_transformers_nor_torchvision() -> None:
    code = (
        "import time, torch, sys; t = time.process_time()\n"
        "from audio_cogito import nano; from audio_cogito.nano.voice import Voice; Voice(nano.SHIPPED, bytes)\n"
        "print(time.process_time() - t, sorted({'transformers', 'torchvision'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    seconds, loaded = done.stdout.split(maxsplit=1)
    assert float(seconds) < READY_SECONDS
    assert loaded.strip() == "[]"


@pytest.mark.long
def test_it_gives_thirty_answers_a_second_on_two_cores() -> None:
    """By CPU time, so that a busy machine does not fail it; each core answers batches of its own."""
    asked = exam.papers(128, EXAM_SEED)
    wavs = {f"{i:032x}": bytes(44) + quantised(render(one.scene)).tobytes() for i, one in enumerate(asked)}
    voice = Voice(nano.SHIPPED, wavs.__getitem__)
    sampling = Sampling(max_tokens=200, temperature=0)
    calls = [
        (request.canonical("nano", asking(clip, one.words), sampling), sampling, 0)
        for clip, one in zip(wavs, asked, strict=True)
    ]
    voice.answer(calls[:8])
    began = time.process_time()
    answers = voice.answer(calls[:64]) + voice.answer(calls[64:])
    assert not [answer for answer in answers if isinstance(answer, Exception)]
    assert 2 * len(calls) / (time.process_time() - began) > ANSWERS_A_SECOND


@pytest.mark.skipif(not RECORD.exists(), reason="the shipped weights are not trained to the end yet")
def test_it_does_what_it_was_to_do() -> None:
    found = msgspec.json.decode(RECORD.read_bytes(), type=exam.Result)
    assert found.questions >= 900
    assert found.right >= 0.85
    assert found.lists >= 0.9
    assert found.chance < 0.35


@pytest.mark.long
@pytest.mark.skipif(not RECORD.exists(), reason="the shipped weights are not trained to the end yet")
def test_the_exam_is_what_the_record_says() -> None:
    """On the first 216 of its questions, as far as so few can say."""
    found = exam.examine(*checkpoint.load(nano.SHIPPED), 216)
    said = msgspec.json.decode(RECORD.read_bytes(), type=exam.Result)
    assert abs(found.right - said.right) < 0.08
    assert abs(found.lists - said.lists) < 0.08
