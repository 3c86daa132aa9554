"""A checkpoint with fresh weights, and a place for clips."""

from __future__ import annotations

from pathlib import Path

import pytest

from audio_cogito.audio import Sounds

WORDS = ["Which sound comes first? a low bell at 1.5 and a siren", "How many times is the hiss heard? 0 1 2 3 4"] * 20


@pytest.fixture(scope="session")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fresh weights of the shipped shape: they answer nonsense, the same each time."""
    pytest.importorskip("torch", reason="pip install 'audio-cogito[nano]'")
    from audio_cogito.nano import checkpoint

    folder = tmp_path_factory.mktemp("fresh")
    checkpoint.create(folder, WORDS, vocabulary_size=512, random_seed=1)
    return folder


@pytest.fixture(scope="session")
def sounds(tmp_path_factory: pytest.TempPathFactory) -> Sounds:
    return Sounds(tmp_path_factory.mktemp("audio"))
