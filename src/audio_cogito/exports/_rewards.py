"""Rewards for rows that `cogito export` wrote (formats `grpo` and `trl`), for group-relative policy optimisation.

    ms-swift   --external_plugins rewards.py --reward_funcs cogito_right cogito_form
    TRL        from rewards import right, form; GRPOTrainer(reward_funcs=[right, form], ...)

The file stands alone: it needs Python and nothing else. A reply is read as `<think> chain </think> answer`, where the
opening tag may be the prompt's. Both functions take what the trainers hand over: the replies, as texts or as lists of
messages, and the row's columns by name; they return one reward each, or None where they can say nothing.
"""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Callable
from typing import Any

OPEN, CLOSE = "<think>", "</think>"
JUDGED = ("choice", "yesno")
"""Types of questions whose answers the string match tells right from wrong."""
_words = re.compile(r"\w+").findall

Completion = str | list[dict[str, Any]]


def right(
    completions: list[Completion], solution: list[str], choices: list[str], question_type: list[str], **_: Any
) -> list[float | None]:
    """1 for the key by MMAR's and MMAU's string match, 0 for anything else, an unended chain included.

    None for questions without choices: every word of an open key, strewn in, would count as the key.
    """
    rows = zip(completions, solution, choices, question_type, strict=True)
    return [
        float(_is_key(_answer(completion), key, json.loads(offered))) if type_ in JUDGED else None
        for completion, key, offered, type_ in rows
    ]


def form(completions: list[Completion], **_: Any) -> list[float]:
    """1 for one chain that ended and an answer after it, 0 for anything else."""
    return [float(_is_whole(_text(completion))) for completion in completions]


def _text(completion: Completion) -> str:
    return completion if isinstance(completion, str) else "".join(message["content"] for message in completion)


def _answer(completion: Completion) -> str:
    """What stands after the chain; nothing where the chain did not end."""
    return _text(completion).partition(CLOSE)[2]


def _is_whole(text: str) -> bool:
    chain, _, answer = text.strip().removeprefix(OPEN).partition(CLOSE)
    return bool(chain.strip() and answer.strip()) and not any(tag in chain + answer for tag in (OPEN, CLOSE))


def _is_key(answer: str, key: str, choices: list[str]) -> bool:
    """Every word of the key and no word that is in a wrong choice alone."""
    said, wanted = _set(answer), _set(key)
    unwanted = {word for choice in choices for word in _set(choice) - wanted}
    return bool(said) and wanted <= said and not said & unwanted


def _set(text: str) -> set[str]:
    return set(_words(text.lower()))


def _register() -> None:
    """Tell ms-swift of both, where it is what loads this file."""
    try:
        rewards = importlib.import_module("swift.rewards")
    except ImportError:
        return
    for function in (right, form):
        rewards.orms[f"cogito_{function.__name__}"] = _orm(rewards.ORM, function)


def _orm(base: type, function: Callable[..., list[Any]]) -> type:
    """A class as ms-swift wants one, which it makes an object of and calls."""

    def call(self: object, completions: list[Completion], **columns: Any) -> list[Any]:
        return function(completions, **columns)

    return type(function.__name__.title(), (base,), {"__call__": call})


_register()
