"""`cogito demo`: the whole loop offline, in minutes. Scenes are composed, the built-in model reasons about them, its
chains are verified and taught to it, and what that did is counted on held-out scenes. Run again, it goes on."""

from __future__ import annotations

import argparse
from pathlib import Path

from rich.console import Console

from audio_cogito import config, demo
from audio_cogito.demo import Settings, exams, page
from audio_cogito.demo.exams import Comparison
from audio_cogito.demo.loop import Demo
from audio_cogito.errors import SetupError
from audio_cogito.store import write_whole

SUMMARY = "the whole loop offline, with the built-in model, in minutes"
PLACES = (Path(demo.__file__).with_name("recipe.toml"), Path(demo.__file__).parents[3] / "recipes/demo.toml")
"""Of the recipe: in a wheel, and in a checkout."""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, default=Path("demo"), metavar="DIR", help="where all of it lies (demo)")
    parser.add_argument("--quick", action="store_true", help="two minutes rather than ten, and wider intervals")
    parser.add_argument("--recipe", type=Path, metavar="FILE", help="another recipe than recipes/demo.toml")
    parser.add_argument("overrides", nargs="*", metavar="key=value", help="e.g. questions=600 dial=0.8 model=hf:DIR")


def run(options: argparse.Namespace, out: Console, err: Console) -> int:
    table = config.resolved(demo.QUICK if options.quick else Settings())
    for override in options.overrides:
        config.override(table, override)
    settings = config.read_settings(table, Settings, where="demo")
    under_way = Demo(options.out, settings, options.recipe or _recipe(), err)
    try:
        under_way.walk()
        found = _written(under_way)
    except OSError as error:
        where = error.filename2 or error.filename or under_way.folder
        raise SetupError(f"{where}: {error.strerror or error}; what is done stays: run it again to go on") from error
    out.print(exams.table(found), markup=False)
    out.print(f"\n{exams.sentence(found)}", markup=False)
    minutes = sum(under_way.seconds.values()) / 60
    rounds = f"{len(under_way.rounds)} round{'s' if len(under_way.rounds) > 1 else ''}"
    out.print(f"{rounds} in {minutes:.1f} minutes · {options.out / page.FILE}", markup=False)
    return 0


def _written(done: Demo) -> Comparison:
    found = exams.compare(done.exam(0), done.exam(done.rounds[-1]))
    write_whole(done.folder / "comparison.json", exams.encoded(found))
    write_whole(done.folder / page.FILE, page.page(done, found).encode())
    return found


def _recipe() -> Path:
    found = next((path for path in PLACES if path.is_file()), None)
    if found is None:
        raise SetupError("the demo's recipe did not come with this installation: name one with --recipe")
    return found
