"""`cogito sweep TRAINING --benchmark B --data DIR --out DIR`: an adapter merged at several scales, each evaluated on
the same development questions, greedily. Run again, it goes on."""

from __future__ import annotations

import argparse
from pathlib import Path

from rich.console import Console

from audio_cogito import evaluation, plugins
from audio_cogito.commands import positive
from audio_cogito.commands.merge import scale
from audio_cogito.errors import SetupError
from audio_cogito.grading.tables import aligned
from audio_cogito.rounds import GREEDY, Held, commands, sweep
from audio_cogito.rounds.commands import Stopped
from audio_cogito.rounds.sweep import Scaled, Settings, Sweep
from audio_cogito.train import merging

SUMMARY = "how much of an adapter is best, on development questions"
HEADINGS = ("scale", "right", "of", "%", "95 % interval", "beside scale 1", "95 % interval", "p", "")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("training", type=Path, metavar="TRAINING", help="a folder that `cogito train` made")
    parser.add_argument("overrides", nargs="*", metavar="key=value", help="of model and think, as evaluate takes them")
    parser.add_argument("--scales", type=scales, default=(0.25, 0.5, 0.75, 1.0, 1.25), metavar="S,S,...")
    parser.add_argument("--benchmark", required=True, help=f"one of {', '.join(plugins.files('benchmarks', '.py'))}")
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="the development questions' folder")
    parser.add_argument("--meta", type=Path, metavar="FILE", help="the metadata, where they lie elsewhere")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where the evaluations lie")
    parser.add_argument("--serve", metavar="COMMAND", help="serves {dir} at {port} as {name}; else in this process")
    parser.add_argument("--profile", choices=evaluation.PROFILES, default="qwen", help="prompt and sampling (qwen)")
    parser.add_argument("--limit", type=positive, metavar="N", help="only N items, chosen by hash")


def run(options: argparse.Namespace, out: Console, err: Console) -> int:
    training, folder = options.training.absolute(), options.out.absolute()
    record = merging.finished(training)
    if not record.modules:
        raise SetupError(f"{training} trained all parameters: there is no adapter to scale")
    held = Held(
        benchmark=options.benchmark,
        data=str(options.data.absolute()),
        meta=options.meta and str(options.meta.absolute()),
        profile=options.profile,
        limit=options.limit,
        overrides=(*GREEDY, *options.overrides),
    )
    settings = Settings(training=record.digest, held=held, serve=options.serve)
    try:
        found = sweep.sweep(
            training, options.scales, settings, folder, commands.run, lambda line: err.print(line, markup=False)
        )
    except Stopped as stopped:
        err.print(f"cogito: the sweep stops here, since the last command ended with code {stopped.code}")
        return stopped.code
    out.print("\n".join([*aligned([HEADINGS, *(_row(one, found) for one in found.scales)]), ""]), markup=False)
    out.print(told(found), markup=False)
    out.print(f"cogito merge {options.training} --scale {found.best:g} --out DIR", markup=False)
    return 0


def told(found: Sweep) -> str:
    """What may be said of the pick, and what not."""
    best = next(one for one in found.scales if one.scale == found.best)
    lines = [f"Most right at scale {best.scale:g}: {best.share:.1f} % ({best.low:.1f} to {best.high:.1f})."]
    if best.beside is not None:
        sure = best.beside.p is not None and best.beside.p <= found.needed
        verdict = "better than scale 1" if sure else "not shown to be better than scale 1"
        lines.append(
            f"It is {verdict}: p = {best.beside.p:.2g}, where {found.needed:.2g} is needed "
            f"({sweep.LEVEL:g} over {len(found.scales) - 1} comparisons)."
        )
    lines.append(
        f"It is the best of {len(found.scales)} on these very questions, so its score and interval are optimistic: "
        "measure it on others before it is reported."
    )
    return "\n".join(lines)


def scales(text: str) -> tuple[float, ...]:
    found = tuple(scale(part.strip()) for part in text.split(","))
    if len(set(found)) != len(found):
        raise argparse.ArgumentTypeError(f"{text!r} names a scale twice")
    return found


def _row(one: Scaled, found: Sweep) -> tuple[str, ...]:
    start = (
        f"{one.scale:g}",
        str(one.right),
        str(one.answered),
        f"{one.share:.1f}",
        f"{one.low:.1f} to {one.high:.1f}",
    )
    mark = "most right" if one.scale == found.best else ""
    if one.beside is None:
        return (*start, "", "", "", mark)
    beside = one.beside
    return (*start, f"{beside.difference:+.1f}", f"{beside.low:+.1f} to {beside.high:+.1f}", f"{beside.p:.2g}", mark)
