"""The whole road through a real HTTP server: what comes out, what is asked again, and what a kill or a change costs."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from rich.console import Console

from audio_cogito import clips, shards
from audio_cogito.errors import EndpointLost, SetupError
from audio_cogito.messages import Reply
from audio_cogito.parsing import Reading, read_reply
from audio_cogito.report import funnel
from audio_cogito.run import Run
from audio_cogito.stages import think
from audio_cogito.types import Recording
from road import build, calls, results, sums_hold, traces, write_recipe, write_tones
from server import Options, Server

TONES = 12


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with Server(Options()) as server:
        server.keep = True
        yield server


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_tones(tmp_path / "recordings", TONES)
    return tmp_path


async def test_recordings_become_verified_traces_and_every_record_is_accounted_for(
    folder: Path, server: Server
) -> None:
    record = await build(write_recipe(folder, server.url))
    assert record.state == "finished"
    assert sums_hold(record)
    stages = record.stages
    assert (
        stages["collect"].read == stages["collect"].kept == stages["select"].kept == stages["construct"].read == TONES
    )
    assert stages["construct"].kept == stages["think"].read > TONES
    assert stages["think"].kept == stages["verify"].made == len(traces(folder / "runs/recipe"))
    assert {trace.standing for trace in traces(folder / "runs/recipe")} >= {"accepted", "rejected"}


async def test_record_says_what_was_run(folder: Path, server: Server) -> None:
    record = await build(write_recipe(folder, server.url, random_seed=7))
    assert record.random_seed == 7
    assert record.recipe["think"]["sampling"]["temperature"] == 0.6
    assert {prompt.name for prompt in record.prompts} == {"construct", "think", "judge"}
    assert record.versions["aiohttp"]
    assert record.versions["decoder"].startswith("sndfile-")
    assert record.audio_seconds == pytest.approx(TONES * 0.6)
    assert record.usage["thinker"].completion_tokens > 0
    assert calls(record) == server.served


async def test_rerun_pays_for_nothing_and_writes_the_same_bytes(folder: Path, server: Server) -> None:
    recipe = write_recipe(folder, server.url)
    await build(recipe)
    before = results(folder / "runs/recipe")
    again = await build(recipe)
    assert calls(again) == 0
    assert again.usage["thinker"].remembered_calls == again.stages["think"].kept
    assert results(folder / "runs/recipe") == before


async def test_two_runs_from_nothing_write_the_same_bytes(folder: Path, server: Server) -> None:
    recipe = write_recipe(folder, server.url)
    await build(recipe)
    await build(recipe, "run=other", "store=elsewhere")
    assert results(folder / "other") == results(folder / "runs/recipe")


async def test_stage_by_stage_writes_the_same_bytes_as_the_walk(folder: Path, server: Server) -> None:
    recipe = write_recipe(folder, server.url, think={"draws": 2})
    await build(recipe)
    for stage in ("collect", "construct", "think", "verify"):
        record = await build(recipe, "run=staged", "store=elsewhere", only=stage)
    assert sums_hold(record)
    assert record.stages == Run(folder / "runs/recipe").record.stages
    walked, staged = results(folder / "runs/recipe"), results(folder / "staged")
    assert {name: digest for name, digest in staged.items() if name.startswith(("select/", "verify/"))} == {
        name: digest for name, digest in walked.items() if name.startswith(("select/", "verify/"))
    }


async def test_stage_without_what_comes_before_it_says_what_to_run(folder: Path, server: Server) -> None:
    with pytest.raises(SetupError, match="nothing from construct: run `cogito build ... --only construct` first"):
        await build(write_recipe(folder, server.url), only="think")


async def test_changed_reader_takes_effect_without_a_call(
    folder: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = write_recipe(folder, server.url)
    await build(recipe)
    served, before = server.served, results(folder / "runs/recipe")

    def shouting(reply: Reply) -> Reading:
        reading = read_reply(reply)
        return msgspec.structs.replace(reading, thinking=reading.thinking.upper())

    monkeypatch.setattr(think, "read_reply", shouting)
    await build(recipe, "verify.checks=['complete', 'consistent']")
    assert server.served == served
    assert results(folder / "runs/recipe") != before
    assert all(trace.thinking.isupper() for trace in traces(folder / "runs/recipe"))


async def test_changed_address_costs_no_call(folder: Path, server: Server) -> None:
    await build(write_recipe(folder, server.url))
    before = results(folder / "runs/recipe")
    async with Server(Options()) as other:
        record = await build(write_recipe(folder, other.url))
        assert other.served == 0
    assert calls(record) == 0
    assert results(folder / "runs/recipe") == before


async def test_changed_revision_costs_all_calls_of_that_model(folder: Path, server: Server) -> None:
    recipe = write_recipe(folder, server.url)
    await build(recipe)
    record = await build(recipe, "models.thinker.revision='2'")
    assert record.usage["thinker"].calls == record.stages["think"].kept
    assert record.usage["annotator"].calls == 0


async def test_ablation_shares_the_replies_that_it_does_not_change(folder: Path, server: Server) -> None:
    recipe = write_recipe(folder, server.url)
    await build(recipe)
    record = await build(recipe, "run=ablation", "verify.checks=['complete', 'consistent']")
    assert calls(record) == 0
    without = await build(recipe, "run=no-facts", "construct.facts=false")
    assert without.usage["annotator"].calls == TONES


async def test_limit_takes_recordings_by_hash_and_a_larger_one_only_adds(folder: Path, server: Server) -> None:
    recipe = write_recipe(folder, server.url)
    small = await build(recipe, limit=3)
    few = {trace.id for trace in traces(folder / "runs/recipe")}
    served = server.served
    large = await build(recipe, limit=6)
    assert (small.stages["collect"].read, large.stages["collect"].read) == (3, 6)
    assert few < {trace.id for trace in traces(folder / "runs/recipe")}
    assert calls(large) == server.served - served
    assert large.usage["annotator"].calls == 3


def test_limited_recordings_keep_their_order_so_that_a_packed_archive_is_read_once() -> None:
    found = [(0, Recording(source="made", path="a.tar.gz", member=f"{i}.wav")) for i in range(50)]
    few = list(clips.limited(iter(found), 10))
    assert few == sorted(few, key=found.index)
    assert len(few) == 10
    assert all(entry in list(clips.limited(iter(found), 20)) for entry in few)


async def test_thinker_is_sent_no_key_no_facts_and_nothing_that_leaks_them(folder: Path, server: Server) -> None:
    """On the bodies as they came over the wire."""
    await build(write_recipe(folder, server.url))
    questions = {trace.question.text: trace.question for trace in traces(folder / "runs/recipe")}
    sent = [json.loads(body) for body in server.requests]
    thinking = [body for body in sent if "response_format" not in body]
    assert len(thinking) == len(questions)
    for body in thinking:
        (message,) = body.pop("messages")
        sound, words = message.pop("content")
        assert message == {"role": "user"}
        assert set(sound["input_audio"]) == {"data", "format"}
        question = questions[words["text"].split("\n")[0]]
        told = (question.text, "Select one option from the provided choices:", *question.choices)
        assert words == {"type": "text", "text": "\n".join(told)}
        assert body == {"model": "scripted", "max_tokens": 16384, "temperature": 0.6, "top_p": 0.95, "top_k": 20}


async def test_facts_reach_annotator_and_auditor_only(folder: Path, server: Server) -> None:
    await build(write_recipe(folder, server.url))
    for body in server.requests:
        told = b"hertz" in body
        assert told == (b'"response_format"' in body)


async def test_lost_endpoint_ends_the_run_and_a_rerun_goes_on(folder: Path) -> None:
    async with Server(Options(die_after=20)) as dying:
        recipe = write_recipe(folder, dying.url, server={"patience": 0.5, "retries": 1})
        with pytest.raises(EndpointLost, match="scripted"):
            await build(recipe)
    lost = Run(folder / "runs/recipe").record
    assert lost.state == "endpoint lost"
    assert sum(stage.failed for stage in lost.stages.values()) == 0
    async with Server(Options()) as healthy:
        record = await build(write_recipe(folder, healthy.url))
        assert record.state == "finished"
        whole = await build(recipe, f"models.annotator.url={healthy.url}", f"models.thinker.url={healthy.url}",
                            f"models.auditor.url={healthy.url}", "run=whole", "store=elsewhere")  # fmt: skip
    assert calls(record) <= calls(whole) - 20
    assert results(folder / "runs/recipe") == results(folder / "whole")


async def test_wrong_model_name_stops_before_anything_is_lost(folder: Path, server: Server) -> None:
    with pytest.raises(SetupError, match="the model another at"):
        await build(write_recipe(folder, server.url), "models.thinker.name=another")
    assert Run(folder / "runs/recipe").record.state == "stopped"


async def test_role_that_the_recipe_does_not_define_is_named(folder: Path, server: Server) -> None:
    with pytest.raises(SetupError, match=r"no \[models.judge\] \(there is: annotator, thinker, auditor\)"):
        await build(write_recipe(folder, server.url), "checks.judge.model=judge")
    assert server.served == 0


async def test_missing_and_undecodable_files_are_in_the_ledger_and_stop_nothing(folder: Path, server: Server) -> None:
    (folder / "recordings" / "not audio.wav").write_text("hello")
    (folder / "recordings" / "empty.flac").write_bytes(b"")
    record = await build(write_recipe(folder, server.url))
    assert record.state == "finished with failures"
    assert record.stages["collect"].reasons == {"undecodable": 2}
    lines = [json.loads(line) for line in shards.read_lines(folder / "runs/recipe/ledger/collect-00000.jsonl.zst")]
    assert {Path(line["subject"]).name for line in lines} == {"not audio.wav", "empty.flac"}
    assert record.stages["construct"].read == TONES


async def test_other_recipe_leaves_no_mixture_behind(folder: Path, server: Server) -> None:
    recipe = write_recipe(folder, server.url)
    await build(recipe)
    with pytest.raises(EndpointLost):
        await build(recipe, "models.thinker.revision='2'", "models.thinker.url=http://127.0.0.1:9/v1",
                    "models.thinker.patience=0.2")  # fmt: skip
    assert traces(folder / "runs/recipe") == []


async def test_run_keeps_the_seed_pool_it_began_with(folder: Path, server: Server) -> None:
    mine = folder / "mine" / "seeds"
    mine.mkdir(parents=True)
    recipe = write_recipe(folder, server.url)
    before = await build(recipe)
    (mine / "sound.toml").write_text(
        '[[seed]]\ntext = "Which tap was closed last?"\nskill = "order"\ndifficulty = "easy"\nform = "open"\n'
        'language = "en"\nprovenance = "test"\nreviewed = []\n'
    )
    after = await build(recipe, "plugins=['mine']")
    assert after.seed_pool == before.seed_pool
    assert after.usage["annotator"].calls == 0


async def test_no_recording_at_all_ends_well(folder: Path, server: Server) -> None:
    for path in (folder / "recordings").iterdir():
        path.unlink()
    record = await build(write_recipe(folder, server.url))
    assert record.state == "finished"
    assert record.stages["collect"].read == 0


EVERY = '["copied_seed", "blind", "complete", "consistent", "language", "judge"]'


async def test_question_checks_walk_the_road_and_silence_is_heard(folder: Path, server: Server) -> None:
    recipe = write_recipe(folder, server.url, think={"draws": 3}, verify={"all": True})
    record = await build(recipe, f"verify.checks={EVERY}")
    assert record.state == "finished"
    found = traces(folder / "runs/recipe")
    assert all([v.check for v in trace.verdicts] == json.loads(EVERY) for trace in found)
    questions = {trace.question.id for trace in found}
    told = [part for body in server.requests for part in json.loads(body)["messages"][-1]["content"]]
    sounds = {part["input_audio"]["data"] for part in told if isinstance(part, dict) and "input_audio" in part}
    assert len(sounds) == TONES + 1
    blind = [body for body in server.requests if b'"max_tokens":64,' in body]
    assert len(blind) == 6 * len(questions)
    assert calls(await build(recipe, f"verify.checks={EVERY}")) == 0


async def test_suspect_keys_and_right_answers_are_counted(folder: Path, server: Server) -> None:
    recipe = write_recipe(folder, server.url, think={"draws": 3})
    record = await build(recipe)
    found = traces(folder / "runs/recipe")
    suspect = {trace.question.id for trace in found if trace.suspect_key}
    assert record.stages["verify"].reasons["suspect_key"] == len(suspect) > 0
    assert sum(record.stages["verify"].right.values()) == sum(trace.right is True for trace in found)


async def test_funnel_says_how_often_the_answer_is_the_key_before_and_after_verification(
    folder: Path, server: Server
) -> None:
    record = await build(write_recipe(folder, server.url), "verify.checks=['complete', 'consistent']")
    console = Console(width=200)
    with console.capture() as printed:
        console.print(funnel(record))
    found = traces(folder / "runs/recipe")
    right = sum(trace.answer == trace.question.answer for trace in found)
    assert 0 < right < len(found)
    before = f"answer is the key: {right / len(found):.1%} ({right} of {len(found)}) before verification"
    assert f"{before}, 100.0% ({right} of {right}) of the accepted" in printed.get()
