"""Seeds that people write on the page: linted before they are taken, by name, never lost."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from audio_cogito import seeds
from audio_cogito.errors import SetupError
from audio_cogito.review.desk import Desk
from audio_cogito.review.journal import FILE, Journal, read
from audio_cogito.review.samples import SampleJob
from audio_cogito.review.seeding import SeedJob
from audio_cogito.seeds import embedding
from audio_cogito.seeds.benchmarks import Benchmark
from audio_cogito.seeds.lint import lint
from audio_cogito.seeds.pool import Placed, as_toml, placed_in
from audio_cogito.seeds.pool import read as seeds_of
from audio_cogito.seeds.spelling import installed
from made import make_seed
from reviewing import Reviewer, make_run, serving

TEXT = "Which of the lapping waves reaches the hull last, and what does its delay say about where the boat lies?"
POOL = placed_in(())[:40]
WORDS = {"text": TEXT, "domain": "sound", "skill": "space", "difficulty": "hard", "form": "open", "language": "en"}


def job_of(out: Path, *drafted: str, **more: Any) -> SeedJob:
    placed = [Placed(seed=make_seed(text), path=Path("c.toml"), entry=n, line=n) for n, text in enumerate(drafted, 1)]
    return SeedJob(placed, POOL, out, candidates=True, **more)


def add(reviewer: Reviewer, words: dict[str, Any], seen: tuple[str, ...] = (), **more: Any) -> tuple[int, Any]:
    asked = {"subject": "", "version": 0, "action": "add", "by": reviewer.who, "key": uuid4().hex}
    return reviewer.post("/api/decide", asked | {"seed_now": words, "seen": seen} | more)


def test_written_seed_is_in_the_pool_and_the_journal_by_its_authors_name(tmp_path: Path) -> None:
    with serving(job_of(tmp_path), tmp_path) as url:
        status, taken = add(Reviewer(url), WORDS, note="from a sailor")
    assert (status, taken["counts"]["subjects"], taken["counts"]["done"]) == (200, 1, 1)
    (mine,) = (seed for seed in seeds.load((tmp_path,)) if seed.text == TEXT)
    assert (mine.domain, mine.skill, mine.difficulty, mine.form, mine.language) == (
        "sound",
        "space",
        "hard",
        "open",
        "en",
    )
    assert (mine.provenance, mine.reviewed) == ("written by anna", ())
    (line,) = read(tmp_path / FILE)
    assert (line.subject, line.action, line.by, line.note) == (mine.id, "add", "anna", "from a sailor")
    assert line.seed_now is not None
    assert line.seed_now.text == TEXT


def test_lint_has_to_be_seen_before_a_seed_is_taken(tmp_path: Path) -> None:
    words = WORDS | {"text": "What instrument is this?", "domain": "music", "skill": "instrument"}
    with serving(job_of(tmp_path), tmp_path) as url:
        anna = Reviewer(url)
        status, said = add(anna, words)
        assert (status, read(tmp_path / FILE)) == (428, [])
        assert any(fault.startswith("soundless") for fault in said["faults"])
        assert add(anna, words, ("form: something else",))[0] == 428
        status, taken = add(anna, words, tuple(said["faults"]))
    assert (status, taken["decision"]["faults"]) == (200, said["faults"])


def test_lint_on_the_page_says_what_the_command_says(tmp_path: Path) -> None:
    near = POOL[0].seed.text.replace("?", " by the crackeling?")
    benchmark = Benchmark(name="B", questions=("Which of the two bells rings later than the other one does?",))
    more: dict[str, Any] = {"spelling": installed(()), "meanings": embedding.shipped(), "against": [benchmark]}
    rules: set[str] = set()
    folder = f"{POOL[0].path.parent}/"
    texts = (near, "Say which of the two bells rings later than the other one does.")
    with serving(job_of(tmp_path, **more), tmp_path) as url:
        for text in texts:
            said = Reviewer(url).post("/api/lint", {"who": "anna", "seed": WORDS | {"text": text}})[1]
            seed = make_seed(text, skill="space", difficulty="hard")
            placed = Placed(seed=seed, path=Path("a new seed"), entry=1, line=None)
            assert said["said"] is None
            assert said["faults"] == [
                f"{fault.rule}: {fault.detail}".replace(folder, "")
                for fault in lint([placed], beside=POOL, balanced=False, **more)
            ]
            rules |= {fault.partition(":")[0] for fault in said["faults"]}
    assert {"near", "meaning", "spelling", "benchmark"} <= rules


@pytest.mark.parametrize(
    ("changes", "status", "why"),
    [
        ({"text": ""}, 400, "this is no request of the page"),
        ({"domain": "../up"}, 400, "this is no request of the page"),
        ({"language": "English"}, 400, "this is no request of the page"),
        ({"language": None}, 422, "a new seed needs its language"),
        ({"form": "choice", "options": ["one"]}, 422, "a choice needs two different options"),
        ({"distractors": [{"text": "a", "confusion": "b"}]}, 422, "what misleads has to be one of the options"),
        ({"text": POOL[0].seed.text}, 422, "another seed says the very same"),
        ({"text": "Whose step stops?"}, 422, "another seed says the very same"),
    ],
)
def test_words_that_make_no_seed_are_refused(tmp_path: Path, changes: dict[str, Any], status: int, why: str) -> None:
    with serving(job_of(tmp_path, "Whose step stops?"), tmp_path) as url:
        found, said = add(Reviewer(url), WORDS | changes)
    assert (found, said["said"].startswith(why)) == (status, True), said
    assert read(tmp_path / FILE) == []


def test_seed_that_is_written_twice_is_refused_and_sent_twice_is_taken_once(tmp_path: Path) -> None:
    with serving(job_of(tmp_path), tmp_path) as url:
        assert add(Reviewer(url), WORDS, key="k")[0] == 200
        assert add(Reviewer(url), WORDS, key="k")[0] == 200
        status, said = add(Reviewer(url, "ben"), WORDS)
    assert (status, said["said"]) == (422, "another seed says the very same")
    assert len(read(tmp_path / FILE)) == 1


def test_folder_that_the_disk_refused_is_written_when_the_decision_is_sent_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, data: bytes) -> None:
        raise SetupError(f"{path} cannot be written: No space left on device")

    with serving(job_of(tmp_path), tmp_path) as url:
        monkeypatch.setattr("audio_cogito.review.accepted.write_whole", full)
        assert add(Reviewer(url), WORDS, key="k")[0] == 507
        monkeypatch.undo()
        assert add(Reviewer(url), WORDS, key="k")[0] == 200
    assert [one.seed.text for one in seeds_of(tmp_path / "seeds/added.toml")] == [TEXT]
    assert len(read(tmp_path / FILE)) == 1


def test_written_seed_is_reviewed_edited_and_rejected_like_any_other_after_a_restart(tmp_path: Path) -> None:
    with serving(job_of(tmp_path), tmp_path) as url:
        subject = add(Reviewer(url), WORDS)[1]["decision"]["subject"]
    (tmp_path / "seeds" / "added.toml").unlink()
    with serving(job_of(tmp_path), tmp_path) as url:
        ben, cleo = Reviewer(url, "ben"), Reviewer(url, "cleo")
        item = ben.item(subject)
        assert (item["seed"]["text"], item["author"], item["where"]) == (TEXT, "anna", "added.toml, entry 1")
        assert (item["provenance"], item["standing"]) == ("written by anna", "accepted")
        assert ben.decide(item, "accept")[0] == 200
        assert [one.seed.reviewed for one in seeds_of(tmp_path / "seeds/added.toml")] == [("ben",)]
        anna = Reviewer(url)
        anna.decide(anna.item(subject), "accept")
        assert [one.seed.reviewed for one in seeds_of(tmp_path / "seeds/added.toml")] == [("ben",)], "not by its author"
        changed = item["seed"] | {"text": TEXT.replace("boat", "barge")}
        assert cleo.decide(cleo.item(subject), "edit", seed_now=changed)[0] == 200
        (mine,) = (one.seed for one in seeds_of(tmp_path / "seeds/added.toml"))
        assert (mine.text, mine.provenance, mine.reviewed) == (
            changed["text"], "written by anna; edited by cleo", ("cleo",),
        )  # fmt: skip
        assert ben.decide(ben.item(subject), "reject", reason="shallow")[0] == 200
    assert list(seeds_of(tmp_path / "seeds/added.toml")) == []


def test_written_seed_is_dealt_to_a_second_person_of_a_double_review_and_counts_for_no_agreement(
    tmp_path: Path,
) -> None:
    with serving(job_of(tmp_path), tmp_path, share=1.0) as url:
        anna, ben = Reviewer(url), Reviewer(url, "ben")
        subject = add(anna, WORDS)[1]["decision"]["subject"]
        assert anna.next() is None
        item = ben.next()
        assert (item["subject"], item["history"]) == (subject, [])
        ben.decide(item, "reject", reason="shallow")
        assert anna.get("/api/state?who=anna")[1]["people"]["subjects"] == 0


def test_pool_under_review_takes_a_written_seed_beside_its_files(tmp_path: Path) -> None:
    pool = placed_in(())
    with serving(SeedJob(pool, pool, tmp_path, candidates=False), tmp_path) as url:
        assert add(Reviewer(url), WORDS)[0] == 200
    assert [path.name for path in (tmp_path / "seeds").iterdir()] == ["added.toml"]
    again = placed_in((tmp_path,))
    job = SeedJob(again, again, tmp_path, candidates=False)
    assert len(job.subjects) == len(pool)
    with closing(Journal(tmp_path / FILE)) as journal:
        desk = Desk(job.subjects, journal)
        assert len(desk.queue_of) == len(pool) + 1
        job.taken(desk)
    assert [one.seed.text for one in seeds_of(tmp_path / "seeds/added.toml")] == [TEXT]


def test_seeds_that_others_left_in_the_folder_stay(tmp_path: Path) -> None:
    """Another file of candidates, or another journal, was reviewed into it before."""
    (tmp_path / "seeds").mkdir()
    for name in ("reviewed", "added"):
        earlier = make_seed(f"Was {name} before the rest?", reviewed=("dora",))
        (tmp_path / "seeds" / f"{name}.toml").write_text(as_toml(earlier))
    with serving(job_of(tmp_path, "Whose step stops?"), tmp_path) as url:
        anna = Reviewer(url)
        anna.decide(anna.next(), "accept")
        add(anna, WORDS)
    found = {
        name: [one.seed.text for one in seeds_of(tmp_path / f"seeds/{name}.toml")] for name in ("reviewed", "added")
    }
    assert found == {
        "reviewed": ["Was reviewed before the rest?", "Whose step stops?"],
        "added": ["Was added before the rest?", TEXT],
    }


def test_only_candidate_that_was_accepted_leaves_the_folder_when_it_is_rejected(tmp_path: Path) -> None:
    with serving(job_of(tmp_path, "Whose step stops?"), tmp_path) as url:
        anna = Reviewer(url)
        item = anna.next()
        anna.decide(item, "accept")
        assert len(seeds.load((tmp_path,))) == len(seeds.load(())) + 1
        anna.decide(anna.item(item["subject"]), "reject", reason="shallow")
    assert len(seeds.load((tmp_path,))) == len(seeds.load(()))


def test_samples_take_no_seed(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    with serving(SampleJob(run), run.folder) as url:
        status, said = add(Reviewer(url), WORDS)
        assert Reviewer(url).post("/api/lint", {"who": "anna", "seed": WORDS})[0] == 404
    assert (status, said["said"]) == (422, "seeds are not reviewed here")
    assert read(run.folder / FILE) == []


def test_folder_of_an_earlier_review_that_cannot_be_read_is_a_line(tmp_path: Path) -> None:
    (tmp_path / "seeds").mkdir()
    (tmp_path / "seeds" / "added.toml").write_text("[[seed]")
    with pytest.raises(SetupError, match=r"added\.toml cannot be read"):
        job_of(tmp_path)
