"""A model as it is named on the command line: a role of a recipe, NAME@URL, `nano`, or hf:DIR."""

from __future__ import annotations

import os
from collections.abc import Mapping

from audio_cogito import nano
from audio_cogito.errors import SetupError
from audio_cogito.models.openai import Settings

KEY = "OPENAI_API_KEY"
"""Where the key of a NAME@URL is looked for; none is sent where it is not set."""


def server(named: str, roles: Mapping[str, Settings], *, revision: str | None = None) -> Settings:
    """The server behind a name. Raises SetupError where it is none of these.

    NAME@URL is split at the first `@http`. Its revision is not known unless stated: its replies are then remembered for
    this address alone, since other weights may stand behind another.
    """
    if nano.is_local(named):
        return Settings(name=named)
    if named in roles:
        if revision is not None:
            raise SetupError(f"the recipe states the revision of {named!r}: leave --revision out")
        return roles[named]
    name, found, rest = named.partition("@http")
    if not found or not name:
        raise SetupError(f"{named!r} is no model of the recipe ({', '.join(sorted(roles)) or 'none'}) and not NAME@URL")
    url = f"http{rest}"
    return Settings(
        name=name, revision=revision or f"unstated, at {url}", url=url, key_env=KEY if os.environ.get(KEY) else None
    )
