"""Servers that a run starts itself."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from audio_cogito import config
from audio_cogito.errors import SetupError
from audio_cogito.models import serving, weights
from audio_cogito.models.openai import Settings
from audio_cogito.run import Run
from road import TESTS, build, cogito_here, write_recipe, write_tones

SERVE = f"{sys.executable} {TESTS / 'server.py'} --port {{port}}"


def _weights(folder: Path, content: bytes = b"weights") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.safetensors").write_bytes(content)
    (folder / "config.json").write_text("{}")
    return folder


def _settings(folder: Path, serve: str = SERVE, seconds: float = 20.0) -> Settings:
    return Settings(
        name="scripted", dir=str(folder), revision=weights.revision(folder), serve=serve, start_seconds=seconds
    )


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/models", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _serving_recipe(folder: Path, serve: str = SERVE) -> Path:
    _weights(folder / "models/first")
    server = {"name": "scripted", "dir": "models/first", "serve": serve, "start_seconds": 20.0}
    models = dict.fromkeys(("annotator", "thinker", "auditor"), server)
    return write_recipe(folder, "", models=models)


async def test_run_starts_one_server_for_equal_roles_and_ends_it(tmp_path: Path) -> None:
    first, second = _settings(_weights(tmp_path / "a")), _settings(_weights(tmp_path / "b"))
    async with serving.started({"x": first, "y": first, "z": second}, logs=tmp_path) as servers:
        urls = {role: str(server.url) for role, server in servers.items()}
        assert urls["x"] == urls["y"] != urls["z"]
        assert all(map(_answers, urls.values()))
    assert not any(map(_answers, urls.values()))
    assert sorted(path.name for path in tmp_path.glob("server-*.log")) == ["server-x.log", "server-z.log"]


async def test_model_that_is_served_elsewhere_is_left_as_it_is(tmp_path: Path) -> None:
    server = Settings(name="other", url="http://127.0.0.1:1/v1", revision="1")
    async with serving.started({"thinker": server}, logs=tmp_path) as servers:
        assert servers == {"thinker": server}


async def test_server_that_ends_before_it_answers_is_told_with_its_last_words(tmp_path: Path) -> None:
    dying = _settings(_weights(tmp_path / "a"), f"{sys.executable} -c 'print(\"no GPU here\")' {{port}}")
    with pytest.raises(SetupError, match=r"models\.thinker ended before it answered: no GPU here"):
        async with serving.started({"thinker": dying}, logs=tmp_path):
            pass


async def test_server_that_never_answers_is_not_waited_for_longer_than_said(tmp_path: Path) -> None:
    silent = _settings(_weights(tmp_path / "a"), f"{sys.executable} -c 'import time; time.sleep(60)' {{port}}", 0.5)
    began = time.monotonic()
    with pytest.raises(SetupError, match=r"did not answer within 0\.5 s"):
        async with serving.started({"thinker": silent}, logs=tmp_path):
            pass
    assert time.monotonic() - began < 20


@pytest.mark.parametrize(
    ("serve", "said"), [("no-such-program {port}", "there is no program no-such"), ("sleep 5", r"must say \{port\}")]
)
async def test_command_that_cannot_work_is_refused_before_anything_starts(
    tmp_path: Path, serve: str, said: str
) -> None:
    with pytest.raises(SetupError, match=said):
        async with serving.started({"thinker": _settings(_weights(tmp_path / "a"), serve)}, logs=tmp_path):
            pass


async def test_recipe_with_serve_builds_and_its_revision_is_the_weights(tmp_path: Path) -> None:
    write_tones(tmp_path / "recordings", 3)
    recipe = _serving_recipe(tmp_path)
    record = await build(recipe)
    assert record.stages["verify"].made > 0
    before = config.load(recipe).models["thinker"].revision
    assert before == weights.revision(tmp_path / "models/first")
    _weights(tmp_path / "models/first", b"other weights")
    assert config.load(recipe).models["thinker"].revision != before


def test_killed_run_leaves_no_server_behind(tmp_path: Path) -> None:
    write_tones(tmp_path / "recordings", 3)
    recipe = _serving_recipe(tmp_path, f"{SERVE} --latency 20")
    command = [sys.executable, "-m", "audio_cogito.cli", "build", str(recipe)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        url = _url_in(Run(tmp_path / "runs/recipe").folder)
        assert _answers(url)
        process.send_signal(signal.SIGKILL)
    _until(lambda: not _answers(url))
    assert not _answers(url)


def _url_in(folder: Path) -> str:
    """The address of the scripted server, which prints its port."""
    log = folder / "server-annotator.log"
    _until(lambda: log.exists() and "http://" in log.read_text())
    url = next(word for word in log.read_text().split() if word.startswith("http://"))
    _until(lambda: _answers(url))
    return url


def _until(holds: object) -> None:
    assert callable(holds)
    for _ in range(300):
        if holds():
            return
        time.sleep(0.1)
    raise AssertionError("it did not come to pass within 30 s")


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ({"serve": "x {port}"}, "missing required field `dir`"),
        ({"dir": "models/first"}, "missing required field `serve`"),
        ({"serve": "x {port}", "dir": "models/first", "url": "http://127.0.0.1:1/v1"}, "leave url out"),
        ({"serve": "x {port}", "dir": "models/none"}, "cannot be read: No such file"),
        ({"serve": "sleep {port}", "dir": "models/first", "revision": "other"}, "not other"),
    ],
)
def test_model_to_serve_that_is_not_whole_is_refused(tmp_path: Path, model: dict[str, str], said: str) -> None:
    _weights(tmp_path / "models/first")
    recipe = write_recipe(
        tmp_path, "", models=dict.fromkeys(("annotator", "thinker", "auditor"), {"name": "scripted"} | model)
    )
    refused = cogito_here("build", str(recipe))
    assert refused.returncode == 2
    assert said in refused.stderr


def test_digest_of_weights_ignores_notes_and_sees_everything_else(tmp_path: Path) -> None:
    folder = _weights(tmp_path / "m")
    before = weights.revision(folder)
    (folder / "README.md").write_text("notes")
    (folder / "train.json").write_text("{}")
    assert weights.revision(folder) == before
    (folder / "chat_template.jinja").write_text("{{ messages }}")
    assert weights.revision(folder) != before


def test_digest_of_a_large_file_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = _weights(tmp_path / "m", os.urandom(weights.LARGE))
    before = weights.revision(folder)
    read: list[Path] = []
    monkeypatch.setattr(weights, "_of_content", lambda path: read.append(path) or "other")
    weights.revision(folder)
    assert read == [folder / "config.json"]
    monkeypatch.undo()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert weights.revision(folder) == before


def test_folder_without_weights_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="holds no weights"):
        weights.revision(tmp_path)
