"""What a server's failure means: tried again (`Fault`), this request refused (`CallFailed`), or set up wrongly."""

from __future__ import annotations

import re
import time
from email.utils import parsedate_to_datetime

import msgspec

from audio_cogito.errors import CallFailed, CogitoError, SetupError

SET_UP_WRONGLY = {
    401: "the key is refused; check key_env",
    402: "the account is out of credit",
    403: "the key may not use this model",
    404: "the address or the model is unknown there; url ends in /v1 for most servers",
    405: "this is not the address of chat completions; url ends in /v1 for most servers",
}
PASSING = {408, 409, 425, 429}
"""Client errors that say nothing about the request."""
OVERLOADED = {429, 502, 503, 504}
"""Statuses that speak of the server as a whole, never of one request."""
LONGEST_MESSAGE = 300
SECONDS = re.compile(r"\d{1,9}(\.\d+)?")


class Fault(Exception):
    """A try that gave no answer and says nothing final about its request.

    `wait`: seconds the server asks us to wait; `overloaded`: the fault is the server's as a whole.
    """

    def __init__(self, detail: str, *, wait: float | None = None, overloaded: bool = False) -> None:
        super().__init__(detail)
        self.wait, self.overloaded = wait, overloaded


def fault_of(status: int, retry_after: str | None, message: str) -> Fault | CogitoError:
    """What an answer other than 200 means. `message`: one line, without secrets."""
    said = f"status {status}: {message}" if message else f"status {status}"
    if status >= 500 or status < 300 or status in PASSING:
        return Fault(said, wait=seconds_of(retry_after), overloaded=status in OVERLOADED)
    if status in SET_UP_WRONGLY:
        return SetupError(f"{SET_UP_WRONGLY[status]} ({said})")
    if status < 400:
        return SetupError(f"the server sends us elsewhere; url must be its own address ({said})")
    return CallFailed("refused", said)


def seconds_of(retry_after: str | None) -> float | None:
    """A Retry-After header in seconds from now: a number or an HTTP date (RFC 9110, 10.2.3). None where unreadable."""
    if retry_after is None:
        return None
    if SECONDS.fullmatch(retry_after.strip()):
        return float(retry_after)
    try:
        return max(0.0, parsedate_to_datetime(retry_after).timestamp() - time.time())
    except ValueError:
        return None


def message_of(body: bytes) -> str:
    """The sentence in an error body, whichever way a server wraps it, on one line."""
    try:
        said = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return one_line(body.decode("utf-8", "replace"))
    match said:
        case {"error": {"message": str(message)}} | {"error": str(message)} | {"message": str(message)}:
            return one_line(message)
    return one_line(body.decode("utf-8", "replace"))


def one_line(text: str) -> str:
    return " ".join(text.split())


def cut(text: str) -> str:
    return text if len(text) <= LONGEST_MESSAGE else text[: LONGEST_MESSAGE - 1] + "…"
