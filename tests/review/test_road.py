"""What people decide reaches builds, exports and `cogito status`, and a build never touches what they said."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from audio_cogito import config, prompts
from audio_cogito.audio import Sounds
from audio_cogito.review.decisions import Action, SampleText, text_of
from audio_cogito.review.desk import Asked, Desk
from audio_cogito.review.index import Index
from audio_cogito.review.journal import FILE, Journal
from audio_cogito.review.opinions import edited_from
from audio_cogito.review.samples import SampleJob
from audio_cogito.run import Run
from audio_cogito.stages import export, verify
from audio_cogito.types import Trace
from reviewing import make_run
from road import build, calls, cogito_here, results, sums_hold, traces, write_recipe, write_tones
from server import Options, Server


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with Server(Options()) as server:
        yield server


@pytest.fixture
async def recipe(tmp_path: Path, server: Server) -> Path:
    write_tones(tmp_path / "recordings", 8)
    recipe = write_recipe(tmp_path, server.url)
    await build(recipe)
    return recipe


def decide(
    run: Run, trace: Trace, action: Action, by: str = "anna", reason: str = "", now: SampleText | None = None
) -> None:
    """As the page's server does."""
    job = SampleJob(run)
    with closing(Journal(run.folder / FILE)) as journal:
        desk = Desk(job.subjects, journal)
        version = len(desk.visible(trace.id, by))
        asked = Asked(
            subject=trace.id, action=action, by=by, version=version, key=f"{trace.id}{version}", reason=reason, now=now
        )
        assert job.fault(asked, desk) is None
        desk.decide(asked, job.stood(asked, desk))


def rows(recipe: Path, run: Run) -> Iterator[str]:
    loaded = config.load(recipe)
    exported = export.export(
        run, "soundless", sounds=Sounds(Path(loaded.store) / "audio"), prompt=prompts.load("think"),
        settings=loaded.export, random_seed=0,
    )  # fmt: skip
    for path in exported.files:
        yield from (
            json.loads(line)["trace"] for line in path.with_suffix(".provenance.jsonl").read_text().splitlines()
        )


def by_standing(run: Run, standing: str) -> list[Trace]:
    return [trace for trace in traces(run.folder) if trace.standing == standing]


async def test_decisions_reach_the_export_at_once_and_the_next_build_pays_for_nothing(recipe: Path) -> None:
    run = Run(recipe.parent / "runs/recipe")
    taken, left, kept = (
        by_standing(run, "rejected")[0],
        by_standing(run, "accepted")[0],
        by_standing(run, "accepted")[1],
    )
    assert left.id in set(rows(recipe, run))
    decide(run, taken, "accept")
    decide(run, left, "reject", reason="unheard")
    decide(run, kept, "edit", now=msgspec.structs.replace(text_of(kept), thinking="In other words."))
    before = set(rows(recipe, run))
    assert left.id not in before
    assert kept.id not in before
    said = (run.folder / FILE).read_bytes()

    record = await build(recipe)

    assert calls(record) == 0
    assert sums_hold(record)
    assert (run.folder / FILE).read_bytes() == said
    found = {trace.id: trace for trace in traces(run.folder)}
    assert found[taken.id].standing == "accepted"
    assert found[left.id].standing == found[kept.id].standing == "rejected"
    (edited,) = (trace for trace in found.values() if edited_from(trace) == kept.id)
    assert (edited.author, edited.standing, edited.thinking) == ("anna", "accepted", "In other words.")
    assert set(rows(recipe, run)) == before
    assert edited.id in before
    card = (run.rows / "soundless" / "README.md").read_text()
    assert f"A person judged 2 of {len(before)} rows." in card
    assert record.stages["verify"].made == len(found)


async def test_rerun_over_the_same_reviews_writes_the_same_bytes(recipe: Path) -> None:
    run = Run(recipe.parent / "runs/recipe")
    decide(run, by_standing(run, "accepted")[0], "reject", reason="bad_key")
    await build(recipe)
    before = results(run.folder)
    await build(recipe)
    assert results(run.folder) == before
    assert list(verify.traces(run)) == traces(run.folder)


async def test_verify_alone_reads_what_people_said(recipe: Path) -> None:
    run = Run(recipe.parent / "runs/recipe")
    trace = by_standing(run, "accepted")[0]
    decide(run, trace, "reject", reason="illogical")
    for stage in ("construct", "think", "verify"):
        await build(recipe, only=stage)
    found = {one.id: one.standing for one in traces(run.folder)}
    assert found[trace.id] == "rejected"


async def test_edited_sample_is_one_item_before_and_after_the_next_build(recipe: Path) -> None:
    run = Run(recipe.parent / "runs/recipe")
    trace = by_standing(run, "accepted")[0]
    before = set(Index(run).entries)
    decide(run, trace, "edit", now=msgspec.structs.replace(text_of(trace), thinking="In other words."))
    await build(recipe)
    index = Index(run)
    assert set(index.entries) == before
    assert index.entries[trace.id].standing == "accepted"


async def test_journal_that_was_spoilt_stops_a_build_before_the_first_call(recipe: Path) -> None:
    (recipe.parent / "runs/recipe" / FILE).write_text("nonsense\n")
    done = cogito_build(recipe)
    assert done.returncode == 2
    assert "reviews.jsonl, line 1, is no decision" in done.stderr
    assert done.stderr.count("\n") == 1


def cogito_build(recipe: Path):  # type: ignore[no-untyped-def]
    from road import cogito

    return cogito("build", str(recipe))


def test_status_tells_precision_and_recall_of_the_rejections_with_intervals(tmp_path: Path) -> None:
    run = make_run(tmp_path, count=30)
    index = Index(run)
    for n, (id_, entry) in enumerate(index.entries.items()):
        unfit = entry.standing == "rejected" if n % 10 else entry.standing != "rejected"
        decide(run, index.trace(id_), "reject" if unfit else "accept", reason="unheard" if unfit else "")
    said = cogito_here("status", str(run.folder)).stdout
    assert "people: 30 samples reviewed by 1: 19 accepted, 11 rejected" in said
    assert "rejections by judge: precision 90.0% [59.6%, 98.2%] (9 of 10), recall 81.8% [" in said
    assert "(2 of 20 passed ones were rejected by people)" in said


def test_status_of_a_run_that_nobody_reviewed_says_nothing_of_people(tmp_path: Path) -> None:
    assert "people" not in cogito_here("status", str(make_run(tmp_path).folder)).stdout


def test_index_is_read_again_where_a_shard_changed(tmp_path: Path) -> None:
    from audio_cogito import shards
    from reviewing import make_traces

    run = make_run(tmp_path, count=6)
    index = Index(run)
    first = next(iter(index.entries))
    assert Index(run).entries == index.entries
    made = make_traces(tmp_path / "store", 6)
    path = shards.paths(run.stage("verify"))[0]
    shards.write(path, [shards.lines_of(made[:5][::-1])])
    assert index.trace(first).id == first
    (run.folder / ".review.msgpack").write_bytes(b"spoilt")
    assert set(Index(run).entries) == {trace.id for trace in made}
