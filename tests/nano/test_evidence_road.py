"""The evidence for real at its smallest, and beside the demo: it says and judges what the pipeline says and judges."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="pip install 'audio-cogito[nano]'")

from audio_cogito import nano
from audio_cogito.demo.evidence import questions
from audio_cogito.demo.evidence.questions import Chain
from audio_cogito.demo.evidence.speaking import Speaker
from audio_cogito.demo.exams import listed
from audio_cogito.messages import Sampling
from audio_cogito.run import Run
from audio_cogito.stages import verify
from audio_cogito.types import Trace
from road import cogito

ROOT = Path(__file__).parents[2]
GREEDY = Sampling(temperature=0.0, top_p=1.0, top_k=0, max_tokens=200)

pytestmark = pytest.mark.long


def told(trace: Trace) -> tuple[object, ...]:
    whole = all(one.outcome == "pass" for one in trace.verdicts if one.check in ("complete", "consistent"))
    return trace.thinking, trace.text, trace.answer, trace.right is True, listed(trace), whole


def said(chain: Chain) -> tuple[object, ...]:
    thinking, _, text = chain.reply.partition("</think>")
    own = thinking.strip().removeprefix("<think>").strip()
    return own, text.strip(), chain.answer, chain.right, chain.listed, chain.answered


def test_chains_are_those_of_the_demo_and_worth_the_same(tmp_path: Path) -> None:
    sizes = ("questions=9", "held_out=30", "draws=2", "dial=0.5", "rounds=1", "epochs=1")
    assert cogito("demo", "--out", str(tmp_path), *sizes).returncode == 0
    items = list(questions.items(tmp_path / "scenes/held-out"))
    own = {(items[one.item].scene.id, items[one.item].asked.text): said(one) for one in
           Speaker(nano.SHIPPED).chains(items, GREEDY)}  # fmt: skip
    traces = list(verify.traces(Run(tmp_path / "runs/exam-0")))
    assert len(traces) == len(own) == 30
    for trace in traces:
        key = (str(trace.question.clips[0].recording.source_id), trace.question.text)
        assert told(trace) == own[key]
    assert 0 < sum(one[4] is True for one in own.values()) < 30 or len({one[3] for one in own.values()}) == 2


def test_the_command_ends_with_its_tables_and_goes_on(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "audio_cogito.demo.evidence", str(ROOT / "recipes/evidence.toml"), "--recipe",
               str(ROOT / "recipes/demo.toml"), "--out", str(tmp_path / "out"), "held_out=6", "random_seeds=1",
               "arm_seeds=0", "sampled=0", "demo.questions=12", "demo.draws=2", "demo.dial=0"]  # fmt: skip
    first = subprocess.run(command, capture_output=True, text=True, check=False)
    assert first.returncode == 0, first.stderr
    assert "| answer and events verified | oracle | 1 |" in first.stdout
    again = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (again.returncode, again.stdout) == (0, first.stdout)
    assert "teach" not in again.stderr
    other = subprocess.run([*command, "demo.rate=1e-3"], capture_output=True, text=True, check=False)
    assert other.returncode == 1
    assert other.stderr.count("\n") == 1
    assert "holds evidence with other settings" in other.stderr
