"""`cogito review`: what is wrong is one line, and what was acknowledged survives a kill."""

from __future__ import annotations

import gc
import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from audio_cogito.review.journal import FILE, read
from reviewing import Reviewer, make_run
from road import cogito_here


@contextmanager
def reviewing(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The command as a process of its own, and the address that it prints."""
    command = [sys.executable, "-W", "error", "-m", "audio_cogito.cli", "review", *arguments, "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            lines = iter(process.stdout.readline, "")
            yield process, next(line.strip().rstrip("/") for line in lines if line.startswith("http://"))
        finally:
            process.kill()


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["nothing"], "holds no run"),
        (["RUN", "--host", "0.0.0.0"], "opens the page to others: give --token"),
        (["RUN", "--host", "0.0.0.0", "--token", "short"], "12 letters and digits at least"),
        (["RUN", "--host", "no.such.host.invalid", "--token", "abcdefghijkl"], "cannot listen on"),
        (["RUN", "--candidates", "x.toml"], "belongs to `cogito review seeds`"),
        (["seeds"], "--out DIR"),
        (["seeds", "--out", "o", "--plugins", "missing"], "there is no folder missing"),
        (["seeds", "--out", "o", "--against", "missing.json"], "there is no benchmark file"),
        (["seeds", "--out", "o", "--candidates", "missing.toml"], "cannot be read"),
    ],
)
def test_wrong_setting_is_one_line(
    tmp_path: Path, arguments: list[str], why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run = make_run(tmp_path)
    done = cogito_here("review", *(str(run.folder) if one == "RUN" else one for one in arguments))
    assert done.returncode == 2
    assert why in done.stderr
    assert done.stderr.count("\n") == 1


def test_run_without_verified_traces_says_what_to_do(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    for path in run.stage("verify").iterdir():
        path.unlink()
    assert "run `cogito build` to its end" in cogito_here("review", str(run.folder)).stderr


def test_page_without_its_packages_says_which_extra_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("audio_cogito.commands.review.importlib.util.find_spec", lambda name: None)
    done = cogito_here("review", str(make_run(tmp_path).folder))
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "pip install 'audio-cogito[review]'" in done.stderr


def test_port_that_is_taken_is_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = cogito_here("review", str(make_run(tmp_path).folder), "--port", str(taken.getsockname()[1]))
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "in use" in done.stderr


def test_server_listens_on_loopback_and_ends_in_order_when_interrupted(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    with reviewing(str(run.folder)) as (process, url):
        assert url.startswith("http://127.0.0.1:")
        anna = Reviewer(url)
        anna.decide(anna.next(), "accept")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (0, "")
    assert "1 decisions in" in out


def test_server_that_is_stopped_before_its_loop_began_leaves_no_work_unawaited(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(work: object, **more: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("asyncio.run", stopped)
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        done = cogito_here("review", str(make_run(tmp_path).folder), "--port", "0")
        gc.collect()
    assert (done.returncode, done.stderr, [str(one.message) for one in warned]) == (0, "", [])


def test_seeds_are_not_reviewed_into_a_runs_folder(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    done = cogito_here("review", "seeds", "--out", str(run.folder))
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "whose journal is of its samples" in done.stderr


@pytest.mark.long
def test_written_seed_that_was_acknowledged_survives_a_kill_and_is_in_the_folder_again(tmp_path: Path) -> None:
    text = "Which of the lapping waves reaches the hull last, and what does its delay say about the boat?"
    words = {"text": text, "domain": "sound", "skill": "space", "difficulty": "hard", "form": "open", "language": "en"}
    asked = {"subject": "", "version": 0, "action": "add", "by": "anna", "key": "k", "seed_now": words}
    out = tmp_path / "mine"
    with reviewing("seeds", "--out", str(out)) as (process, url):
        assert Reviewer(url).post("/api/decide", asked)[0] == 200
        process.kill()
        process.wait()
    (out / "seeds" / "added.toml").unlink()
    with reviewing("seeds", "--out", str(out)) as (_, url):
        assert Reviewer(url).post("/api/decide", asked)[1]["decision"]["number"] == 1, "sent again it is taken once"
    assert text in (out / "seeds" / "added.toml").read_text()
    assert len(read(out / FILE)) == 1


@pytest.mark.long
def test_every_acknowledged_decision_survives_a_kill(tmp_path: Path) -> None:
    """Two clients decide as fast as they can; the server is killed in the midst, three times over, up to 500 in all."""
    run = make_run(tmp_path, count=520)
    acknowledged: dict[str, str] = {}
    wrong: list[AssertionError] = []

    def decide(url: str, who: str, until: int) -> None:
        reviewer = Reviewer(url, who)
        try:
            while len(acknowledged) < until and (item := reviewer.next()) is not None:
                key = f"{who} {len(acknowledged)} {os.urandom(4).hex()}"
                status, _ = reviewer.decide(item, "accept", key=key)
                assert status == 200
                acknowledged[key] = item["subject"]
        except (OSError, http.client.HTTPException):
            return  # the server is gone
        except AssertionError as error:
            wrong.append(error)

    for kill_at in (150, 320, 500):
        with reviewing(str(run.folder), "--share", "0") as (process, url):
            clients = [threading.Thread(target=decide, args=(url, who, 500)) for who in ("anna", "ben")]
            for client in clients:
                client.start()
            while len(acknowledged) < kill_at and any(client.is_alive() for client in clients):
                clients[0].join(0.005)
            process.kill()
            for client in clients:
                client.join()
        assert wrong == []
        found = {decision.key: decision.subject for decision in read(run.folder / FILE)}
        assert acknowledged.items() <= found.items()
    assert len(acknowledged) >= 500
    subjects = [decision.subject for decision in read(run.folder / FILE)]
    assert len(subjects) - len(set(subjects)) <= 4, "what was in flight at a kill may be decided again, nothing else"
