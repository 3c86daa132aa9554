"""The page's server: one page, its files, the sounds of the run, and what the page asks for in JSON.

    GET  /api/state?who=        how far the review is, who agrees with whom
    POST /api/next              deal the next item of a queue, passing one over where told
    GET  /api/item/ID?who=      one item, by its address
    POST /api/decide            take a decision: 200 once it is on disk, 409 where others came before it, 428 where
                                the lint says of a new seed what its author was not shown
    POST /api/lint              what the lint says of a seed's words, of seeds alone
    GET  /sound/ID              a sound of this run, with ranges

Whatever touches desk, journal or index does so one after the other, beside the loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Protocol, TypeVar

import msgspec
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from audio_cogito.errors import SetupError
from audio_cogito.review import figures
from audio_cogito.review.decisions import Decision, SeedText
from audio_cogito.review.desk import Asked, Counts, Desk, Outdated, Stood, Unseen
from audio_cogito.review.doors import LOOPBACK, Doors
from audio_cogito.review.seeding import SeedJob
from audio_cogito.types import Record

PAGE = Path(__file__).parent / "page"
FILES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
RECENT = 30
# No control characters, among them those that turn the direction of what stands behind a name.
PLAIN = r"\A(?=.*\S)[^\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]+\Z"
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=60, pattern=PLAIN)]
T = TypeVar("T")


class Job(Protocol):
    """What is reviewed: a run's samples or seeds."""

    title: str

    @property
    def kind(self) -> str: ...
    @property
    def reasons(self) -> Mapping[str, str]: ...
    @property
    def subjects(self) -> dict[str, str]: ...
    @property
    def vocabulary(self) -> Mapping[str, Sequence[str]]: ...
    def subject(self, asked: Asked) -> str: ...
    def sound(self, clip: str) -> Path | None: ...
    def view(self, subject: str, who: str, desk: Desk) -> Record: ...
    def stood(self, asked: Asked, desk: Desk) -> Stood: ...
    def fault(self, asked: Asked, desk: Desk) -> str | None: ...
    def taken(self, desk: Desk) -> None: ...
    def beside(self, desk: Desk) -> tuple[figures.Beside, ...]: ...


class Next(Record):
    who: Name
    queue: str = "all"
    passing: str | None = None
    """A subject that is to be left to others."""


class Recent(Record, omit_defaults=False):
    subject: str
    action: str
    at: str


class State(Record, omit_defaults=False):
    title: str
    kind: str
    reasons: Mapping[str, str]
    vocabulary: Mapping[str, Sequence[str]]
    """Of seeds, the skills by domain."""
    share: float
    counts: Counts
    people: figures.People
    beside: tuple[figures.Beside, ...]
    recent: tuple[Recent, ...]
    """What the person decided last, the latest first."""


class Dealt(Record, omit_defaults=False):
    """The next item, or none where nothing waits."""

    item: Any
    counts: Counts


class Taken(Record, omit_defaults=False):
    decision: Decision
    counts: Counts


class Conflict(Record, omit_defaults=False):
    """A decision on an old version: the item as it is now, with what was decided since."""

    item: Any
    yours: Asked


class Words(Record):
    """A seed's words, as they would be."""

    who: Name
    seed: SeedText
    subject: str = ""
    """Empty for a new seed."""


class Linted(Record, omit_defaults=False):
    """What is wrong with them: `said` makes them no seed at all, `faults` are for the person to weigh."""

    said: str | None
    faults: tuple[str, ...]


class _Said(Asked):
    by: Name


class Pages:
    """The answers to what the page asks."""

    def __init__(self, job: Job, desk: Desk) -> None:
        self._job, self._desk, self._one_by_one = job, desk, asyncio.Lock()

    async def _alone(self, work: Callable[[], T]) -> T:
        async with self._one_by_one:
            return await asyncio.to_thread(work)

    async def page(self, request: Request) -> Response:
        return _file("review.html")

    async def file(self, request: Request) -> Response:
        return _file(request.path_params["name"])

    async def sound(self, request: Request) -> Response:
        path = self._job.sound(request.path_params["clip"])
        if path is None or not path.is_file():
            return _refused(404, "there is no such sound in this run")
        return FileResponse(path, media_type="audio/flac", headers={"Cache-Control": "private, max-age=86400"})

    async def state(self, request: Request) -> Response:
        who = request.query_params.get("who", "")
        return _json(await self._alone(lambda: self._state(who)))

    async def next(self, request: Request) -> Response:
        asked = msgspec.json.decode(await request.body(), type=Next)
        return _json(await self._alone(lambda: self._deal(asked)))

    async def item(self, request: Request) -> Response:
        subject, who = request.path_params["subject"], request.query_params.get("who", "")
        return _json(await self._alone(lambda: self._open(subject, who)))

    async def decide(self, request: Request) -> Response:
        asked = msgspec.json.decode(await request.body(), type=_Said)
        taken = await self._alone(lambda: self._decide(asked))
        return _json(taken, 409 if isinstance(taken, Conflict) else 428 if isinstance(taken, Linted) else 200)

    async def lint(self, request: Request) -> Response:
        words = msgspec.json.decode(await request.body(), type=Words)
        return _json(await self._alone(lambda: self._lint(words)))

    def _state(self, who: str) -> State:
        desk, job = self._desk, self._job
        mine = [d for d in reversed(desk.journal.decisions) if d.by == who and d.subject in desk.queue_of][:RECENT]
        return State(
            title=job.title,
            kind=job.kind,
            reasons=job.reasons,
            vocabulary=job.vocabulary,
            share=desk.share,
            counts=desk.counts(),
            people=figures.between_people(desk.said),
            beside=job.beside(desk),
            recent=tuple(Recent(subject=d.subject, action=d.action, at=d.at) for d in mine),
        )

    def _deal(self, asked: Next) -> Dealt:
        if asked.passing is not None:
            self._desk.pass_over(asked.passing, asked.who)
        subject = self._desk.next(asked.who, asked.queue)
        item = None if subject is None else self._job.view(subject, asked.who, self._desk)
        return Dealt(item=item, counts=self._desk.counts())

    def _open(self, subject: str, who: str) -> Record:
        if subject not in self._desk.queue_of:
            raise KeyError(subject)
        if self._desk.waits_for(subject, who):
            self._desk.hold(subject, who)
        return self._job.view(subject, who, self._desk)

    def _lint(self, words: Words) -> Linted:
        assert isinstance(self._job, SeedJob)
        if words.subject and words.subject not in self._desk.queue_of:
            raise KeyError(words.subject)
        said = self._job.out_of_form(words.seed, words.subject, self._desk)
        return Linted(said=said, faults=self._job.lint(words.seed, words.subject, words.who, self._desk))

    def _decide(self, asked: Asked) -> Taken | Conflict | Linted:
        before = self._desk.already(asked)
        if before is not None:
            self._job.taken(self._desk)
            return Taken(decision=before, counts=self._desk.counts())
        asked = msgspec.structs.replace(asked, subject=self._job.subject(asked))
        if asked.action != "add" and asked.subject not in self._desk.queue_of:
            raise KeyError(asked.subject)
        try:
            fault = self._job.fault(asked, self._desk)
            if fault:
                raise ValueError(fault)
            decision = self._desk.decide(asked, self._job.stood(asked, self._desk))
        except Outdated:
            return Conflict(item=self._job.view(asked.subject, asked.by, self._desk), yours=asked)
        except Unseen as error:
            return Linted(said=str(error), faults=error.faults)
        self._job.taken(self._desk)
        return Taken(decision=decision, counts=self._desk.counts())


def application(
    job: Job, desk: Desk, *, hosts: frozenset[str] | None = LOOPBACK, token: str | None = None
) -> Starlette:
    """The server of one job. `hosts` are the names it may be called by; None for any, where a token is asked."""
    pages = Pages(job, desk)
    routes = [
        Route("/", pages.page),
        Route("/page/{name}", pages.file),
        Route("/sound/{clip}", pages.sound),
        Route("/api/state", pages.state),
        Route("/api/next", _answering(pages.next), methods=["POST"]),
        Route("/api/item/{subject}", _answering(pages.item)),
        Route("/api/decide", _answering(pages.decide), methods=["POST"]),
    ]
    if isinstance(job, SeedJob):
        routes.append(Route("/api/lint", _answering(pages.lint), methods=["POST"]))
    return Starlette(routes=routes, middleware=[Middleware(Doors, hosts=hosts, token=token)])


def _answering(answer: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    """What went wrong, said to the page in a line."""

    async def answering(request: Request) -> Response:
        try:
            return await answer(request)
        except msgspec.DecodeError as error:
            return _refused(400, f"this is no request of the page: {error}")
        except KeyError:
            return _refused(404, "there is no such item")
        except ValueError as error:
            return _refused(422, str(error))
        except SetupError as error:
            return _refused(507, f"NOT saved: {error}" if request.method == "POST" else str(error))

    return answering


def _file(name: str) -> Response:
    """A file of the page; the name is one of those that are there, never a path."""
    known = {path.name: path for path in PAGE.iterdir() if path.suffix in FILES}
    if name not in known:
        return _refused(404, "there is no such file")
    headers = {"Cache-Control": "no-cache"}
    return FileResponse(known[name], media_type=FILES[known[name].suffix], headers=headers)


def _json(record: Record, status: int = 200) -> Response:
    return Response(msgspec.json.encode(record), status, media_type="application/json")


def _refused(status: int, said: str) -> Response:
    return Response(msgspec.json.encode({"said": said}), status, media_type="application/json")
