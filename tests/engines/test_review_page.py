"""The review page in a real browser, Debian's Chromium: by keyboard alone, by two at once, on a phone, by axe.

Pictures of what was seen are left in COGITO_PICTURES, where that names a folder, to be looked at.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import msgspec
import pytest

from audio_cogito.review.journal import FILE, read
from audio_cogito.review.samples import SampleJob
from audio_cogito.review.seeding import SeedJob
from audio_cogito.review.server import Job
from audio_cogito.run import Run
from audio_cogito.seeds.pool import placed_in
from audio_cogito.seeds.pool import read as seeds_of
from audio_cogito.types import Attribute, Event, Facts, Trace
from engines.conftest import environment
from made import make_question, make_trace
from reviewing import FAILED, PASSED, make_run, make_sound, serving

pytestmark = pytest.mark.engine
SCRIPT = Path(__file__).with_name("browsing.py")


@pytest.fixture(scope="session")
def browser() -> Path:
    """The Python that drives it."""
    if shutil.which("chromium") is None:
        pytest.skip("there is no chromium: apt-get install chromium")
    return environment("browser")


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = Path(os.environ.get("COGITO_PICTURES") or tmp_path / "pictures")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def seen(browser: Path, scenario: str, job: Job, folder: Path, pictures: Path) -> Any:
    """What the scenario saw of a job; fails with what it says."""
    pictures.mkdir(exist_ok=True)
    with serving(job, folder) as url:
        command = [str(browser), str(SCRIPT), scenario, url, str(pictures)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


def actions(run: Run) -> list[tuple[str, str]]:
    return [(decision.subject, decision.action) for decision in read(run.folder / FILE)]


def rich_trace(store: Path, number: int) -> Trace:
    """With events, a claim about each, a finding and another draw's worth of words."""
    clip = make_sound(store, number, seconds=3.0)
    events = tuple(
        Event(label=label, start=start, end=start + 0.8, origin="composed")
        for label, start in (("dog", 0.2), ("bell", 1.1), ("horn", 1.9))
    )
    clip = msgspec.structs.replace(clip, recording=msgspec.structs.replace(clip.recording, facts=Facts(events=events)))
    question = make_question("Dog", "Bell", text=f"Which of the sounds comes first ({number})?", clips=(clip,),
                             skill="order", difficulty="easy", caption="A dog, a bell and a horn.")  # fmt: skip
    thinking = "At 0.2 s there is a dog. Two barks, then at 1.1 s a bell.\n\nThe horn comes last, from 1.9 to 2.7 s."
    verdicts = (FAILED if number % 2 else PASSED,)
    return make_trace(question, thinking=thinking, verdicts=verdicts, right=True)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return make_run(tmp_path, [rich_trace(tmp_path / "store", number) for number in range(14)])


def test_ten_items_are_reviewed_by_keyboard_alone_across_a_reload(browser: Path, run: Run, pictures: Path) -> None:
    found = seen(browser, "ten_items_by_keyboard", SampleJob(run), run.folder, pictures)
    wanted = ["accept", "accept", "reject", "accept", "edit", "reject", "accept", "reject", "flag", "accept"]
    assert actions(run) == list(zip(found["done"], wanted, strict=True))
    decisions = read(run.folder / FILE)
    assert decisions[4].now is not None
    assert decisions[4].now.thinking.endswith(" And nothing else.")
    assert (decisions[2].reason, decisions[8].note) == ("unheard", "is that a dog?")
    assert found["left"] == "10 of 14"


def test_two_reviewers_at_once_share_no_item_and_lose_no_word(browser: Path, run: Run, pictures: Path) -> None:
    found = seen(browser, "two_reviewers", SampleJob(run), run.folder, pictures)
    assert len({*found["anna"], *found["ben"]}) == 10
    assert {"Anna", "Ben"} <= set(found["agreement"].split()), "what the other did is shown"
    assert "Decided meanwhile" in found["told"]
    assert "accepted by Anna" in found["told"]
    assert "the chain does not follow" in found["told"]
    assert actions(run)[-2:] == [(found["both"], "accept"), (found["both"], "reject")]


@pytest.fixture
def seeds(tmp_path: Path) -> SeedJob:
    pool = placed_in(())
    return SeedJob(pool, pool, tmp_path, candidates=False)


def test_seed_is_written_by_keyboard_alone_across_lint_reload_and_lost_connection(
    browser: Path, seeds: SeedJob, pictures: Path
) -> None:
    found = seen(browser, "writing_a_seed", seeds, seeds.out, pictures)
    assert "asks to recognise, and nothing beyond" in found["told"]
    assert found["button"] == "Add all the same"
    assert found["kept"] == ["What instrument is this?", "the oboe\nthe shawm"]
    assert found["offline"] == "The server cannot be reached. What you wrote is kept here."
    assert "Which breath betrays" in found["written"]
    assert "written by Anna" in found["written"]
    assert found["next"] == "", "the next one begins anew"
    (line,) = read(seeds.out / FILE)
    assert (line.action, line.by, line.faults) == ("add", "Anna", ())
    assert line.seed_now is not None
    assert (line.seed_now.domain, line.seed_now.skill, line.seed_now.form) == ("music", "instrument", "open")
    assert [one.seed.provenance for one in seeds_of(seeds.out / "seeds/added.toml")] == ["written by Anna"]


def test_decision_made_without_a_connection_is_sent_once_it_is_back(browser: Path, run: Run, pictures: Path) -> None:
    found = seen(browser, "lost_connection", SampleJob(run), run.folder, pictures)
    assert found["told"].startswith("The server cannot be reached. Your decision is kept here")
    assert actions(run) == [(found["subject"], "accept")]


def test_page_fits_a_phone(browser: Path, run: Run, pictures: Path) -> None:
    found = seen(browser, "phone", SampleJob(run), run.folder, pictures)
    assert found["width"] <= 390
    assert found["dialog"]
    assert min(found["heights"]) >= 44
    assert [action for _, action in actions(run)] == ["accept"]


def test_axe_finds_nothing_on_the_page_of_samples(browser: Path, run: Run, pictures: Path) -> None:
    found = seen(browser, "accessible", SampleJob(run), run.folder, pictures)
    assert {place: said for place, said in found["violations"].items() if said} == {}
    assert len(found["violations"]) == 14
    assert found["headings"] == 1


def test_page_of_seeds_fits_a_phone(browser: Path, seeds: SeedJob, pictures: Path) -> None:
    found = seen(browser, "phone", seeds, seeds.out, pictures / "seeds")
    assert found["width"] <= 390
    assert found["dialog"]
    assert min(found["heights"]) >= 44


def test_axe_finds_nothing_on_the_page_of_seeds(browser: Path, seeds: SeedJob, pictures: Path) -> None:
    found = seen(browser, "accessible", seeds, seeds.out, pictures / "seeds")
    assert len(found["violations"]) == 14
    assert {place: said for place, said in found["violations"].items() if said} == {}


def test_markup_in_metadata_and_notes_is_shown_and_not_run(browser: Path, tmp_path: Path, pictures: Path) -> None:
    evil = "<img src=x onerror=alert(1)><script>alert(1)</script>"
    clip = make_sound(tmp_path / "store", 1)
    facts = Facts(attributes=(Attribute(key="title", value=evil, origin="human"),),
                  events=(Event(label=evil, start=0.1, end=0.4, origin="human"),))  # fmt: skip
    recording = msgspec.structs.replace(clip.recording, facts=facts, path=f"{evil}.wav", licence=evil)
    clip = msgspec.structs.replace(clip, recording=recording)
    question = make_question("Dog", evil, text=evil, clips=(clip,), caption=evil, skill=evil)
    run = make_run(tmp_path, [make_trace(question, thinking=f"{evil} at 0.2 s", verdicts=(FAILED,), author=evil)])
    found = seen(browser, "hostile", SampleJob(run), run.folder, pictures)
    assert found["elements"] == 0
    assert found["text"].count("<script>alert(1)</script>") >= 6
    assert "<img src=x onerror=alert(2)>" in found["text"]


def test_sound_is_drawn_played_looped_and_sped_beside_what_the_chain_claims(
    browser: Path, run: Run, pictures: Path
) -> None:
    found = seen(browser, "playing", SampleJob(run), run.folder, pictures)
    assert min(found["colours"]) > 1
    assert found["folded"] == [False, False], "what is known is shown only when asked for"
    assert "horn, 1.9 s to 2.7 s: listen" in found["claims"]
    assert found["paused"]
    assert found["rate"] == 1.5
    low, high = 0.25 * found["seconds"], 0.5 * found["seconds"]
    assert all(low - 0.1 <= place <= high + 0.15 for place in found["places"])
    assert any(b < a for a, b in zip(found["places"], found["places"][1:], strict=False)), "it comes round"
    assert "–" in found["loop"]
