"""What tables and sidecars say of a recording, under our names, as a `Recording`.

    place       path, member (of an archive), start, end (or duration), source_id, source_time, group, split, licence
                (or license), domain
    facts       caption, labels, transcript, translation, language, and every key of types.ATTRIBUTES
    in JSON     turns and events, lists of objects with the fields of types.Turn and types.Event

`caption`, `labels`, `domain` and attributes are a text or a list of texts. An empty text is no text. What stands under
other names is left alone; what stands under ours must have the right type: "about 120" is no `start`.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Mapping
from typing import Any, Literal

import msgspec

from audio_cogito.errors import SetupError
from audio_cogito.ledger import Failure, FailureReason
from audio_cogito.types import (
    ATTRIBUTES,
    Attribute,
    Domain,
    Event,
    Facts,
    Origin,
    Record,
    Recording,
    Span,
    Statement,
    Turn,
)

PLACE = (
    "path", "member", "start", "end", "duration", "source_id", "source_time", "group", "split", "licence", "license",
    "domain",
)  # fmt: skip
STATED = ("caption", "labels", "transcript", "translation", "turns", "events", *ATTRIBUTES)
NAMES = (*PLACE, "language", *STATED)
NUMBERS = ("start", "end", "duration", "source_time")
TIME_SLACK = 0.01
"""Seconds by which `end` and `start + duration` may differ when a row states both."""

UNREADABLE = (ValueError, OverflowError, RecursionError)
"""What reading a row may raise (msgspec's errors are ValueErrors); anything else is a fault of ours."""

Row = Mapping[str, Any]


class Provenance(Record, omit_defaults=False):
    """What holds for all recordings of a source, and under which names its rows say the rest."""

    licence: str | None = None
    """Where a row states none."""
    domains: tuple[Domain, ...] = ()
    """Where a row states none."""
    language: str | None = None
    """Of transcripts and turns, where a row states none."""
    origin: Origin = "human"
    """Who says the facts: a person, a tool, or the composer of the sound."""
    origins: dict[str, Origin] = {}
    """By field, where it is another: `{bpm = "tool"}`."""
    fields: dict[str, str] = {}
    """Our name = theirs: `{path = "audio_filepath", transcript = "text"}`. Other fields bear our names."""
    separator: str | None = None
    """What parts the texts of one CSV cell of `caption`, `labels`, `domain` or an attribute; None: a cell is one."""


def check_names(provenance: Provenance) -> None:
    """Raises SetupError with the nearest right name for a name in `fields` or `origins` that is none of ours."""
    for setting, given, known in (("fields", provenance.fields, NAMES), ("origins", provenance.origins, STATED)):
        for name in given:
            if name not in known:
                raise SetupError(f"{setting}: there is no field {name!r}; {nearest(name, known)}")


def nearest(name: str, known: Iterable[str]) -> str:
    known = list(known)
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f"did you mean {close[0]!r}?" if close else f"there are {', '.join(known)}"


def failure(where: str, detail: object, reason: FailureReason = "malformed") -> Failure:
    """One row, or what stands beside one file, that cannot be read; `detail` becomes one line."""
    return Failure(stage="collect", subject=where, reason=reason, detail=" ".join(str(detail).split()))


def ours(row: Row, provenance: Provenance) -> dict[str, Any]:
    """A row under our names; what is null or an empty text is left out."""
    named = {name: row.get(provenance.fields.get(name, name)) for name in NAMES}
    kept = {name: value for name, value in named.items() if value is not None and value != ""}
    if "license" in kept:
        kept.setdefault("licence", kept.pop("license"))
    return kept


def from_cells(row: Mapping[str, str], provenance: Provenance) -> dict[str, Any]:
    """A CSV row under our names, numbers read and lists parted. Raises one of UNREADABLE."""
    member = provenance.fields.get("member", "member")
    said = ours({name: cell if name == member else cell.strip() for name, cell in row.items()}, provenance)
    for name in said:
        if name in ("turns", "events"):
            raise ValueError(f"{name} do not fit into a CSV cell: write the manifest as JSONL")
        if name in NUMBERS:
            said[name] = _number(name, said[name])
        elif provenance.separator and name in ("caption", "labels", "domain", *ATTRIBUTES):
            said[name] = [part.strip() for part in said[name].split(provenance.separator)]
    return said


def _number(name: str, cell: str) -> float:
    try:
        return float(cell)
    except ValueError as error:
        raise ValueError(f"{name} is no number: {cell!r}") from error


def recording(said: dict[str, Any], path: str, source: str, provenance: Provenance) -> Recording:
    """A row under our names as a recording of the sound at `path`. Raises one of UNREADABLE."""
    for name in NUMBERS:
        if name in said and not (_is_number(said[name]) and math.isfinite(said[name])):
            raise ValueError(f"{name} is no number: {said[name]!r}")
    domains = tuple(_texts(said, "domain")) or provenance.domains
    return Recording(
        source=source,
        path=path,
        member=_member(said),
        span=_span(said),
        source_id=_text(said, "source_id"),
        source_time=float(said["source_time"]) if "source_time" in said else None,
        group=_text(said, "group"),
        split=_text(said, "split"),
        licence=_text(said, "licence") or provenance.licence,
        domains=msgspec.convert(domains, tuple[Domain, ...]),
        facts=_facts(said, provenance),
    )


def _member(said: Row) -> str | None:
    """As it is: a blank at the beginning of a name is a part of it."""
    member = said.get("member")
    if member is not None and not isinstance(member, str):
        raise ValueError(f"member is no text: {member!r}")
    return member


def _span(said: Row) -> Span | None:
    start, ends = float(said.get("start", 0)), []
    if "end" in said:
        ends.append(float(said["end"]))
    if "duration" in said:
        ends.append(start + said["duration"])
    if not ends and "start" in said:
        raise ValueError("start without end or duration")
    if ends and max(ends) - min(ends) > TIME_SLACK:
        raise ValueError(f"the end is {ends[0]:g} s, but start and duration say {ends[1]:g} s")
    return Span(start=start, end=ends[0]) if ends else None


def _facts(said: Row, provenance: Provenance) -> Facts:
    language = _text(said, "language") or provenance.language

    def origin(name: str) -> Origin:
        return provenance.origins.get(name, provenance.origin)

    def statement(name: str, language: str | None) -> Statement | None:
        text = _text(said, name)
        return Statement(text=text, origin=origin(name), language=language) if text else None

    def statements(name: str) -> tuple[Statement, ...]:
        return tuple(Statement(text=text, origin=origin(name)) for text in _texts(said, name))

    def objects(name: Literal["turns", "events"]) -> list[Row]:
        return [{"origin": origin(name)} | found for found in msgspec.convert(said.get(name, ()), list[dict[str, Any]])]

    def turn(stated: Row) -> Turn:
        return msgspec.convert({"language": language} | dict(stated), Turn)

    return Facts(
        captions=statements("caption"),
        labels=statements("labels"),
        transcript=statement("transcript", language),
        translation=statement("translation", None),
        turns=tuple(turn(stated) for stated in objects("turns")),
        events=tuple(msgspec.convert(stated, Event) for stated in objects("events")),
        attributes=tuple(
            Attribute(key=key, value=value, origin=origin(key)) for key in ATTRIBUTES for value in _values(said, key)
        ),
    )


def _text(said: Row, name: str) -> str | None:
    value = said.get(name)
    if value is not None and not isinstance(value, str):
        raise ValueError(f"{name} is no text: {value!r}")
    return value.strip() or None if value else None


def _texts(said: Row, name: str) -> list[str]:
    if name not in said:
        return []
    value = said[name]
    found = [value] if isinstance(value, str) else value
    if not isinstance(found, list | tuple) or not all(isinstance(text, str) for text in found):
        raise ValueError(f"{name} is neither a text nor a list of texts: {value!r}")
    return [text.strip() for text in found if text.strip()]


def _values(said: Row, name: str) -> list[str]:
    """An attribute's values; a number (a tempo) or a truth value (sarcasm) is written out."""
    value = said.get(name, ())
    if isinstance(value, bool):
        return ["yes" if value else "no"]
    return [f"{value:g}"] if _is_number(value) else _texts(said, name)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
