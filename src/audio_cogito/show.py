"""One record in full, found by the beginning of its id, or the ledger's entries of a reason (`cogito show RUN ID`)."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from audio_cogito import shards
from audio_cogito.errors import SetupError
from audio_cogito.ledger import Drop, Failure
from audio_cogito.prompts import facts
from audio_cogito.run import Run
from audio_cogito.types import Clip, Measurements, Question, Record, Trace, Verdict

SHORTEST = 4
KINDS: tuple[tuple[str, type[Record]], ...] = (
    ("verify", Trace),
    ("think", Trace),
    ("construct", Question),
    ("select", Clip),
)


def found(run: Run, id_: str) -> str:
    """What stands under an id: a trace, all traces of a question, a clip with its questions; and its ledger entries.

    A reason (`undecodable`) in place of an id finds all ledger entries that have it.
    """
    if len(id_) < SHORTEST:
        raise SetupError(f"{id_!r} is too short to find anything by; give at least {SHORTEST} characters")
    blocks = [*_records(run, id_), *_ledger(run, id_)]
    if not blocks:
        raise SetupError(f"nothing in {run.folder} has an id or a path that begins with {id_!r}")
    return "\n\n".join(blocks)


def _records(run: Run, id_: str) -> Iterator[str]:
    """Every record whose own id, question's, clip's or recording's path begins with it; a question told once, before
    its traces."""
    told: set[str] = set()
    marks = (f'"id":"{id_}'.encode(), b'"path":' + msgspec.json.encode(id_)[:-1])
    for stage, type_ in KINDS:
        for path in shards.paths(run.stage(stage)):
            for line in shards.read_lines(path):
                if any(mark in line for mark in marks):
                    yield from _tell(msgspec.json.decode(line, type=type_), told)


def _tell(record: Record, told: set[str]) -> Iterator[str]:
    match record:
        case Trace():
            yield from _tell(record.question, told)
            if record.id not in told:
                told.add(record.id)
                yield trace(record)
        case Question() if record.id not in told:
            told.add(record.id)
            for one in record.clips:
                yield from _tell(one, told)
            yield question(record)
        case Clip() if record.id not in told:
            told.add(record.id)
            yield clip(record)


def clip(record: Clip) -> str:
    measured = record.measurements
    recording = record.recording
    return "\n".join(
        [
            f"clip {record.id}  {measured.seconds:.2f} s, {measured.rms_db:.1f} dB, split {record.split}",
            f"  {recording.ref}",
            f"  source {recording.source}, licence {recording.licence or 'not stated'}",
            *(f"  {line}" for line in _tags(measured)),
            *(f"  {line}" for line in facts.lines(recording.facts)),
        ]
    )


def _tags(measured: Measurements) -> Iterator[str]:
    """What taggers said."""
    if measured.speech is not None:
        yield f"{measured.speech:.1%} of it is speech (Silero VAD)"
    if score := measured.dnsmos:
        yield f"DNSMOS {score.overall:.2f}: voice {score.signal:.2f}, background {score.background:.2f}"


def question(record: Question) -> str:
    marks = {True: "*", False: " "}
    return "\n".join(
        [
            f"question {record.id}  {record.type}, {record.skill}, {record.difficulty}, by {record.author}",
            f"  {record.text}",
            *(f"  {marks[choice == record.answer]} {choice}" for choice in record.choices),
            *([] if record.choices else [f"  key: {record.answer}"]),
            *(f"  wrong: {wrong.text}: {wrong.confusion}" for wrong in record.distractors),
        ]
    )


def trace(record: Trace) -> str:
    rate = "" if record.pass_rate is None else f", pass rate {record.pass_rate:.2f}"
    rate += f", most draws say {record.majority!r} and not the key" if record.suspect_key else ""
    return "\n".join(
        [
            f"trace {record.id}  {record.standing}, draw {record.draw}{rate}, by {record.author}",
            _indented(record.thinking or "(no reasoning)"),
            f"  → {record.text}",
            f"  answer: {record.answer if record.answer is not None else 'none that can be read'}",
            *(_verdict(verdict) for verdict in record.verdicts),
        ]
    )


def _verdict(verdict: Verdict) -> str:
    findings = "".join(f"\n    {f.kind}: {f.quote!r} {f.detail}".rstrip() for f in verdict.findings)
    by = f" by {verdict.by}" if verdict.by else ""
    return f"  {verdict.check}: {verdict.outcome}{by}{': ' + verdict.reason if verdict.reason else ''}{findings}"


def _indented(text: str) -> str:
    return "\n".join(f"  | {line}" for line in text.splitlines())


def _ledger(run: Run, id_: str) -> Iterator[str]:
    for path in sorted(run.ledger.glob(f"*{shards.SUFFIX}")):
        for line in shards.read_lines(path):
            entry = msgspec.json.decode(line, type=Drop | Failure)
            if entry.subject.startswith(id_) or entry.reason == id_:
                kind = "dropped" if isinstance(entry, Drop) else "failed"
                yield f"{kind} in {entry.stage}: {entry.subject}\n  {entry.reason}: {entry.detail}"
