"""`cogito loop RECIPE`: generate, verify, train, serve, evaluate, again. Each round's data are made by the last round's
model; a round that is not better than it by a paired test is not carried on. Run again, it goes on."""

from __future__ import annotations

import argparse
from pathlib import Path

from rich.console import Console

from audio_cogito import rounds
from audio_cogito.commands import positive
from audio_cogito.grading.tables import aligned
from audio_cogito.rounds import commands
from audio_cogito.rounds.commands import Stopped
from audio_cogito.rounds.walk import Loop, Outcome, Round

SUMMARY = "rounds of building, training and evaluating, each with a gate"
HEADINGS = ("round", "model that made its data", "before", "after", "difference", "95 % interval", "p", "")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("recipe", type=Path, help="a loop's recipe, such as recipes/loop.toml")
    parser.add_argument("overrides", nargs="*", metavar="key=value", help="e.g. carry_on=true")
    parser.add_argument("--rounds", type=positive, metavar="N", help="at most so many")
    parser.add_argument("--continue", dest="goes_on", action="store_true", help="train on from the last weights")


def run(options: argparse.Namespace, out: Console, err: Console) -> int:
    given = [] if options.rounds is None else [f"rounds={options.rounds}"]
    given += ["goes_on=true"] if options.goes_on else []
    settings = rounds.load(options.recipe, (*options.overrides, *given))
    try:
        outcome = Loop(settings, commands.run, err).walk()
    except Stopped as stopped:
        err.print(f"cogito: the loop stops here, since the last command ended with code {stopped.code}")
        return stopped.code
    out.print("\n".join([*aligned([HEADINGS, *map(_row, outcome.rounds)]), "", told(outcome)]), markup=False)
    return 0


def _row(one: Round) -> tuple[str, ...]:
    found = one.gate.difference
    return (
        str(one.number),
        "the first" if one.came_from == 0 else f"round {one.came_from}'s",
        f"{found.a:.1f}",
        f"{found.b:.1f}",
        f"{found.difference:+.1f}",
        f"{found.low:+.1f} to {found.high:+.1f}",
        f"{found.p:.2g}",
        "better" if one.gate.passed else "carried on all the same" if one.carried else "not carried on",
    )


def told(outcome: Outcome) -> str:
    """The end in plain words."""
    if outcome.test is None:
        return "No round was better than the first model on the development set, so the test set was not read."
    found = outcome.test
    verdict = {"B is higher": "better", "A is higher": "worse"}.get(found.verdict, "no difference shown")
    return (
        f"On the test set, read once: {found.a:.1f} % of the first model, {found.b:.1f} % of round {outcome.best}'s "
        f"({found.difference:+.1f} points, 95 % interval {found.low:+.1f} to {found.high:+.1f}, p = {found.p:.2g}): "
        f"{verdict}."
    )
