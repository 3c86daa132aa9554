"""Teach a checkpoint of the built-in kind its own verified chains: rows as `cogito export RUN --to swift` writes.

    python -m audio_cogito.nano.distil RUN/rows/swift/train.jsonl --out DIR               # on from the shipped weights
    python -m audio_cogito.nano.distil ROWS --model hf:DIR --out OTHER                    # on from others

DIR is a checkpoint: `hf:DIR` names it in a recipe. It appears whole at the end and not before: a minute or two of one
core for 2,000 rows, so that what was killed begins again. The result follows from rows, weights and settings.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import msgspec

from audio_cogito import nano
from audio_cogito.errors import CogitoError
from audio_cogito.nano.pretrain import MALLOC
from audio_cogito.nano.schedule import Further


def command(rows: Path, out: Path, model: str, settings: Further) -> list[str]:
    """How another program runs this one."""
    flags = [f"--{name.replace('_', '-')}={value}" for name, value in msgspec.structs.asdict(settings).items()]
    return [sys.executable, "-m", "audio_cogito.nano.distil", str(rows), f"--out={out}", f"--model={model}", *flags]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m audio_cogito.nano.distil", description=__doc__.partition("\n")[0])
    parser.add_argument("rows", type=Path, help="a .jsonl file in ms-swift's format")
    parser.add_argument("--out", type=Path, required=True, help="the folder of the new checkpoint")
    parser.add_argument("--model", default=nano.NAME, help="nano or hf:DIR, which stays as it is")
    for field in msgspec.structs.fields(Further):
        flag = f"--{field.name.replace('_', '-')}"
        parser.add_argument(flag, type=type(field.default), default=field.default, metavar=str(field.default))
    arguments = vars(parser.parse_args())
    rows, out, model = (arguments.pop(name) for name in ("rows", "out", "model"))
    try:
        nano.require()
        settings = msgspec.convert(arguments, Further)
        if any(os.environ.get(name) != value for name, value in MALLOC.items()):
            os.execve(sys.executable, command(rows, out, model, settings), os.environ | MALLOC)
        from audio_cogito.nano import rehearsal

        rehearsal.distil(rows, out, model=model, settings=settings)
    except (CogitoError, msgspec.ValidationError) as error:
        sys.exit(f"cogito: {error}")
    except OSError as error:
        sys.exit(f"cogito: {error.filename2 or error.filename or out}: {error.strerror or error}")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
