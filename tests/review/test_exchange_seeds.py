"""Seeds go to Label Studio and Argilla and come back, once; what is let pass there enters the pool."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import Any, get_args
from xml.etree import ElementTree

import msgspec
import pytest

from audio_cogito.review import exchange
from audio_cogito.review.accepted import text_of
from audio_cogito.review.decisions import SEED_REASONS
from audio_cogito.review.desk import Asked, Desk
from audio_cogito.review.exchange import Taken
from audio_cogito.review.journal import FILE, Journal, read
from audio_cogito.review.seeding import SeedJob
from audio_cogito.review.sheets import fields
from audio_cogito.seeds.pool import DIFFICULTIES, Form, as_toml
from audio_cogito.seeds.pool import read as seeds_of
from audio_cogito.types import Distractor
from made import make_seed
from road import cogito_here

MISLED = Distractor(text="the oboe", confusion="has the same breath | at first")
CHOICE = make_seed("Who rests first?", form="choice", options=("the oboe", "the horn", "both"), distractors=(MISLED,))
SEEDS = (make_seed("Whose step stops?"), CHOICE, make_seed("Where does it echo?"))


@pytest.fixture
def candidates(tmp_path: Path) -> Path:
    path = tmp_path / "candidates.toml"
    path.write_text("\n".join(map(as_toml, SEEDS)))
    return path


def job_of(candidates: Path, out: Path) -> SeedJob:
    return SeedJob(tuple(seeds_of(candidates)), (), out, candidates=True)


def reviewed(job: SeedJob) -> None:
    """One accepted, one edited, and one of a person's own."""
    changed = msgspec.structs.replace(text_of(CHOICE), text="Who of them rests first?", difficulty="hard")
    new = msgspec.structs.replace(text_of(SEEDS[0]), text="Whose breath is drawn before the answer?", skill="source")
    with closing(Journal(job.out / FILE)) as journal:
        desk = Desk(job.subjects, journal)
        for subject, action, text in ((SEEDS[0].id, "accept", None), (CHOICE.id, "edit", changed), ("", "add", new)):
            asked = Asked(subject=subject, action=action, by="anna", version=0, key=action, note="so", seed_now=text)  # type: ignore[arg-type]
            asked = msgspec.structs.replace(asked, subject=job.subject(asked))
            assert job.fault(asked, desk) is None
            desk.decide(asked, job.stood(asked, desk))


def written(job: SeedJob, format_: str, path: Path) -> Any:
    with closing(Journal(job.out / FILE)) as journal:
        exchange.written(job, Desk(job.subjects, journal), format_, path)
    return json.loads(path.read_text())


def taken(job: SeedJob, format_: str, path: Path) -> Taken:
    with closing(Journal(job.out / FILE)) as journal:
        desk = Desk(job.subjects, journal)
        found = exchange.taken(job, desk, format_, path)
        job.taken(desk)
        return found


@pytest.mark.parametrize("format_", exchange.FORMATS)
def test_seeds_that_come_back_as_they_went_are_known(candidates: Path, tmp_path: Path, format_: str) -> None:
    job = job_of(candidates, tmp_path / "mine")
    reviewed(job)
    before = (job.out / FILE).read_bytes()
    assert len(written(job, format_, tmp_path / "out.json")) == 4, "three candidates, and one that a person wrote"
    assert taken(job, format_, tmp_path / "out.json") == Taken(0, 2, ())
    assert (job.out / FILE).read_bytes() == before


def test_decisions_of_a_label_studio_let_seeds_into_the_pool(candidates: Path, tmp_path: Path) -> None:
    job, other = job_of(candidates, tmp_path / "mine"), job_of(candidates, tmp_path / "theirs")
    reviewed(job)
    tasks = written(job, "label-studio", tmp_path / "out.json")
    assert (tasks[1]["data"]["question"], tasks[1]["data"]["options"]) == (
        "Who rests first?",
        "the oboe\nthe horn\nboth",
    )
    assert tasks[1]["data"]["misleads"] == "the oboe | has the same breath | at first"
    found = taken(other, "label-studio", tmp_path / "out.json")
    assert (found.taken, found.known, found.refused) == (2, 0, ())
    first, second = (one.seed for one in seeds_of(other.out / "seeds/reviewed.toml"))
    assert (first.text, first.reviewed) == ("Whose step stops?", ("anna",))
    assert (second.text, second.difficulty, second.distractors) == ("Who of them rests first?", "hard", (MISLED,))
    assert second.provenance == "a test; edited by anna"
    assert taken(other, "label-studio", tmp_path / "out.json") == Taken(0, 2, ())


def test_words_from_elsewhere_that_make_no_seed_are_refused_and_the_rest_taken(
    candidates: Path, tmp_path: Path
) -> None:
    job, other = job_of(candidates, tmp_path / "mine"), job_of(candidates, tmp_path / "theirs")
    reviewed(job)
    tasks = written(job, "label-studio", tmp_path / "out.json")
    (label,) = (one for one in tasks[1]["annotations"][0]["result"] if one["from_name"] == "new_difficulty")
    label["value"]["choices"] = ["mad"]
    (tmp_path / "out.json").write_text(json.dumps(tasks))
    found = taken(other, "label-studio", tmp_path / "out.json")
    assert (found.taken, len(found.refused)) == (1, 1)
    assert "its words are none of a seed" in found.refused[0]


def test_responses_of_argilla_reject_and_accept_seeds(candidates: Path, tmp_path: Path) -> None:
    job = job_of(candidates, tmp_path / "mine")
    records = written(job, "argilla", tmp_path / "out.json")
    assert records[1]["metadata"]["skill"] == CHOICE.skill
    for record, verdict, reason in zip(
        records, ("accept", "reject", "reject"), ("", "shallow", "bad_key"), strict=True
    ):
        record["responses"] = {"verdict": [{"value": verdict, "user_id": "u"}]}
        record["responses"] |= {"reason": [{"value": reason, "user_id": "u"}]} if reason else {}
    (tmp_path / "out.json").write_text(json.dumps(records))
    found = taken(job, "argilla", tmp_path / "out.json")
    assert (found.taken, len(found.refused)) == (2, 1)
    assert "a rejection needs one of the reasons" in found.refused[0]
    assert [one.seed.id for one in seeds_of(job.out / "seeds/reviewed.toml")] == [SEEDS[0].id]


def test_labels_of_seeds_offer_every_reason_and_every_field(candidates: Path, tmp_path: Path) -> None:
    written(job_of(candidates, tmp_path / "mine"), "label-studio", tmp_path / "out.json")
    labels = ElementTree.fromstring((tmp_path / "out.xml").read_text())
    offered = {one.get("name"): [choice.get("value") for choice in one] for one in labels.iter("Choices")}
    assert offered["verdict"] == ["accept", "reject", "edit", "flag"]
    assert offered["reason"] == list(SEED_REASONS)
    assert offered["new_difficulty"] == list(DIFFICULTIES)
    assert offered["new_form"] == list(get_args(Form))
    typed = {one.get("name") for one in labels.iter("TextArea")}
    assert {f"new_{name}" for name in fields(text_of(CHOICE))} == (typed | offered.keys()) - {
        "note",
        "verdict",
        "reason",
    }
    shown = {one.get("value", "").removeprefix("$") for one in labels.iter("Text")}
    data = json.loads((tmp_path / "out.json").read_text())[0]["data"]
    assert shown == set(data) - {"subject"}


def test_command_writes_and_takes_seeds(candidates: Path, tmp_path: Path) -> None:
    mine, file = tmp_path / "mine", str(tmp_path / "out.json")
    reviewed(job_of(candidates, mine))
    command = ("review", "seeds", "--candidates", str(candidates), "--out")
    done = cogito_here(*command, str(mine), "--export", "label-studio", file)
    assert done.stdout.strip() == f"{file}: 4 seeds, 3 decisions"
    done = cogito_here(*command, str(tmp_path / "theirs"), "--import", "label-studio", file)
    assert done.stdout.strip() == f"{file}: 2 decisions taken, 0 known before, 0 refused"
    assert len(list(seeds_of(tmp_path / "theirs/seeds/reviewed.toml"))) == 2
    assert [one.action for one in read(tmp_path / "theirs" / FILE)] == ["accept", "edit"]
