"""Answers questions greedily in its own process, by transformers' classes and by ours: what servers are held against.

Run by the training engine's Python, which has torch and transformers, with this package and what it needs beside it:

    python greedy.py MODEL REQUEST.json ANSWERS.json
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import msgspec
import torch
from transformers import AutoProcessor, Qwen3OmniMoeForConditionalGeneration

from audio_cogito.audio import RATE, Sounds
from audio_cogito.messages import Audio, Message, Sampling, Text
from audio_cogito.models.local import Local
from audio_cogito.models.openai import Settings
from audio_cogito.models.wire import SoundParts
from audio_cogito.parsing import read_reply


class Request(msgspec.Struct):
    sounds: str
    clips: list[str]
    words: str
    tokens: int


class Answers(msgspec.Struct):
    transformers: list[str]
    """As they were said, tags and all."""
    ours: list[tuple[str, str]]
    """Reasoning and text."""


def main(model: str, request: Path, answers: Path) -> None:
    asked = msgspec.json.decode(request.read_bytes(), type=Request)
    found = Answers(transformers=theirs(model, asked), ours=asyncio.run(ours(model, asked)))
    answers.write_bytes(msgspec.json.encode(found))


def theirs(folder: str, asked: Request) -> list[str]:
    processor = AutoProcessor.from_pretrained(folder)
    model = Qwen3OmniMoeForConditionalGeneration.from_pretrained(folder, dtype=torch.float32).eval()
    sounds, said = Sounds(Path(asked.sounds)), []
    for clip in asked.clips:
        parts = [{"type": "audio", "audio": clip}, {"type": "text", "text": asked.words}]
        text = processor.apply_chat_template(
            [{"role": "user", "content": parts}], tokenize=False, add_generation_prompt=True
        )
        samples = sounds.samples(clip).astype("float32") / 32768
        inputs = processor(text=text, audio=[samples], sampling_rate=RATE, return_tensors="pt")
        with torch.no_grad():
            ids = model.thinker.generate(**inputs, max_new_tokens=asked.tokens, do_sample=False)
        said.append(processor.tokenizer.decode(ids[0, inputs["input_ids"].shape[1] :], skip_special_tokens=True))
    return said


async def ours(folder: str, asked: Request) -> list[tuple[str, str]]:
    found = []
    async with Local(Settings(name=f"hf:{folder}"), SoundParts(Sounds(Path(asked.sounds)))) as model:
        for clip in asked.clips:
            said = (Message(role="user", parts=(Audio(clip=clip), Text(text=asked.words))),)
            read = read_reply(await model(said, Sampling(max_tokens=asked.tokens, temperature=0.0)))
            found.append((read.thinking, read.text))
    return found


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
