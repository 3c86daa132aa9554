"""Batches of lessons, and what the model is told about each: the words to write, and what sounds in every frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from torch import Tensor, nn

from audio_cogito.nano.exam import spelled
from audio_cogito.nano.hearing import TOKENS_A_CHUNK, tokens
from audio_cogito.nano.lessons import WORLD, Lesson, lesson
from audio_cogito.nano.network import Thinker, causal
from audio_cogito.nano.recordings import Recordings, chunks_of, frames_of
from audio_cogito.nano.vocabulary import id_of
from audio_cogito.synth.chains import described
from audio_cogito.synth.library import PITCHES
from audio_cogito.synth.scenes import Scene, draw_for

KINDS, BEDS, MARKS = WORLD.kinds, (*WORLD.backgrounds, None), (*PITCHES, "loud", "long")
TARGETS = 2 * len(KINDS) + len(MARKS) + len(BEDS)
"""What is said of a frame: which kinds sound and begin, what marks those that sound, and what is behind."""
RARE = torch.tensor([4.0] * (2 * len(KINDS)) + [3.0] * len(MARKS) + [1.0] * len(BEDS))
"""How much more a frame counts in which the thing is there."""
ONSET_TOKENS = 2
CONCLUSION_WEIGHT = 4.0
"""The words of a reply that conclude and answer are few, and count so much more than those that list."""
NOT_TAUGHT = -100
FEW, FEW_UNTIL = 3, 0.3
"""In the first part of the lessons a scene has no more sounds than this."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Scenes of the same number of whole seconds, right-padded."""

    mels: Tensor
    lengths: Tensor
    """Tokens that each sound has."""
    frames: Tensor
    """Sounds x tokens x TARGETS."""
    ids: Tensor
    labels: Tensor
    weights: Tensor


class Classroom:
    """Draws lessons about recordings: batch `step` is the same whenever it is drawn."""

    def __init__(self, recordings: Recordings, tokenizer: Tokenizer, random_seed: int) -> None:
        self._recordings, self._tokenizer, self._random_seed = recordings, tokenizer, random_seed
        self._pad, self.audio = id_of(tokenizer, "<|endoftext|>"), id_of(tokenizer, "<|audio_pad|>")
        chunks = np.array([chunks_of(scene) for scene in recordings.scenes])
        few = np.array([len(scene.events) <= FEW for scene in recordings.scenes])
        self._all = [np.flatnonzero(chunks == n) for n in np.unique(chunks)]
        self._few = [np.flatnonzero((chunks == n) & few) for n in np.unique(chunks)]

    def batch(self, step: int, size: int, progress: float, *, part: int = 0, parts: int = 1) -> Batch:
        """`progress`, 0 to 1: how much of the course is over; `part` of `parts`: the share of one worker."""
        draw = draw_for(self._random_seed, step, "batch")
        buckets = self._few if progress < FEW_UNTIL else self._all
        sizes = np.array([len(bucket) for bucket in buckets])
        chosen = draw.choice(buckets[int(draw.choice(len(sizes), p=sizes / sizes.sum()))], size)[part::parts]
        lessons = []
        for slot, index in enumerate(chosen):
            own = draw_for(self._random_seed, step, f"lesson {part} {slot}")
            lessons.append(lesson(self._recordings.scenes[index], own))
        told = [one for one in lessons if one is not None]
        mels = [self._recordings.mel(int(i)) for i, one in zip(chosen, lessons, strict=True) if one is not None]
        ids, labels, weights = self._written(told)
        return Batch(
            mels=torch.stack(mels),
            lengths=torch.tensor([tokens(frames_of(one.scene)) for one in told]),
            frames=torch.stack([frame_targets(one.scene) for one in told]),
            ids=ids,
            labels=labels,
            weights=weights,
        )

    def _written(self, lessons: list[Lesson]) -> tuple[Tensor, Tensor, Tensor]:
        return written([self._row(one) for one in lessons], self._pad)

    def _row(self, one: Lesson) -> tuple[list[int], list[float]]:
        asked, listing, concluding = (
            self._tokenizer.encode(text, add_special_tokens=False).ids
            for text in (
                spelled(one.words, tokens(frames_of(one.scene))),
                one.parts[0],
                f"{one.parts[1]}<|im_end|>\n",
            )
        )
        weights = [0.0] * len(asked) + [1.0] * len(listing) + [CONCLUSION_WEIGHT] * len(concluding)
        return [*asked, *listing, *concluding], weights


def written(rows: list[tuple[list[int], list[float]]], pad: int) -> tuple[Tensor, Tensor, Tensor]:
    """Ids, the next token to be written (or NOT_TAUGHT) and its weight, each rows x tokens, of tokens with weights."""
    longest = max(len(ids) for ids, _ in rows)
    ids = torch.full((len(rows), longest), pad)
    weights = torch.zeros(len(rows), longest)
    for number, (row, weight) in enumerate(rows):
        ids[number, : len(row)] = torch.tensor(row)
        weights[number, : len(row)] = torch.tensor(weight)
    after = F.pad(ids[:, 1:], (0, 1), value=pad)
    weights = F.pad(weights[:, 1:], (0, 1))
    return ids, after.masked_fill(weights == 0, NOT_TAUGHT), weights


def frame_targets(scene: Scene) -> Tensor:
    """Tokens x TARGETS, for as many tokens as the scene's whole seconds have."""
    count = chunks_of(scene) * TOKENS_A_CHUNK
    sounding, beginning = (torch.zeros(count, len(KINDS)) for _ in range(2))
    marks, behind = torch.zeros(count, len(MARKS)), torch.zeros(count, len(BEDS))
    for event in scene.events:
        start = int(event.start * TOKENS_A_CHUNK)
        end = max(start + 1, round(event.end * TOKENS_A_CHUNK))
        kind = KINDS.index(event.kind)
        sounding[start:end, kind] = 1
        beginning[start : start + ONSET_TOKENS, kind] = 1
        for word in set(described(event, scene).split()) & set(MARKS):
            marks[start:end, MARKS.index(word)] = 1
    behind[:, BEDS.index(scene.background)] = 1
    return torch.cat((sounding, beginning, marks, behind), dim=1)


class Labeller(nn.Linear):
    """Reads frames out of what the audio tower says; thrown away after training."""

    def __init__(self, hidden: int) -> None:
        super().__init__(hidden, TARGETS)


def hearing_loss(sounds: Tensor, batch: Batch, labeller: Labeller) -> tuple[Tensor, float]:
    """Cross-entropy of the frames; and how well the kinds that sound are found, as intersection over union."""
    there = torch.arange(sounds.shape[1]) < batch.lengths[:, None]
    said, true = labeller(sounds[there].float()).float(), batch.frames[there]
    loss = F.binary_cross_entropy_with_logits(said, true, pos_weight=RARE)
    found, kinds = said[:, : len(KINDS)] > 0, true[:, : len(KINDS)] > 0
    overlap = (found & kinds).sum() / (found | kinds).sum().clamp(min=1)
    return loss, float(overlap)


def writing_loss(thinker: Thinker, sounds: Tensor, batch: Batch, audio: int) -> tuple[Tensor, Tensor, float]:
    """Weighted cross-entropy of the reply; unevenness of the experts; the share of tokens that are right."""
    there = torch.arange(sounds.shape[1]) < batch.lengths[:, None]
    words = thinker.embed(batch.ids, sounds[there], audio)
    positions = torch.arange(batch.ids.shape[1]).expand(batch.ids.shape)
    hidden, unevenness = thinker.model(words, positions, causal(batch.ids.shape[1]))
    taught = batch.labels != NOT_TAUGHT
    said, true, weights = thinker.lm_head(hidden[taught]).float(), batch.labels[taught], batch.weights[taught]
    losses = F.cross_entropy(said, true, reduction="none")
    return (losses * weights).sum() / weights.sum(), unevenness, float((said.argmax(-1) == true).float().mean())
