"""How much of each source is here, and what came of it: present, missing and broken of what was published.

Counted from the same entries that go to the ledger, so that both say the same. What a source cannot find or read and
what collect cannot are one thing to a person who asks how much of a dataset is here. A sound that a gate drops is
present: the drop is a decision, and has its own reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import get_args

from audio_cogito import sources
from audio_cogito.errors import SetupError
from audio_cogito.ledger import Failure, FailureReason
from audio_cogito.run import RunRecord, SourceRecord
from audio_cogito.sources import SourceInfo
from audio_cogito.types import Domain, Record

COVERED = ("published", "present", "missing", "broken", "not read")
"""The columns of `covered` after the dataset's name."""
DOMAINS: tuple[Domain, ...] = get_args(Domain)
NOT_KNOWN = "not known"
NOT_STATED = "not stated"
AFTER_SELECT = ("construct", "think", "verify")
BROKEN: tuple[FailureReason, ...] = ("malformed", "undecodable")


@dataclass
class Coverage:
    """One source's, so far; the fields are those of `SourceRecord`."""

    kind: str
    info: SourceInfo
    domains: tuple[Domain, ...]
    expected: int | None
    present: int = 0
    missing: int = 0
    broken: int = 0
    unread: int = 0
    clips: int = 0
    accepted: int = 0

    def read(self, entries: Sequence[Record]) -> None:
        """What became of one recording, or of a row that is none."""
        first = entries[0]
        if not isinstance(first, Failure) or not all(isinstance(entry, Failure) for entry in entries):
            self.present += 1
        elif first.reason == "missing":
            self.missing += 1
        elif first.reason in BROKEN:
            self.broken += 1
        else:
            self.unread += 1

    @property
    def record(self) -> SourceRecord:
        return SourceRecord(
            kind=self.kind,
            title=self.info.title,
            domains=self.domains,
            skill=self.info.skill,
            expected=self.expected,
            present=self.present,
            missing=self.missing,
            broken=self.broken,
            unread=self.unread,
            clips=self.clips,
            accepted=self.accepted,
        )


def opened(kind: str, module: ModuleType, settings: Record, earlier: SourceRecord | None, only: str | None) -> Coverage:
    """Of one source of a recipe, with what was counted before by the stages that are left alone. Raises SetupError."""
    if faults := sources.faults(module):
        raise SetupError(f"the source {kind} is no source: {faults[0]} (cogito list sources --check)")
    domains = module.INFO.domains or getattr(settings, "domains", ())
    found = Coverage(kind, module.INFO, domains, sources.expected(module, settings))
    if earlier and only in AFTER_SELECT:
        found.present, found.missing, found.broken = earlier.present, earlier.missing, earlier.broken
        found.unread, found.clips = earlier.unread, earlier.clips
    if earlier and only not in (None, "verify"):
        found.accepted = earlier.accepted
    return found


def covered(record: RunRecord) -> list[tuple[str | int, ...]]:
    """For each dataset that was read, in the recipe's order: how many of its recordings were published and are here."""
    return [
        (name, NOT_KNOWN if one.expected is None else one.expected, one.present, one.missing, one.broken, one.unread)
        for name, one in _datasets(record).items()
        if one.present or one.missing or one.broken or one.unread
    ]


def made(record: RunRecord) -> list[tuple[str, str, str, int, float]]:
    """Table 1 of the paper: domain, dataset, skill, quantity and ratio in per cent, by domain as the papers order
    them. Empty for nothing."""
    found = _datasets(record)
    total = sum(one.accepted for one in found.values())
    ordered = sorted(found.items(), key=lambda entry: [DOMAINS.index(domain) for domain in entry[1].domains] or [9])
    return [
        (" + ".join(one.domains) or NOT_STATED, name, one.skill or NOT_STATED, one.accepted, 100 * one.accepted / total)
        for name, one in ordered
        if total
    ]


def _datasets(record: RunRecord) -> dict[str, SourceRecord]:
    """All sources but the items of benchmarks, whose answers are scored and not collected."""
    return {name: one for name, one in record.sources.items() if one.kind != "benchmark"}
