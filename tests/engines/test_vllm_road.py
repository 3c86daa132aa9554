"""The whole road through a real vLLM, over 300 recordings: sounds arrive, schemas hold, reasoning is split, all is
accounted for. The checkpoint is tiny and untaught, so nothing is said here of what a model is worth.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from audio_cogito import shards
from audio_cogito.audio import RATE, Sounds, clip_id
from audio_cogito.checks.judge import Judgement
from audio_cogito.messages import Audio, Message, Reply, Sampling, Text
from audio_cogito.models.openai import OpenAI, Settings, usage_of
from audio_cogito.models.wire import Form, SoundParts
from audio_cogito.parsing import read_json, read_reply
from audio_cogito.run import Run, RunRecord
from audio_cogito.stages.construct import Annotation
from audio_cogito.types import Clip, Trace
from engines.conftest import Say
from engines.recordings import COUNT, Recordings
from engines.road_recipe import MOST_TOKENS, engine_recipe, replies_of
from engines.serving import ROLES, VLLM, serving
from road import cogito
from tones import Wave, noise, tone

pytestmark = pytest.mark.engine
Ask = Callable[..., Awaitable[Reply]]
ONE_TOKEN = Sampling(max_tokens=1, temperature=0.0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the run, its store and the server's log lie; the server may read files below it."""
    return tmp_path_factory.mktemp("road")


@pytest.fixture(scope="module")
def server(vllm_python: Path, checkpoint: Path, folder: Path, say: Say) -> Iterator[VLLM]:
    with serving(vllm_python, checkpoint, folder, "--reasoning-parser", "qwen3") as started:
        say(f"vLLM healthy after {started.seconds_to_start:.0f} s")
        yield started


@pytest.fixture(scope="module")
def recipe(server: VLLM, folder: Path, recordings: Recordings) -> Path:
    return engine_recipe(folder, server.url, recordings.sources)


@pytest.fixture(scope="module")
def built(recipe: Path, server: VLLM, folder: Path, say: Say) -> RunRecord:
    """The build, which must end by itself with every record accounted for."""
    began = time.monotonic()
    done = cogito("build", str(recipe), "--limit", str(COUNT), timeout=1500)
    assert done.returncode in (0, 3), f"{done.stderr}\n{server.last_words()}"
    assert "Both sums hold for every stage." in done.stdout
    say(f"cogito build: exit {done.returncode} after {time.monotonic() - began:.0f} s\n{done.stdout.rstrip()}")
    return Run(folder / "runs/recipe").record


# --- sounds -----------------------------------------------------------------------------------------------------------


def audio_tokens(samples: int) -> int:
    """Qwen3-Omni's tokens for a sound at 16 kHz: 13 for each whole second, and for the rest a token for each 8 frames
    or part of them (transformers 5.19, qwen3_omni_moe, `_get_feat_extract_output_lengths`). A frame is 160 samples;
    vLLM fills the last one up."""
    frames = -(-samples // 160)
    return frames // 100 * 13 + -(-(frames % 100) // 8)


@pytest.fixture
def ask(server: VLLM, folder: Path) -> Ask:
    """Asks about sounds by one way of sending them, for one token and what the server thought of it.

    The answer is begun for it, by a word that no habit of the checkpoint follows: what was heard then counts.
    """
    sounds = SoundParts(Sounds(folder / "store/audio"))

    async def asked(form: Form, *clips: str) -> Reply:
        parts: tuple[Text | Audio, ...] = (*(Audio(clip=clip) for clip in clips), Text(text="What is heard?"))
        said = (Message(role="user", parts=parts), Message(role="assistant", parts=(Text(text="well"),)))
        body = {"logprobs": True, "top_logprobs": 5, "add_generation_prompt": False, "continue_final_message": True}
        settings = Settings(name="thinker", revision="tiny", url=server.url, audio=form, body=body)
        async with OpenAI(settings, sounds) as model:
            return await model(said, ONE_TOKEN)

    return asked


def written(folder: Path, wave: Wave) -> tuple[str, int]:
    """A sound at 16 kHz among those of the store: its id and its samples."""
    samples = (wave * 32767).astype("<i2")
    Sounds(folder / "store/audio").write(clip_id(samples), samples)
    return clip_id(samples), len(samples)


def likelihoods(reply: Reply) -> dict[str, float]:
    top = json.loads(bytes(reply.choice))["logprobs"]["content"][0]["top_logprobs"]
    return {entry["token"]: entry["logprob"] for entry in top}


async def test_a_sound_arrives_the_same_by_wav_flac_and_file(ask: Ask, folder: Path) -> None:
    heard, _ = written(folder, noise(3.21))
    other, _ = written(folder, tone(3.21))
    by_wav, by_flac, by_file = [await ask(form, heard) for form in ("wav", "flac", "file")]
    for reply in (by_flac, by_file):
        assert usage_of(reply).prompt_tokens == usage_of(by_wav).prompt_tokens
        assert likelihoods(reply) == pytest.approx(likelihoods(by_wav), abs=1e-6)
    another = await ask("file", other)
    assert usage_of(another).prompt_tokens == usage_of(by_wav).prompt_tokens
    assert likelihoods(another) != pytest.approx(likelihoods(by_wav), abs=1e-3)


async def test_a_sound_costs_thirteen_tokens_a_second(ask: Ask, folder: Path, say: Say) -> None:
    """The prompt grows by the formula's tokens and two marks for each sound, at lengths around every corner."""
    words = usage_of(await ask("wav")).prompt_tokens
    lengths = (0.5, 0.9999, 1.0, 1.0001, 1.005, 1.08, 1.081, 2.0, 4.44, 7.777, 10.0, 29.99, 30.0)
    for i, seconds in enumerate(lengths):
        clip, samples = written(folder, noise(seconds, random_seed=i))
        used = usage_of(await ask("flac", clip)).prompt_tokens - words
        assert used == audio_tokens(samples) + 2, seconds
    assert used == 30 * 13 + 2
    say(f"30 s of sound: {used} tokens; formula right at {len(lengths)} lengths")


async def test_two_sounds_of_a_message_cost_the_sum(ask: Ask, folder: Path) -> None:
    words = usage_of(await ask("wav")).prompt_tokens
    (one, samples), (two, more) = written(folder, tone(1.5)), written(folder, tone(2.5))
    both = usage_of(await ask("wav", one, two)).prompt_tokens - words
    assert both == audio_tokens(samples) + audio_tokens(more) + 4


async def test_every_real_clip_costs_what_the_formula_says(built: RunRecord, ask: Ask, folder: Path, say: Say) -> None:
    """All clips of the build with one text, by file."""
    words = usage_of(await ask("wav")).prompt_tokens
    clips = [clip for _, found in shards.inputs(folder / "runs/recipe/select", Clip) for clip in found]
    assert len(clips) == built.stages["select"].kept
    sounds, seconds, used = Sounds(folder / "store/audio"), 0.0, 0
    for some in (clips[i : i + 50] for i in range(0, len(clips), 50)):
        for clip, reply in zip(some, await asyncio.gather(*(ask("file", clip.id) for clip in some)), strict=True):
            samples = len(sounds.samples(clip.id))
            tokens = usage_of(reply).prompt_tokens - words - 2
            assert tokens == audio_tokens(samples), clip.recording.path
            seconds, used = seconds + samples / RATE, used + tokens
    say(f"{len(clips)} real clips, {seconds:,.0f} s: {used:,} tokens of sound, {used / seconds:.2f} a second")


# --- before a run -----------------------------------------------------------------------------------------------------


def test_the_doctor_finds_a_real_server_able(recipe: Path, server: VLLM) -> None:
    """But for what a model without sense may do in a judge's form: say three times what cannot be read, cut or not."""
    done = cogito("doctor", str(recipe), timeout=300)
    faults = [line for line in done.stdout.splitlines() if line.startswith("fault ")]
    assert all("auditor: judge: 3 replies refused" in line for line in faults), done.stdout
    assert done.returncode == (2 if faults else 0), done.stdout + done.stderr
    for role in ROLES:
        assert f"ok     {role}: server: {server.url}: serves {role}" in done.stdout
    assert done.stdout.count("13.0 a second") == 3
    assert done.stdout.count("schema: enforced") == 2


def test_the_doctor_names_the_flag_that_a_real_server_lacks(recipe: Path, tmp_path: Path) -> None:
    """A store outside of what the server may read, and chains for which its context has no room."""
    wrong = (f"store={tmp_path}", "models.annotator.audio=file", "think.sampling.max_tokens=9000")
    done = cogito("doctor", str(recipe), *wrong, timeout=300)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "--allowed-local-media-path" in done.stdout
    assert "--max-model-len" in done.stdout
    assert "Traceback" not in done.stderr


# --- replies ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("role", "type_"), [("annotator", Annotation), ("auditor", Judgement)])
def test_schemas_hold_for_every_reply_that_was_not_cut(
    role: str, type_: type[Any], built: RunRecord, folder: Path, say: Say
) -> None:
    readings = [read_reply(reply) for reply in replies_of(folder / "store", role)]
    whole = [reading for reading in readings if reading.finish == "stop"]
    assert whole
    assert {reading.finish for reading in readings} <= {"stop", "length"}
    for reading in whole:
        read_json(reading, type_)
        assert not reading.thinking
    say(f"{role}: {len(readings)} replies, {len(whole)} follow the schema, {len(readings) - len(whole)} cut by length")


def test_reasoning_comes_in_a_field_of_its_own(built: RunRecord, folder: Path, say: Say) -> None:
    replies = replies_of(folder / "store", "thinker")
    ended = 0
    for reply in replies:
        message, reading = json.loads(bytes(reply.choice))["message"], read_reply(reply)
        assert reading.thinking == (message["reasoning"] or "").strip()
        assert "think>" not in reading.thinking + reading.text
        assert reading.closed or reading.finish == "length"
        ended += bool(reading.thinking and reading.text)
    assert ended > len(replies) / 2
    say(f"thinker: {len(replies)} replies, {ended} with reasoning and an answer apart")


def test_usage_of_the_run_is_what_the_server_counted(built: RunRecord, folder: Path) -> None:
    for role in ROLES:
        used = [usage_of(reply) for reply in replies_of(folder / "store", role)]
        record = built.usage[role]
        assert record.prompt_tokens == sum(usage.prompt_tokens for usage in used) > 0
        assert record.completion_tokens == sum(usage.completion_tokens for usage in used) > 0
        assert max(usage.completion_tokens for usage in used) <= MOST_TOKENS[role]


# --- accounts ---------------------------------------------------------------------------------------------------------


def test_every_recording_is_accounted_for(built: RunRecord, folder: Path) -> None:
    stages = built.stages
    assert stages["collect"].read == COUNT
    for stage in stages.values():
        assert stage.read == stage.answered + stage.unanswered
        assert stage.made == stage.kept + stage.dropped + stage.failed
    assert stages["construct"].read == stages["select"].kept
    assert stages["think"].read == stages["construct"].kept > 0
    assert stages["verify"].made == stages["think"].kept > 0
    traces = [trace for _, found in shards.inputs(folder / "runs/recipe/verify", Trace) for trace in found]
    assert len(traces) == stages["verify"].kept == sum(stages["verify"].standings.values())
    assert all(trace.verdicts for trace in traces)


def test_a_rerun_asks_the_server_nothing(built: RunRecord, recipe: Path, server: VLLM, folder: Path) -> None:
    before = server.counter("prompt_tokens")
    again = cogito("build", str(recipe), "--limit", str(COUNT), timeout=300)
    assert again.returncode in (0, 3), again.stderr
    assert server.counter("prompt_tokens") == before
    record = Run(folder / "runs/recipe").record
    assert [record.usage[role].calls for role in ROLES] == [0, 0, 0]
    assert record.stages == built.stages


def test_the_server_finds_prompts_and_sounds_in_its_caches(built: RunRecord, server: VLLM, say: Say) -> None:
    """Instructions are the same for all clips, and a clip's sound is met again by the thinker and the auditor."""
    for name, what in (("prefix_cache", "prompt tokens"), ("mm_cache", "sounds")):
        hits, asked = server.counter(f"{name}_hits"), server.counter(f"{name}_queries")
        say(f"server-side {name}: {hits:,} of {asked:,} {what} ({hits / asked:.1%})")
        assert hits > 0


def test_rows_leave_for_training(built: RunRecord, folder: Path, say: Say) -> None:
    """As many as were accepted, which for words drawn at random may be none: then the export says so."""
    exported = cogito("export", str(folder / "runs/recipe"), "--to", "swift")
    accepted = built.stages["verify"].standings.get("accepted", 0)
    assert exported.returncode == (0 if accepted else 2), exported.stderr
    rows = (folder / "runs/recipe/rows/swift/train.jsonl").read_text("utf-8").splitlines() if accepted else []
    assert len(rows) <= accepted
    assert all("<think>" in json.loads(row)["messages"][-1]["content"] for row in rows)
    say(f"{accepted} accepted traces, {len(rows)} rows for ms-swift")
