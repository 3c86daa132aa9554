"""A checkpoint that takes canonical requests and answers as a server would: the choice object and the usage object.

What it was not taught it refuses before it computes: no sound or several, a clip longer than it ever heard, a question
that leaves no room for a reply, a schema. Words it does not know it was taught to say it does not know.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2.sandbox
import msgspec
import numpy as np
import torch
from torch import Tensor

from audio_cogito.errors import CallFailed, CogitoError
from audio_cogito.messages import Sampling
from audio_cogito.models import request
from audio_cogito.nano import CONTEXT, LONGEST_SECONDS, TEMPLATE, checkpoint
from audio_cogito.nano.hearing import RATE, log_mel, tokens
from audio_cogito.nano.speaking import Prompt, Spoken, speak
from audio_cogito.nano.vocabulary import id_of
from audio_cogito.parsing import CLOSE, OPEN

PAD = "<|audio_pad|>"
ENDS = ("<|im_end|>", "<|endoftext|>")
WAV_HEADER = 44
LEAST_ROOM = 16
"""Tokens that must be left for a reply."""
TEMPLATES = jinja2.sandbox.ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)

Asked = tuple[bytes, Sampling, int]
"""A canonical request, how to sample, and the seed of what is drawn."""


@dataclass(frozen=True, slots=True)
class Answer:
    """As a server with a reasoning parser sends them."""

    choice: dict[str, Any]
    usage: dict[str, Any]


class Voice:
    """`wav` reads a clip: the file's bytes by id, 16 kHz mono int16."""

    def __init__(self, folder: Path, wav: Callable[[str], bytes]) -> None:
        # Products this small are done before OpenMP's threads have met.
        torch.set_num_threads(1)
        self.thinker, self.tokenizer = checkpoint.load(folder)
        self._template = TEMPLATES.from_string((folder / TEMPLATE).read_text("utf-8"))
        self._sampling = json.loads((folder / "generation_config.json").read_text("utf-8"))
        self._wav = wav
        self._pad, self._close = (id_of(self.tokenizer, token) for token in (PAD, CLOSE))
        self._ends = frozenset(id_of(self.tokenizer, token) for token in ENDS)

    def answer(self, asked: Sequence[Asked]) -> list[Answer | CogitoError]:
        """One outcome for each request; what one of them raises is its outcome alone."""
        outcomes: list[Answer | CogitoError | None] = []
        prompts: list[tuple[Prompt, bool | None]] = []
        mels: dict[str, Tensor] = {}
        for call in asked:
            try:
                prompts.append(self._prompt(*call, mels))
                outcomes.append(None)
            except CogitoError as error:
                outcomes.append(error)
        said = speak(self.thinker, [p for p, _ in prompts], audio=self._pad, ends=self._ends) if prompts else []
        answers = iter([self._said(prompt, opened, s) for (prompt, opened), s in zip(prompts, said, strict=True)])
        return [next(answers) if outcome is None else outcome for outcome in outcomes]

    def render(self, messages: list[dict[str, Any]], **options: Any) -> str:
        """The template's text; a canonical request's messages as they are."""
        return self._template.render(messages=messages, add_generation_prompt=True, **options)

    def _prompt(
        self, asked: bytes, sampling: Sampling, seed: int, known: dict[str, Tensor]
    ) -> tuple[Prompt, bool | None]:
        """And whether the template opened the thinking (True) or closed it (False). `known`: spectrograms by clip."""
        body = msgspec.json.decode(asked)
        if "response_format" in body:
            raise CallFailed("refused", f"{body['model']} follows no JSON schema: set structured = false to do without")
        clips = [clip.decode() for clip in request.pieces(asked)[1::2]]
        if len(clips) != 1:
            raise CallFailed("refused", f"{body['model']} was taught to hear one clip at a time, not {len(clips)}")
        known |= {clip: self._mel(clip, body["model"]) for clip in clips if clip not in known}
        mels = tuple(known[clip] for clip in clips)
        options = body.get("chat_template_kwargs", {})
        ids = self._ids(self.render(body["messages"], **options), mels)
        room = CONTEXT - len(ids)
        if room < LEAST_ROOM:
            raise CallFailed(
                "refused", f"a question of {len(ids)} tokens leaves no room in {body['model']}'s {CONTEXT}"
            )
        return Prompt(ids, mels, self._effective(sampling, room), seed), options.get("enable_thinking")

    def _mel(self, clip: str, name: str) -> Tensor:
        samples = np.frombuffer(self._wav(clip), dtype="<i2", offset=WAV_HEADER)
        seconds = len(samples) / RATE
        if not 0.1 <= seconds <= LONGEST_SECONDS + 0.05:
            raise CallFailed(
                "refused", f"{name} hears clips of 0.1 to {LONGEST_SECONDS:g} s, this one has {seconds:.2f} s"
            )
        return log_mel(samples)

    def _ids(self, text: str, mels: tuple[Tensor, ...]) -> tuple[int, ...]:
        """The text's tokens, each sound's place as long as the sound."""
        written: list[int] = self.tokenizer.encode(text, add_special_tokens=False).ids
        if written.count(self._pad) != len(mels):
            raise CallFailed("refused", f"a question may not write {PAD} itself")
        lengths = iter([tokens(mel.shape[1]) for mel in mels])
        return tuple(token for id in written for token in ([id] * next(lengths) if id == self._pad else [id]))

    def _effective(self, sampling: Sampling, room: int) -> Sampling:
        """The numbers that were left open, from the checkpoint's own."""
        own = {k: self._sampling.get(k) for k in ("temperature", "top_p", "top_k") if getattr(sampling, k) is None}
        return msgspec.structs.replace(sampling, max_tokens=min(sampling.max_tokens or room, room), **own)

    def _said(self, prompt: Prompt, opened: bool | None, said: Spoken) -> Answer:
        text = self.tokenizer.decode(said.ids, skip_special_tokens=True)
        thinking, close, rest = text.partition(CLOSE)
        reasoning, content = "", text.lstrip("\n")
        thought = 0
        if opened is not False and (close or opened or text.startswith(OPEN)):
            reasoning, content = thinking.removeprefix(OPEN).strip("\n"), rest.lstrip("\n")
            thought = said.ids.index(self._close) + 1 if self._close in said.ids else len(said.ids)
        message = {"role": "assistant", "content": content or None, "reasoning": reasoning or None}
        spent = len(said.ids) + said.ended
        return Answer(
            choice={"index": 0, "message": message, "finish_reason": "stop" if said.ended else "length"},
            usage={
                "prompt_tokens": len(prompt.ids),
                "completion_tokens": spent,
                "total_tokens": len(prompt.ids) + spent,
                "completion_tokens_details": {"reasoning_tokens": thought},
            },
        )
