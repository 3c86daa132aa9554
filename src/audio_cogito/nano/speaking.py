"""Many prompts answered at once: the model goes forward in step, one token a row, until every row has ended.

Rows stand right-aligned, so that all speak at the same place of the cache; those that ended are taken out as soon as
they are half. What a row draws follows from its own seed alone, not from who is answered with it. (The last bits of a
matrix product do depend on its size: once in a great many tokens two nearly equal ones may change places.)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import pad

from audio_cogito.messages import Sampling
from audio_cogito.nano.hearing import CHUNK_FRAMES, tokens
from audio_cogito.nano.network import Past, Thinker


@dataclass(frozen=True, slots=True)
class Prompt:
    """What one row hears and reads, and how it is to speak."""

    ids: tuple[int, ...]
    """The sounds' places included: as many audio tokens as the mels have."""
    mels: tuple[Tensor, ...]
    sampling: Sampling
    """Its max_tokens is stated."""
    seed: int = 0

    @property
    def most(self) -> int:
        """Tokens that the reply may have."""
        if self.sampling.max_tokens is None:
            raise ValueError("a prompt for this network states max_tokens")
        return self.sampling.max_tokens


@dataclass(frozen=True, slots=True)
class Spoken:
    """The tokens of a reply without the one that ended it; `ended` is False where the length was used up."""

    ids: tuple[int, ...]
    ended: bool


@torch.inference_mode()
def speak(thinker: Thinker, prompts: list[Prompt], *, audio: int, ends: frozenset[int]) -> list[Spoken]:
    """One reply for each prompt. `audio`: the id of audio tokens; `ends`: those that end a reply."""
    rows = _Rows(thinker, prompts, audio)
    said: list[list[int]] = [[] for _ in prompts]
    ended = [False] * len(prompts)
    speaking = set(range(len(prompts)))
    while speaking:
        for row, token in zip(rows.there, rows.drawn(), strict=True):
            if row in speaking and token in ends:
                ended[row] = True
            elif row in speaking:
                said[row].append(token)
        speaking = {row for row in speaking if not ended[row] and len(said[row]) < prompts[row].most}
        rows.go_on(speaking, [said[row][-1] if said[row] else 0 for row in range(len(prompts))])
    return [Spoken(tuple(ids), end) for ids, end in zip(said, ended, strict=True)]


def heard(thinker: Thinker, mels: list[Tensor]) -> Tensor:
    """The embeddings of some sounds, one after the other: tokens x hidden. A tensor that comes again is heard once."""
    once = {id(mel): mel for mel in mels}
    place = {name: number for number, name in enumerate(once)}
    lengths = torch.tensor([tokens(mel.shape[1]) for mel in once.values()])
    longest = -(-max(mel.shape[1] for mel in mels) // CHUNK_FRAMES) * CHUNK_FRAMES
    batch = torch.stack([pad(mel, (0, longest - mel.shape[1])) for mel in once.values()])
    which = torch.tensor([place[id(mel)] for mel in mels])
    sounds: Tensor = thinker.audio_tower(batch, lengths)[which]
    return sounds[torch.arange(sounds.shape[1]) < lengths[which, None]]


class _Rows:
    """The rows that still speak: their cache, and the odds of each row's next token."""

    def __init__(self, thinker: Thinker, prompts: list[Prompt], audio: int) -> None:
        shape = thinker.shape
        self._thinker = thinker
        self.there = list(range(len(prompts)))
        longest = max(len(prompt.ids) for prompt in prompts)
        room = longest + max(prompt.most for prompt in prompts)
        self._past = tuple(Past(len(prompts), shape.key_heads, room, shape.head) for _ in range(shape.layers))
        self._blank = torch.tensor([longest - len(prompt.ids) for prompt in prompts])
        self._draw = _Draw(prompts)
        ids = torch.tensor([[0] * int(blank) + list(p.ids) for p, blank in zip(prompts, self._blank, strict=True)])
        mels = [mel for prompt in prompts for mel in prompt.mels]
        words = thinker.embed(ids, heard(thinker, mels), audio) if mels else thinker.model.embed_tokens(ids)
        self._forward(words)

    def drawn(self) -> list[int]:
        """The next token of each row."""
        return self._draw.next(self._logits).tolist()

    def go_on(self, speaking: set[int], latest: list[int]) -> None:
        """Say the latest token of each row. Rows that do not speak any more are taken out once they are half."""
        if len(speaking) <= len(self.there) // 2:
            kept = torch.tensor([place for place, row in enumerate(self.there) if row in speaking], dtype=torch.long)
            self.there = [row for row in self.there if row in speaking]
            self._blank = self._blank[kept]
            self._draw.keep(kept)
            for past in self._past:
                past.keep(kept)
        if speaking:
            ids = torch.tensor([[latest[row]] for row in self.there])
            self._forward(self._thinker.model.embed_tokens(ids))

    def _forward(self, words: Tensor) -> None:
        """Take in batch x time embeddings and keep the odds after the last."""
        before, more = self._past[0].length, words.shape[1]
        place = torch.arange(before, before + more)
        keys = torch.arange(before + more)
        seen = (keys <= place[:, None]) & (keys >= self._blank[:, None, None])
        mask = torch.zeros(seen.shape).masked_fill_(~seen, -1e4)[:, None]
        positions = (place - self._blank[:, None]).clamp(min=0)
        hidden, _ = self._thinker.model(words, positions, mask, self._past)
        self._logits = self._thinker.lm_head(hidden[:, -1]).float()


class _Draw:
    """Draws a token for each row: the likeliest at temperature 0, else by top-k, top-p and the row's own numbers."""

    def __init__(self, prompts: list[Prompt]) -> None:
        samplings = [prompt.sampling for prompt in prompts]
        self._temperature = torch.tensor([1.0 if s.temperature is None else s.temperature for s in samplings])
        self._top_p = torch.tensor([1.0 if s.top_p is None else s.top_p for s in samplings])
        self._top_k = torch.tensor([s.top_k or 2**30 for s in samplings])
        longest = max(prompt.most for prompt in prompts)
        dice = [np.random.default_rng(p.seed).random(longest, dtype=np.float32) for p in prompts]
        self._dice, self._step = torch.from_numpy(np.stack(dice)), 0

    def keep(self, rows: Tensor) -> None:
        self._temperature, self._dice = self._temperature[rows], self._dice[rows]
        self._top_p, self._top_k = self._top_p[rows], self._top_k[rows]

    def next(self, logits: Tensor) -> Tensor:
        greedy = self._temperature == 0
        likeliest = logits.argmax(-1)
        dice, self._step = self._dice[:, self._step], self._step + 1
        if bool(greedy.all()):
            return likeliest
        odds = (logits / self._temperature.masked_fill(greedy, 1.0)[:, None]).softmax(-1)
        odds, which = odds.sort(dim=-1, descending=True)
        before = odds.cumsum(-1) - odds
        kept = (before < self._top_p[:, None]) & (torch.arange(odds.shape[1]) < self._top_k[:, None])
        kept[:, 0] = True
        reach = (odds * kept).cumsum(-1)
        place = (reach <= dice[:, None] * reach[:, -1:]).sum(-1).clamp(max=odds.shape[1] - 1)
        return torch.where(greedy, likeliest, which.gather(1, place[:, None])[:, 0])
