"""A run's samples, found without reading the run: of each trace its ids, what the checks said, and where it stands.

Reading 50,000 traces takes seconds, so what was read of a shard is kept in RUN/.review.msgpack and read again only
when the shard is another. A trace itself is read from its shard when it is asked for; the shards last asked for stay
in memory, up to a number of bytes.
"""

from __future__ import annotations

from collections import OrderedDict
from contextlib import suppress
from pathlib import Path

import msgspec

from audio_cogito import shards
from audio_cogito.errors import SetupError
from audio_cogito.review.opinions import EDITED_FROM
from audio_cogito.run import Run
from audio_cogito.store import write_whole
from audio_cogito.types import Outcome, Standing, Trace

KEPT = ".review.msgpack"
VERSION = 1
IN_MEMORY = 192_000_000
"""Bytes of unpacked shards, about, that stay in memory."""


class Entry(msgspec.Struct, frozen=True, array_like=True):
    """One trace that a model drew."""

    id: str
    question: str
    clips: tuple[str, ...]
    standing: Standing
    """By the checks alone."""
    outcomes: dict[str, Outcome]
    """Of every check that decides and spoke."""
    shard: str
    line: int


class _Shard(msgspec.Struct, frozen=True, array_like=True):
    size: int
    changed: int
    entries: list[Entry]


class _Kept(msgspec.Struct, frozen=True, array_like=True):
    version: int
    shards: dict[str, _Shard]


class _Id(msgspec.Struct):
    id: str


class _Finding(msgspec.Struct):
    kind: str


class _Verdict(msgspec.Struct):
    check: str
    outcome: Outcome
    person: bool = False
    advisory: bool = False
    findings: tuple[_Finding, ...] = ()


class _Question(msgspec.Struct):
    id: str
    clips: tuple[_Id, ...]


class _Trace(msgspec.Struct):
    """Of a trace what the index holds; the rest is passed over."""

    id: str
    question: _Question
    verdicts: tuple[_Verdict, ...] = ()


class Index:
    """The samples of a run, by id, in the order of its shards."""

    def __init__(self, run: Run) -> None:
        """Raises SetupError where the run has no verified traces, or a shard is damaged."""
        self._folder = run.stage("verify")
        self._kept = run.folder / KEPT
        self._lines: OrderedDict[str, list[bytes]] = OrderedDict()
        self._read()

    def trace(self, id_: str) -> Trace:
        """Raises KeyError for one that is not there, SetupError where the run cannot be read."""
        entry = self.entries[id_]
        trace = self._at(entry)
        if trace is None or trace.id != id_:
            # The run was built again meanwhile.
            self._read()
            trace = self._at(self.entries[id_])
        if trace is None or trace.id != id_:
            raise SetupError(f"{self._folder} changes just now: wait for the build to end")
        return trace

    def draws(self, id_: str) -> list[Trace]:
        """All draws of the question that a trace answers."""
        question = self.entries[id_].question
        return [self.trace(other) for other in self.by_question[question]]

    def _read(self) -> None:
        paths = shards.paths(self._folder)
        if not paths:
            raise SetupError(f"{self._folder.parent} has no verified traces yet: run `cogito build` to its end")
        known = self._remembered()
        found = {path.name: _shard(path, known.get(path.name)) for path in paths}
        if found != known:
            with suppress(SetupError):
                write_whole(self._kept, msgspec.msgpack.encode(_Kept(VERSION, found)))
        self._lines.clear()
        self.entries = {entry.id: entry for shard in found.values() for entry in shard.entries}
        self.clips = {clip for entry in self.entries.values() for clip in entry.clips}
        self.by_question: dict[str, list[str]] = {}
        for entry in self.entries.values():
            self.by_question.setdefault(entry.question, []).append(entry.id)

    def _remembered(self) -> dict[str, _Shard]:
        try:
            kept = msgspec.msgpack.decode(self._kept.read_bytes(), type=_Kept)
        except (OSError, msgspec.DecodeError):
            return {}
        return kept.shards if kept.version == VERSION else {}

    def _at(self, entry: Entry) -> Trace | None:
        lines = self._lines_of(entry.shard)
        if entry.line >= len(lines):
            return None
        try:
            return msgspec.json.decode(lines[entry.line], type=Trace)
        except msgspec.DecodeError as error:
            raise SetupError(f"{self._folder / entry.shard} holds a line that is no Trace: {error}") from error

    def _lines_of(self, name: str) -> list[bytes]:
        if name not in self._lines:
            self._lines[name] = list(shards.read_lines(self._folder / name))
            while len(self._lines) > 1 and self._in_memory() > IN_MEMORY:
                self._lines.popitem(last=False)
        self._lines.move_to_end(name)
        return self._lines[name]

    def _in_memory(self) -> int:
        return sum(len(line) for lines in self._lines.values() for line in lines)


def _shard(path: Path, known: _Shard | None) -> _Shard:
    stat = path.stat()
    if known is not None and (known.size, known.changed) == (stat.st_size, stat.st_mtime_ns):
        return known
    decode = msgspec.json.Decoder(_Trace).decode
    try:
        found = [(line, decode(data)) for line, data in enumerate(shards.read_lines(path))]
    except msgspec.DecodeError as error:
        raise SetupError(f"{path} holds a line that is no Trace: {error}") from error
    entries = [_entry(trace, path.name, line) for line, trace in found if not _edited(trace)]
    return _Shard(stat.st_size, stat.st_mtime_ns, entries)


def _entry(trace: _Trace, shard: str, line: int) -> Entry:
    outcomes = {
        verdict.check: verdict.outcome for verdict in trace.verdicts if not (verdict.person or verdict.advisory)
    }
    said = outcomes.values()
    standing: Standing = "rejected" if "fail" in said else "unscored" if "unscored" in said or not said else "accepted"
    clips = tuple(clip.id for clip in trace.question.clips)
    return Entry(trace.id, trace.question.id, clips, standing, outcomes, shard, line)


def _edited(trace: _Trace) -> bool:
    """Whether a person edited it out of another trace, which stands in its place."""
    return any(finding.kind == EDITED_FROM for verdict in trace.verdicts for finding in verdict.findings)
