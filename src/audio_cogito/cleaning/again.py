"""The benchmarks that a finished run's questions are compared with once more, before a row of them leaves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from audio_cogito.cleaning.contamination import Contamination
from audio_cogito.cleaning.known import known
from audio_cogito.config import Recipe


def compared_again(recipe: Recipe, say: Callable[[str], None]) -> Contamination:
    """The benchmarks whose questions leave no row: those of a build as far as they are there, and export's own."""
    if not recipe.select.decontaminate:
        return Contamination(())
    there = tuple(place for place in recipe.select.against if Path(place).exists())
    for gone in sorted(set(recipe.select.against) - set(there)):
        say(f"{gone} is not there any more: its questions are not compared again.")
    return Contamination(known((*there, *recipe.export.against), recipe.folders))
