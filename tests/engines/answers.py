"""The same questions asked of a served model and of the same weights in a process: their greedy answers."""

from __future__ import annotations

import os
import subprocess
import sysconfig
from pathlib import Path
from typing import Any

import msgspec

from audio_cogito.audio import RATE, Sounds, clip_id
from audio_cogito.messages import Audio, Message, Sampling, Text
from audio_cogito.models.openai import OpenAI, Settings
from audio_cogito.models.wire import SoundParts
from audio_cogito.parsing import read_reply
from audio_cogito.types import Record
from tones import tone

HERE = Path(__file__).parent
WORDS = "What do you hear first?\nChoose from: beep; hiss"
Said = tuple[str, str]
"""Reasoning and text."""


class Asked(Record, omit_defaults=False):
    sounds: str
    clips: tuple[str, ...]
    words: str = WORDS
    tokens: int = 48


class Heard(Record):
    transformers: list[str]
    ours: list[Said]


def questions(folder: Path) -> Asked:
    """Tones of different lengths and pitches, in a store below the folder."""
    sounds, clips = Sounds(folder / "audio"), []
    for seconds, pitch in ((1.0, 330), (2.37, 440), (4.2, 620)):
        samples = (tone(seconds, hertz=pitch) * 16000).astype("<i2")
        sounds.write(id := clip_id(samples), samples)
        assert len(samples) == round(seconds * RATE)
        clips.append(id)
    return Asked(sounds=str(folder / "audio"), clips=tuple(clips))


async def served(url: str, name: str, ask: Asked) -> list[Said]:
    found = []
    sampling = Sampling(max_tokens=ask.tokens, temperature=0.0)
    async with OpenAI(Settings(name=name, revision="1", url=url), SoundParts(Sounds(Path(ask.sounds)))) as model:
        for clip in ask.clips:
            said = (Message(role="user", parts=(Audio(clip=clip), Text(text=ask.words))),)
            read = read_reply(await model(said, sampling))
            found.append((read.thinking, read.text))
    return found


def in_process(python: Path, model: Path, ask: Asked, folder: Path) -> Heard:
    """By transformers, and by our own network, in the engine's environment with this package beside it."""
    request, answers = folder / "asked.json", folder / "answers.json"
    request.write_bytes(msgspec.json.encode(ask))
    command = [str(python), str(HERE / "greedy.py"), str(model), str(request), str(answers)]
    done = subprocess.run(command, env=beside(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return msgspec.json.decode(answers.read_bytes(), type=Heard)


def beside() -> dict[str, Any]:
    """An environment in which an engine's Python finds this package, its tests, and what they need. What both have,
    such as numpy, is then this one's; torch and transformers are the engine's alone."""
    places = [HERE.parents[1] / "src", HERE.parent, sysconfig.get_paths()["purelib"]]
    return os.environ | {"PYTHONPATH": os.pathsep.join(map(str, places)), "PYTHONDONTWRITEBYTECODE": "1"}


def as_said(said: Said) -> str:
    """One answer as the model said it, up to blank space."""
    thinking, text = said
    return f"<think>{thinking}</think>{text}" if text else f"<think>{thinking}"


def bare(text: str) -> str:
    return "".join(text.split())
