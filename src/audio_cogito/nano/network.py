"""The thinker of Qwen3-Omni-MoE, as much of it as hears and speaks, in plain torch.

The names of modules and parameters are the published ones, and the numbers are those of transformers' own classes,
against which tests hold it. Written out here because transformers' experts run in a loop and its attention's backward
is slow on a CPU: this trains and speaks several times faster at nano size, starts at once, and needs torch alone.
Positions are plain counts: without pictures the three of Qwen's rotary embedding are the same. Every expert is computed
for every token and weighted by the router, zero for all but the chosen: with a few small experts that is the fast way.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from audio_cogito.nano.hearing import CHUNK_FRAMES, TOKENS_A_CHUNK
from audio_cogito.nano.shape import Shape


def attend(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None) -> Tensor:
    """Attention over batch x heads x time x channels; several query heads may share a key head.

    `mask` is added to the scores, broadcast to batch x heads x queries x keys. Plain products, in the precision of `v`:
    the fused kernel's backward costs a third of all training time on a CPU.
    """
    batch, heads, queries, channels = q.shape
    shared = heads // k.shape[1]
    with torch.autocast("cpu", enabled=False):
        grouped = (q.to(v.dtype) * channels**-0.5).reshape(batch, k.shape[1], shared * queries, channels)
        scores = (grouped @ k.to(v.dtype).transpose(2, 3)).view(batch, heads, queries, -1)
        if mask is not None:
            scores = scores + mask.to(v.dtype)
        weights = scores.softmax(-1).view(batch, k.shape[1], shared * queries, -1)
        return (weights @ v).view(batch, heads, queries, channels)


def _heads(x: Tensor, count: int) -> Tensor:
    """Batch x time x (heads * channels) as batch x heads x time x channels."""
    return x.view(*x.shape[:2], count, -1).transpose(1, 2)


def _joined(x: Tensor) -> Tensor:
    return x.transpose(1, 2).flatten(2)


class RMSNorm(nn.Module):
    def __init__(self, size: int, epsilon: float) -> None:
        super().__init__()
        self.weight, self.epsilon = nn.Parameter(torch.ones(size)), epsilon

    def forward(self, x: Tensor) -> Tensor:
        return F.rms_norm(x, (x.shape[-1],), self.weight.to(x.dtype), self.epsilon)


class AudioAttention(nn.Module):
    def __init__(self, size: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.q_proj, self.k_proj = nn.Linear(size, size), nn.Linear(size, size)
        self.v_proj, self.out_proj = nn.Linear(size, size), nn.Linear(size, size)

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        q, k, v = (_heads(project(x), self.heads) for project in (self.q_proj, self.k_proj, self.v_proj))
        out: Tensor = self.out_proj(_joined(attend(q, k, v, mask)))
        return out


class AudioLayer(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.self_attn = AudioAttention(shape.audio_hidden, shape.audio_heads)
        self.self_attn_layer_norm = nn.LayerNorm(shape.audio_hidden)
        self.fc1 = nn.Linear(shape.audio_hidden, shape.audio_feedforward)
        self.fc2 = nn.Linear(shape.audio_feedforward, shape.audio_hidden)
        self.final_layer_norm = nn.LayerNorm(shape.audio_hidden)

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        x = x + self.self_attn(self.self_attn_layer_norm(x), mask)
        out: Tensor = x + self.fc2(F.gelu(self.fc1(self.final_layer_norm(x))))
        return out


class AudioTower(nn.Module):
    """Log-mel frames in, embeddings for the language model out: 13 a second."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        channels, size = shape.audio_channels, shape.audio_hidden
        self.window = shape.audio_window // CHUNK_FRAMES * TOKENS_A_CHUNK
        self.conv2d1 = nn.Conv2d(1, channels, 3, 2, padding=1)
        self.conv2d2 = nn.Conv2d(channels, channels, 3, 2, padding=1)
        self.conv2d3 = nn.Conv2d(channels, channels, 3, 2, padding=1)
        self.conv_out = nn.Linear(channels * ((shape.mel_bins + 7) // 8), size, bias=False)
        self.layers = nn.ModuleList(AudioLayer(shape) for _ in range(shape.audio_layers))
        self.ln_post = nn.LayerNorm(size)
        self.proj1, self.proj2 = nn.Linear(size, size), nn.Linear(size, shape.hidden)
        self.register_buffer("positions", _sinusoids(TOKENS_A_CHUNK, size), persistent=False)

    def forward(self, mel: Tensor, lengths: Tensor) -> Tensor:
        """`mel`: batch x bins x frames, padded to whole chunks; `lengths`: tokens of each. Batch x tokens x hidden."""
        batch, bins, frames = mel.shape
        chunks = mel.view(batch, bins, -1, CHUNK_FRAMES).transpose(1, 2).reshape(-1, 1, bins, CHUNK_FRAMES)
        x = F.gelu(self.conv2d3(F.gelu(self.conv2d2(F.gelu(self.conv2d1(chunks))))))
        x = self.conv_out(x.permute(0, 3, 1, 2).flatten(2)) + self.positions
        x = x.view(batch, frames // CHUNK_FRAMES * TOKENS_A_CHUNK, -1)
        mask = self._mask(lengths, x.shape[1])
        for layer in self.layers:
            x = layer(x, mask)
        out: Tensor = self.proj2(F.gelu(self.proj1(self.ln_post(x))))
        return out

    def _mask(self, lengths: Tensor, longest: int) -> Tensor | None:
        """Nobody attends to padding, nor out of the window; None where there is neither."""
        if longest <= self.window and bool((lengths == longest).all()):
            return None
        place = torch.arange(longest)
        window = place // self.window
        seen = (place < lengths[:, None])[:, None, :] & (window[:, None] == window)
        return _penalty(seen)[:, None]


class Attention(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.heads, self.key_heads = shape.heads, shape.key_heads
        self.q_proj = nn.Linear(shape.hidden, shape.heads * shape.head, bias=False)
        self.k_proj = nn.Linear(shape.hidden, shape.key_heads * shape.head, bias=False)
        self.v_proj = nn.Linear(shape.hidden, shape.key_heads * shape.head, bias=False)
        self.o_proj = nn.Linear(shape.heads * shape.head, shape.hidden, bias=False)
        self.q_norm, self.k_norm = (RMSNorm(shape.head, shape.norm_epsilon) for _ in range(2))

    def forward(self, x: Tensor, rotation: Rotation, mask: Tensor, past: Past | None) -> Tensor:
        q = rotation.turn(self.q_norm(_heads(self.q_proj(x), self.heads)))
        k = rotation.turn(self.k_norm(_heads(self.k_proj(x), self.key_heads)))
        v = _heads(self.v_proj(x), self.key_heads)
        if past is not None:
            k, v = past.grow(k, v)
        out: Tensor = self.o_proj(_joined(attend(q, k, v, mask)))
        return out


class Experts(nn.Module):
    """All experts in two tensors; a checkpoint holds each by itself."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.gate_up_proj = nn.Parameter(torch.empty(shape.experts, 2 * shape.expert, shape.hidden))
        self.down_proj = nn.Parameter(torch.empty(shape.experts, shape.hidden, shape.expert))

    def forward(self, x: Tensor, share: Tensor) -> Tensor:
        """`share`: tokens x experts, the weight of each."""
        experts, hidden, size = self.down_proj.shape
        both = F.linear(x, self.gate_up_proj.reshape(-1, hidden)).view(len(x), experts, 2, size)
        inner = F.silu(both[:, :, 0]) * both[:, :, 1] * share[..., None].to(both.dtype)
        return F.linear(inner.flatten(1), self.down_proj.transpose(0, 1).reshape(hidden, -1))


class Router(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.weight, self.chosen = nn.Parameter(torch.empty(shape.experts, shape.hidden)), shape.experts_a_token

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The weight of each expert, zero for all but the chosen; and how unevenly tokens fall on them (1 = evenly)."""
        odds = F.linear(x, self.weight).float().softmax(-1)
        best, which = odds.topk(self.chosen, dim=-1)
        share = torch.zeros_like(odds).scatter(1, which, best / best.sum(-1, keepdim=True))
        load = (share > 0).float().mean(0) / self.chosen
        return share, (load * odds.mean(0)).sum() * odds.shape[1]


class Mixture(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.gate, self.experts = Router(shape), Experts(shape)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        flat = x.flatten(0, 1)
        share, unevenness = self.gate(flat)
        return self.experts(flat, share).view(x.shape), unevenness


class Layer(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.self_attn, self.mlp = Attention(shape), Mixture(shape)
        self.input_layernorm = RMSNorm(shape.hidden, shape.norm_epsilon)
        self.post_attention_layernorm = RMSNorm(shape.hidden, shape.norm_epsilon)

    def forward(self, x: Tensor, rotation: Rotation, mask: Tensor, past: Past | None) -> tuple[Tensor, Tensor]:
        x = x + self.self_attn(self.input_layernorm(x), rotation, mask, past)
        more, unevenness = self.mlp(self.post_attention_layernorm(x))
        return x + more, unevenness


class LanguageModel(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.head, self.theta = shape.head, shape.rope_theta
        self.embed_tokens = nn.Embedding(shape.vocabulary, shape.hidden)
        self.layers = nn.ModuleList(Layer(shape) for _ in range(shape.layers))
        self.norm = RMSNorm(shape.hidden, shape.norm_epsilon)

    def forward(
        self, x: Tensor, positions: Tensor, mask: Tensor, past: tuple[Past, ...] | None = None
    ) -> tuple[Tensor, Tensor]:
        """Embeddings and positions (batch x time) in; the last hidden states and the mean unevenness out."""
        rotation = Rotation.at(positions, self.head, self.theta)
        total = x.new_zeros(())
        for number, layer in enumerate(self.layers):
            x, unevenness = layer(x, rotation, mask, past[number] if past else None)
            total = total + unevenness
        return self.norm(x), total / len(self.layers)


class Thinker(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.audio_tower, self.model = AudioTower(shape), LanguageModel(shape)
        self.lm_head = nn.Linear(shape.hidden, shape.vocabulary, bias=False)

    def embed(self, ids: Tensor, sounds: Tensor, audio: int) -> Tensor:
        """Token embeddings with `sounds` (one row for each token that is `audio`, in order) in their places."""
        words: Tensor = self.model.embed_tokens(ids)
        return words.masked_scatter((ids == audio)[..., None], sounds.to(words.dtype))


@dataclass(frozen=True, slots=True)
class Rotation:
    """Rotary position embedding at the positions of a batch: batch x 1 x time x channels."""

    cosine: Tensor
    sine: Tensor

    @classmethod
    def at(cls, positions: Tensor, channels: int, theta: float) -> Rotation:
        frequencies = theta ** (-torch.arange(0, channels, 2, dtype=torch.float32) / channels)
        angles = (positions[..., None].float() * frequencies).repeat(1, 1, 2)[:, None]
        return cls(angles.cos(), angles.sin())

    def turn(self, x: Tensor) -> Tensor:
        first, second = x.chunk(2, dim=-1)
        return x * self.cosine.to(x.dtype) + torch.cat((-second, first), dim=-1) * self.sine.to(x.dtype)


class Past:
    """One layer's keys and values so far, with room for what is still to be said."""

    def __init__(self, batch: int, heads: int, room: int, channels: int) -> None:
        self.keys, self.values = (torch.empty(batch, heads, room, channels) for _ in range(2))
        self.length = 0

    def grow(self, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        end = self.length + k.shape[2]
        self.keys[:, :, self.length : end], self.values[:, :, self.length : end] = k, v
        self.length = end
        return self.keys[:, :, :end], self.values[:, :, :end]

    def keep(self, rows: Tensor) -> None:
        self.keys, self.values = self.keys[rows], self.values[rows]


def causal(length: int) -> Tensor:
    """The mask under which no token sees a later one."""
    return _penalty(torch.ones(length, length).tril().bool())


def _penalty(seen: Tensor) -> Tensor:
    return torch.zeros(seen.shape).masked_fill_(~seen, -1e4)


def _sinusoids(length: int, channels: int) -> Tensor:
    step = math.log(10_000) / (channels // 2 - 1)
    angles = torch.arange(length)[:, None] * torch.exp(-step * torch.arange(channels // 2))
    return torch.cat((angles.sin(), angles.cos()), dim=1)
