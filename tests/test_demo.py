"""The demo does each step once, refuses what it cannot go on with, and says what it found and no more."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import msgspec
import pytest
import soundfile
from rich.console import Console

from audio_cogito import config, nano, shards
from audio_cogito.audio import Sounds, clip_id
from audio_cogito.cli import main
from audio_cogito.commands import demo as command
from audio_cogito.demo import Settings, exams, page
from audio_cogito.demo.domain import making
from audio_cogito.demo.exams import Comparison
from audio_cogito.demo.loop import Demo
from audio_cogito.errors import SetupError
from audio_cogito.grading.comparison import Difference
from audio_cogito.opening import all_posed
from audio_cogito.run import Run, RunRecord, StageRecord
from audio_cogito.synth import dataset
from audio_cogito.types import Finding, Trace, Verdict
from made import make_clip, make_question, make_trace

RECIPE = Path(__file__).parents[1] / "recipes/demo.toml"
SMALL = Settings(questions=3, held_out=2, rounds=2)
ROUND = ["compose", "build", "export", "teach", "examine"]


class Steps:
    """Stands in for the work of each step; stops once where it is told to."""

    def __init__(self, patch: pytest.MonkeyPatch, stop_at: str = "") -> None:
        self.done: list[str] = []
        self._stop_at = stop_at
        patch.setattr(nano, "require", lambda: None)
        for name in ROUND:
            patch.setattr(Demo, f"_{name}", lambda *_, name=name: self._do(name))

    def _do(self, name: str) -> None:
        if name == self._stop_at:
            self._stop_at = ""
            raise KeyboardInterrupt
        self.done.append(name)


def begun(folder: Path, settings: Settings = SMALL) -> Demo:
    return Demo(folder, settings, RECIPE, Console(quiet=True))


def test_a_demo_that_was_killed_goes_on_and_does_no_step_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = Steps(monkeypatch, stop_at="teach")
    with pytest.raises(KeyboardInterrupt):
        begun(tmp_path).walk()
    assert steps.done == ["compose", "examine", "compose", "build", "export"]
    begun(tmp_path).walk()
    assert steps.done[5:] == ["teach", "examine", *ROUND]
    begun(tmp_path).walk()
    assert len(steps.done) == 12


def test_another_round_is_begun_only_where_it_will_end_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = Steps(monkeypatch)
    one = begun(tmp_path, msgspec.structs.replace(SMALL, minutes=1.0))
    one.seconds |= {"scenes 1": 1.0, "build 1": 25.0, "export 1": 1.0, "teach 1": 5.0, "exam 1": 1.0}
    one.walk()
    assert one.rounds == [1]
    assert steps.done == ["compose", "examine"]
    one.seconds["build 1"] = 10.0
    one.walk()
    assert one.rounds == [1, 2]


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    begun(tmp_path / "one")
    with pytest.raises(SetupError, match="a demo with other settings"):
        begun(tmp_path / "one", msgspec.structs.replace(SMALL, questions=6))
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / "letter.txt").write_text("mine")
    with pytest.raises(SetupError, match="holds something else"):
        begun(tmp_path / "two")
    (tmp_path / "one" / "steps.json").write_text("{")
    with pytest.raises(SetupError, match="without it every step is done again"):
        begun(tmp_path / "one")


@pytest.mark.parametrize(
    ("argument", "fault"),
    [
        ("question=300", "did you mean questions"),
        ("questions=1", "questions"),
        ("dial=2", "dial"),
        ("minutes=soon", "minutes"),
        ("--recipe=gone.toml", "there is no recipe gone.toml"),
        ("model=hf:gone", "gone has no config.json"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(
    argument: str, fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(nano, "require", lambda: None)
    monkeypatch.setattr(Demo, "_compose", lambda *_: None)
    assert main(["demo", "--out", str(tmp_path / "demo"), argument]) == 2
    said = capsys.readouterr().err
    assert fault in said
    assert "Traceback" not in said
    assert not (tmp_path / "demo/steps.json").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(SetupError, match="cannot be written"):
        begun(tmp_path / "demo")


def test_a_folder_below_a_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(SetupError, match="cannot be written: Not a directory"):
        begun(tmp_path / "file" / "demo")


def test_a_full_disk_is_one_line_and_what_is_done_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "runs/exam-0/run.json")

    Steps(monkeypatch)
    monkeypatch.setattr(Demo, "_examine", full)
    assert main(["demo", "--out", str(tmp_path / "demo"), "rounds=1"]) == 2
    said = capsys.readouterr().err
    assert "runs/exam-0/run.json: No space left on device; what is done stays: run it again to go on" in said
    assert "Traceback" not in said
    assert (tmp_path / "demo/steps.json").read_text().count("exam scenes") == 1


def test_without_torch_nothing_is_begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nano, "NEEDS", ("torch_that_is_not_there",))
    with pytest.raises(SetupError, match="pip install"):
        begun(tmp_path).walk()
    assert not (tmp_path / "scenes").exists()


def test_the_recipe_needs_no_server_and_every_round_walks_it(tmp_path: Path) -> None:
    assert command.PLACES[1] == RECIPE
    one = begun(tmp_path)
    recipe = one._recipe("round-1", one.scenes("round-1"), "nano")
    assert all_posed(recipe)
    assert recipe.models.keys() == {"thinker"}
    own = config.load(RECIPE)
    assert (recipe.verify, recipe.checks, recipe.think) == (own.verify, own.checks, own.think)
    assert Path(recipe.run) == tmp_path / "runs" / "round-1"


def test_the_dial_leads_away_from_what_the_model_knows() -> None:
    near, middle, far = (making(dial, random_seed=0, questions=1, split="test") for dial in (0.0, 0.5, 1.0))
    assert (near.rooms, near.bands, near.codecs, near.snr_db) == (0, 0, 0, (15.0, 25.0))
    assert (far.rooms, far.snr_db) == (1, (6.0, 14.0))
    for one, next_ in ((near, middle), (middle, far)):
        assert one.snr_db > next_.snr_db
        assert (one.rooms, one.bands, one.codecs) < (next_.rooms, next_.bands, next_.codecs)
        assert one.kinds == next_.kinds


# --- what it says -----------------------------------------------------------------------------------------------------


def difference(low: float, high: float, *, pairs: int = 100, p: float = 0.01) -> Difference:
    middle = (low + high) / 2
    return Difference(pairs=pairs, a=60.0, b=60.0 + middle, difference=middle, low=low, high=high, p=p)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (difference(-2, 4), "the interval holds 0, so this run shows no difference"),
        (difference(2, 8), "made the model better"),
        (difference(-8, -2), "made the model worse"),
        (difference(2, 8, p=0.2), "does not bear out a difference"),
        (difference(2, 8, pairs=10), "too few questions to say anything"),
    ],
)
def test_the_sentence_says_what_the_interval_says(found: Difference, said: str) -> None:
    told = exams.sentence(Comparison(answers=found, lists=found, skills={}))
    assert told.count(said) == 2
    assert ("better" in told) == ("better" in said)


def exam(folder: Path, *right: bool | None) -> Run:
    """An exam of as many questions; None is an answer that cannot be read."""
    questions = [make_question("A", "B", text=f"question {i}", skill="first") for i in range(len(right))]
    events = (Verdict(check="events", outcome="pass", reason="exact"),)
    traces = [
        make_trace(q, right=r, answer=None if r is None else "A", verdicts=events if r else ())
        for q, r in zip(questions, right, strict=True)
    ]
    shards.write(folder / "verify" / f"00000{shards.SUFFIX}", [shards.lines_of(traces)])
    return Run(folder)


def test_an_answer_that_cannot_be_read_is_wrong_in_both_exams(tmp_path: Path) -> None:
    before = exam(tmp_path / "before", True, False, None, None)
    after = exam(tmp_path / "after", True, True, True, None)
    found = exams.compare(before, after)
    assert (found.answers.pairs, found.answers.a, found.answers.b) == (4, 25.0, 75.0)
    assert (found.answers.only_a, found.answers.only_b) == (0, 2)
    assert (found.lists.a, found.lists.b) == (25.0, 75.0)
    assert found.skills["first"] == found.answers


def test_exams_over_other_questions_are_not_compared(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="not over the same items"):
        exams.compare(exam(tmp_path / "before", True), exam(tmp_path / "after", True, True))


def test_cogito_compare_reads_the_exams(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, right in (("a", (True, False)), ("b", (True, True))):
        exams.write(exam(tmp_path / "runs" / name, *right), tmp_path / name)
    assert main(["compare", str(tmp_path / "a"), str(tmp_path / "b")]) == 0
    assert "+50.00" in capsys.readouterr().out


# --- the page ---------------------------------------------------------------------------------------------------------

HOSTILE = '<script>alert("1")</script> & "quoted"'


@pytest.fixture
def shown(tmp_path: Path) -> Demo:
    """A demo of one round with one accepted chain and one rejected one, both of hostile words."""
    one = begun(tmp_path, msgspec.structs.replace(SMALL, rounds=1))
    one.seconds |= {"exam 0": 2.0, "exam 1": 61.0}
    making_ = making(0.5, random_seed=1, questions=1, split="train")
    list(dataset.make(one.scenes("round-1"), 2, making_, jobs=1))
    sounds, traces = Sounds(tmp_path / "store" / "audio"), []
    for number, scene in enumerate(dataset.composed(one.scenes("round-1"))):
        samples = soundfile.read(one.scenes("round-1") / scene.path, dtype="int16")[0]
        sounds.write(id := clip_id(samples), samples)
        clip = msgspec.structs.replace(make_clip(str(number), source_id=scene.scene.id), id=id)
        question = make_question(HOSTILE, "B", text=HOSTILE, clips=(clip,), skill=HOSTILE)
        traces.append(make_trace(question, thinking=HOSTILE, verdicts=(_verdict(accepted=number == 0),)))
    run = one.run("round-1")
    shards.write(run.stage("verify") / f"00000{shards.SUFFIX}", [shards.lines_of(traces)])
    run.write(_record(traces))
    one.rows(1).parent.mkdir(parents=True)
    one.rows(1).write_text("{}\n")
    return one


def _verdict(*, accepted: bool) -> Verdict:
    finding = () if accepted else (Finding(kind="wrong_time", quote=HOSTILE),)
    return Verdict(check="events", outcome="pass" if accepted else "fail", findings=finding, reason=HOSTILE)


def _record(traces: list[Trace]) -> RunRecord:
    stage = StageRecord(
        read=2, answered=2, unanswered=0, made=2, kept=2, dropped=0, failed=0, standings={"accepted": 1}, reasons={}
    )
    stages = dict.fromkeys(("collect", "select", "construct", "think", "verify"), stage)
    return RunRecord(
        recipe={}, recipe_digest="", random_seed=0, only=None, limit=None, state="finished", began="", stages=stages
    )


def test_the_page_escapes_what_others_wrote_and_fetches_nothing(shown: Demo) -> None:
    found = Comparison(answers=difference(1, 3), lists=difference(1, 3), skills={HOSTILE: difference(1, 3)})
    html = page.page(shown, found)
    assert "<script" not in html
    assert html.count("&lt;script&gt;") >= 6
    assert "http" not in html
    assert 'name="viewport"' in html
    assert "prefers-color-scheme: dark" in html


def test_the_page_shows_accepted_and_rejected_chains_with_sound_and_picture(shown: Demo) -> None:
    html = page.page(shown, Comparison(answers=difference(-1, 3), lists=difference(1, 3), skills={}))
    assert html.count("data:audio/flac;base64,") == 2
    assert html.count("data:image/png;base64,") == 2
    assert html.count(">accepted</span>") == 1
    assert html.count(">rejected</span>") == 1
    assert "events: wrong time" in html
    scenes = [one.scene for one in dataset.composed(shown.scenes("round-1"))]
    assert html.count('class="named"') == sum(len(scene.events) for scene in scenes)
    assert all(f"</span>{event.kind}</span>" in html for scene in scenes for event in scene.events)
    assert html.index("<td>accepted</td>") < html.index("<td>taught</td>")
    assert "the interval holds 0" in html


def test_the_page_says_what_a_type_of_question_asks(shown: Demo) -> None:
    found = Comparison(answers=difference(-1, 3), lists=difference(1, 3), skills={"count": difference(-1, 3)})
    assert ">How many times is the … heard?</small>" in page.page(shown, found)


def test_chains_are_counted_by_length_those_that_are_accepted_apart() -> None:
    counted = page.Counted()
    for words in (0, 1, 47, 48):
        counted.add(make_trace(thinking=" ".join(["word"] * words), verdicts=(_verdict(accepted=words < 48),)))
    assert counted.words == {True: {0: 1, 1: 1, 47: 1}, False: {48: 1}}
