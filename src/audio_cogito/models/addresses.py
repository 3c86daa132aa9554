"""The addresses of one model: which to ask next, and whether anything answers at all."""

from __future__ import annotations

import time

import msgspec
from yarl import URL

from audio_cogito.errors import SetupError

FIRST_AVOIDANCE, LONGEST_AVOIDANCE = 1.0, 30.0
"""Seconds an address that failed is passed over while others stand; doubled for each failure in a row."""


class Address(msgspec.Struct, eq=False):
    """One server, and how it fares."""

    chat: URL
    models: URL
    in_flight: int = 0
    faults: int = 0
    """Failures since its last answer."""
    avoided_until: float = 0.0


class Addresses:
    """Least in flight wins; one that failed is avoided for a while if others stand.

    `answers` counts replies of any address. `trouble_since` is when the first try began that failed after the last
    reply, None while all is well; `troubled` counts the calls that are being tried again; `lost` is set when patience
    was over, until something answers after all.
    """

    def __init__(self, urls: tuple[str, ...]) -> None:
        if not urls:
            raise SetupError("a model needs at least one url")
        self.all = [_address(url) for url in urls]
        self.answers, self.troubled = 0, 0
        self.trouble_since: float | None = None
        self.lost = False
        self._last_answer = float("-inf")

    def __str__(self) -> str:
        return ", ".join(str(address.models.parent) for address in self.all)

    def pick(self) -> Address:
        if len(self.all) == 1:
            return self.all[0]
        now = time.monotonic()
        standing = [address for address in self.all if address.avoided_until <= now]
        return min(standing or self.all, key=lambda address: address.in_flight)

    def answered(self, address: Address) -> None:
        self.answers += 1
        self.trouble_since, self.lost = None, False
        self._last_answer = time.monotonic()
        address.faults, address.avoided_until = 0, 0.0

    def failed(self, address: Address, began: float) -> None:
        """`began`: when the try that failed began, on the monotonic clock."""
        avoidance = min(LONGEST_AVOIDANCE, FIRST_AVOIDANCE * 2 ** min(address.faults, 10))
        address.avoided_until = time.monotonic() + avoidance
        address.faults += 1
        began = max(began, self._last_answer)
        self.trouble_since = began if self.trouble_since is None else min(began, self.trouble_since)


def _address(url: str) -> Address:
    """Raises SetupError, without repeating what might be a secret."""
    try:
        parsed = URL(url)
    except ValueError:
        raise SetupError("a url cannot be read; it looks like http://127.0.0.1:8000/v1") from None
    if parsed.user is not None or parsed.password is not None or parsed.raw_query_string:
        raise SetupError(
            f"the url of {parsed.host} holds credentials or a query: name the key's environment variable in key_env"
        )
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise SetupError(f"the url {url!r} is not an address such as http://127.0.0.1:8000/v1")
    root = parsed.with_fragment(None).with_path(parsed.path.rstrip("/"))
    return Address(chat=root / "chat" / "completions", models=root / "models")
