"""What tests of the review share: a run made by hand, its page's server in this process, and a reviewer's requests."""

from __future__ import annotations

import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
import numpy as np
import uvicorn

from audio_cogito import shards
from audio_cogito.audio import RATE, Sounds, clip_id
from audio_cogito.review.desk import Desk
from audio_cogito.review.doors import LOOPBACK
from audio_cogito.review.journal import FILE, Journal
from audio_cogito.review.server import Job, application
from audio_cogito.run import Run, RunRecord
from audio_cogito.types import Clip, Finding, Trace, Verdict
from made import make_clip, make_question, make_trace

PASSED = Verdict(check="judge", outcome="pass", by="auditor@1")
FAILED = Verdict(
    check="judge",
    outcome="fail",
    by="auditor@1",
    findings=(Finding(kind="contradicted", quote="Two barks", detail="what the chain says it hears"),),
)


def make_sound(store: Path, number: int, seconds: float = 1.0) -> Clip:
    """A clip whose sound is there, at its place in the store."""
    time_ = np.arange(int(seconds * RATE)) / RATE
    samples = (8000 * np.sin(2 * np.pi * (300 + 5 * number) * time_)).astype("<i2")
    id_ = clip_id(samples)
    Sounds(store / "audio").write(id_, samples)
    return msgspec.structs.replace(make_clip(f"sound {number}", seconds=seconds), id=id_)


def make_traces(store: Path, count: int, draws: int = 1) -> list[Trace]:
    """One question a sound; every third sample fails the auditor."""
    made = []
    for number in range(count):
        question = make_question("Dog", "Cat", text=f"What is nearest in sound {number}?",
                                 clips=(make_sound(store, number),), skill="distance")  # fmt: skip
        for draw in range(draws):
            verdicts = (FAILED if number % 3 == 2 else PASSED,)
            made.append(make_trace(question, draw=draw, verdicts=verdicts, right=True))
    return made


def make_run(folder: Path, traces: Sequence[Trace] = (), *, count: int = 6, draws: int = 1) -> Run:
    """A finished run with these traces, in shards of five."""
    traces = list(traces) or make_traces(folder / "store", count, draws)
    run = Run(folder / "runs" / "made")
    for number in range(0, len(traces), 5):
        path = run.stage("verify") / f"{number // 5:05d}{shards.SUFFIX}"
        shards.write(path, [shards.lines_of(traces[number : number + 5])])
    recipe = {"run": str(run.folder), "store": str(folder / "store"), "sources": {}}
    run.write(
        RunRecord(recipe=recipe, recipe_digest="0", random_seed=0, only=None, limit=None, state="finished", began="now")
    )
    return run


@dataclass
class Reviewer:
    """Somebody at the page."""

    url: str
    who: str = "anna"
    headers: dict[str, str] = field(default_factory=lambda: {"X-Cogito-Review": "1"})

    def get(self, path: str, **headers: str) -> tuple[int, Any]:
        return self._asked(urllib.request.Request(self.url + path, headers=headers))

    def post(self, path: str, body: Any, **headers: str) -> tuple[int, Any]:
        sent = {"Content-Type": "application/json", **self.headers, **headers}
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self._asked(urllib.request.Request(self.url + path, data=data, headers=sent, method="POST"))

    def next(self, queue: str = "all", passing: str | None = None) -> Any:
        status, said = self.post("/api/next", {"who": self.who, "queue": queue, "passing": passing})
        assert status == 200, said
        return said["item"]

    def item(self, subject: str) -> Any:
        status, said = self.get(f"/api/item/{subject}?who={self.who}")
        assert status == 200, said
        return said

    def decide(self, item: Any, action: str, **more: Any) -> tuple[int, Any]:
        asked = {"subject": item["subject"], "version": item["version"], "action": action, "by": self.who}
        return self.post("/api/decide", asked | {"key": uuid4().hex} | more)

    def _asked(self, request: urllib.request.Request) -> tuple[int, Any]:
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, _read(answer.headers.get_content_type(), answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return error.code, _read(error.headers.get_content_type(), error.read())


def _read(kind: str, body: bytes) -> Any:
    return json.loads(body) if kind == "application/json" else body


@contextmanager
def serving(
    job: Job, folder: Path, *, share: float = 0.0, hosts: frozenset[str] | None = LOOPBACK, token: str | None = None
) -> Iterator[str]:
    """The server of a job in a thread; its address."""
    with closing(Journal(folder / FILE)) as journal:
        app = application(job, Desk(job.subjects, journal, share=share), hosts=hosts, token=token)
        server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", ws="none"))
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.005)
        try:
            yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
