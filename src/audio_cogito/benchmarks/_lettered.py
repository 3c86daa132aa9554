"""Rows whose choices stand in `choice_a` to `choice_d`, of which the last may be missing, and whose key is a text."""

from __future__ import annotations

from typing import Any

from audio_cogito.errors import SetupError
from audio_cogito.reading.metadata import text_of

FIELDS = ("choice_a", "choice_b", "choice_c", "choice_d")


def choices(row: dict[str, Any], place: str) -> tuple[str, ...]:
    """The choices that there are. Raises SetupError, also for one behind a missing one: it would get its letter."""
    given = [name for name in FIELDS if row.get(name) not in (None, "")]
    if len(given) < 2 or given != list(FIELDS[: len(given)]):
        raise SetupError(f"{place} has no choices but {', '.join(given) or 'none'}")
    return tuple(text_of(row, name, place) for name in given)


def answer(row: dict[str, Any], choices: tuple[str, ...], place: str) -> str:
    """The key, which has to be one of the choices. Raises SetupError."""
    found = text_of(row, "answer_gt", place)
    if found not in choices:
        raise SetupError(f"{place}: the answer {found[:40]!r} is none of the choices")
    return found
