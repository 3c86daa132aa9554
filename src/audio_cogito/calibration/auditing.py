"""One auditor held against errors planted in a run's chains: what `cogito calibrate` opens, asks, writes and prints."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from rich.console import Group
from rich.table import Table
from rich.text import Text

from audio_cogito import config, prompts, seeds
from audio_cogito.audio import Sounds
from audio_cogito.calibration.calibrate import Calibration, Picked, Share, bound_check, calibrate, pick, write
from audio_cogito.config import Recipe
from audio_cogito.errors import SetupError
from audio_cogito.models import named
from audio_cogito.models.cache import Remembered
from audio_cogito.models.clients import connected
from audio_cogito.models.wire import SoundParts
from audio_cogito.run import Run
from audio_cogito.stages import verify
from audio_cogito.stages.verify import Check
from audio_cogito.store import Replies
from audio_cogito.types import Record

FOLDER = "calibration"
FEW = 30
"""Chains below which a share is said to be a first look."""


class Audit(Record):
    """What is asked for on the command line."""

    auditor: str
    check: str = "judge"
    revision: str | None = None
    sample: int = 100
    """Chains for each kind of error, and untouched ones."""


async def audited(run: Run, audit: Audit) -> tuple[Calibration, Path]:
    """Calibrate, and write RUN/calibration. Raises SetupError before the first call for anything that is wrong."""
    recipe = config.again(run.record.recipe)
    store, server = Path(recipe.store), named.server(audit.auditor, recipe.models, revision=audit.revision)
    sounds = Sounds(store / "audio")
    check = _bound(run, recipe, audit, sounds)
    picked = pick(verify.traces(run), sample=audit.sample, random_seed=recipe.random_seed)
    if not picked.accepted:
        raise SetupError(f"{run.folder} has no accepted chain to plant errors in")
    _expect_sounds(picked, sounds)
    loaded = {check.prompt: prompts.load(check.prompt, recipe.folders)} if check.prompt else {}
    with closing(Replies(store)) as replies:
        async with connected(server, SoundParts(sounds), logs=run.folder) as client:
            told, cases = await calibrate(
                picked,
                check=check,
                auditor=client.author,
                models={str(check.model): Remembered(client, replies)},
                prompts=loaded,
                sample=audit.sample,
                random_seed=recipe.random_seed,
            )
    return told, write(run.folder / FOLDER, told, cases)


def _expect_sounds(picked: Picked, sounds: Sounds) -> None:
    """Without them no chain could be judged, and the table would be empty for no stated reason."""
    chains = (*picked.untouched, *(planted.trace for planted in picked.planted))
    for id_ in dict.fromkeys(clip.id for trace in chains for clip in trace.question.clips):
        if not sounds.path(id_).is_file():
            raise SetupError(f"the sound {sounds.path(id_)} is not there: run `cogito build` again, which writes it")


def _bound(run: Run, recipe: Recipe, audit: Audit, sounds: Sounds) -> Check:
    """The check with the settings of the run's recipe, or its defaults where the recipe does not list it."""
    (check,) = verify.bind((audit.check,), recipe.checks, recipe.folders)
    pool = seeds.loads(run.seeds.read_bytes()) if run.seeds.exists() else ()
    return bound_check(check).ready(sounds, pool)


def report(told: Calibration) -> Group:
    """The table of kinds, false rejections, and what these numbers cannot say."""
    title = f"{told.check} by {told.auditor}: errors planted in {told.accepted:,} accepted chains"
    table = Table(title=title, title_justify="left", box=None)
    table.add_column("kind", no_wrap=True)
    for column in ("carriers", "planted", "unscored", "caught", "recall", "named"):
        table.add_column(column, justify="right", no_wrap=True)
    for one in told.recall:
        numbers = (one.carriers, one.planted, one.unscored, one.caught.count)
        named = f"{one.named.count:,}" if one.named else "-"
        table.add_row(one.kind, *(f"{number:,}" for number in numbers), _said(one.caught), named)
    rejected = told.false_rejections
    lines = [
        f"false rejections: {rejected.count:,} of {rejected.of:,} untouched chains, {_said(rejected)}; "
        f"{told.untouched_unscored:,} unscored",
        *_cautions(told),
    ]
    return Group(table, *map(Text, lines))


def _said(share: Share) -> str:
    if share.interval is None:
        return "-"
    low, high = share.interval
    return f"{share.count / share.of:.0%} [{low:.0%}, {high:.0%}]"


def _cautions(told: Calibration) -> Iterator[str]:
    if told.same_auditor:
        yield (
            f"This auditor passed {told.same_auditor:,} of the untouched chains when the run was built: none of those "
            "can be a false rejection."
        )
    if none := [one.kind for one in told.recall if not one.carriers]:
        yield f"No chain could carry, so nothing is known of: {', '.join(none)}."
    if few := [one.kind for one in told.recall if one.carriers and one.caught.of < FEW]:
        yield f"Fewer than {FEW} chains judged, no more than a first look: {', '.join(few)}."
