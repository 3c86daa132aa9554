"""The command `cogito`. Exit codes: 0 all accounted for and none failed, 1 a bug, 2 set-up, 3 finished with failures,
4 endpoint lost, 5 stopped by a guard, 130 interrupted."""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import sys
from collections.abc import Sequence

from rich.console import Console

from audio_cogito import __version__, commands
from audio_cogito.errors import CogitoError
from audio_cogito.interrupts import on_termination

INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    on_termination()
    options = _options(sys.argv[1:] if arguments is None else arguments)
    out, err = (Console(stderr=on, soft_wrap=True, highlight=False, emoji=False) for on in (False, True))
    try:
        code: int = options.run(options, out, err)
    except CogitoError as error:
        err.print(f"cogito: {error}", markup=False)
        return error.exit_code
    except KeyboardInterrupt:
        err.print("cogito: interrupted; run it again to go on")
        return INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    return code


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    """Overrides may stand anywhere after the recipe, also behind an option, where argparse does not look for them."""
    parser = _parser(arguments)
    options, rest = parser.parse_known_args(arguments)
    wrong = [argument for argument in rest if argument.startswith("-") or "=" not in argument]
    if wrong or (rest and not hasattr(options, "overrides")):
        parser.error(f"unknown: {' '.join(wrong or rest)}")
    if rest:
        options.overrides = [*options.overrides, *rest]
    return options


def names() -> list[str]:
    """The commands, those of the road first."""
    found = sorted(module.name for module in pkgutil.iter_modules(commands.__path__))
    return sorted(found, key=lambda name: commands.ORDER.index(name) if name in commands.ORDER else len(commands.ORDER))


def _parser(arguments: Sequence[str]) -> argparse.ArgumentParser:
    """All commands, or the one that is called, so that no other is imported."""
    parser = argparse.ArgumentParser(prog="cogito", description="Recordings in, verified audio reasoning data out.")
    parser.add_argument("--version", action="version", version=f"cogito {__version__}")
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND")
    called = arguments[0].replace("-", "_") if arguments else ""
    for name in [called] if called in names() else names():
        module = importlib.import_module(f"{commands.__name__}.{name}")
        sub = subparsers.add_parser(name.replace("_", "-"), help=module.SUMMARY, description=module.__doc__)
        module.arguments(sub)
        sub.set_defaults(run=module.run)
    return parser


if __name__ == "__main__":
    sys.exit(main())
