"""`cogito synth scenes --n N --out DIR`: composed audio whose truth is known exactly, with questions from its score."""

from __future__ import annotations

import argparse
from contextlib import closing
from pathlib import Path

import msgspec
from rich.console import Console

from audio_cogito import config, prompts, served
from audio_cogito.audio import Sounds
from audio_cogito.commands import positive
from audio_cogito.errors import SetupError
from audio_cogito.interrupts import finished
from audio_cogito.models.cache import Remembered
from audio_cogito.models.clients import client_of
from audio_cogito.models.openai import Settings as Server
from audio_cogito.models.wire import SoundParts
from audio_cogito.store import Replies, write_whole
from audio_cogito.synth import card, dataset, paraphrase, settings
from audio_cogito.synth.meaning import Original
from audio_cogito.synth.paraphrase import Reworded

SUMMARY = "compose audio whose truth is known exactly"
FAILURES = 3
SET = "paraphrase"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("kind", choices=("scenes",), help="what to compose")
    parser.add_argument("--n", type=positive, required=True, metavar="N", help="how many scenes; again to go on")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="a folder for sources/complex_audio")
    parser.add_argument("--dial", choices=settings.DIALS, default="medium", help="how hard they are (medium)")
    parser.add_argument("--jobs", type=positive, metavar="N", help="processes (one for each core)")
    parser.add_argument("--paraphrase", metavar="NAME@URL", help="a model that words the questions anew, held by code")
    parser.add_argument("--revision", help="which weights that model has; replies of others are never reused")
    parser.add_argument(
        "overrides", nargs="*", metavar="key=value", help="events=[2,6] recordings=bundled paraphrase.patience=60"
    )


def run(options: argparse.Namespace, out: Console, err: Console) -> int:
    table = config.resolved(settings.DIALS[options.dial])
    for override in options.overrides:
        if not override.startswith(f"{SET}."):
            config.override(table, override)
    making = config.read_settings(table, dataset.Making, where="synth scenes")
    server = _server(options)
    try:
        for done in dataset.make(options.out, options.n, making, jobs=options.jobs):
            err.print(f"{done:,} of {options.n:,} scenes", markup=False)
        failed = _paraphrased(options.out, server, out, err) if server else 0
        counted = card.write(options.out, making)
    except OSError as error:
        where = error.filename2 or error.filename or options.out
        raise SetupError(f"{where}: {error.strerror or error}; what is made stays: run it again to go on") from error
    told = f"{counted.scenes:,} scenes, {counted.seconds / 3600:,.2f} hours, {counted.questions:,} questions"
    out.print(f"{options.out}: {told}", markup=False)
    out.print(f"{options.out / card.CARD}: what was made", markup=False)
    out.print(f'Next, in a recipe: [sources.complex_audio] path = "{options.out}"', markup=False)
    return FAILURES if failed else 0


def _server(options: argparse.Namespace) -> Server | None:
    given = served.tables([one for one in options.overrides if one.startswith(f"{SET}.")], (SET,))[SET]
    if options.paraphrase is None:
        if given or options.revision:
            raise SetupError(f"{SET}.* or --revision is set, but no --{SET} is named")
        return None
    stated = {"revision": options.revision} if options.revision else {}
    return served.server(options.paraphrase, stated | given, where=SET)


def _paraphrased(folder: Path, server: Server, out: Console, err: Console) -> int:
    """How many questions the model had no reply for; all of them are told."""
    asked = paraphrase.originals((one.scene, one.asked) for one in dataset.as_written(folder))
    made, paid = finished(_asked(asked, server, folder))
    lines = b"".join(msgspec.json.encode(one) + b"\n" for one in made)
    write_whole(folder / paraphrase.FILE, lines)
    tally = paraphrase.tally(made)
    refused = tally.refused.total()
    out.print(f"asked {tally.asked:,} questions = answered {tally.asked - tally.failed:,} + failed {tally.failed:,}")
    out.print(f"made {tally.kept + refused:,} wordings = kept {tally.kept:,} + refused {refused:,}")
    for reason, number in sorted(tally.refused.items()):
        out.print(f"  refused, {reason}: {number:,}")
    out.print(paid)
    for one in made:
        if one.failed is not None:
            err.print(f"failed: {one.text}: {one.failed}", markup=False)
    return tally.failed


async def _asked(asked: list[Original], server: Server, folder: Path) -> tuple[list[Reworded], str]:
    prompt = prompts.load("paraphrase")
    with closing(Replies(folder)) as replies:
        async with client_of(server, SoundParts(Sounds(folder / "audio"))) as client:
            model = Remembered(client, replies)
            made = await paraphrase.reworded(asked, model=model, prompt=prompt)
            return made, f"calls {model.memory.calls:,}, remembered {model.memory.hits:,}"
