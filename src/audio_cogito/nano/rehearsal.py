"""Further training on rows: the question with its sound is heard, and only what follows `assistant` is taught.

All weights are stepped, those that hear among them: what is new of a new domain is how it sounds. Every token of chain
and answer counts the same, since a chain of another's words has no part that is known to conclude.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import soundfile
import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from torch import Tensor

from audio_cogito import nano
from audio_cogito.errors import SetupError
from audio_cogito.exports.swift import SwiftRow, faults_of
from audio_cogito.nano import checkpoint
from audio_cogito.nano.course import CLIP, NO_BF16, UNEVENNESS_WEIGHT, has_bf16
from audio_cogito.nano.exam import spelled
from audio_cogito.nano.hearing import CHUNK_FRAMES, HOP, RATE, log_mel, tokens
from audio_cogito.nano.network import Thinker
from audio_cogito.nano.optimiser import Muon
from audio_cogito.nano.schedule import Further
from audio_cogito.nano.teaching import Batch, writing_loss, written
from audio_cogito.nano.vocabulary import id_of
from audio_cogito.synth.scenes import draw_for
from audio_cogito.tags import AUDIO
from audio_cogito.types import Record

SAY_EVERY = 5.0
"""Seconds."""
NO_FRAMES = torch.empty(0)
"""What sounds in every frame is not known of rows."""


class Row(Record):
    """A question, the chain with its answer, and where the sound lies."""

    words: str
    reply: str
    sound: Path
    frames: int


def distil(rows: Path, out: Path, *, model: str, settings: Further) -> None:
    """From rows and a checkpoint to another checkpoint. Raises SetupError before the first step."""
    if out.exists():
        raise SetupError(f"{out} is there already: name a new folder")
    base = nano.folder_of(model)
    thinker, tokenizer = checkpoint.load(base)
    taught = read(rows, tokenizer)
    torch.set_num_threads(1)
    torch.manual_seed(settings.random_seed)
    part = out.with_name(f".{out.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    try:
        _copy(base, part)
        teach(thinker, tokenizer, taught, settings)
        checkpoint.save(part, thinker)
        part.rename(out)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _copy(base: Path, part: Path) -> None:
    """File by file: `copytree` would tell of all that fail at once, in no line that could be read."""
    part.mkdir(parents=True)
    for path in base.iterdir():
        if path.is_file():
            shutil.copyfile(path, part / path.name)


# --- rows -------------------------------------------------------------------------------------------------------------


def read(path: Path, tokenizer: Tokenizer) -> list[Row]:
    """Raises SetupError that names the line which is no row, or which the model cannot take."""
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise SetupError(f"the rows {path} cannot be read: {error.strerror or error}") from error
    if not lines:
        raise SetupError(f"{path} holds no row: nothing was accepted, so there is nothing to teach")
    return [_row(line, f"{path}, line {number}", path.parent, tokenizer) for number, line in enumerate(lines, 1)]


def _row(line: bytes, where: str, folder: Path, tokenizer: Tokenizer) -> Row:
    try:
        row = msgspec.json.decode(line, type=SwiftRow)
    except msgspec.DecodeError as error:
        raise SetupError(f"{where}: not a row of ms-swift's format: {error}") from error
    found = faults_of(row, lambda name: folder / name)
    if len(row.audios) != 1:
        found.append(f"the model hears one sound at a time, not {len(row.audios)}")
    if found:
        raise SetupError(f"{where}: {'; '.join(found)}")
    user, reply = (message.content for message in row.messages)
    sound = folder / row.audios[0]
    one = Row(words=user.removeprefix(AUDIO), reply=reply, sound=sound, frames=_frames(sound, where))
    if (length := sum(map(len, _parts(one, tokenizer)))) > nano.CONTEXT:
        raise SetupError(f"{where}: {length} tokens, and the model has room for {nano.CONTEXT}")
    return one


def _frames(sound: Path, where: str) -> int:
    try:
        about = soundfile.info(sound)
    except soundfile.LibsndfileError as error:
        raise SetupError(f"{where}: {sound} is no sound that can be read") from error
    if about.samplerate != RATE or about.channels != 1:
        raise SetupError(f"{where}: {sound} is not {RATE:,} Hz mono, as `cogito build` stores sounds")
    if not 0.1 <= about.duration <= nano.LONGEST_SECONDS + 0.05:
        limit = f"0.1 to {nano.LONGEST_SECONDS:g} s"
        raise SetupError(f"{where}: the model hears clips of {limit}, {sound.name} has {about.duration:.2f} s")
    return int(about.frames) // HOP


def _parts(row: Row, tokenizer: Tokenizer) -> tuple[list[int], list[int]]:
    """The tokens of what is asked, and of what is taught."""
    asked = tokenizer.encode(spelled(row.words, tokens(row.frames)), add_special_tokens=False).ids
    return asked, tokenizer.encode(f"{row.reply}<|im_end|>\n", add_special_tokens=False).ids


# --- steps ------------------------------------------------------------------------------------------------------------


def teach(thinker: Thinker, tokenizer: Tokenizer, rows: list[Row], settings: Further) -> None:
    """Every row once an epoch, in an order drawn for it."""
    thinker.requires_grad_(True).train()
    optimiser = Muon(list(thinker.named_parameters()))
    half = has_bf16()
    if not half:
        print(NO_BF16, flush=True)  # noqa: T201
    audio, steps, said = id_of(tokenizer, "<|audio_pad|>"), settings.steps(len(rows)), 0.0
    print(f"{len(rows):,} rows, {steps:,} steps", flush=True)  # noqa: T201
    for step, part in enumerate(_batches(rows, settings)):
        batch = _batch(part, tokenizer)
        with torch.autocast("cpu", torch.bfloat16, enabled=half):
            sounds = thinker.audio_tower(batch.mels, batch.lengths)
            loss, unevenness, right = writing_loss(thinker, sounds, batch, audio)
        (loss + UNEVENNESS_WEIGHT * unevenness).backward()
        torch.nn.utils.clip_grad_norm_(thinker.parameters(), CLIP)
        optimiser.step(settings.rate_at(step, steps))
        thinker.zero_grad(set_to_none=True)
        if time.monotonic() - said > SAY_EVERY or step + 1 == steps:
            said = time.monotonic()
            print(f"step {step + 1}/{steps}  words {float(loss.detach()):.3f} ({right:.3f} right)", flush=True)  # noqa: T201
    thinker.requires_grad_(False).eval()


def _batches(rows: list[Row], settings: Further) -> Iterator[list[Row]]:
    for epoch in range(settings.epochs):
        order = draw_for(settings.random_seed, epoch, "distil").permutation(len(rows))
        for start in range(0, len(rows), settings.batch):
            yield [rows[int(i)] for i in order[start : start + settings.batch]]


def _batch(rows: list[Row], tokenizer: Tokenizer) -> Batch:
    parts = [_parts(row, tokenizer) for row in rows]
    weighed = [([*asked, *reply], [0.0] * len(asked) + [1.0] * len(reply)) for asked, reply in parts]
    ids, labels, weights = written(weighed, id_of(tokenizer, "<|endoftext|>"))
    longest = -(-max(row.frames for row in rows) // CHUNK_FRAMES) * CHUNK_FRAMES
    return Batch(
        mels=torch.stack([_mel(row, longest) for row in rows]),
        lengths=torch.tensor([tokens(row.frames) for row in rows]),
        frames=NO_FRAMES,
        ids=ids,
        labels=labels,
        weights=weights,
    )


def _mel(row: Row, frames: int) -> Tensor:
    """Bins x frames, padded with nothing."""
    samples = soundfile.read(row.sound, dtype="int16")[0]
    mel = log_mel(np.asarray(samples, np.int16))
    return F.pad(mel, (0, frames - mel.shape[1]))
