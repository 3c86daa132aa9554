"""The built-in model on real engines: vLLM serves it, transformers reads it, and both say what we say."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from audio_cogito import nano
from engines import answers
from engines.answers import as_said, bare
from engines.conftest import Say, environment
from engines.serving import ROLES, serving

pytestmark = pytest.mark.engine
ROOT = Path(__file__).parents[2]
MODEL_LENGTH = ("--max-model-len", "1024", "--max-num-seqs", "8")


async def same_answers(model: Path, folder: Path, say: Say) -> list[str]:
    """What a model answers, said three times over: by vLLM, by transformers and by us."""
    ask = answers.questions(folder)
    here = answers.in_process(environment("swift"), model, ask, folder)
    with serving(environment("vllm"), model, folder, *MODEL_LENGTH) as server:
        say(f"vLLM with {model.name}: healthy after {server.seconds_to_start:.0f} s")
        there = await answers.served(server.url, ROLES[0], ask)
    assert there == here.ours
    assert [bare(text) for text in here.transformers] == [bare(as_said(said)) for said in here.ours]
    return here.transformers


async def test_the_shipped_model_says_the_same_by_vllm_by_transformers_and_by_us(tmp_path: Path, say: Say) -> None:
    said = await same_answers(nano.SHIPPED, tmp_path, say)
    assert all(text.lstrip().startswith("<think>") for text in said)
    assert len(set(said)) > 1


def test_the_built_in_models_own_tests_pass(say: Say) -> None:
    """They need torch, which the training engine's environment has."""
    command = [
        str(environment("swift")),
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-m",
        "not long",
        "tests/nano",
    ]
    done = subprocess.run(command, cwd=ROOT, env=answers.beside(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:]
    say(f"tests/nano: {done.stdout.splitlines()[-1]}")
    skipped = [line for line in done.stdout.splitlines() if line.startswith("SKIPPED")]
    assert [line for line in skipped if "torch is installed" not in line] == []
