"""A model named on the command line: `NAME@URL`, split at the first `@http`.

The key comes from OPENAI_API_KEY where that is set. Further settings of the server are overrides under the option's
name, such as `judge.patience=20` or `judge.key_env=OTHER_KEY`; all of them are those of a recipe's `[models.NAME]`.
"""

from __future__ import annotations

import os
from typing import Any

from audio_cogito import config
from audio_cogito.errors import SetupError
from audio_cogito.models.openai import Settings

KEY_ENV = "OPENAI_API_KEY"


def server(text: str, table: dict[str, Any], *, where: str, body: dict[str, Any] | None = None) -> Settings:
    """The settings of a model named `text`; `body` is what its requests must hold beside. Raises SetupError."""
    name, at, rest = text.partition("@http")
    if not at or not name:
        raise SetupError(f"--{where} {text!r} is not NAME@URL, such as Qwen3-Omni@http://127.0.0.1:8000/v1")
    url = f"http{rest}"
    # Without a stated revision replies are remembered for this address alone: other weights may stand behind another.
    given = {
        "name": name,
        "url": url,
        "revision": f"unstated, at {url}",
        "key_env": KEY_ENV if _key() else None,
    } | table
    if body:
        given["body"] = body | given.get("body", {})
    return config.read_settings(given, Settings, where=where)


def _key() -> bool:
    return bool(os.environ.get(KEY_ENV))


def tables(overrides: list[str], names: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    """What `name.key=value` overrides say, by name. Raises SetupError for other names."""
    found: dict[str, Any] = {name: {} for name in names}
    for override in overrides:
        if override.partition(".")[0] not in names:
            raise SetupError(f"{override!r} sets nothing here; what can be set begins with {'., '.join(names)}.")
        config.override(found, override)
    return found
