"""Whether a question needs its sound: the thinker is asked the same without audio, and with silence in its place.

What a model answers right without listening teaches no listening. Models guess well: on MMAU's mini set silence alone
gives 49.8 % where chance gives 25.5 % (AudioMCQ, 2025). A few short answers are drawn each way; `score` is the share of
them that is right, and `audio_contribution` in the reason is what that leaves for the sound, 1 - score. Chance is in
it: four choices guessed at leave 0.75. By default this only tags a question, since such data still has its use in
training (AudioMCQ's best recipes begin with it); `drop_above` makes it decide, and no chain is then drawn for what it
fails.

Answers are to be short and without thinking. How a server is told so differs: name a model of the recipe whose `body`
says it (`chat_template_kwargs = {enable_thinking = false}` for vLLM and Qwen3). An answer that is cut in the middle of
its thinking is no guess and is left out; where half or more are cut, the question is `unscored`.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping
from typing import Annotated, Any

import msgspec

from audio_cogito import audio
from audio_cogito.answers import compare, read_answer
from audio_cogito.audio import Sounds
from audio_cogito.checks import CheckInfo
from audio_cogito.errors import CallFailed, Unreadable
from audio_cogito.messages import Audio, Message, Model, Reply, Sampling, Text
from audio_cogito.parsing import read_reply
from audio_cogito.prompts import Prompt
from audio_cogito.seeds import Seed
from audio_cogito.stages.think import render_question
from audio_cogito.types import Finding, Question, Record, Verdict

INFO = CheckInfo(takes="question", summary="a question that is not answered right without its sound (a tag)")
MOSTLY = 0.5
"""A larger share of right answers is tagged where `drop_above` sets no other."""
LONGEST_SILENCE = 30
"""Seconds; a longer clip is stood in for by this much."""


class Settings(Record, omit_defaults=False):
    model: str = "thinker"
    prompt: str = "think"
    """The words in which the thinker is asked with the sound, too."""
    draws: Annotated[int, msgspec.Meta(ge=1)] = 3
    """Answers drawn each way."""
    silence: bool = True
    """Ask with silence too: zeros as long as the clip, rounded up to a second."""
    drop_above: Annotated[float, msgspec.Meta(ge=0, le=1)] | None = None
    """The largest share of right blind answers with which a question may stay; None tags and drops nothing."""
    sampling: Sampling = Sampling(temperature=0.7, top_p=0.8, top_k=20, max_tokens=64)

    def __post_init__(self) -> None:
        if self.draws > 1 and self.sampling.greedy:
            raise ValueError("draws > 1 with temperature 0 would draw the same answer again: raise the temperature")


def prepare(settings: Settings, *, sounds: Sounds, pool: tuple[Seed, ...]) -> dict[int, str]:
    """Clip ids of silence by its seconds, each written once beside the other sounds."""
    if not settings.silence:
        return {}
    return {seconds: _silence(seconds, sounds) for seconds in range(1, LONGEST_SILENCE + 1)}


def _silence(seconds: int, sounds: Sounds) -> str:
    samples = audio.silence(seconds)
    id_ = audio.clip_id(samples)
    sounds.write(id_, samples)
    return id_


async def check(
    question: Question,
    *,
    models: Mapping[str, Model],
    prompts: Mapping[str, Prompt],
    settings: Settings,
    prepared: Mapping[int, str],
) -> Verdict:
    model, words = models[settings.model], Text(text=render_question(question, prompts[settings.prompt]))
    deaf = (Message(role="user", parts=(words,)),)
    silent = (Message(role="user", parts=(*_silent(question, prepared), words)),)
    ways = {"without audio": deaf} | ({"with silence": silent} if settings.silence else {})
    try:
        answers = {way: await _answers(question, asked, model, settings) for way, asked in ways.items()}
    except (Unreadable, CallFailed) as error:
        return _verdict(settings, model, outcome="unscored", reason=str(error))
    return _counted(answers, settings, model)


def _silent(question: Question, silences: Mapping[int, str]) -> tuple[Audio, ...]:
    lengths = (min(max(1, math.ceil(clip.seconds)), LONGEST_SILENCE) for clip in question.clips)
    return tuple(Audio(clip=silences[length]) for length in lengths) if silences else ()


async def _answers(
    question: Question, asked: tuple[Message, ...], model: Model, settings: Settings
) -> list[bool | None]:
    """Whether each is right; None for one that was cut, or that code cannot hold against the key."""
    replies = await asyncio.gather(*(model(asked, settings.sampling, draw=draw) for draw in range(settings.draws)))
    return [_right(reply, question) for reply in replies]


def _right(reply: Reply, question: Question) -> bool | None:
    reading = read_reply(reply)
    if reading.finish == "length" or not reading.closed:
        return None
    said = compare(read_answer(reading.text, question), question)
    return None if said == "undecided" else said == "equivalent"


def _counted(answers: Mapping[str, list[bool | None]], settings: Settings, model: Model) -> Verdict:
    told = [right for rights in answers.values() for right in rights if right is not None]
    drawn = sum(map(len, answers.values()))
    if 2 * len(told) <= drawn:
        reason = f"{drawn - len(told)} of {drawn} blind answers were cut or cannot be held against the key by code"
        return _verdict(settings, model, outcome="unscored", reason=reason)
    score = sum(told) / len(told)
    ways = ", ".join(f"{rights.count(True)} of {len(rights)} right {way}" for way, rights in answers.items())
    reason = f"audio_contribution {1 - score:.2f}: {ways}"
    if score <= (MOSTLY if settings.drop_above is None else settings.drop_above):
        return _verdict(settings, model, outcome="pass", reason=reason, score=round(score, 4))
    finding = Finding(kind="answered_blind", detail=reason)
    return _verdict(settings, model, outcome="fail", reason=reason, score=round(score, 4), findings=(finding,))


def _verdict(settings: Settings, model: Model, **said: Any) -> Verdict:
    return Verdict(check="blind", by=model.author, advisory=settings.drop_above is None, **said)
