"""The command: what a person sees, and the exit code a script sees."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from audio_cogito import cli, commands, shards
from audio_cogito.types import Trace
from road import cogito_from_nothing, cogito_here, serving, write_recipe, write_tones


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serving() as url:
        yield url


@pytest.fixture(scope="module")
def recipe(url: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cli")
    write_tones(folder / "recordings", 6)
    return write_recipe(folder, url)


@pytest.fixture(scope="module")
def run(recipe: Path) -> Path:
    done = cogito_from_nothing("build", str(recipe))
    assert done.returncode == 0, done.stderr
    assert "Both sums hold for every stage." in done.stdout
    assert "read = answered + failed" in done.stdout
    assert str(recipe.parent / "runs/recipe/verify") in done.stdout
    return recipe.parent / "runs/recipe"


def test_status_repeats_the_funnel(run: Path) -> None:
    done = cogito_here("status", str(run))
    assert done.returncode == 0
    assert "finished" in done.stdout
    assert "Both sums hold" in done.stdout


def test_show_tells_a_trace_with_its_question_clip_and_verdicts(run: Path) -> None:
    trace = next(trace for _, found in shards.inputs(run / "verify", Trace) for trace in found)
    for id_ in (trace.id, trace.question.id[:12], trace.question.clips[0].id[:8]):
        done = cogito_here("show", str(run), id_)
        assert done.returncode == 0
        for expected in (trace.id, trace.question.text, trace.question.clips[0].recording.ref, "complete: "):
            assert expected in done.stdout


def test_show_of_nothing_says_so(run: Path) -> None:
    done = cogito_here("show", str(run), "zzzzzz")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "nothing in" in done.stderr


def test_export_writes_rows_and_says_what_was_left_out(run: Path) -> None:
    done = cogito_here("export", str(run), "--to", "swift")
    assert done.returncode == 0, done.stderr
    assert "rows/swift/" in done.stdout
    assert "left out, rejected" in done.stdout
    assert "rows/swift/README.md: the data card" in done.stdout


@pytest.mark.parametrize("name", ["llama_factory", "openai", "soundless"])
def test_export_of_every_format_reads_a_built_run(run: Path, name: str) -> None:
    done = cogito_here("export", str(run), "--to", name, "export.licences=['CC0-1.0']", "export.weight=true")
    assert done.returncode == 0, done.stderr
    card = (run / "rows" / name / "README.md").read_text()
    assert "| CC0-1.0 | " in card
    assert "| collect | 6 | 6 | 0 | 0 | - |" in card


def test_export_of_nothing_says_why(run: Path) -> None:
    done = cogito_here("export", str(run), "--to", "soundless", "export.licences=['none such']")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "left out, licence not listed: CC0-1.0" in done.stdout


def test_export_cannot_be_told_that_the_thinker_was_asked_otherwise(run: Path) -> None:
    done = cogito_here("export", str(run), "--to", "swift", "think.style=observe")
    assert (done.returncode, done.stderr.strip().count("\n")) == (2, 0)
    assert "only export.* can be set here" in done.stderr


def test_list_names_every_plugin_and_finds_no_fault_in_ours() -> None:
    done = cogito_here("list", "--check")
    assert done.returncode == 0, done.stdout
    for name in ("folder", "manifest", "complete", "consistent", "judge", "construct", "think", "mixed"):
        assert f"  {name} " in done.stdout


def test_list_says_what_a_plugin_is_in_one_whole_sentence() -> None:
    said = cogito_here("list", "benchmarks").stdout.splitlines()[1:]
    assert said
    assert all(line.rstrip()[-1] in ".)" for line in said)
    assert len({len(line) - len(line.split(maxsplit=1)[1]) for line in said}) == 1, "sentences begin below each other"


def test_list_finds_the_faults_of_a_users_plugin(tmp_path: Path) -> None:
    (tmp_path / "checks").mkdir()
    (tmp_path / "checks" / "mine.py").write_text("x = 1\n")
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "broken.py").write_text("import nothing_of_that_name\n")
    done = cogito_here("list", "--check", "--plugins", str(tmp_path))
    assert done.returncode == 2
    assert "  mine " in done.stdout
    assert "nothing_of_that_name" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["build", "{}/none.toml"], 2, "there is no recipe"),
        (["build", "{}/recipe.toml", "think.drws=3"], 2, "did you mean"),
        (["build", "{}/recipe.toml", "sources.folder.path=/nowhere", "run=x"], 2, "/nowhere"),
        (["build", "{}/recipe.toml", "models.thinker.key_env=NO_SUCH_VARIABLE", "run=y"], 2, "NO_SUCH_VARIABLE"),
        (["build", "{}/recipe.toml", "models.thinker.name=other", "models.thinker.revision=z", "run=z"], 2, "other"),
        (["status", "{}"], 2, "holds no run"),
        (["export", "{}", "--to", "swift"], 2, "holds no run"),
        (["export", "{}/runs/recipe", "--to", "swfit"], 2, "no 'swfit' among the exports"),
        (["export", "{}/runs/recipe", "--to", "openai", "export.audio=none"], 2, "only reference, once"),
        (["build", "{}/recipe.toml", "--only", "think", "run=fresh"], 2, "run `cogito build"),
    ],
)
def test_wrong_setting_is_one_clear_line_and_exit_2(
    recipe: Path, run: Path, arguments: list[str], code: int, message: str
) -> None:
    done = cogito_here(*(argument.format(recipe.parent) for argument in arguments))
    assert (done.returncode, done.stderr.strip().count("\n")) == (code, 0), done.stderr
    assert message in done.stderr


def test_finished_with_failures_is_exit_3(recipe: Path, url: str, tmp_path: Path) -> None:
    write_tones(tmp_path / "recordings", 2)
    (tmp_path / "recordings" / "bad.wav").write_text("no audio")
    done = cogito_here("build", str(write_recipe(tmp_path, url)))
    assert done.returncode == 3
    assert "undecodable 1" in done.stdout


def test_lost_endpoint_is_exit_4_and_one_line(tmp_path: Path) -> None:
    write_tones(tmp_path / "recordings", 2)
    done = cogito_here("build", str(write_recipe(tmp_path, "http://127.0.0.1:9/v1", server={"patience": 0.3})))
    assert (done.returncode, done.stderr.strip().count("\n")) == (4, 0), done.stderr


def test_server_that_dies_for_good_is_exit_4_and_a_rerun_goes_on(tmp_path: Path) -> None:
    write_tones(tmp_path / "recordings", 10)
    with serving("--die-after", "12") as dying:
        recipe = write_recipe(tmp_path, dying, server={"patience": 0.5, "retries": 2})
        done = cogito_here("build", str(recipe))
    assert (done.returncode, done.stderr.strip().count("\n")) == (4, 0), done.stderr
    assert "endpoint lost" in cogito_here("status", str(tmp_path / "runs/recipe")).stdout
    with serving() as healthy:
        again = cogito_here("build", str(write_recipe(tmp_path, healthy)))
    assert again.returncode == 0
    assert "annotator: 10 calls" not in again.stdout


def test_second_process_is_told_who_holds_the_run(tmp_path: Path) -> None:
    write_tones(tmp_path / "recordings", 20)
    with serving("--latency", "0.3", "--slots", "2") as url:
        recipe = write_recipe(tmp_path, url)
        command = [sys.executable, "-m", "audio_cogito.cli", "build", str(recipe)]
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
            _until_it_runs(tmp_path / "runs/recipe")
            second = cogito_here("build", str(recipe))
            told = cogito_here("status", str(tmp_path / "runs/recipe"))
            process.kill()
    assert second.returncode == 2
    assert f"is held by process {process.pid}" in second.stderr
    assert f"Held by process {process.pid}" in told.stdout


def _until_it_runs(run: Path) -> None:
    """Until the build has said that it is under way."""
    for _ in range(600):
        if (run / "run.json").exists():
            return
        time.sleep(0.1)
    raise AssertionError("the build did not start within a minute")


@pytest.mark.parametrize("background", [False, True])
def test_interrupt_is_exit_130_and_the_run_goes_on_later(tmp_path: Path, background: bool) -> None:
    """Also of a shell's background job, which ignores SIGINT from its birth."""
    write_tones(tmp_path / "recordings", 20)
    with serving("--latency", "0.3", "--slots", "2") as url:
        recipe = write_recipe(tmp_path, url)
        command = [sys.executable, "-m", "audio_cogito.cli", "build", str(recipe)]
        born = partial(signal.signal, signal.SIGINT, signal.SIG_IGN if background else signal.SIG_DFL)
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, preexec_fn=born) as process:
            _until_it_runs(tmp_path / "runs/recipe")
            process.terminate()
            _, err = process.communicate(timeout=20)
    assert process.returncode == 130, err
    assert err.strip().endswith("interrupted; run it again to go on")
    assert '"state": "interrupted"' in (tmp_path / "runs/recipe/run.json").read_text()


@pytest.mark.parametrize("name", cli.names())
def test_every_command_has_its_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        cli.main([name.replace("_", "-"), "--help"])
    assert left.value.code == 0
    assert f"cogito {name.replace('_', '-')}" in capsys.readouterr().out


def test_commands_of_the_road_come_first_and_none_is_forgotten() -> None:
    files = {path.stem for path in Path(commands.__file__).parent.glob("*.py")} - {"__init__"}
    assert set(cli.names()) == files
    assert cli.names()[: len(commands.ORDER)] == list(commands.ORDER)
