"""Samples or seeds and what people said of them, as Label Studio's and Argilla's records, and back.

What comes back is taken like any decision, once however often it is read. Of an edit only Label Studio's labels have
room for the new words. Whether two people saw each other's verdict there is not known, so none counts as blind.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from audio_cogito.errors import SetupError
from audio_cogito.review import argilla, label_studio
from audio_cogito.review.decisions import SampleText, SeedText
from audio_cogito.review.desk import Asked, Desk
from audio_cogito.review.label_studio import LABELS, Foreign
from audio_cogito.review.samples import SampleJob
from audio_cogito.review.seeding import SeedJob
from audio_cogito.review.sheets import changed, sheets
from audio_cogito.store import write_whole
from audio_cogito.types import identity

FORMATS = ("label-studio", "argilla")


class Taken(NamedTuple):
    """What became of the decisions of a file: `known` were taken before, `refused` say why they were not."""

    taken: int
    known: int
    refused: tuple[str, ...]


def written(job: SampleJob | SeedJob, desk: Desk, format: str, path: Path) -> int:
    """Write the samples or seeds, and return how many. Raises SetupError where the disk refuses."""
    shown = sheets(job, desk)
    if format == "label-studio":
        records = [label_studio.task(sheet, job.kind) for sheet in shown]
        write_whole(path.with_suffix(".xml"), LABELS[job.kind].read_bytes())
    else:
        records = [argilla.record(sheet) for sheet in shown]
    write_whole(path, msgspec.json.format(msgspec.json.encode(records), indent=1) + b"\n")
    return len(records)


def taken(job: SampleJob | SeedJob, desk: Desk, format: str, path: Path) -> Taken:
    """Take what people decided elsewhere, in the order of its times. Raises SetupError for a file of another form."""
    foreign = sorted(_read(path, format, job.kind), key=lambda one: one.at)
    done, known, refused = 0, 0, []
    for one in foreign:
        if _is_known(one, desk, format):
            known += 1
        elif (why := _take(one, job, desk, format)) is None:
            done += 1
        else:
            refused.append(f"{one.subject} by {one.by}: {why}")
    return Taken(done, known, tuple(refused))


def _take(one: Foreign, job: SampleJob | SeedJob, desk: Desk, format: str) -> str | None:
    """Why it was not taken; None where it was."""
    if one.subject not in desk.queue_of:
        return f"there is no such {job.kind} here"
    try:
        words = changed(job, one.subject, one.new, desk) if one.action == "edit" else None
    except msgspec.ValidationError as error:
        return f"its words are none of a {job.kind}: {error}"
    asked = Asked(
        subject=one.subject,
        action=one.action,
        by=one.by,
        version=len(desk.visible(one.subject, one.by)),
        key=_key(one, format),
        reason=one.reason,
        note=one.note,
        now=words if isinstance(words, SampleText) else None,
        seed_now=words if isinstance(words, SeedText) else None,
    )
    fault = job.fault(asked, desk)
    if fault is None:
        desk.decide(asked, job.stood(asked, desk), at=one.at or None, seen=True)
    return fault


def _key(one: Foreign, format: str) -> str:
    content = (one.subject, one.by, one.action, one.reason, one.note, *map(str, sorted(one.new.items())))
    return f"{format} {identity(one.name, *content)}"


def _is_known(one: Foreign, desk: Desk, format: str) -> bool:
    """Whether it was taken from such a file before, or is ours that comes back as it went."""
    ours = [d for d in desk.said.get(one.subject, ()) if one.name in (d.key, argilla.user(d.by))]
    said = (one.action, one.reason, one.note)
    return desk.knows(_key(one, format)) or any((d.action, d.reason, d.note) == said for d in ours)


def _read(path: Path, format: str, kind: str) -> Iterator[Foreign]:
    decisions = label_studio.decisions if format == "label-studio" else argilla.decisions
    try:
        for record in msgspec.json.decode(path.read_bytes()):
            yield from decisions(record)
    except OSError as error:
        raise SetupError(f"{path} cannot be read: {error.strerror or error}") from error
    except (msgspec.DecodeError, msgspec.ValidationError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise SetupError(f"{path} is no {format} file of {kind}s: {type(error).__name__}: {error}") from error
