"""A training in order: rows, their encoding, ms-swift, what it left. Run again, it goes on from the last checkpoint.

OUT/rows.jsonl          what is trained on             OUT/left-out.jsonl   what is not, each row with its reason
OUT/swift.json          ms-swift's options and environment, as it reads them
OUT/log.txt             what ms-swift had to say       OUT/swift/           its own folder: checkpoints, logging.jsonl
OUT/train.json          versions, command, digests     OUT/loss.svg         the loss as a picture
OUT/adapter/            the result; after a training of all parameters, OUT/model/
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b, file_digest
from pathlib import Path

import msgspec

from audio_cogito import __version__
from audio_cogito.errors import SetupError
from audio_cogito.models import weights
from audio_cogito.run import Run, now
from audio_cogito.store import write_whole
from audio_cogito.train import encoding, parameters, plot, progress, rows, tensors, watching
from audio_cogito.train.encoding import Encoded
from audio_cogito.train.recipe import TrainRecipe, options
from audio_cogito.train.record import ADAPTER, CONFIG, MODEL, PLOT, RECORD, SWIFT, Part, Plan, TrainRecord, write
from audio_cogito.train.rows import Chosen
from audio_cogito.train.watching import Say, last_checkpoint

WATCHED = ("swift",)
LISTED = 5
"""Rows left out that are named on the way; all of them stand in left-out.jsonl."""
RESULT = ("adapter_config.json", "adapter_model.safetensors", "additional_config.json", "args.json", "README.md")


def command(recipe: TrainRecipe, out: Path) -> tuple[str, ...]:
    """What is started, but for the checkpoint it resumes from."""
    program, *first = recipe.command
    return (str(Path(recipe.python).parent / program), *first, str(out / CONFIG))


def configuration(recipe: TrainRecipe, out: Path) -> bytes:
    """ms-swift's configuration file."""
    whole = options(recipe, rows=out / rows.ROWS, out=out / SWIFT) | {"ENV": recipe.environment}
    return msgspec.json.format(msgspec.json.encode(whole), indent=1) + b"\n"


def train(run: Run, recipe: TrainRecipe, out: Path, say: Say) -> TrainRecord:
    """Train on a run's rows; a training that is done is not done again, and one that is not ms-swift's own trainer's
    (Megatron's log and checkpoints are others) is prepared and left to be started: its record says `begun`.

    Raises SetupError where a row, the engine or what it saved is not as it must be.
    """
    with Run(out).locked():
        plan = prepare(run, recipe, out, say)
        if plan.record.state == "finished":
            say("done already")
            return plan.record
        if recipe.command[0] not in WATCHED:
            return plan.record
        began = time.monotonic()
        try:
            with _room(out):
                watching.run(plan, say)
        finally:
            spent = plan.record.seconds + time.monotonic() - began
            plan = msgspec.structs.replace(plan, record=msgspec.structs.replace(plan.record, seconds=round(spent, 1)))
            write(out, plan.record)
        return _finish(plan, say)


def prepare(run: Run, recipe: TrainRecipe, out: Path, say: Say) -> Plan:
    """All that can be known before the first step. Raises SetupError."""
    python = Path(recipe.python)
    if not python.exists():
        name = python.parent.parent.name
        raise SetupError(f"there is no engine at {python}: bash scripts/engines.sh {name}, or set python=")
    say(f"recipe: {recipe.source}; {recipe.proof}")
    with _room(out):
        try:
            found = rows.candidates(run, recipe, out, say)
            chosen, encoded = _encoded(recipe, out, found)
            record = _before(out, _record(recipe, out, chosen, encoded.versions))
            rows.publish(out)
        finally:
            rows.remove_parts(out)
        write_whole(out / CONFIG, configuration(recipe, out))
    say(f"{chosen.rows:,} rows, {chosen.tokens:,} tokens, the longest {chosen.longest:,} of {recipe.max_length:,}")
    _say_left_out(out, chosen, say)
    return Plan(out=out, recipe=recipe, record=record, longest=chosen.longest, base=Path(encoded.model))


# --- before -----------------------------------------------------------------------------------------------------------


def _encoded(recipe: TrainRecipe, out: Path, found: list[rows.Candidate]) -> tuple[Chosen, Encoded]:
    """The rows that fit, after some were encoded and held to what they say; and what the engine said."""
    file = out / rows.CANDIDATES
    request = encoding.Request(
        options=options(recipe, rows=file, out=out / SWIFT), rows=str(file), encode=encoding.picked(found)
    )
    encoded = encoding.encode(recipe.python, request, out, os.environ | recipe.environment)
    encoding.check(encoded, file, recipe.rows.loss)
    return rows.choose(out, found, encoded.words, encoding.frame(encoded, found), recipe.max_length), encoded


def _say_left_out(out: Path, chosen: Chosen, say: Say) -> None:
    for reason, count in sorted(chosen.left_out.items()):
        say(f"left out, {reason}: {count:,} rows")
    with (out / rows.LEFT_OUT).open("rb") as file:
        for line, _ in zip(file, range(LISTED), strict=False):
            left = msgspec.json.decode(line, type=rows.LeftOut)
            say(f"  {left.trace}: {left.reason} ({left.tokens:,} tokens)")


def _record(recipe: TrainRecipe, out: Path, chosen: Chosen, versions: dict[str, str]) -> TrainRecord:
    folder = Path(recipe.model_folder)
    model = weights.revision(folder) if folder.is_dir() else ""
    data = _digest(rows.part_of(out, rows.ROWS))
    settings = options(recipe, rows=Path("rows"), out=Path("out"))
    told = msgspec.json.encode([settings, recipe.environment, recipe.model, model, data], order="deterministic")
    return TrainRecord(
        state="begun",
        digest=blake2b(told, digest_size=8).hexdigest(),
        proven=recipe.proven,
        source=recipe.source,
        model=recipe.model,
        model_digest=model,
        rows_digest=data,
        rows=chosen.rows,
        thoughtless=chosen.thoughtless,
        tokens=chosen.tokens,
        left_out=dict(sorted(chosen.left_out.items())),
        command=command(recipe, out),
        environment=recipe.environment,
        versions={"audio-cogito": __version__, **versions},
        began=now(),
    )


def _before(out: Path, record: TrainRecord) -> TrainRecord:
    """The record of the training that lies here, where it is this one; raises SetupError where it is another."""
    path = out / RECORD
    try:
        there = msgspec.json.decode(path.read_bytes(), type=TrainRecord) if path.exists() else None
    except (OSError, msgspec.DecodeError) as error:
        raise SetupError(f"{path} cannot be read: {error}; name a new folder with --out") from error
    if there is None or (there.digest != record.digest and last_checkpoint(out) is None):
        write(out, record)
        return record
    if there.digest != record.digest:
        raise SetupError(f"{out} holds a training of other rows, settings or weights: name a new folder with --out")
    return there


# --- after ------------------------------------------------------------------------------------------------------------


def _finish(plan: Plan, say: Say) -> TrainRecord:
    """Give what was trained its name. Raises SetupError where it is not what the recipe says."""
    out, last = plan.out, last_checkpoint(plan.out)
    if last is None:
        raise SetupError(f'ms-swift ended and left no checkpoint in {out / SWIFT}: is swift.save_strategy "no"?')
    modules: list[str] = []
    changed: tuple[Part, ...] = ()
    with _room(out):
        if plan.recipe.adapter:
            modules = tensors.check(last, plan.recipe.adapter)
            _publish_adapter(last, out / ADAPTER)
        else:
            changed = _changed(plan, last, say)
            _publish_model(last, out / MODEL)
        points = progress.points(out / SWIFT / progress.LOG)
        if points:
            write_whole(out / PLOT, plot.loss(points).encode())
    record = msgspec.structs.replace(
        plan.record,
        state="finished",
        ended=now(),
        steps=points[-1].step if points else 0,
        first_loss=points[0].loss if points else None,
        last_loss=points[-1].loss if points else None,
        modules=tuple(modules),
        changed=changed,
    )
    write(out, record)
    return record


def _changed(plan: Plan, last: Path, say: Say) -> tuple[Part, ...]:
    """What is no longer the base model's; nothing, and said so, where that cannot be read and the recipe does not care.

    Raises SetupError.
    """
    try:
        changed = parameters.check(plan.base, last, plan.recipe.parameters)
    except SetupError as error:
        if plan.recipe.parameters:
            raise
        say(f"which weights changed was not looked at: {error}")
        return ()
    count, of = sum(part.changed for part in changed), sum(part.of for part in changed)
    say(f"{count:,} of {of:,} modules are no longer the base model's ({RECORD} names them)")
    return changed


def _publish_adapter(checkpoint: Path, place: Path) -> None:
    part = place.with_name(f".{place.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    for name in RESULT:
        if (checkpoint / name).exists():
            shutil.copyfile(checkpoint / name, part / name)
    shutil.rmtree(place, ignore_errors=True)
    part.rename(place)


def _publish_model(checkpoint: Path, place: Path) -> None:
    """A link: a whole model is not copied."""
    place.unlink(missing_ok=True)
    place.symlink_to(checkpoint.relative_to(place.parent), target_is_directory=True)


# --- files ------------------------------------------------------------------------------------------------------------


@contextmanager
def _room(out: Path) -> Iterator[None]:
    try:
        out.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        raise SetupError(f"{out} cannot be written: {error.strerror or error}") from error


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file_digest(file, lambda: blake2b(digest_size=16)).hexdigest()
    except OSError as error:
        raise SetupError(f"{path} cannot be read: {error.strerror or error}") from error
