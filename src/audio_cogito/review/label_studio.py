"""Label Studio's records: a list of tasks, `data` with the words and the sound, the checks as a prediction, people as
annotations of the labels in `label_studio.xml`, or for seeds `label_studio_seeds.xml`.

Held against label-studio-sdk 2.1.2. Sounds are below the tool's root of local files, which is then the store's `audio`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec

from audio_cogito.review.decisions import Decision
from audio_cogito.review.sheets import Sheet, fields
from audio_cogito.types import Record, identity

Kind = Literal["sample", "seed"]
LABELS: Mapping[Kind, Path] = {
    "sample": Path(__file__).with_name("label_studio.xml"),
    "seed": Path(__file__).with_name("label_studio_seeds.xml"),
}
TO: Mapping[Kind, str] = {"sample": "chain", "seed": "question"}
"""What the labels are about."""
NEW = "new_"
"""Begins the labels that hold an edit's words."""
CHOSEN = frozenset({"new_difficulty", "new_form"})
"""Those of them that are chosen, not typed."""


class Foreign(Record):
    """A decision as another tool holds it."""

    subject: str
    by: str
    at: str
    name: str
    """By which the tool knows it, and we if it was ours."""
    action: Literal["accept", "reject", "edit", "flag"]
    reason: str = ""
    note: str = ""
    new: dict[str, str] = {}


def task(sheet: Sheet, kind: Kind) -> dict[str, Any]:
    suggested = [_chosen("verdict", sheet.suggested, kind)] if sheet.suggested else []
    sound = {"audio": f"/data/local-files/?d={sheet.clip[:2]}/{sheet.clip}.flac"} if sheet.clip else {}
    about = {} if sheet.clip else {"about": "\n".join(f"{name}: {value}" for name, value in sheet.about.items())}
    return {
        "data": {"subject": sheet.subject} | sound | dict(sheet.words) | about,
        "predictions": [{"model_version": "checks", "result": suggested}] if suggested else [],
        "annotations": [_annotation(decision, kind) for decision in sheet.said],
    }


def _annotation(decision: Decision, kind: Kind) -> dict[str, Any]:
    result = [_chosen("verdict", decision.action, kind, decision.key)]
    result += [_chosen("reason", decision.reason, kind)] if decision.reason else []
    result += [_typed("note", decision.note, kind)] if decision.note else []
    words = decision.now or decision.seed_now
    for name, value in ({f"{NEW}{name}": value for name, value in fields(words).items()} if words else {}).items():
        result.append((_chosen if name in CHOSEN else _typed)(name, value, kind))
    return {"completed_by": {"email": decision.by}, "created_at": decision.at, "result": result}


def _chosen(label: str, value: str, kind: Kind, id_: str | None = None) -> dict[str, Any]:
    return _labelled(label, value, kind, id_) | {"type": "choices", "value": {"choices": [value]}}


def _typed(label: str, value: str, kind: Kind) -> dict[str, Any]:
    return _labelled(label, value, kind) | {"type": "textarea", "value": {"text": [value]}}


def _labelled(label: str, value: str, kind: Kind, id_: str | None = None) -> dict[str, Any]:
    return {"id": id_ or identity(label, value)[:10], "from_name": label, "to_name": TO[kind]}


def decisions(task: dict[str, Any]) -> Iterator[Foreign]:
    """What people said of a task. Raises KeyError, TypeError ... where it is none of ours."""
    for annotation in task.get("annotations") or ():
        if annotation.get("was_cancelled"):
            continue
        said = {one["from_name"]: one for one in annotation["result"]}
        values = {name: _value(one["value"]) for name, one in said.items()}
        found = {
            "subject": task["data"]["subject"],
            "by": _person(annotation.get("completed_by")),
            "at": annotation.get("created_at", ""),
            "name": said["verdict"]["id"],
            "action": values["verdict"],
            "reason": values.get("reason", ""),
            "note": values.get("note", ""),
            "new": {name.removeprefix(NEW): value for name, value in values.items() if name.startswith(NEW)},
        }
        yield msgspec.convert(found, Foreign)


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
