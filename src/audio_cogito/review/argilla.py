"""Argilla's records (2.x): the list that its `records.to_json` writes, `fields` with the words, the checks as a
suggestion, people as responses to `verdict`, `reason` and `note`. It knows people by UUID, and no edits.

Held against argilla 2.8.0.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import msgspec

from audio_cogito.review.label_studio import Foreign
from audio_cogito.review.sheets import Sheet


def record(sheet: Sheet) -> dict[str, Any]:
    latest = {decision.by: decision for decision in sheet.said}
    responses = {
        name: [{"value": value, "user_id": user(by)} for by, d in latest.items() if (value := getattr(d, field))]
        for name, field in (("verdict", "action"), ("reason", "reason"), ("note", "note"))
    }
    suggestion = {"verdict": {"value": sheet.suggested, "score": None, "agent": "checks"}}
    return {
        "id": sheet.subject,
        "fields": dict(sheet.words),
        "metadata": dict(sheet.about),
        "suggestions": suggestion if sheet.suggested else {},
        "responses": {name: given for name, given in responses.items() if given},
        "vectors": {},
        "status": "completed" if sheet.said else "pending",
    }


def user(by: str) -> str:
    """Argilla takes UUIDs alone: one that always comes of the same name."""
    return str(uuid5(NAMESPACE_URL, f"audio-cogito:{by}"))


def decisions(record: dict[str, Any]) -> Iterator[Foreign]:
    """What people said of a record. Raises KeyError, TypeError ... where it is none of ours."""
    responses = record.get("responses") or {}
    given = {name: {one["user_id"]: one["value"] for one in said} for name, said in responses.items()}
    for who, action in given.get("verdict", {}).items():
        found = {
            "subject": record["id"],
            "by": f"Argilla's {who}",
            "at": "",
            "name": who,
            "action": action,
            "reason": given.get("reason", {}).get(who, ""),
            "note": given.get("note", {}).get(who, ""),
        }
        yield msgspec.convert(found, Foreign)
