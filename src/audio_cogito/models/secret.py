"""A server's key: read from a named environment variable, sent in one header, and cut out of whatever comes back."""

from __future__ import annotations

import os
from urllib.parse import quote

import msgspec

from audio_cogito.errors import SetupError

HIDDEN = "[key]"
SHORTEST = 8
"""Shorter values ("EMPTY", "none") are placeholders that local servers ask for; to cut them out would spoil replies."""


class Secret:
    """A key that nothing prints. `hide` and `hide_bytes` take it out of text that a server wrote."""

    __slots__ = ("_forms", "_value")

    def __init__(self, value: str = "") -> None:
        self._value = value
        escaped = msgspec.json.encode(value).decode()[1:-1]
        forms = {value, escaped, escaped.replace("/", "\\/"), quote(value, safe="")}
        self._forms = sorted(forms, key=len, reverse=True) if len(value) >= SHORTEST else []

    @classmethod
    def from_environment(cls, variable: str | None) -> Secret:
        """The value of an environment variable; none for None. Raises SetupError where it is missing or unfit."""
        if variable is None:
            return cls()
        value = os.environ.get(variable)
        if not value:
            raise SetupError(f"the environment variable {variable} (key_env) is not set")
        if not (value.isascii() and value.isprintable()) or " " in value:
            raise SetupError(f"the environment variable {variable} (key_env) holds characters that no header can carry")
        return cls(value)

    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._value}"} if self._value else {}

    def hide(self, text: str) -> str:
        for form in self._forms:
            text = text.replace(form, HIDDEN)
        return text

    def hide_bytes(self, data: bytes) -> bytes:
        for form in self._forms:
            data = data.replace(form.encode(), HIDDEN.encode())
        return data
