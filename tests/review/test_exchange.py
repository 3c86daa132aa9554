"""Label Studio and Argilla: samples and decisions go there and come back, once."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import msgspec
import pytest

from audio_cogito.review import exchange
from audio_cogito.review.decisions import REASONS, Action, text_of
from audio_cogito.review.desk import Asked, Desk, Stood
from audio_cogito.review.exchange import Taken
from audio_cogito.review.journal import FILE, Journal, read
from audio_cogito.review.samples import SampleJob
from audio_cogito.run import Run
from reviewing import make_run
from road import cogito_here


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return make_run(tmp_path)


def reviewed(run: Run) -> list[str]:
    """Four samples, of which people said something."""
    job = SampleJob(run)
    with closing(Journal(run.folder / FILE)) as journal:
        desk = Desk(job.subjects, journal)
        subjects = list(job.subjects)[:4]
        for subject, action in zip(subjects, ("accept", "reject", "edit", "flag"), strict=True):
            text = msgspec.structs.replace(text_of(job.index.trace(subject)), thinking="In other words.")
            asked = Asked(
                subject=subject, action=action, by="anna", version=0, key=f"k {subject}",
                reason="unheard" if action == "reject" else "", note="so it is", now=text if action == "edit" else None,
            )  # fmt: skip
            desk.decide(asked, Stood("accepted"))
    return subjects


def written(run: Run, format_: str, path: Path) -> Any:
    job = SampleJob(run)
    with closing(Journal(run.folder / FILE)) as journal:
        assert exchange.written(job, Desk(job.subjects, journal), format_, path) == 6
    return json.loads(path.read_text())


def taken(run: Run, format_: str, path: Path) -> Taken:
    job = SampleJob(run)
    with closing(Journal(run.folder / FILE)) as journal:
        return exchange.taken(job, Desk(job.subjects, journal), format_, path)


@pytest.mark.parametrize("format_", exchange.FORMATS)
def test_what_went_there_and_came_back_unchanged_is_known(run: Run, tmp_path: Path, format_: str) -> None:
    reviewed(run)
    before = (run.folder / FILE).read_bytes()
    written(run, format_, tmp_path / "out.json")
    assert taken(run, format_, tmp_path / "out.json") == Taken(0, 4, ())
    assert (run.folder / FILE).read_bytes() == before


def test_decisions_of_a_label_studio_enter_a_run_that_nobody_reviewed(run: Run, tmp_path: Path) -> None:
    subjects = reviewed(run)
    written(run, "label-studio", tmp_path / "out.json")
    said = read(run.folder / FILE)
    (run.folder / FILE).unlink()
    assert taken(run, "label-studio", tmp_path / "out.json") == Taken(4, 0, ())
    found = {decision.subject: decision for decision in read(run.folder / FILE)}
    assert set(found) == set(subjects)
    for one in said:
        other = found[one.subject]
        assert (other.action, other.by, other.at, other.reason, other.note, other.now) == (
            one.action, one.by, one.at, one.reason, one.note, one.now,
        )  # fmt: skip
        assert not other.blind
    assert taken(run, "label-studio", tmp_path / "out.json") == Taken(0, 4, ())


def test_verdict_that_was_changed_in_label_studio_is_taken_as_a_later_one(run: Run, tmp_path: Path) -> None:
    subjects = reviewed(run)
    tasks = written(run, "label-studio", tmp_path / "out.json")
    task = next(task for task in tasks if task["data"]["subject"] == subjects[0])
    task["annotations"][0]["result"][0]["value"]["choices"] = ["flag"]
    task["annotations"][0]["completed_by"] = 7
    (tmp_path / "out.json").write_text(json.dumps(tasks))
    assert taken(run, "label-studio", tmp_path / "out.json") == Taken(1, 3, ())
    latest = read(run.folder / FILE)[-1]
    assert (latest.subject, latest.action, latest.by) == (subjects[0], "flag", "Label Studio's 7")


def test_responses_of_argilla_enter_the_journal(run: Run, tmp_path: Path) -> None:
    records = written(run, "argilla", tmp_path / "out.json")
    user = "6b3a0f0e-57a3-4bb0-9f6e-b6fd6c0d37a1"
    records[0]["responses"] = {
        "verdict": [{"value": "reject", "user_id": user}], "reason": [{"value": "bad_key", "user_id": user}],
    }  # fmt: skip
    records[1]["responses"] = {"verdict": [{"value": "reject", "user_id": user}]}
    records[2]["id"] = "gone"
    records[2]["responses"] = {"verdict": [{"value": "accept", "user_id": user}]}
    (tmp_path / "out.json").write_text(json.dumps(records))
    found = taken(run, "argilla", tmp_path / "out.json")
    assert (found.taken, found.known, len(found.refused)) == (1, 0, 2)
    assert "a rejection needs one of the reasons" in found.refused[0] + found.refused[1]
    assert "no such sample" in found.refused[0] + found.refused[1]
    (decision,) = read(run.folder / FILE)
    assert (decision.action, decision.reason, decision.by) == ("reject", "bad_key", f"Argilla's {user}")
    assert taken(run, "argilla", tmp_path / "out.json").known == 1


def test_labels_offer_every_action_and_reason(run: Run, tmp_path: Path) -> None:
    written(run, "label-studio", tmp_path / "out.json")
    labels = ElementTree.fromstring((tmp_path / "out.xml").read_text())
    offered = {one.get("name"): [choice.get("value") for choice in one] for one in labels.iter("Choices")}
    assert tuple(offered["verdict"]) == ("accept", "reject", "edit", "flag") == Action.__args__[:4]  # type: ignore[attr-defined]
    assert offered["reason"] == list(REASONS)


@pytest.mark.parametrize("format_", exchange.FORMATS)
@pytest.mark.parametrize(
    "body", ["", "{}x", "[1]", '[{"annotations": [{"result": [{}]}], "responses": {"verdict": [{}]}}]', "3"]
)
def test_file_of_another_form_is_one_line_and_takes_nothing(run: Run, tmp_path: Path, format_: str, body: str) -> None:
    (tmp_path / "in.json").write_text(body)
    done = cogito_here("review", str(run.folder), "--import", format_, str(tmp_path / "in.json"))
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert f"is no {format_} file" in done.stderr
    assert read(run.folder / FILE) == []


def test_command_writes_and_takes(run: Run, tmp_path: Path) -> None:
    reviewed(run)
    file = str(tmp_path / "out.json")
    done = cogito_here("review", str(run.folder), "--export", "label-studio", file)
    assert done.stdout.strip() == f"{file}: 6 samples, 4 decisions"
    done = cogito_here("review", str(run.folder), "--import", "label-studio", file)
    assert done.stdout.strip() == f"{file}: 0 decisions taken, 4 known before, 0 refused"
    done = cogito_here("review", str(run.folder), "--export", "excel", file)
    assert (done.returncode, "there is no format 'excel'" in done.stderr) == (2, True)
