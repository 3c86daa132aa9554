"""Examine a checkpoint of the built-in model's kind on scenes that it was never shown.

python -m audio_cogito.nano.examine                                  # the shipped one
python -m audio_cogito.nano.examine --model hf:DIR --questions 2000 --out exam.json
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import msgspec

from audio_cogito import nano
from audio_cogito.errors import CogitoError
from audio_cogito.nano.schedule import EXAM_SEED


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m audio_cogito.nano.examine", description=__doc__.partition("\n")[0])
    parser.add_argument("--model", default=nano.NAME, help="nano or hf:DIR")
    parser.add_argument("--questions", type=int, default=1000)
    parser.add_argument("--random-seed", type=int, default=EXAM_SEED)
    parser.add_argument("--out", type=Path, help="where the result goes as JSON")
    arguments = parser.parse_args()
    try:
        nano.require()
        from audio_cogito.nano import checkpoint, exam

        thinker, tokenizer = checkpoint.load(nano.folder_of(arguments.model))
        found = exam.examine(thinker, tokenizer, arguments.questions, arguments.random_seed)
        text = msgspec.json.format(msgspec.json.encode(found), indent=1) + b"\n"
        if arguments.out:
            arguments.out.write_bytes(text)
    except CogitoError as error:
        sys.exit(f"cogito: {error}")
    except OSError as error:
        sys.exit(f"cogito: {arguments.out}: {error.strerror or error}")
    print(text.decode(), end="")  # noqa: T201


if __name__ == "__main__":
    main()
