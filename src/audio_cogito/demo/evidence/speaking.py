"""Chains drawn from a checkpoint in this process, many at once; every draw follows from its own seed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import soundfile
import torch
from torch import Tensor

from audio_cogito.demo.evidence.questions import Chain, Item, judged, question
from audio_cogito.messages import Sampling
from audio_cogito.nano import checkpoint
from audio_cogito.nano.exam import spelled
from audio_cogito.nano.hearing import log_mel, tokens
from audio_cogito.nano.speaking import Prompt, speak
from audio_cogito.nano.vocabulary import id_of
from audio_cogito.nano.voice import ENDS, PAD
from audio_cogito.synth.scenes import draw_for
from audio_cogito.types import Question

AT_ONCE = 256


class Speaker:
    """A checkpoint that answers items."""

    def __init__(self, folder: Path) -> None:
        torch.set_num_threads(1)
        self._thinker, self._tokenizer = checkpoint.load(folder)
        self._pad = id_of(self._tokenizer, PAD)
        self._ends = frozenset(id_of(self._tokenizer, token) for token in ENDS)

    def chains(
        self,
        items: Sequence[Item],
        sampling: Sampling,
        *,
        draws: int = 1,
        random_seed: int = 0,
        about: Callable[[Item], Question] = question,
        say: Callable[[int], None] = lambda _: None,
    ) -> list[Chain]:
        """All draws of all items, judged, in order. `say` is told how many are done."""
        found: list[Chain] = []
        for part in _parts(items, max(1, AT_ONCE // draws)):
            found += self._answered([(number, items[number]) for number in part], sampling, draws, random_seed, about)
            say(len(found))
        return sorted(found, key=lambda one: (one.item, one.draw))

    def _answered(
        self,
        asked: list[tuple[int, Item]],
        sampling: Sampling,
        draws: int,
        random_seed: int,
        about: Callable[[Item], Question],
    ) -> Iterator[Chain]:
        prompts = []
        for number, item in asked:
            mel = mel_of(item.sound)
            ids = self._tokenizer.encode(spelled(item.words, tokens(mel.shape[1])), add_special_tokens=False).ids
            for draw in range(draws):
                seed = int(draw_for(random_seed, number, f"chain {draw}").integers(2**31))
                prompts.append(Prompt(tuple(ids), (mel,), sampling, seed))
        said = iter(speak(self._thinker, prompts, audio=self._pad, ends=self._ends))
        for number, item in asked:
            known = about(item)
            for draw, one in zip(range(draws), said, strict=False):
                text = self._tokenizer.decode(one.ids, skip_special_tokens=True)
                yield judged(known, text, ended=one.ended, item=number, draw=draw)


def _parts(items: Sequence[Item], size: int) -> Iterator[list[int]]:
    """Numbers of items of like length together, so that little is padded."""
    order = sorted(range(len(items)), key=lambda number: items[number].scene.seconds)
    for start in range(0, len(order), size):
        yield order[start : start + size]


def mel_of(sound: Path) -> Tensor:
    return log_mel(np.asarray(soundfile.read(sound, dtype="int16")[0], np.int16))
