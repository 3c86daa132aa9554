"""A model in this process is a model like any other."""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import msgspec
import pytest

from audio_cogito import nano
from audio_cogito.audio import Sounds
from audio_cogito.errors import CallFailed, SetupError
from audio_cogito.messages import Audio, Message, Sampling, Schema, Text
from audio_cogito.models.local import Local
from audio_cogito.models.openai import Settings, usage_of
from audio_cogito.models.wire import SoundParts
from audio_cogito.parsing import read_reply
from local_models import asking, noise

pytest.importorskip("torch", reason="pip install 'audio-cogito[nano]'")

import torch
from torch.nn.functional import pad

from audio_cogito.nano import checkpoint, speaking

GREEDY = Sampling(max_tokens=12, temperature=0)
DRAWN = Sampling(max_tokens=12, temperature=1.0)


def opened(folder: Path, sounds: Sounds, **settings: object) -> AbstractAsyncContextManager[Local]:
    return Local(msgspec.convert({"name": f"hf:{folder}", **settings}, Settings), SoundParts(sounds))


async def test_tokens_are_counted_as_they_were_spent(fresh: Path, sounds: Sounds) -> None:
    async with opened(fresh, sounds) as model:
        short = await model(asking(noise(sounds, 1)), GREEDY)
        long = await model(asking(noise(sounds, 5)), GREEDY)
        assert usage_of(long).prompt_tokens - usage_of(short).prompt_tokens == 4 * 13
        assert usage_of(long).completion_tokens == 12
        assert model.tally.completion_tokens == 24
        assert model.tally.prompt_tokens == usage_of(short).prompt_tokens + usage_of(long).prompt_tokens
        assert read_reply(long).finish == "length"


async def test_calls_that_wait_together_are_answered_as_each_alone(fresh: Path, sounds: Sounds) -> None:
    questions = [asking(noise(sounds, seconds, seed)) for seed, seconds in enumerate((1, 2.37, 4, 0.6, 3))]
    async with opened(fresh, sounds) as model:
        for sampling in (GREEDY, DRAWN):
            together = await asyncio.gather(*(model(question, sampling) for question in questions))
            alone = [await model(question, sampling) for question in questions]
            assert [reply.choice for reply in together] == [reply.choice for reply in alone]


def test_a_sound_that_comes_again_stands_in_each_of_its_places(fresh: Path) -> None:
    thinker, _ = checkpoint.load(fresh)
    short, long = (torch.randn(64, frames, generator=torch.manual_seed(frames)) for frames in (130, 237))
    apart = torch.cat([speaking.heard(thinker, [mel]) for mel in (short, long, short)])
    assert torch.allclose(speaking.heard(thinker, [short, long, short]), apart, atol=1e-4)


async def test_draws_about_one_clip_hear_it_once(fresh: Path, sounds: Sounds, monkeypatch: pytest.MonkeyPatch) -> None:
    """As they would each alone: the sound is the dear part of a short question."""
    questions = [asking(noise(sounds, 1, seed), words) for words in ("Which?", "How many?") for seed in (0, 1)]
    async with opened(fresh, sounds) as model:
        alone = [await model(question, DRAWN) for question in questions]
        counted: list[int] = []
        monkeypatch.setattr(speaking, "pad", lambda mel, by: counted.append(1) or pad(mel, by))
        together = await asyncio.gather(*(model(question, DRAWN) for question in questions))
        assert len(counted) == 2
        assert [reply.choice for reply in together] == [reply.choice for reply in alone]


async def test_a_draw_follows_from_the_request_and_its_number(fresh: Path, sounds: Sounds) -> None:
    question = asking(noise(sounds, 1))
    async with opened(fresh, sounds) as model:
        draws = [read_reply(await model(question, DRAWN, draw=draw)).text for draw in range(6)]
        again = [read_reply(await model(question, DRAWN, draw=draw)).text for draw in range(6)]
        assert draws == again
        assert len(set(draws)) == 6
        other = read_reply(await model(question, DRAWN, attempt=1)).text
        assert other not in draws
        assert len({read_reply(await model(question, GREEDY, draw=draw)).text for draw in range(3)}) == 1


async def test_top_k_of_one_is_greedy(fresh: Path, sounds: Sounds) -> None:
    question = asking(noise(sounds, 2))
    async with opened(fresh, sounds) as model:
        greedy = await model(question, GREEDY)
        for narrow in ({"top_k": 1}, {"top_p": 1e-6}):
            drawn = await model(question, Sampling(max_tokens=12, temperature=2.0, **narrow))
            assert drawn.choice == greedy.choice


async def test_a_call_that_cannot_be_answered_spoils_no_other(fresh: Path, sounds: Sounds) -> None:
    fits, too_long = asking(noise(sounds, 1)), asking(noise(sounds, 11))
    async with opened(fresh, sounds) as model:
        outcomes = await asyncio.gather(model(fits, GREEDY), model(too_long, GREEDY), return_exceptions=True)
        assert not isinstance(outcomes[0], Exception)
        assert isinstance(outcomes[1], CallFailed)
        assert "0.1 to 10 s, this one has 11.00 s" in str(outcomes[1])


async def test_what_it_was_not_taught_is_refused_in_a_line(fresh: Path, sounds: Sounds) -> None:
    clip = noise(sounds, 1)
    silent = (Message(role="user", parts=(Text(text="Which sound comes first?"),)),)
    two = (Message(role="user", parts=(Audio(clip=clip), Audio(clip=clip), Text(text="Which is longer?"))),)
    schema = Schema(name="answer", schema={"type": "object"})
    async with opened(fresh, sounds) as model:
        for question, fault in (
            (silent, "one clip at a time, not 0"),
            (two, "one clip at a time, not 2"),
            (asking(clip, "why " * 2000), "tokens leaves no room"),
            (asking(clip, "a <|audio_pad|> b"), "may not write <|audio_pad|>"),
        ):
            with pytest.raises(CallFailed, match="refused") as refusal:
                await model(question, GREEDY)
            assert fault in str(refusal.value)
        with pytest.raises(CallFailed, match="follows no JSON schema"):
            await model(asking(clip), GREEDY, schema=schema)


async def test_a_schema_that_is_not_to_be_enforced_is_not_sent(fresh: Path, sounds: Sounds) -> None:
    async with opened(fresh, sounds, structured=False) as model:
        schema = Schema(name="answer", schema={"type": "object"})
        assert (await model(asking(noise(sounds, 1)), GREEDY, schema=schema)).model == model.name


async def test_an_id_that_names_no_sound_fails_the_call(fresh: Path, sounds: Sounds) -> None:
    async with opened(fresh, sounds) as model:
        with pytest.raises(CallFailed, match="cannot be read"):
            await model(asking("0" * 32), GREEDY)


async def test_who_cancels_keeps_nobody_from_an_answer(fresh: Path, sounds: Sounds) -> None:
    async with opened(fresh, sounds) as model:
        waiting = [asyncio.create_task(model(asking(noise(sounds, 1, seed)), GREEDY)) for seed in range(4)]
        await asyncio.sleep(0)
        waiting[1].cancel()
        outcomes = await asyncio.gather(*waiting, return_exceptions=True)
        assert [isinstance(outcome, asyncio.CancelledError) for outcome in outcomes] == [False, True, False, False]
        assert model.tally.in_flight == 0


async def test_other_weights_have_another_revision(fresh: Path, sounds: Sounds, tmp_path: Path) -> None:
    for file in fresh.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    assert nano.revision(tmp_path) == nano.revision(fresh)
    weights = bytearray((tmp_path / nano.WEIGHTS).read_bytes())
    weights[-1] ^= 1
    (tmp_path / nano.WEIGHTS).write_bytes(weights)
    assert nano.revision(tmp_path) != nano.revision(fresh)
    with pytest.raises(SetupError, match="is of revision"):
        opened(tmp_path, sounds, revision=nano.revision(fresh))


@pytest.mark.parametrize("broken", [nano.CONFIG, nano.WEIGHTS, nano.TOKENIZER])
async def test_a_folder_that_holds_no_such_checkpoint_is_one_clear_line(
    fresh: Path, sounds: Sounds, tmp_path: Path, broken: str
) -> None:
    for file in fresh.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / broken).write_bytes(b'{"half":')
    with pytest.raises(SetupError) as fault:
        async with opened(tmp_path, sounds):
            pass
    assert str(tmp_path) in str(fault.value)
    assert "\n" not in str(fault.value)


def test_a_folder_without_weights_is_named(sounds: Sounds, tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"has no config\.json"):
        opened(tmp_path, sounds)


async def test_names_never_hold_a_path(fresh: Path, sounds: Sounds) -> None:
    async with opened(fresh, sounds) as model:
        reply = await model(asking(noise(sounds, 1)), GREEDY)
        assert reply.model == f"hf:{fresh.name}"
        assert str(fresh) not in model.author
