"""The built-in model from nothing: scenes are rendered, the audio tower learns to hear, then all learns to answer.

    python -m audio_cogito.nano.pretrain --out DIR                     # about an hour on two cores
    python -m audio_cogito.nano.pretrain --out DIR                     # again: goes on where it was stopped
    python -m audio_cogito.nano.pretrain --out DIR --lessons 200000    # further

DIR/model is the checkpoint, DIR/curve.json what was measured on the way; docs/nano.md shows the shipped one's. A run
follows from its settings and the number of workers; the last bits of a sum differ between processors.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import msgspec

from audio_cogito import nano
from audio_cogito.errors import CogitoError
from audio_cogito.nano.schedule import Settings

MALLOC = {
    "OMP_WAIT_POLICY": "PASSIVE",
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_MMAP_MAX_": "0",
    "MALLOC_TRIM_THRESHOLD_": "100000000000",
    "MALLOC_TOP_PAD_": "268435456",
}
"""Without these glibc gives every large tensor back to the system and asks for it again: 40 % of all time."""


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m audio_cogito.nano.pretrain", description=__doc__.partition("\n")[0]
    )
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes that share each batch")
    parser.add_argument("--every", type=float, default=6.0, help="minutes between checkpoints")
    for field in msgspec.structs.fields(Settings):
        flag = f"--{field.name.replace('_', '-')}"
        parser.add_argument(flag, type=type(field.default), default=field.default, metavar=str(field.default))
    arguments = vars(parser.parse_args())
    out, workers, every = (arguments.pop(name) for name in ("out", "workers", "every"))
    try:
        nano.require()
        settings = msgspec.convert(arguments, Settings)
        if any(os.environ.get(name) != value for name, value in MALLOC.items()):
            command = [sys.executable, "-m", "audio_cogito.nano.pretrain", *sys.argv[1:]]
            os.execve(sys.executable, command, os.environ | MALLOC)
        from audio_cogito.nano import course

        course.run(out, settings, workers=max(1, workers), every=every)
    except CogitoError as error:
        sys.exit(f"cogito: {error}")
    except msgspec.ValidationError as error:
        sys.exit(f"cogito: {error}")
    except OSError as error:
        sys.exit(f"cogito: {out}: {error.strerror or error}")


if __name__ == "__main__":
    main()
