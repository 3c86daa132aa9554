"""Seeds under review: what people accept becomes a plug-in folder that builds and the lint read."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest

from audio_cogito import seeds
from audio_cogito.errors import SetupError
from audio_cogito.review.accepted import text_of
from audio_cogito.review.desk import Asked, Desk
from audio_cogito.review.journal import FILE, Journal
from audio_cogito.review.seeding import SeedJob
from audio_cogito.seeds.pool import Placed, as_toml, placed_in, read
from made import make_seed
from reviewing import Reviewer, serving

TEXTS = (
    "Which noise before the crash shows that somebody had meant to prevent it?",
    "Which of the two bells is struck by a tired hand?",
    "Where does the walker stop to listen for the dog?",
)


@pytest.fixture
def candidates(tmp_path: Path) -> Path:
    path = tmp_path / "drafts" / "candidates.toml"
    path.parent.mkdir()
    drafted = [make_seed(text, provenance="proposed by M@1; not reviewed") for text in TEXTS]
    path.write_text("\n".join(map(as_toml, drafted)))
    return path


def job_of(path: Path, out: Path) -> SeedJob:
    return SeedJob(tuple(read(path)), placed_in(()), out, candidates=True)


def decide(job: SeedJob, subject: str, action: Any, by: str = "anna", **more: Any) -> None:
    with closing(Journal(job.out / FILE)) as journal:
        desk = Desk(job.subjects, journal)
        version = len(desk.visible(subject, by))
        asked = Asked(subject=subject, action=action, by=by, version=version, key=f"{subject}{version}", **more)
        assert job.fault(asked, desk) is None
        desk.decide(asked, job.stood(asked, desk))
        job.taken(desk)


def test_accepted_candidates_enter_a_plug_in_folder_with_provenance_and_reviewer(
    candidates: Path, tmp_path: Path
) -> None:
    out = tmp_path / "mine"
    job = job_of(candidates, out)
    first, second, _ = job.subjects
    decide(job, first, "accept")
    decide(job, second, "reject", reason="shallow")
    pool = seeds.load((out,))
    (mine,) = (seed for seed in pool if seed.reviewed)
    assert (mine.text, mine.provenance, mine.reviewed) == (TEXTS[0], "proposed by M@1", ("anna",))
    assert len(pool) == len(seeds.load(())) + 1


def test_edited_candidate_names_its_editor_and_those_who_accepted_the_new_words(
    candidates: Path, tmp_path: Path
) -> None:
    job = job_of(candidates, tmp_path / "mine")
    subject = next(iter(job.subjects))
    placed = next(read(candidates))
    decide(job, subject, "accept", by="ben")
    decide(job, subject, "edit", seed_now=msgspec.structs.replace(text_of(placed.seed), text="Whose step stops?"))
    decide(job, subject, "accept", by="cleo")
    (mine,) = (one.seed for one in read(tmp_path / "mine/seeds/reviewed.toml"))
    assert (mine.text, mine.provenance) == ("Whose step stops?", "proposed by M@1; edited by anna")
    assert mine.reviewed == ("anna", "cleo")


@pytest.mark.parametrize(("action", "names"), [("accept", ("dora", "anna")), ("edit", ("anna",))])
def test_who_reviewed_other_words_before_is_named_only_while_they_stand(
    tmp_path: Path, action: str, names: tuple[str, ...]
) -> None:
    seed = make_seed(TEXTS[0], reviewed=("dora",))
    job = SeedJob([Placed(seed=seed, path=Path("c.toml"), entry=1, line=1)], (), tmp_path, candidates=True)
    now = {"seed_now": msgspec.structs.replace(text_of(seed), text="Whose step stops?")} if action == "edit" else {}
    decide(job, seed.id, action, **now)
    (mine,) = (one.seed for one in read(tmp_path / "seeds/reviewed.toml"))
    assert mine.reviewed == names


def test_seed_that_is_rejected_later_leaves_the_folder(candidates: Path, tmp_path: Path) -> None:
    job = job_of(candidates, tmp_path / "mine")
    first, second, _ = job.subjects
    decide(job, first, "accept")
    decide(job, second, "accept")
    decide(job, first, "reject", by="ben", reason="repeated")
    assert [one.seed.text for one in read(tmp_path / "mine/seeds/reviewed.toml")] == [TEXTS[1]]


def test_pool_under_review_is_written_whole_and_stands_in_for_ours(tmp_path: Path) -> None:
    pool, out = placed_in(()), tmp_path / "mine"
    job = SeedJob(pool, pool, out, candidates=False)
    music = [placed.seed for placed in pool if placed.seed.domain == "music"]
    decide(job, music[0].id, "accept")
    decide(job, music[1].id, "reject", reason="badly_put")
    ours = seeds.load((out,))
    assert len(ours) == len(pool) - 1
    assert [seed.text for seed in ours if seed.reviewed] == [music[0].text]
    assert [path.name for path in (out / "seeds").iterdir()] == ["music.toml"]


def test_folder_that_a_kill_left_behind_is_made_right_when_the_review_goes_on(candidates: Path, tmp_path: Path) -> None:
    job = job_of(candidates, tmp_path / "mine")
    decide(job, next(iter(job.subjects)), "accept")
    written = tmp_path / "mine/seeds/reviewed.toml"
    before = written.read_bytes()
    written.unlink()
    with closing(Journal(job.out / FILE)) as journal:
        job.taken(Desk(job.subjects, journal))
    assert written.read_bytes() == before


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"text": TEXTS[1]}, "another seed says the very same"),
        ({"form": "choice", "options": ["one"]}, "a choice needs two different options at least"),
        (
            {"distractors": [{"text": "a", "confusion": "b"}]},
            "what misleads has to be one of the options, word for word",
        ),
        ({"domain": "../../etc"}, "this is no request of the page"),
        ({"difficulty": "mad"}, "this is no request of the page"),
    ],
)
def test_edit_that_makes_no_seed_is_refused(
    candidates: Path, tmp_path: Path, changes: dict[str, Any], why: str
) -> None:
    job = job_of(candidates, tmp_path / "mine")
    with serving(job, job.out) as url:
        anna = Reviewer(url)
        item = anna.item(next(iter(job.subjects)))
        status, said = anna.decide(item, "edit", seed_now=item["seed"] | changes)
    assert status in (400, 422)
    assert said["said"].startswith(why)
    assert (job.out / FILE).read_bytes() == b""


def test_page_is_told_what_the_lint_says(tmp_path: Path) -> None:
    seed = make_seed("What sound is this?")
    job = SeedJob([Placed(seed=seed, path=Path("c.toml"), entry=1, line=1)], placed_in(()), tmp_path, candidates=True)
    with serving(job, tmp_path) as url:
        item = Reviewer(url).next()
    assert any(fault.startswith("soundless") for fault in item["faults"])
    assert item["standing"] == "waiting"


def test_page_is_told_what_else_its_cell_asks(candidates: Path, tmp_path: Path) -> None:
    job = job_of(candidates, tmp_path / "mine")
    with serving(job, job.out) as url:
        item = Reviewer(url).item(next(iter(job.subjects)))
    ours = {one.seed.text for one in placed_in(()) if (one.seed.domain, one.seed.skill) == ("sound", "echo")}
    assert set(TEXTS[1:]) <= set(item["near"]) <= {*TEXTS[1:], *ours}


def test_candidates_that_stand_twice_are_refused(tmp_path: Path) -> None:
    placed = Placed(seed=make_seed("Twice?"), path=Path("c.toml"), entry=1, line=1)
    with pytest.raises(SetupError, match="stands twice"):
        SeedJob([placed, placed], (), tmp_path, candidates=True)
