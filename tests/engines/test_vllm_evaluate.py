"""A benchmark through a real vLLM: 20 made-up items of MMAR's shape about real sounds, answered by the tiny checkpoint
and judged by the same server. It knows nothing, so what is tested is that every number follows from what it said.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from audio_cogito.benchmarks import mmar
from audio_cogito.grading.rubrics import JUDGEMENTS, read_judgement, share, trimmed_mean
from audio_cogito.grading.scores import Graded
from audio_cogito.grading.string_match import string_match
from audio_cogito.parsing import content_of, read_reply
from benchmark_rows import mmar_row, read_lines, write_lines
from engines.conftest import Say
from engines.recordings import Recordings
from engines.road_recipe import replies_of
from engines.serving import VLLM, serving
from road import cogito

pytestmark = pytest.mark.engine
COUNT = 20
WORDS = ("rain", "bells", "speech", "engine", "birds", "music", "wind", "dog", "steps", "water")
"""What the checkpoint says (`checkpoint.HEARD`)."""
CRITERION = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "maxLength": 12},
        "score": {"enum": [0, 1]},
        "justification": {"type": "string", "maxLength": 12},
    },
    "required": ["name", "score", "justification"],
    "additionalProperties": False,
}
FORM = {"type": "array", "items": CRITERION, "minItems": 5, "maxItems": 5}
"""An untaught judge writes this only because a grammar of the server makes it."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("evaluate")


@pytest.fixture(scope="module")
def server(vllm_python: Path, checkpoint: Path, folder: Path, say: Say) -> Iterator[VLLM]:
    with serving(vllm_python, checkpoint, folder, "--reasoning-parser", "qwen3") as started:
        say(f"vLLM healthy after {started.seconds_to_start:.0f} s")
        yield started


@pytest.fixture(scope="module")
def data(folder: Path, recordings: Recordings, server: VLLM) -> Path:
    """The benchmark: the first sounds of the recordings, each with a question whose choices are what the checkpoint may
    say. It is asked once to learn that, and every second key is what it said: keys are sent to nobody, so that it is
    then remembered, and some answers are right.
    """
    data = folder / "mmar"
    write_meta(data, recordings, {})
    asked = evaluate(data, server)
    assert asked.returncode == 0, asked.stderr + server.last_words()
    lines = read_lines(folder / "run/submission.jsonl")[::2]
    said = {line["id"]: line["answer_prediction"] for line in lines}
    write_meta(data, recordings, {id_: answer for id_, answer in said.items() if answer in WORDS})
    return data


def write_meta(data: Path, recordings: Recordings, keys: dict[str, str]) -> None:
    rows = [
        mmar_row(number, audio_path=str(path), choices=list(WORDS), answer=WORDS[0])
        for number, path in enumerate(sounds(recordings))
    ]
    write_lines(data / "MMAR-meta.jsonl", (row | {"answer": keys.get(row["id"], row["answer"])} for row in rows))


def sounds(recordings: Recordings) -> list[Path]:
    (source,) = recordings.sources.values()
    place = Path(source["path"])
    if place.is_dir():
        found = [path for path in sorted(place.rglob("*")) if path.suffix in (".wav", ".flac", ".ogg")]
    else:
        found = [place.parent / json.loads(line)["path"] for line in place.read_text("utf-8").splitlines()[:COUNT]]
    return found[:COUNT]


def evaluate(data: Path, server: VLLM, *more: str) -> subprocess.CompletedProcess[str]:
    return cogito(
        "evaluate", "mmar", "--model", f"thinker@{server.url}", "--data", str(data), "--out", str(data.parent / "run"),
        "think.sampling.max_tokens=60", *more, timeout=900,
    )  # fmt: skip


def judged_by(server: VLLM) -> list[str]:
    body = {"chat_template_kwargs": {"enable_thinking": False}, "structured_outputs": {"json": FORM}}
    settings = [f"judge.body.{name}={_toml(value)}" for name, value in body.items()]
    return ["--judge", f"auditor@{server.url}", *settings]


def _toml(value: Any) -> str:
    """A value as TOML writes it in a line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_toml(one)}" for key, one in value.items()) + "}"
    return json.dumps(value)


@pytest.fixture(scope="module")
def done(data: Path, server: VLLM, say: Say) -> subprocess.CompletedProcess[str]:
    found = evaluate(data, server, *judged_by(server))
    assert found.returncode == 0, found.stderr + server.last_words()
    assert "Both sums hold for every stage." in found.stdout
    say(f"cogito evaluate mmar: {found.stdout[found.stdout.index('truncated') :]}")
    return found


def graded(data: Path) -> list[Graded]:
    lines = (data.parent / "run/graded.jsonl").read_bytes().splitlines()
    return [msgspec.json.decode(line, type=Graded) for line in lines]


def test_every_item_is_answered_by_what_the_server_said(done: object, data: Path) -> None:
    said = [read_reply(reply).text for reply in replies_of(data.parent / "run/store", "thinker")]
    lines = read_lines(data.parent / "run/submission.jsonl")
    assert len(said) == len(lines) == COUNT
    assert sorted(line["answer_prediction"] for line in lines) == sorted(said)
    assert any(line["thinking_prediction"] for line in lines)


def test_accuracy_is_the_published_rule_over_the_submission(done: object, data: Path) -> None:
    items = mmar.items(data / "MMAR-meta.jsonl")
    lines = read_lines(data.parent / "run/submission.jsonl")
    right = [
        string_match(item.answer, line["answer_prediction"], item.choices)
        for item, line in zip(items, lines, strict=True)
    ]
    assert [one.correct for one in graded(data)] == [int(one) for one in right]
    summary = json.loads((data.parent / "run/summary.json").read_text())
    assert summary["avg"] == pytest.approx(100 * sum(right) / COUNT)


def test_rubrics_are_the_middle_of_five_judgements_of_the_server(done: object, data: Path, say: Say) -> None:
    found = graded(data)
    judged = [one for one in found if one.correct]
    assert judged
    assert all(one.rubric == 0 and not one.points for one in found if not one.correct)
    items = {item.id: item for item in mmar.items(data / "MMAR-meta.jsonl")}
    given = sorted(
        read_judgement(content_of(reply), mmar.items(data / "MMAR-meta.jsonl")[0].rubric)
        for reply in replies_of(data.parent / "run/store", "auditor")
    )
    assert len(given) == JUDGEMENTS * len(judged)
    assert sorted(points for one in judged for points in one.points) == given
    for one in judged:
        assert one.rubric == pytest.approx(trimmed_mean([share(p, items[one.id].rubric) for p in one.points]))
    say(f"{len(judged)} right answers, rubrics {sorted(one.rubric for one in judged if one.rubric is not None)}")


def test_evaluated_again_the_server_is_asked_nothing(done: object, data: Path, server: VLLM) -> None:
    scores = (data.parent / "run/scores.jsonl").read_bytes()
    before = server.counter("prompt_tokens")
    again = evaluate(data, server, *judged_by(server))
    assert again.returncode == 0, again.stderr
    assert server.counter("prompt_tokens") == before
    assert (data.parent / "run/scores.jsonl").read_bytes() == scores


def test_page_tells_of_the_real_run(done: object, data: Path) -> None:
    page = (data.parent / "run/report.html").read_text("utf-8")
    summary = json.loads((data.parent / "run/summary.json").read_text())
    assert f"{summary['avg']:.2f} %" in page
    assert f"of {COUNT} replies end at max_tokens" in page
