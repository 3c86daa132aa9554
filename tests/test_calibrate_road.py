"""`cogito calibrate` on a built run: tables, files, nothing paid twice, and one line for each wrong setting."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from road import cogito_here, results, serving, write_recipe, write_tones


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serving() as url:
        yield url


@pytest.fixture(scope="module")
def run(url: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("calibrate")
    write_tones(folder / "recordings", 8)
    done = cogito_here("build", str(write_recipe(folder, url)))
    assert done.returncode == 0, done.stderr
    return folder / "runs/recipe"


@pytest.mark.long
def test_two_auditors_leave_a_table_and_a_file_each_and_the_run_as_it_was(run: Path, url: str) -> None:
    before = results(run / "verify")
    judged = cogito_here("calibrate", str(run), "--auditor", "auditor", "--sample", "3")
    assert judged.returncode == 0, judged.stderr
    for expected in ("answer_swapped", "recall", "false rejections: 0 of 3", "none of those can be a false rejection",
                     "no more than a first look"):  # fmt: skip
        assert expected in " ".join(judged.stdout.split())
    named = cogito_here("calibrate", str(run), "--auditor", f"scripted@{url}", "--simple", "--sample", "3")
    assert named.returncode == 0, named.stderr
    files = sorted(path.name for path in (run / "calibration").glob("*.json"))
    assert [name.partition("-")[0] for name in files] == ["judge", "judge_simple"]
    told = json.loads((run / "calibration" / files[0]).read_text())
    assert told["accepted"] >= 3
    assert results(run / "verify") == before


def test_calibration_again_pays_nothing_and_one_without_a_server_is_exit_4(run: Path) -> None:
    first = cogito_here("calibrate", str(run), "--auditor", "auditor", "--sample", "4")
    files = {path.name: path.read_bytes() for path in (run / "calibration").iterdir()}
    record = json.loads((run / "run.json").read_text())
    gone = "http://127.0.0.1:9/v1"
    for model in record["recipe"]["models"].values():
        model["url"] = gone
        model["patience"] = 0.3
    before = (run / "run.json").read_bytes()
    (run / "run.json").write_text(json.dumps(record))
    again = cogito_here("calibrate", str(run), "--auditor", "auditor", "--sample", "4")
    more = cogito_here("calibrate", str(run), "--auditor", "auditor", "--simple")
    (run / "run.json").write_bytes(before)
    assert (first.returncode, again.returncode, again.stdout) == (0, 0, first.stdout), again.stderr
    assert {path.name: path.read_bytes() for path in (run / "calibration").iterdir()} == files
    assert (more.returncode, more.stderr.strip().count("\n")) == (4, 0), more.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["{}", "--auditor", "auditr"], "'auditr' is no model of the recipe (annotator, auditor, thinker)"),
        (["{}", "--auditor", "m@http://name:word@127.0.0.1/v1"], "holds credentials"),
        (["{}", "--auditor", "auditor", "--check", "copied_seed"], "takes a question"),
        (["{}", "--auditor", "auditor", "--check", "jugde"], "no 'jugde' among the checks"),
        (["{}", "--auditor", "auditor", "--revision", "x"], "leave --revision out"),
        (["{}/none", "--auditor", "auditor"], "holds no run"),
    ],
)
def test_wrong_setting_is_one_clear_line(run: Path, arguments: list[str], message: str) -> None:
    done = cogito_here("calibrate", *(argument.format(run) for argument in arguments))
    assert (done.returncode, done.stderr.strip().count("\n")) == (2, 0), done.stderr
    assert message in done.stderr


def test_missing_sound_is_one_clear_line_before_the_first_call(run: Path, url: str) -> None:
    sounds = run.parents[1] / "store" / "audio"
    sounds.rename(sounds.with_name("gone"))
    done = cogito_here("calibrate", str(run), "--auditor", f"scripted@{url}", "--revision", "unheard")
    sounds.with_name("gone").rename(sounds)
    assert (done.returncode, done.stderr.strip().count("\n")) == (2, 0), done.stderr
    assert "is not there: run `cogito build` again" in done.stderr
    assert not list((run / "calibration").glob("*unheard*"))
