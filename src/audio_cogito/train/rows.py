"""The rows of a training: exported, read again from the disk, chosen, and what is left out of them, each with a reason.

Two files stand in a training's folder: `rows.jsonl`, which the trainer reads whole, and `left-out.jsonl`. Together they
are what the run exported for the split `train`, in its order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec
import soundfile

from audio_cogito import config, prompts
from audio_cogito.audio import RATE, Sounds
from audio_cogito.cleaning.again import compared_again
from audio_cogito.errors import SetupError
from audio_cogito.exports import read_json_lines
from audio_cogito.exports.swift import SwiftRow, faults_of
from audio_cogito.parsing import CLOSE, OPEN
from audio_cogito.run import Run
from audio_cogito.stages import export, verify
from audio_cogito.stages.row_files import PROVENANCE, Provenance
from audio_cogito.train.lengths import audio_tokens
from audio_cogito.train.recipe import Rows, TrainRecipe
from audio_cogito.types import Record, identity

SPLIT = "train"
EMPTY_CHAIN = f"{OPEN}\n\n{CLOSE}\n\n"
ROWS, LEFT_OUT, CANDIDATES = "rows.jsonl", "left-out.jsonl", ".candidates.jsonl"


class TrainMessage(Record):
    role: Literal["user", "assistant"]
    content: str
    loss_scale: float | None = None
    """What ms-swift multiplies the loss of this message by."""


class TrainRow(Record):
    """A row as the trainer reads it."""

    messages: tuple[TrainMessage, ...]
    audios: tuple[str, ...]

    @property
    def response(self) -> str:
        return self.messages[-1].content

    @property
    def thinks(self) -> bool:
        return not self.response.startswith(EMPTY_CHAIN)


class LeftOut(Record, omit_defaults=False):
    """A row that is not trained on."""

    trace: str
    reason: str
    tokens: int | None = None


class Candidate(NamedTuple):
    """What is kept in memory of a row that may be trained on."""

    trace: str
    thinks: bool
    audio_tokens: int
    sounds: int
    reason: str | None
    """Why it is left out, whatever its length."""


class Chosen(NamedTuple):
    """What the two files hold."""

    rows: int
    thoughtless: int
    """Rows among them with an empty chain."""
    tokens: int
    longest: int
    left_out: Counter[str]


def candidates(run: Run, recipe: TrainRecipe, folder: Path, say: Callable[[str], None]) -> list[Candidate]:
    """Export the run's rows, hold them to what a trainer needs, and write them as candidates into the folder.

    Raises SetupError for a sound that is missing or damaged, for tags that do not balance, where splits share a
    recording, and where there is no row.
    """
    weights = _export(run, recipe, say)
    rows = run.rows / "swift"
    easy = _held_apart(run, rows, recipe.rows)
    found: list[Candidate] = []
    with (folder / CANDIDATES).open("wb") as file:
        for row, provenance in _read(rows):
            made = _made(row, provenance, recipe, weights, provenance.trace in easy)
            file.write(msgspec.json.encode(made) + b"\n")
            found.append(_candidate(made, provenance.trace, recipe.rows, len(found) + 1))
    return found


def choose(folder: Path, found: list[Candidate], words: list[int], frame: dict[int, int], max_length: int) -> Chosen:
    """Write the rows that fit, and those that do not, as parts that `publish` gives their names; `frame` is what a
    template adds to a row of so many sounds.

    Raises SetupError where nothing is left, and names what was left out.
    """
    left_out: Counter[str] = Counter()
    rows = thoughtless = total = longest = 0
    with (
        (folder / CANDIDATES).open("rb") as lines,
        part_of(folder, ROWS).open("wb") as kept,
        part_of(folder, LEFT_OUT).open("wb") as out,
    ):
        for line, row, count in zip(lines, found, words, strict=True):
            tokens = tokens_of(row, count, frame)
            reason = row.reason or (f"over {max_length:,} tokens" if tokens > max_length else None)
            if reason:
                left_out[reason] += 1
                out.write(msgspec.json.encode(LeftOut(trace=row.trace, reason=reason, tokens=tokens)) + b"\n")
                continue
            kept.write(line)
            rows, thoughtless = rows + 1, thoughtless + (not row.thinks)
            total, longest = total + tokens, max(longest, tokens)
    if not rows:
        part_of(folder, LEFT_OUT).replace(folder / LEFT_OUT)
        said = ", ".join(f"{reason}: {count:,}" for reason, count in sorted(left_out.items()))
        raise SetupError(f"no row is left to train on ({said}): {folder / LEFT_OUT}")
    return Chosen(rows, thoughtless, total, longest, left_out)


def part_of(folder: Path, name: str) -> Path:
    return folder / f".{name}.part"


def publish(folder: Path) -> None:
    for name in (LEFT_OUT, ROWS):
        part_of(folder, name).replace(folder / name)


def remove_parts(folder: Path) -> None:
    for path in (part_of(folder, ROWS), part_of(folder, LEFT_OUT), folder / CANDIDATES):
        path.unlink(missing_ok=True)


def tokens_of(row: Candidate, words: int, frame: dict[int, int]) -> int:
    """A row's tokens; of a number of sounds that was not tried, the template adds what the most that was tried did."""
    return words + row.audio_tokens + frame.get(row.sounds, max(frame.values(), default=0) + 2 * row.sounds)


# --- one row ----------------------------------------------------------------------------------------------------------


def _made(row: SwiftRow, provenance: Provenance, recipe: TrainRecipe, weights: bool, easy: bool) -> TrainRow:
    """The row as it is learnt: perhaps without its chain, perhaps weighed."""
    user, response = row.messages
    content = response.content
    if easy and _drawn(provenance.trace, "thought dropout") < recipe.rows.thought_dropout:
        content = EMPTY_CHAIN + content.partition(CLOSE)[2].lstrip("\n")
    weight = provenance.weight if weights else None
    said = TrainMessage(role="assistant", content=content, loss_scale=weight)
    return TrainRow(messages=(TrainMessage(role="user", content=user.content), said), audios=row.audios)


def _drawn(trace: str, purpose: str) -> float:
    """A number from 0 to 1 that stays with a trace, whatever else is trained on."""
    return int(identity(purpose, trace)[:8], 16) / 0xFFFFFFFF


def _candidate(row: TrainRow, trace: str, settings: Rows, number: int) -> Candidate:
    samples = [_samples(path, number) for path in row.audios]
    longest = max(samples) / RATE
    chain = len(row.response.partition(CLOSE)[0]) - len(OPEN) - 2 if row.response.startswith(OPEN) else 0
    reason = None
    if settings.longest_seconds is not None and longest > settings.longest_seconds:
        reason = f"a sound over {settings.longest_seconds:g} s"
    elif (chain or len(row.response)) > settings.longest_chain:
        reason = f"a chain over {settings.longest_chain:,} characters"
    tokens = sum(audio_tokens(count, settings.hearing) for count in samples)
    return Candidate(trace, row.thinks, tokens, len(samples), reason)


def _samples(path: str, number: int) -> int:
    try:
        info = soundfile.info(path)
    except (soundfile.LibsndfileError, OSError) as error:
        raise SetupError(f"row {number}: the sound {path} cannot be read: build the run again, then train") from error
    if info.samplerate != RATE:
        raise SetupError(f"row {number}: the sound {path} is not at {RATE:,} Hz")
    return int(info.frames)


# --- the run's rows ---------------------------------------------------------------------------------------------------


def _export(run: Run, recipe: TrainRecipe, say: Callable[[str], None]) -> bool:
    """As `cogito export RUN --to swift`, with the recipe's settings, so that overlap with benchmarks is looked for once
    more; returns whether rows are weighed."""
    table = config.resolved(config.again(run.record.recipe))
    table["export"] |= recipe.export | {"audio": "reference"} | ({"weight": True} if recipe.rows.weights else {})
    built = config.again(table)
    exported = export.export(
        run,
        "swift",
        sounds=Sounds(Path(built.store) / "audio"),
        prompt=prompts.load(built.think.row_prompt, built.folders),
        drawn_with=prompts.load(built.think.prompt, built.folders).ref,
        settings=built.export,
        random_seed=built.random_seed,
        folders=built.folders,
        contamination=compared_again(built, say),
    )
    for reason, count in sorted((+exported.left_out).items()):
        say(f"no row, {reason}: {count:,} traces")
    if not (run.rows / "swift" / f"{SPLIT}.jsonl").exists():
        raise SetupError(f"{run.folder} has no accepted trace in the split {SPLIT!r}, so there is nothing to train on")
    return recipe.rows.weights


def _read(rows: Path) -> Iterator[tuple[SwiftRow, Provenance]]:
    origins = _provenance(rows / f"{SPLIT}{PROVENANCE}")
    for number, (row, origin) in enumerate(zip(_rows(rows), origins, strict=True), start=1):
        faults = [row] if isinstance(row, str) else faults_of(row)
        if isinstance(row, str) or faults:
            raise SetupError(f"row {number} of {rows / SPLIT}.jsonl is not fit for training: {'; '.join(faults)}")
        yield row, origin


def _rows(rows: Path) -> Iterable[SwiftRow | str]:
    return read_json_lines(rows / f"{SPLIT}.jsonl", SwiftRow)


def _provenance(path: Path) -> Iterator[Provenance]:
    for found in read_json_lines(path, Provenance):
        if isinstance(found, str):
            raise SetupError(f"{path} cannot be read: {found}")
        yield found


def _held_apart(run: Run, rows: Path, settings: Rows) -> set[str]:
    """The easy traces. Raises SetupError where a recording, or a group of them, is in two splits."""
    split_of = {
        origin.trace: path.name.removesuffix(PROVENANCE)
        for path in sorted(rows.glob(f"*{PROVENANCE}"))
        for origin in _provenance(path)
    }
    places: dict[str, str] = {}
    easy: set[str] = set()
    for trace in verify.traces(run):
        split = split_of.get(trace.id)
        if split is None:
            continue
        for clip in trace.question.clips:
            key = clip.recording.group or clip.id
            if places.setdefault(key, split) != split:
                raise SetupError(f"the splits {places[key]!r} and {split!r} share {key}: build the run again")
        if settings.thought_dropout and trace.pass_rate is not None and trace.pass_rate >= settings.easy:
            easy.add(trace.id)
    return easy
