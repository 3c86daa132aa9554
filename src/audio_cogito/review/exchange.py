"""A run's samples and what people said of them, as Label Studio's and Argilla's records, and back.

Label Studio: a list of tasks, `data` with the words and the sound, the checks as a prediction, people as annotations of
the labels in `label_studio.xml`. Argilla (2.x): the list that its `records.to_json` writes, `fields`, the checks as a
suggestion, people as responses to `verdict`, `reason` and `note`; it knows reviewers by UUID.

What comes back is taken like any decision, once however often it is read. Of an edit only Label Studio's labels have
room for the new words. Whether two people saw each other's verdict there is not known, so none counts as blind.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from uuid import NAMESPACE_URL, uuid5

import msgspec

from audio_cogito.errors import SetupError
from audio_cogito.review.decisions import Action, Decision, SampleText, text_of
from audio_cogito.review.desk import Asked, Desk
from audio_cogito.review.opinions import standing_by_checks
from audio_cogito.review.samples import SampleJob
from audio_cogito.store import write_whole
from audio_cogito.types import Record, Trace, identity

FORMATS = ("label-studio", "argilla")
LABELS = Path(__file__).with_name("label_studio.xml")
SUGGESTED: dict[str, Action] = {"accepted": "accept", "rejected": "reject"}
NEW = "new_"
"""Begins the labels that hold an edit's words."""


class Foreign(Record):
    """A decision as another tool holds it."""

    subject: str
    by: str
    at: str
    name: str
    """By which the tool knows it, and we if it was ours."""
    action: Action
    reason: str = ""
    note: str = ""
    new: dict[str, str] = {}


class Taken(NamedTuple):
    """What became of the decisions of a file: `known` were taken before, `refused` say why they were not."""

    taken: int
    known: int
    refused: tuple[str, ...]


def written(job: SampleJob, desk: Desk, format: str, path: Path) -> int:
    """Write the samples, and return how many. Raises SetupError where the disk refuses."""
    as_record = _as_task if format == "label-studio" else _as_argilla
    records = [as_record(job.index.trace(subject), desk.said.get(subject, [])) for subject in job.subjects]
    write_whole(path, msgspec.json.format(msgspec.json.encode(records), indent=1) + b"\n")
    if format == "label-studio":
        write_whole(path.with_suffix(".xml"), LABELS.read_bytes())
    return len(records)


def taken(job: SampleJob, desk: Desk, format: str, path: Path) -> Taken:
    """Take what people decided elsewhere, in the order of its times. Raises SetupError for a file of another form."""
    foreign = sorted(_read(path, format), key=lambda one: one.at)
    done, known, refused = 0, 0, []
    for one in foreign:
        if _is_known(one, desk, format):
            known += 1
        elif (why := _take(one, job, desk, format)) is None:
            done += 1
        else:
            refused.append(f"{one.subject} by {one.by}: {why}")
    return Taken(done, known, tuple(refused))


def _take(one: Foreign, job: SampleJob, desk: Desk, format: str) -> str | None:
    """Why it was not taken; None where it was."""
    if one.subject not in job.index.entries:
        return "there is no such sample in this run"
    version = len(desk.visible(one.subject, one.by))
    trace = job.index.trace(one.subject)
    now = _changed(job.text(trace, desk.said.get(one.subject, [])), one.new) if one.action == "edit" else None
    asked = Asked(
        subject=one.subject,
        action=one.action,
        by=one.by,
        version=version,
        key=_key(one, format),
        reason=one.reason,
        note=one.note,
        now=now,
    )
    fault = job.fault(asked, desk)
    if fault is None:
        desk.decide(asked, job.stood(asked, desk), at=one.at or None, seen=True)
    return fault


def _changed(text: SampleText, new: dict[str, str]) -> SampleText | None:
    """The words with those that were changed; None where none were."""
    fields: dict[str, Any] = dict(new)
    if "choices" in fields:
        fields["choices"] = tuple(filter(None, map(str.strip, fields["choices"].split("\n"))))
    return msgspec.structs.replace(text, **fields) if fields else None


def _key(one: Foreign, format: str) -> str:
    content = (one.subject, one.by, one.action, one.reason, one.note, *map(str, sorted(one.new.items())))
    return f"{format} {identity(one.name, *content)}"


def _is_known(one: Foreign, desk: Desk, format: str) -> bool:
    """Whether it was taken from such a file before, or is ours that comes back as it went."""
    ours = [d for d in desk.said.get(one.subject, ()) if one.name in (d.key, _argilla_user(d.by))]
    said = (one.action, one.reason, one.note)
    return desk.knows(_key(one, format)) or any((d.action, d.reason, d.note) == said for d in ours)


def _read(path: Path, format: str) -> Iterator[Foreign]:
    try:
        records = msgspec.json.decode(path.read_bytes())
        read = _of_task if format == "label-studio" else _of_argilla
        for record in records:
            yield from read(record)
    except OSError as error:
        raise SetupError(f"{path} cannot be read: {error.strerror or error}") from error
    except (msgspec.DecodeError, msgspec.ValidationError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise SetupError(f"{path} is no {format} file of a run's samples: {type(error).__name__}: {error}") from error


# --- Label Studio -----------------------------------------------------------------------------------------------------


def _as_task(trace: Trace, said: Sequence[Decision]) -> dict[str, Any]:
    clip, text = trace.question.clips[0], text_of(trace)
    suggested = SUGGESTED.get(standing_by_checks(trace))
    return {
        "data": {
            "subject": trace.id,
            # Below Label Studio's local files' root, which is then the store's folder `audio`.
            "audio": f"/data/local-files/?d={clip.id[:2]}/{clip.id}.flac",
            "question": text.question,
            "choices": "\n".join(text.choices),
            "key": text.key,
            "chain": f"{text.thinking}\n\n{text.answer}",
        },
        "predictions": [{"model_version": "checks", "result": [_chosen("verdict", suggested)]}] if suggested else [],
        "annotations": [_annotation(decision) for decision in said],
    }


def _annotation(decision: Decision) -> dict[str, Any]:
    result = [_chosen("verdict", decision.action, decision.key)]
    result += [_chosen("reason", decision.reason)] if decision.reason else []
    result += [_typed("note", decision.note)] if decision.note else []
    if decision.now is not None:
        words = msgspec.structs.asdict(decision.now) | {"choices": "\n".join(decision.now.choices)}
        result += [_typed(f"{NEW}{name}", value) for name, value in words.items()]
    return {"completed_by": {"email": decision.by}, "created_at": decision.at, "result": result}


def _chosen(label: str, value: str, id_: str | None = None) -> dict[str, Any]:
    return {
        "id": id_ or identity(label, value)[:10],
        "from_name": label,
        "to_name": "chain",
        "type": "choices",
        "value": {"choices": [value]},
    }


def _typed(label: str, value: str) -> dict[str, Any]:
    return {
        "id": identity(label, value)[:10],
        "from_name": label,
        "to_name": "chain",
        "type": "textarea",
        "value": {"text": [value]},
    }


def _of_task(task: dict[str, Any]) -> Iterator[Foreign]:
    for annotation in task.get("annotations") or ():
        if annotation.get("was_cancelled"):
            continue
        said = {one["from_name"]: one for one in annotation["result"]}
        values = {name: _value(one["value"]) for name, one in said.items()}
        fields = {
            "subject": task["data"]["subject"],
            "by": _person(annotation.get("completed_by")),
            "at": annotation.get("created_at", ""),
            "name": said["verdict"]["id"],
            "action": values["verdict"],
            "reason": values.get("reason", ""),
            "note": values.get("note", ""),
            "new": {name.removeprefix(NEW): value for name, value in values.items() if name.startswith(NEW)},
        }
        yield msgspec.convert(fields, Foreign)


def _value(value: dict[str, Any]) -> str:
    """Of choices the one, of a text its lines."""
    if "choices" in value:
        return str(value["choices"][0])
    return value["text"] if isinstance(value["text"], str) else "\n".join(value["text"])


def _person(completed_by: Any) -> str:
    """Label Studio writes a number, or a table about the person."""
    if isinstance(completed_by, dict):
        return str(completed_by.get("email") or completed_by["id"])
    return f"Label Studio's {completed_by}" if completed_by is not None else "somebody in Label Studio"


# --- Argilla ----------------------------------------------------------------------------------------------------------


def _as_argilla(trace: Trace, said: Sequence[Decision]) -> dict[str, Any]:
    text = text_of(trace)
    latest = {decision.by: decision for decision in said}
    suggested = SUGGESTED.get(standing_by_checks(trace))
    responses = {
        name: [
            {"value": value, "user_id": _argilla_user(by)} for by, d in latest.items() if (value := getattr(d, field))
        ]
        for name, field in (("verdict", "action"), ("reason", "reason"), ("note", "note"))
    }
    return {
        "id": trace.id,
        "fields": {
            "question": text.question,
            "choices": "\n".join(text.choices),
            "key": text.key,
            "chain": text.thinking,
            "answer": text.answer,
        },
        "metadata": {"clip": trace.question.clips[0].id},
        "suggestions": {"verdict": {"value": suggested, "score": None, "agent": "checks"}} if suggested else {},
        "responses": {name: given for name, given in responses.items() if given},
        "vectors": {},
        "status": "completed" if said else "pending",
    }


def _argilla_user(by: str) -> str:
    """Argilla takes UUIDs alone: one that always comes of the same name."""
    return str(uuid5(NAMESPACE_URL, f"audio-cogito:{by}"))


def _of_argilla(record: dict[str, Any]) -> Iterator[Foreign]:
    responses = record.get("responses") or {}
    given = {name: {one["user_id"]: one["value"] for one in said} for name, said in responses.items()}
    for user, action in given.get("verdict", {}).items():
        fields = {
            "subject": record["id"],
            "by": f"Argilla's {user}",
            "at": "",
            "name": user,
            "action": action,
            "reason": given.get("reason", {}).get(user, ""),
            "note": given.get("note", {}).get(user, ""),
        }
        yield msgspec.convert(fields, Foreign)
