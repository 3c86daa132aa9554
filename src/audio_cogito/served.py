"""A model named on the command line (`models/named.py`), with overrides of its settings under the option's name.

Such as `judge.patience=20` or `judge.key_env=OTHER_KEY`; all of them are those of a recipe's `[models.NAME]`.
"""

from __future__ import annotations

from typing import Any

from audio_cogito import config
from audio_cogito.errors import SetupError
from audio_cogito.models import named
from audio_cogito.models.openai import Settings


def server(text: str, table: dict[str, Any], *, where: str, body: dict[str, Any] | None = None) -> Settings:
    """The settings of a model named `text`, with `table` laid over them; `body` is what its requests must hold beside.

    One with `serve` and `dir` is NAME alone. Raises SetupError.
    """
    own = table.get("serve") and table.get("dir")
    given = config.resolved(Settings(name=text) if own else named.server(text, {})) | table
    if body and isinstance(given["body"], dict):
        given["body"] = body | given["body"]
    return config.read_settings(given, Settings, where=where)


def tables(overrides: list[str], names: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    """What `name.key=value` overrides say, by name. Raises SetupError for other names."""
    found: dict[str, Any] = {name: {} for name in names}
    for override in overrides:
        if override.partition(".")[0] not in names:
            raise SetupError(f"{override!r} sets nothing here; what can be set begins with {'., '.join(names)}.")
        config.override(found, override)
    return found
