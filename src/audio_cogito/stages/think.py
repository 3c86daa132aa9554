"""CoT generation (Audio-Cogito, section 2.1.3): the thinker hears the clip, reads the question and reasons freely.

It never sees the key, the facts or anything made of them: what is sent is the sound and `render_question`, with no
system prompt, no step names and no demand on length, since templates misaligned with a model's own patterns degrade it.
Nothing is dropped here: a chain that is cut, loops or has no answer is a trace that `checks/complete` fails, so that
building a dataset and evaluating a model are the same road.
"""

from __future__ import annotations

import asyncio
from typing import Annotated, Literal

import msgspec

from audio_cogito.answers import read_answer
from audio_cogito.errors import CallFailed, Unreadable
from audio_cogito.messages import Audio, Message, Model, Reply, Sampling, Text
from audio_cogito.parsing import read_reply
from audio_cogito.prompts import Prompt
from audio_cogito.types import Failure, Question, Record, Trace, identity

STAGE = "think"
NATIVE = Sampling(temperature=0.6, top_p=0.95, top_k=20, max_tokens=16384)


class Settings(Record, omit_defaults=False):
    model: str = "thinker"
    prompt: str = "think"
    draws: Annotated[int, msgspec.Meta(ge=1)] = 1
    """Chains drawn for each question."""
    sampling: Sampling | Literal["checkpoint"] = NATIVE
    """How a chain is drawn; "checkpoint" leaves all but the length to the server's generation_config."""

    def __post_init__(self) -> None:
        if self.draws > 1 and isinstance(self.sampling, Sampling) and self.sampling.greedy:
            raise ValueError("draws > 1 with temperature 0 would draw the same chain again: raise the temperature")

    @property
    def drawn_by(self) -> Sampling:
        return self.sampling if isinstance(self.sampling, Sampling) else Sampling(max_tokens=NATIVE.max_tokens)


def render_question(question: Question, prompt: Prompt, *, instruct: bool = True) -> str:
    """A question in the words that the thinker, the exported rows and every evaluation share.

    The choices stand one a line without letters under `Select one option from the provided choices:` (the official
    baseline of the Interspeech 2026 Audio Reasoning Challenge); `instruct = False` leaves that line out.
    """
    return prompt.text(question=question.text, choices=question.choices, instruct=instruct)


async def think(question: Question, *, model: Model, prompt: Prompt, settings: Settings) -> list[Trace | Failure]:
    """All draws of a question together, in order."""
    audio = tuple(Audio(clip=clip.id) for clip in question.clips)
    messages = (Message(role="user", parts=(*audio, Text(text=render_question(question, prompt)))),)
    draws = (_draw(question, messages, draw, model, prompt, settings) for draw in range(settings.draws))
    return list(await asyncio.gather(*draws)) if settings.draws > 1 else [await next(draws)]


async def _draw(
    question: Question, messages: tuple[Message, ...], draw: int, model: Model, prompt: Prompt, settings: Settings
) -> Trace | Failure:
    try:
        return read_trace(await model(messages, settings.drawn_by, draw=draw), question, draw, model, prompt)
    except CallFailed as error:
        return Failure(stage=STAGE, subject=question.id, reason=error.reason, detail=f"draw {draw}: {error.detail}")
    except Unreadable as error:
        return Failure(stage=STAGE, subject=question.id, reason="unreadable", detail=f"draw {draw}: {error}")


def read_trace(reply: Reply, question: Question, draw: int, model: Model, prompt: Prompt) -> Trace:
    reading = read_reply(reply)
    return Trace(
        id=identity(question.id, str(draw), model.author, prompt.ref.digest, reading.thinking, reading.text),
        question=question,
        draw=draw,
        prompt=prompt.ref,
        author=model.author,
        thinking=reading.thinking,
        text=reading.text,
        answer=read_answer(reading.text, question),
        finish=reading.finish,
        closed=reading.closed,
    )
