"""Predictions made elsewhere, in the official files' form: a JSON array of records, or one record a line.

Files come from many programs, and something is always wrong with some record. Whatever that is, it is counted and said
(`Predictions.oddities`), costs that one record, and changes no other's score. Nothing is mended: an answer that is no
text is no answer, and of several records with one id the first counts.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from audio_cogito.errors import SetupError
from audio_cogito.types import Record

THINKING = "thinking_prediction"
LONGEST_THINKING = 10_000
"""Characters that a submission to the Audio Reasoning Challenge must stay below. Its script scores longer ones too."""
QUESTION, KEY = "question", "answer"
"""In a record that holds the question, a row of the metadata with what was predicted, the answer is the key."""
FIELDS_NAMED = 8


class Prediction(Record):
    """What a model said to one item; None where the record holds no text."""

    answer: str | None
    thinking: str | None = None


@dataclass
class Predictions:
    """The first prediction of each id, and how often something was strange, by what it was."""

    by_id: dict[str, Prediction] = field(default_factory=dict)
    oddities: Counter[str] = field(default_factory=Counter)
    fields: Counter[str] = field(default_factory=Counter)
    """How many records have each field: what to say of a file that has none of the right ones."""

    @property
    def answers(self) -> dict[str, str]:
        return {id_: one.answer for id_, one in self.by_id.items() if one.answer is not None}


def read(
    path: Path, known: Collection[str], answer_fields: tuple[str, ...], id_fields: tuple[str, ...] = ("id",)
) -> Predictions:
    """The predictions for the ids of `known`. Raises SetupError where not one of them has an answer."""
    found = Predictions()
    for record in _records(path, found.oddities):
        _take(record, found, known, answer_fields, id_fields)
    if not any(prediction.answer is not None for prediction in found.by_id.values()):
        raise SetupError(f"{path} answers none of the {len(known):,} items: {_why(found, answer_fields)}")
    return found


def _records(path: Path, oddities: Counter[str]) -> Iterator[Any]:
    try:
        data = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
    except OSError as error:
        raise SetupError(f"{path} cannot be read: {error.strerror or error}") from error
    if data.lstrip().startswith(b"["):
        try:
            yield from json.loads(data.decode())
            return
        except (ValueError, RecursionError) as error:
            if path.suffix != ".jsonl":
                raise SetupError(f"{path} begins as a JSON array and is none: {error}") from error
    for line in data.split(b"\n"):
        if line.strip():
            try:
                yield json.loads(line.decode())
            except (ValueError, RecursionError):
                oddities["lines that are no JSON"] += 1


def _take(
    record: Any,
    found: Predictions,
    known: Collection[str],
    answer_fields: tuple[str, ...],
    id_fields: tuple[str, ...],
) -> None:
    """Keep one record, or count why not."""
    if not isinstance(record, dict):
        found.oddities["entries that are no record"] += 1
        return
    found.fields.update(record.keys())
    id_ = record.get("id")
    if len(id_fields) > 1 and all(name in record for name in id_fields):
        id_ = "/".join(str(record[name]) for name in id_fields)
    if not isinstance(id_, str):
        found.oddities["records without an id" if id_ is None else "ids that are no text"] += 1
    elif id_ not in known:
        found.oddities["ids that the benchmark does not have"] += 1
    elif id_ in found.by_id:
        found.oddities["repeated ids, of which the first counts"] += 1
    else:
        found.by_id[id_] = _prediction(record, found.oddities, answer_fields)


def _prediction(record: dict[str, Any], oddities: Counter[str], answer_fields: tuple[str, ...]) -> Prediction:
    posed = QUESTION in record
    name = next((name for name in answer_fields if name in record and not (posed and name == KEY)), None)
    answer = record[name] if name else None
    if name is None:
        oddities["records without an answer"] += 1
    elif not isinstance(answer, str):
        oddities["answers that are no text"] += 1
    elif not answer.strip():
        oddities["empty answers"] += 1
    thinking = record.get(THINKING)
    if thinking is not None and not isinstance(thinking, str):
        oddities["reasoning that is no text"] += 1
    elif thinking is not None and len(thinking) >= LONGEST_THINKING:
        oddities[f"chains of {LONGEST_THINKING:,} characters or more, which a submission must not hold"] += 1
    return Prediction(
        answer=answer if isinstance(answer, str) else None, thinking=thinking if isinstance(thinking, str) else None
    )


def _why(found: Predictions, answer_fields: tuple[str, ...]) -> str:
    said = [f"{count:,} {what}" for what, count in found.oddities.items()] or ["it holds no record"]
    if not any(found.fields[name] for name in answer_fields) and found.fields:
        names = ", ".join(name[:40] for name in list(found.fields)[:FIELDS_NAMED])
        said.append(f"an answer stands in {' or '.join(answer_fields)}, the records have {names}")
    return "; ".join(said)
