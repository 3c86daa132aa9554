"""A sample or a seed as other tools are shown it, in fields of words, and the fields that they changed as our words.

A sample's fields are its question, choices, key, chain and answer; a seed's its question, options, what misleads, and
what it is about. What stands in lines of its own (choices, options, what misleads) is one a line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from audio_cogito.review.accepted import latest, text_of
from audio_cogito.review.decisions import Action, Decision, SampleText, SeedText
from audio_cogito.review.decisions import text_of as sample_text_of
from audio_cogito.review.desk import Desk
from audio_cogito.review.opinions import standing_by_checks
from audio_cogito.review.samples import SampleJob
from audio_cogito.review.seeding import SeedJob
from audio_cogito.types import Record

SUGGESTED: Mapping[str, Action] = {"accepted": "accept", "rejected": "reject"}
BAR = " | "
"""Between an option and how it misleads."""


class Sheet(Record):
    """What is shown of a subject."""

    subject: str
    words: Mapping[str, str]
    about: Mapping[str, str] = {}
    """What is known of it, in names and values."""
    clip: str | None = None
    suggested: Action | None = None
    """What the checks would have people say."""
    said: Sequence[Decision] = ()


def sheets(job: SampleJob | SeedJob, desk: Desk) -> list[Sheet]:
    """In the order of run or pool, what people wrote behind it."""
    if isinstance(job, SampleJob):
        return [_of_sample(job, subject, desk) for subject in job.subjects]
    return [_of_seed(job, subject, desk) for subject in job.placed(desk)]


def _of_sample(job: SampleJob, subject: str, desk: Desk) -> Sheet:
    trace = job.index.trace(subject)
    words, clip = fields(sample_text_of(trace)), trace.question.clips[0].id
    return Sheet(
        subject=subject,
        words={"chain" if name == "thinking" else name: said for name, said in words.items()},
        about={"clip": clip},
        clip=clip,
        suggested=SUGGESTED.get(standing_by_checks(trace)),
        said=desk.said.get(subject, ()),
    )


def _of_seed(job: SeedJob, subject: str, desk: Desk) -> Sheet:
    seed = job.placed(desk)[subject].seed
    words = fields(text_of(seed))
    shown = {"question": words["text"], "options": words["options"], "misleads": words["distractors"]}
    about = {name: getattr(seed, name) for name in ("domain", "skill", "difficulty", "form", "language", "provenance")}
    said = [decision for decision in desk.said.get(subject, ()) if decision.action != "add"]
    return Sheet(subject=subject, words=shown, about=about, said=said)


def fields(text: SampleText | SeedText) -> dict[str, str]:
    """The words as fields, by the names that they have with us."""
    return {name: _as_lines(value) for name, value in msgspec.structs.asdict(text).items()}


def _as_lines(value: Any) -> str:
    if isinstance(value, tuple):
        return "\n".join(one if isinstance(one, str) else f"{one.text}{BAR}{one.confusion}" for one in value)
    return value or ""


def changed(job: SampleJob | SeedJob, subject: str, new: Mapping[str, str], desk: Desk) -> SampleText | SeedText | None:
    """The words of a subject with those fields that another tool changed; None where none were.

    Raises msgspec.ValidationError where they are no words of a sample, or of a seed.
    """
    if not new:
        return None
    said = desk.said.get(subject, ())
    if isinstance(job, SampleJob):
        return _with(job.text(job.index.trace(subject), said), new)
    return _with(latest(job.placed(desk)[subject].seed, said), new)


def _with(text: SampleText | SeedText, new: Mapping[str, str]) -> SampleText | SeedText:
    found: dict[str, Any] = {**new}
    for name in {"choices", "options", "distractors"} & found.keys():
        found[name] = [line for line in map(str.strip, found[name].split("\n")) if line]
    if "distractors" in found:
        split = (line.partition(BAR.strip()) for line in found["distractors"])
        found["distractors"] = [{"text": one.strip(), "confusion": how.strip()} for one, _, how in split]
    return msgspec.convert(msgspec.to_builtins(text) | found, type(text))
