"""What did not become a record: a decision (`Drop`) or an error (`Failure`), with a reason from a small vocabulary.

Neither is silent: both stand in RUN/ledger and are counted in the funnel.
"""

from __future__ import annotations

from typing import Literal

from audio_cogito.types import Record

DropReason = Literal[
    "too_short", "too_long", "not_numbers", "offset", "silent", "clipped", "narrow", "noisy", "little_speech",
    "much_speech", "poor_quality", "duplicate", "near_duplicate", "over_target", "nothing_to_ask", "choices_repeat",
    "key_missing", "key_stands_out", "question_failed", "splits_mixed", "benchmark_video", "benchmark_sound",
    "benchmark_fingerprint", "benchmark_question",
]  # fmt: skip
FailureReason = Literal[
    "missing", "undecodable", "not_installed", "unwritable", "malformed", "refused", "no_answer", "unreadable",
    "crashed",
]  # fmt: skip


class Drop(Record, tag="drop"):
    """A decision not to go on with something, and why."""

    stage: str
    subject: str
    reason: DropReason
    detail: str = ""


class Failure(Record, tag="failure"):
    """Something that could not be made, and the error."""

    stage: str
    subject: str
    reason: FailureReason
    detail: str = ""


Ledgered = Drop | Failure
