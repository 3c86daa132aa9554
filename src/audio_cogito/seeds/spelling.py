"""Spelling of English seeds, by pyspellchecker's word list and terms of our own (`audio-cogito[seeds]`).

Terms stand one a line in `seeds/*.txt`, here and in a folder of the user's. Without the package nothing is checked, and
whoever asks is told so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from audio_cogito import plugins
from audio_cogito.seeds.pool import Seed

WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")


NOT_CHECKED = "Spelling is not checked: pip install 'audio-cogito[seeds]' for that"


def installed(folders: tuple[Path, ...]) -> Spelling | None:
    """None where pyspellchecker is not."""
    try:
        return Spelling(folders)
    except ImportError:
        return None


class Spelling:
    """A word list. Raises ImportError where pyspellchecker is not installed."""

    def __init__(self, folders: tuple[Path, ...] = ()) -> None:
        from spellchecker import SpellChecker

        self._checker = SpellChecker(language="en")
        files = plugins.files("seeds", ".txt", folders).values()
        self._terms = frozenset(
            line.strip().casefold() for path in files for line in path.read_text("utf-8").split("\n")
        )

    def unknown(self, seed: Seed) -> Iterator[str]:
        """Each word of an English seed that neither list holds, once; none for other languages."""
        if seed.language != "en":
            return
        said = " ".join((seed.text, *seed.options, *(distractor.confusion for distractor in seed.distractors)))
        found = {word.casefold().removesuffix("'s").strip("'") for word in WORD.findall(said.replace("’", "'"))}
        yield from sorted(self._checker.unknown(found - self._terms))
