"""What can go wrong, and where it ends.

    CogitoError
    ├── SetupError       one wrong setting: the run stops before the first call          exit 2
    │   └── RunLocked    another process holds the run
    ├── EndpointLost     a server is gone for good: the run stops, its work is owed      exit 4
    ├── GuardTripped     a rate or a budget passed its limit: the run stops, likewise    exit 5
    ├── CallFailed       one call cannot be had: becomes a Failure in the ledger         exit 3 at the end
    └── Unreadable       a reply that a parser refuses: asked again, then a Failure or `unscored`

A record that fails is data, not a crash; only the first three end a run. Messages are one line, say what to do where we
know it, and never hold a secret.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from audio_cogito.ledger import FailureReason


class CogitoError(Exception):
    exit_code = 1


class SetupError(CogitoError):
    """A setting, path, key or file is wrong; nothing was asked of any model."""

    exit_code = 2


class RunLocked(SetupError):
    """Another process works on this run."""


class EndpointLost(CogitoError):
    """A model's servers gave no answer for longer than its patience. What was in flight is owed, not failed."""

    exit_code = 4


class GuardTripped(CogitoError):
    """Going on would spend on what is likely to be thrown away, or more than is allowed. Nothing is lost."""

    exit_code = 5


class CallFailed(CogitoError):
    """The server refused this one request, or failed on it while it served others."""

    def __init__(self, reason: FailureReason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason, self.detail = reason, detail


class Unreadable(CogitoError):
    """A reply that does not say what it was asked to say, in the form it was asked for."""
