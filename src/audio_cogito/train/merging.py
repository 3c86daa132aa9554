"""An adapter put into the weights that it was trained on: a whole checkpoint that any server takes.

The engine merges (`swift export`, as a process of its own); the folder appears whole or not at all. Weights and
configuration are as the engine saved them. Tokenizer, template and the processor's settings are the base model's own
files, so that the merged model reads and writes exactly as the base does.

`scale` weakens or strengthens what was learnt: merged is base + scale x what training added, by the adapter's own
`lora_alpha`, which peft multiplies with. A training of all parameters has nothing to scale; its files are linked.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from audio_cogito import nano
from audio_cogito.errors import SetupError
from audio_cogito.models import weights
from audio_cogito.store import write_whole
from audio_cogito.train import tensors
from audio_cogito.train.record import ADAPTER, MODEL, RECORD, TrainRecord
from audio_cogito.train.watching import Say, last_word
from audio_cogito.types import Record

MERGE, LOG = "merge.json", "merge.log"
ENGINES = ("config.json", "generation_config.json")
"""What the engine saved stays: it may have left parts of the base out, such as the talker, and says so there."""
LEFT = ("args.json", "additional_config.json")
"""Files that tell how weights came to be, with paths of this machine."""
INDEX = ".index.json"
"""Of weights in several files: the engine's, whose files they are."""


class MergeRecord(Record, omit_defaults=False):
    """What `merge.json` holds: of the same three the same weights come."""

    training: str
    """Digest of the rows, the options, the environment and the model that were trained with."""
    base: str
    scale: float


def merge(training: Path, out: Path, say: Say, *, scale: float = 1.0) -> Path:
    """Make `out` the merged checkpoint; where it is that already, nothing is done.

    Raises SetupError where the training is not finished, `out` holds something else, or the engine fails.
    """
    record = finished(training)
    if not record.modules and scale != 1.0:
        raise SetupError(f"{training} trained all parameters: there is no adapter whose scale could be {scale:g}")
    wanted = MergeRecord(training=record.digest, base=record.model, scale=scale)
    if _there(out, wanted):
        say(f"{out}: merged already")
        return out
    with _part(out) as part:
        if record.modules:
            _merged(training, record, part, scale)
        else:
            _linked(training / MODEL, part)
        _completed(part, record)
        write_whole(part / MERGE, msgspec.json.format(msgspec.json.encode(wanted), indent=1) + b"\n")
    say(f"{out}: {_told(record, scale)}, revision {weights.revision(out)}")
    return out


def finished(training: Path) -> TrainRecord:
    """What is known of a training that is done. Raises SetupError."""
    path = training / RECORD
    try:
        record = msgspec.json.decode(path.read_bytes(), type=TrainRecord)
    except FileNotFoundError as error:
        raise SetupError(f"{training} holds no {RECORD}: it is a folder that `cogito train` made") from error
    except (OSError, msgspec.DecodeError) as error:
        raise SetupError(f"{path} cannot be read: {error}") from error
    if record.state != "finished":
        raise SetupError(f"the training in {training} is not finished: run `cogito train` again")
    return record


def _told(record: TrainRecord, scale: float) -> str:
    if not record.modules:
        return "the trained model, its files linked"
    return f"{record.model} and what it learnt" + ("" if scale == 1.0 else f", times {scale:g}")


def _there(out: Path, wanted: MergeRecord) -> bool:
    if not out.exists():
        return False
    try:
        found = msgspec.json.decode((out / MERGE).read_bytes(), type=MergeRecord)
    except (OSError, msgspec.DecodeError):
        found = None
    if found != wanted:
        raise SetupError(f"{out} is there and is not this merge: name a new folder with --out")
    return True


@contextmanager
def _part(out: Path) -> Iterator[Path]:
    """A folder that becomes `out` when all went well, and vanishes when not."""
    part = out.with_name(f".{out.name}.part")
    try:
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        yield part
        part.rename(out)
    except OSError as error:
        raise SetupError(f"{out} cannot be written: {error.strerror or error}") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)


# --- an adapter -------------------------------------------------------------------------------------------------------


def _merged(training: Path, record: TrainRecord, part: Path, scale: float) -> None:
    adapter, model = part / ".adapter", part / ".merged"
    _scaled(training / ADAPTER, adapter, scale)
    _export(training, record, adapter, model)
    shutil.rmtree(adapter)
    for path in model.iterdir():
        path.rename(part / path.name)
    model.rmdir()


def _scaled(adapter: Path, copy: Path, scale: float) -> None:
    """A copy whose every part counts `scale` times."""
    tensors.header(adapter / tensors.WEIGHTS)
    shutil.copytree(adapter, copy)
    path = copy / "adapter_config.json"
    try:
        config: dict[str, Any] = json.loads(path.read_bytes())
        config["lora_alpha"] *= scale
        config["alpha_pattern"] = {name: alpha * scale for name, alpha in (config.get("alpha_pattern") or {}).items()}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SetupError(f"{adapter / path.name} is no adapter's configuration: {error}") from error
    if config.get("use_dora") and scale != 1.0:
        raise SetupError(f"{adapter} was trained with DoRA, which has no scale: what it learnt is no sum")
    path.write_text(json.dumps(config))


def _export(training: Path, record: TrainRecord, adapter: Path, model: Path) -> None:
    swift = Path(record.command[0]).with_name("swift")
    told = {
        "--model": _base(record.model),
        "--adapters": adapter.absolute(),
        "--merge_lora": "true",
        "--output_dir": model.absolute(),
    }
    words = [str(word) for pair in told.items() for word in pair]
    with (training / LOG).open("wb") as log:
        try:
            done = subprocess.run(
                [str(swift), "export", *words], stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                env=os.environ | record.environment, cwd=training, check=False,
            )  # fmt: skip
        except OSError as error:
            raise SetupError(f"{swift} cannot be started: {error.strerror or error}: is the engine there?") from error
    if done.returncode or not any(model.glob("*.safetensors")):
        why = last_word(training / LOG)
        raise SetupError(f"ms-swift could not merge (code {done.returncode}): {why} ({training / LOG})")


def _base(model: str) -> str:
    return str(nano.SHIPPED) if model == nano.NAME else model


# --- all parameters ---------------------------------------------------------------------------------------------------


def _linked(model: Path, part: Path) -> None:
    """The files of the last checkpoint, without the optimizer's; copied where a file system has no links."""
    for path in sorted(model.resolve().iterdir()):
        if path.is_file() and weights.counts(path.name) and path.name not in LEFT:
            try:
                (part / path.name).hardlink_to(path)
            except OSError:
                shutil.copyfile(path, part / path.name)


# --- the folder -------------------------------------------------------------------------------------------------------


def _completed(part: Path, record: TrainRecord) -> None:
    """Every file of weights is whole, and what reads and writes is the base model's own, where that is a folder."""
    for path in sorted(part.glob("*.safetensors")):
        tensors.header(path)
    for name in LEFT:
        (part / name).unlink(missing_ok=True)
    base = Path(_base(record.model))
    for path in sorted(base.iterdir()) if base.is_dir() else ():
        if _reads_and_writes(path):
            (part / path.name).unlink(missing_ok=True)
            shutil.copyfile(path, part / path.name)


def _reads_and_writes(path: Path) -> bool:
    others = path.is_file() and path.name.endswith(weights.OTHERS) and path.name not in weights.NO_MATTER
    return others and path.name not in ENGINES and not path.name.endswith(INDEX)
