"""`cogito seeds lint|stats|propose`: hold the pool to its rules, show what it covers, have a model propose more."""

from __future__ import annotations

import argparse
import os
from contextlib import closing
from pathlib import Path

import msgspec
from rich.console import Console

from audio_cogito import prompts
from audio_cogito.audio import Sounds
from audio_cogito.commands import positive, there
from audio_cogito.errors import SetupError
from audio_cogito.interrupts import finished
from audio_cogito.models.cache import Remembered
from audio_cogito.models.clients import connected
from audio_cogito.models.openai import Settings as Server
from audio_cogito.models.wire import SoundParts
from audio_cogito.seeds import coverage, embedding
from audio_cogito.seeds.benchmarks import Benchmark, read_benchmark
from audio_cogito.seeds.lint import SAME, lint
from audio_cogito.seeds.pool import Placed, as_file, placed_in, read
from audio_cogito.seeds.propose import Cell, Proposed, cells_of, propose, reasons_of
from audio_cogito.seeds.spelling import NOT_CHECKED, Spelling, installed
from audio_cogito.store import Replies, write_whole

SUMMARY = "the pool of seed questions: its faults, what it covers, more of them"
FAULTS, FAILURES = 2, 3
CANDIDATES, REFUSED = "candidates.toml", "refused.jsonl"


def arguments(parser: argparse.ArgumentParser) -> None:
    what = parser.add_subparsers(dest="what", required=True, metavar="WHAT")
    linted = what.add_parser("lint", help="hold the pool, or files of seeds beside it, to its rules")
    linted.add_argument(
        "files", type=Path, nargs="*", metavar="FILE.toml", help="judge these alone; else the whole pool"
    )
    linted.add_argument(
        "--vectors", type=Path, metavar="FILE", help="word vectors (GloVe's text) instead of WordLlama's"
    )
    linted.add_argument(
        "--same", type=float, default=SAME, metavar="COSINE", help=f"from which on two mean the same ({SAME})"
    )
    stats = what.add_parser("stats", help="what the pool covers")
    stats.add_argument("--picture", type=Path, metavar="FILE.svg", help="write the table as a picture as well")
    proposed = what.add_parser("propose", help="have a model draft seeds for thin cells; they wait for a person")
    proposed.add_argument("--model", required=True, metavar="NAME@URL", help="such as Qwen3@http://127.0.0.1:8000/v1")
    proposed.add_argument("--revision", required=True, help="which weights; replies of others are never reused")
    proposed.add_argument("--key-env", metavar="NAME", help="environment variable that holds the key")
    proposed.add_argument(
        "--cells", nargs="+", default=[], metavar="CELL", help="DOMAIN/SKILL/DIFFICULTY, with * for any"
    )
    proposed.add_argument("--thinnest", type=positive, default=10, metavar="N", help="else the N thinnest cells (10)")
    proposed.add_argument("--count", type=positive, default=4, metavar="N", help="drafts asked for each cell (4)")
    proposed.add_argument("--language", default="en", help="of the drafts (en)")
    proposed.add_argument("--out", type=Path, required=True, metavar="DIR", help="for candidates, refusals and replies")
    for command in (linted, proposed):
        command.add_argument(
            "--against", type=Path, action="append", default=[], metavar="FILE", help="benchmark questions"
        )
    for command in (linted, stats, proposed):
        command.add_argument("--plugins", type=Path, action="append", default=[], metavar="DIR", help="your own folder")


def run(options: argparse.Namespace, out: Console, err: Console) -> int:
    folders = there(options.plugins)
    pool = placed_in(folders)
    if options.what == "stats":
        return _stats(pool, options.picture, out)
    if options.what == "lint":
        return _lint(pool, options, out, err)
    return _propose(pool, options, out, err)


def _stats(pool: tuple[Placed, ...], picture: Path | None, out: Console) -> int:
    seeds = [placed.seed for placed in pool]
    if picture is not None and picture.suffix != ".svg":
        raise SetupError(f"the picture is written as SVG: {picture} should end in .svg")
    out.print(coverage.table(seeds))
    for line in coverage.totals(seeds):
        out.print(line, markup=False)
    if picture is not None:
        _write(picture, coverage.picture(seeds).encode())
        out.print(f"{picture}: the same as a picture", markup=False)
    return 0


def _lint(pool: tuple[Placed, ...], options: argparse.Namespace, out: Console, err: Console) -> int:
    against = [read_benchmark(path) for path in options.against]
    spelling = _spelling(tuple(options.plugins), err)
    judged = tuple(placed for path in options.files for placed in read(path)) if options.files else pool
    places = {placed.path.resolve() for placed in judged}
    beside = [placed for placed in pool if placed.path.resolve() not in places]
    texts = [placed.seed.text for placed in (*judged, *beside)]
    texts += [question for benchmark in against for question in benchmark.questions]
    meanings = embedding.read(options.vectors, texts) if options.vectors else embedding.shipped()
    faults = lint(
        judged,
        beside=beside,
        against=against,
        spelling=spelling,
        balanced=not options.files,
        meanings=meanings,
        same=options.same,
    )
    for fault in faults:
        out.print(f"{fault.where}: {fault.rule}: {fault.detail}", markup=False)
    names = ", ".join(f"{len(benchmark.questions):,} questions of {benchmark.name}" for benchmark in against)
    err.print(f"{len(judged):,} seeds, {len(faults):,} faults.", markup=False)
    by = options.vectors.name if options.vectors else "WordLlama's embedding"
    how = "by words and not by meaning (audio-cogito[embeddings])" if meanings is None else f"by words and by {by}"
    err.print(f"Compared, {how}, with {names or 'no benchmark (--against FILE)'}.", markup=False)
    return FAULTS if faults else 0


def _propose(pool: tuple[Placed, ...], options: argparse.Namespace, out: Console, err: Console) -> int:
    against = [read_benchmark(path) for path in options.against]
    asked = cells_of([placed.seed for placed in pool], options.cells, options.thinnest)
    server = _server(options.model, options.revision, options.key_env)
    spelling = _spelling(tuple(options.plugins), err)
    proposed, model = finished(_asked(asked, pool, against, spelling, server, options))
    _write_candidates(options.out / CANDIDATES, as_file(proposed.kept))
    _write(options.out / REFUSED, b"".join(msgspec.json.encode(draft) + b"\n" for draft in proposed.refused))
    kept, refused, failed = len(proposed.kept), len(proposed.refused), len(proposed.failed)
    out.print(f"asked {len(asked)} cells = answered {len(asked) - failed} + failed {failed}")
    out.print(f"made {kept + refused} drafts = kept {kept} + refused {refused}")
    for rule, number in sorted(reasons_of(proposed.refused).items()):
        out.print(f"  refused, {rule}: {number}")
    memory = model.memory
    out.print(
        f"calls {memory.calls} ({memory.paid.prompt:,} tokens in, {memory.paid.completion:,} out), "
        f"remembered {memory.hits}"
    )
    for failure in proposed.failed:
        err.print(f"failed: {failure}", markup=False)
    out.print(f"{options.out / CANDIDATES}: to be read by a person before they enter a pool", markup=False)
    return FAILURES if failed else 0


async def _asked(
    asked: tuple[Cell, ...],
    pool: tuple[Placed, ...],
    against: list[Benchmark],
    spelling: Spelling | None,
    server: Server,
    options: argparse.Namespace,
) -> tuple[Proposed, Remembered]:
    prompt = prompts.load("propose", tuple(options.plugins))
    with closing(Replies(options.out)) as replies:
        async with connected(server, SoundParts(Sounds(options.out / "audio")), logs=options.out) as client:
            model = Remembered(client, replies)
            proposed = await propose(
                asked,
                model=model,
                prompt=prompt,
                pool=pool,
                against=against,
                spelling=spelling,
                meanings=embedding.shipped(),
                count=options.count,
                language=options.language,
            )
            return proposed, model


def _spelling(folders: tuple[Path, ...], err: Console) -> Spelling | None:
    spelling = installed(folders)
    if spelling is None:
        err.print(NOT_CHECKED, markup=False)
    return spelling


def _server(text: str, revision: str, key_env: str | None) -> Server:
    name, at, rest = text.partition("@http")
    if not at or not name:
        raise SetupError(f"--model {text!r} is not NAME@URL, such as Qwen3@http://127.0.0.1:8000/v1")
    key_env = key_env or ("OPENAI_API_KEY" if os.environ.get("OPENAI_API_KEY") else None)
    return Server(name=name, revision=revision, url=f"http{rest}", key_env=key_env)


def _write_candidates(path: Path, data: bytes) -> None:
    """Somebody may be reviewing what an earlier call left there."""
    if path.exists() and path.read_bytes() != data:
        raise SetupError(
            f"{path} holds other candidates, or edited ones; move it away and run this again, it costs no call"
        )
    _write(path, data)


def _write(path: Path, data: bytes) -> None:
    try:
        write_whole(path, data)
    except OSError as error:
        raise SetupError(f"{path} cannot be written: {error}") from error
