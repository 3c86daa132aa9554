"""`cogito review RUN|seeds`: the page on which people listen, read and decide; it runs until it is interrupted."""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import os
import socket
from contextlib import closing, suppress
from pathlib import Path

from rich.console import Console

from audio_cogito.commands import there
from audio_cogito.errors import SetupError
from audio_cogito.review import exchange, journal
from audio_cogito.review.desk import Desk
from audio_cogito.review.journal import Journal
from audio_cogito.review.samples import SampleJob
from audio_cogito.review.seeding import SeedJob
from audio_cogito.run import Run
from audio_cogito.seeds import embedding
from audio_cogito.seeds.benchmarks import read_benchmark
from audio_cogito.seeds.pool import placed_in, read
from audio_cogito.seeds.spelling import NOT_CHECKED, installed

SUMMARY = "the page on which people review a run's samples, or seed questions"
SEEDS = "seeds"
FAILURES = 3
PORT = 8440
TOKEN = "COGITO_REVIEW_TOKEN"
LEAST_TOKEN = 12


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", metavar="RUN|seeds", help="a run's folder, or `seeds`")
    parser.add_argument("--port", type=_port, default=PORT, metavar="N", help=f"0 for any that is free ({PORT})")
    parser.add_argument("--host", default="127.0.0.1", help="beyond this machine only with a token (127.0.0.1)")
    parser.add_argument("--token", help=f"what reviewers have to know; {TOKEN} keeps it out of the process list")
    parser.add_argument(
        "--share", type=_share, default=0.2, metavar="S", help="judged blindly by two people, 0 to 1 (0.2)"
    )
    parser.add_argument(
        "--hide-findings", action="store_true", help="show what the checks found only once a person has decided"
    )
    parser.add_argument(
        "--candidates", type=Path, metavar="FILE.toml", help="seeds: those that `seeds propose` drafted, not the pool"
    )
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="seeds: for decisions and accepted seeds, a plug-in folder"
    )
    for name, metavar, does in (("plugins", "DIR", "your own folder"), ("against", "FILE", "benchmark questions")):
        parser.add_argument(f"--{name}", type=Path, action="append", default=[], metavar=metavar, help=f"seeds: {does}")

    for word, does in (("export", "write samples or seeds, and decisions"), ("import", "take decisions")):
        parser.add_argument(
            f"--{word}",
            dest=f"{word}_",
            nargs=2,
            metavar=("FORMAT", "FILE"),
            help=f"{does}, {' or '.join(exchange.FORMATS)}; no page is served",
        )


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no share, 0 to 1")
    return share


def _port(text: str) -> int:
    if not text.isdigit() or int(text) > 65_535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port")
    return int(text)


def run(options: argparse.Namespace, out: Console, err: Console) -> int:
    if not all(map(importlib.util.find_spec, ("starlette", "uvicorn"))):
        raise SetupError("the page needs two packages more: pip install 'audio-cogito[review]'")
    token = options.token or os.environ.get(TOKEN) or None
    _hold_the_door(options.host, token)
    job, folder = _job(options, err)
    with closing(Journal(folder / journal.FILE)) as decisions:
        desk = Desk(job.subjects, decisions, share=options.share)
        if options.export_ or options.import_:
            return _exchange(job, desk, options, out, err)
        job.taken(desk)
        return _serve(job, desk, options, token, out)


def _hold_the_door(host: str, token: str | None) -> None:
    from audio_cogito.review.doors import LOOPBACK

    if host not in LOOPBACK and token is None:
        raise SetupError(f"--host {host} opens the page to others: give --token, or set {TOKEN}")
    if token is not None and (len(token) < LEAST_TOKEN or not token.isalnum() or not token.isascii()):
        raise SetupError(f"a token is {LEAST_TOKEN} letters and digits at least")


def _job(options: argparse.Namespace, err: Console) -> tuple[SampleJob | SeedJob, Path]:
    """What is reviewed, and the folder of its journal."""
    seeds_only = [name for name in ("candidates", "out", "plugins", "against") if getattr(options, name)]
    if options.what != SEEDS:
        if seeds_only:
            raise SetupError(f"--{seeds_only[0]} belongs to `cogito review seeds`")
        run = Run(Path(options.what))
        return SampleJob(run, hide_findings=options.hide_findings), run.folder
    if options.out is None:
        raise SetupError("say with --out DIR where decisions and accepted seeds are to be kept")
    if (options.out / "run.json").exists():
        raise SetupError(f"{options.out} holds a run, whose journal is of its samples: give --out another folder")
    return _seeds(options, err), options.out


def _seeds(options: argparse.Namespace, err: Console) -> SeedJob:
    """Linted as `cogito seeds lint` does."""
    folders = there(options.plugins)
    pool = placed_in(folders)
    judged = tuple(read(options.candidates)) if options.candidates else pool
    if not judged:
        raise SetupError(f"{options.candidates} holds no seeds")
    spelling = installed(folders)
    if spelling is None:
        err.print(NOT_CHECKED, markup=False)
    return SeedJob(
        judged,
        pool,
        options.out,
        candidates=options.candidates is not None,
        against=[read_benchmark(path) for path in options.against],
        spelling=spelling,
        meanings=embedding.shipped(),
    )


def _exchange(job: SampleJob | SeedJob, desk: Desk, options: argparse.Namespace, out: Console, err: Console) -> int:
    """Exit code 3 where some of what was to be taken was refused."""
    for format_, _ in filter(None, (options.export_, options.import_)):
        if format_ not in exchange.FORMATS:
            raise SetupError(f"there is no format {format_!r}: {', '.join(exchange.FORMATS)}")
    refused: tuple[str, ...] = ()
    if options.import_:
        format_, file = options.import_
        found, known, refused = exchange.taken(job, desk, format_, Path(file))
        job.taken(desk)
        out.print(f"{file}: {found:,} decisions taken, {known:,} known before, {len(refused):,} refused", markup=False)
        for said in refused:
            err.print(f"refused: {said}", markup=False)
    if options.export_:
        format_, file = options.export_
        count = exchange.written(job, desk, format_, Path(file))
        out.print(f"{file}: {count:,} {job.kind}s, {len(desk.journal.decisions):,} decisions", markup=False)
    return FAILURES if refused else 0


def _serve(job: SampleJob | SeedJob, desk: Desk, options: argparse.Namespace, token: str | None, out: Console) -> int:
    import uvicorn

    from audio_cogito.review.doors import LOOPBACK
    from audio_cogito.review.server import application

    hosts = LOOPBACK if options.host in LOOPBACK else None
    config = uvicorn.Config(
        application(job, desk, hosts=hosts, token=token),
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=3,
    )
    with suppress(KeyboardInterrupt), _listening(options.host, options.port) as listening:
        port = listening.getsockname()[1]
        shown = f"[{options.host}]" if ":" in options.host else options.host
        counts = desk.counts()
        out.print(f"{job.title}: {counts.subjects:,} to review, {counts.done:,} done", markup=False)
        out.print(f"Decisions go to {desk.journal.path}; Ctrl+C ends this.", markup=False)
        out.print(f"http://{shown}:{port}/{f'?token={token}' if token else ''}", markup=False)
        # Interrupted before the loop has begun, it is ended as well.
        with closing(uvicorn.Server(config).serve(sockets=[listening])) as serving:
            asyncio.run(serving)
    out.print(f"{len(desk.journal.decisions):,} decisions in {desk.journal.path}", markup=False)
    return 0


def _listening(host: str, port: int) -> socket.socket:
    """Raises SetupError where the address is not to be had."""
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise SetupError(f"the page cannot listen on {host}, port {port}: {error.strerror or error}") from error
