"""CoT generation (Audio-Cogito, section 2.1.3): the thinker hears the clip, reads the question and reasons freely.

It never sees the key, the facts or anything made of them: what is sent is the sound and `render_question`, with no
system prompt, no step names and no demand on length, since templates misaligned with a model's own patterns degrade it
(a prompt file of one's own may have a system part; a benchmark's official baseline has).
The one exception is asked for by name: `answer_shown` sends key and caption too, as Audio-Reasoner does (A.2), to have
a given answer explained. Rows then hold `render_question` in the words of the style, which nobody was sent (`wording`).
`style` departs from that on purpose: "observe" asks for what is heard with times, analysis, verification and answer;
"structured" for the chain of CoTA (Audio-Reasoner, 3.2 and A.2). Their sections, as written, become the trace's
thinking, the answer is read from the last one, and reasoning that the model did besides stays in the reply. A chain out
of its form is a trace without an answer.
Nothing is dropped here: a chain that is cut, loops or has no answer is a trace that `checks/complete` fails, so that
building a dataset and evaluating a model are the same road.
A chain that came with its question is its one trace: nothing is sent, and it is verified and exported like any other.
"""

from __future__ import annotations

import asyncio
from typing import Annotated, Literal

import msgspec

from audio_cogito.answers import read_answer
from audio_cogito.errors import CallFailed, Unreadable
from audio_cogito.forms import Style, formed
from audio_cogito.ledger import Failure
from audio_cogito.messages import Audio, Message, Model, Reply, Sampling, Text
from audio_cogito.parsing import read_reply
from audio_cogito.prompts import Prompt
from audio_cogito.types import Chain, Question, Record, Trace, identity

STAGE = "think"
GIVEN = "given"
"""`Trace.finish` of a chain that came with its question."""
NATIVE = Sampling(temperature=0.6, top_p=0.95, top_k=20, max_tokens=16384)


class Settings(Record, omit_defaults=False):
    model: str = "thinker"
    style: Style = "free"
    """"free" as the paper; "observe" and "structured" ask for sections (`forms.py`)."""
    sound: bool = True
    """Send the sound. Without it a benchmark tells what a model guesses from the words alone."""
    answer_shown: bool = False
    """Send the key and the annotator's caption too, with style "structured" alone. `verify.checks` then begins with
    "unaided", which rejects chains that betray it, and rightness, pass rate and weight say nothing."""
    draws: Annotated[int, msgspec.Meta(ge=1)] = 1
    """Chains drawn for each question."""
    sampling: Sampling | Literal["checkpoint"] = NATIVE
    """How a chain is drawn; "checkpoint" leaves all but the length to the server's generation_config."""

    def __post_init__(self) -> None:
        if self.draws > 1 and isinstance(self.sampling, Sampling) and self.sampling.greedy:
            raise ValueError("draws > 1 with temperature 0 would draw the same chain again: raise the temperature")
        if self.answer_shown and self.style != "structured":
            raise ValueError(
                f'answer_shown explains a given answer in sections: set think.style = "structured", not "{self.style}"'
            )

    @property
    def prompt(self) -> str:
        """The file of prompts/ whose words are sent; a recipe's own file of that name stands in."""
        return "explain" if self.answer_shown else self.row_prompt

    @property
    def row_prompt(self) -> str:
        """The file whose words stand in rows: those that were sent, unless the answer was among them."""
        return "think" if self.style == "free" else self.style

    @property
    def drawn_by(self) -> Sampling:
        return self.sampling if isinstance(self.sampling, Sampling) else Sampling(max_tokens=NATIVE.max_tokens)


def render_question(question: Question, prompt: Prompt, *, instruct: bool = True) -> str:
    """A question in the words that the thinker, the exported rows and every evaluation share.

    The choices stand one a line without letters under `Select one option from the provided choices:` (the official
    baseline of the Interspeech 2026 Audio Reasoning Challenge); `instruct = False` leaves that line out, and the
    sections that a style asks for with it.
    """
    return prompt.text(question=question.text, choices=question.choices, instruct=instruct)


def _words_sent(question: Question, prompt: Prompt, settings: Settings) -> str:
    if not settings.answer_shown:
        return render_question(question, prompt)
    return prompt.text(
        question=question.text, choices=question.choices, answer=question.answer, caption=question.caption
    )


async def think(question: Question, *, model: Model, prompt: Prompt, settings: Settings) -> list[Trace | Failure]:
    """All draws of a question together, in order; of a question that came with its chain, that alone."""
    if question.chain is not None:
        return [_given(question, question.chain, prompt)]
    audio = tuple(Audio(clip=clip.id) for clip in question.clips if settings.sound)
    user = Message(role="user", parts=(*audio, Text(text=_words_sent(question, prompt, settings))))
    messages = (*prompt.opening(), user)
    draws = (_draw(question, messages, draw, model, prompt, settings) for draw in range(settings.draws))
    return list(await asyncio.gather(*draws)) if settings.draws > 1 else [await next(draws)]


def _given(question: Question, chain: Chain, prompt: Prompt) -> Trace:
    """Rows ask its question in the prompt's words, though nobody was sent them: whose chain it is, is its author."""
    return Trace(
        id=identity(question.id, "0", chain.author, prompt.ref.digest, chain.thinking, chain.text),
        question=msgspec.structs.replace(question, chain=None),
        draw=0,
        prompt=prompt.ref,
        author=chain.author,
        thinking=chain.thinking,
        text=chain.text,
        answer=read_answer(chain.text, question),
        finish=GIVEN,
    )


async def _draw(
    question: Question, messages: tuple[Message, ...], draw: int, model: Model, prompt: Prompt, settings: Settings
) -> Trace | Failure:
    try:
        reply = await model(messages, settings.drawn_by, draw=draw)
        return read_trace(reply, question, draw, model, prompt, settings.style)
    except CallFailed as error:
        return Failure(stage=STAGE, subject=question.id, reason=error.reason, detail=f"draw {draw}: {error.detail}")
    except Unreadable as error:
        return Failure(stage=STAGE, subject=question.id, reason="unreadable", detail=f"draw {draw}: {error}")


def read_trace(
    reply: Reply, question: Question, draw: int, model: Model, prompt: Prompt, style: Style = "free"
) -> Trace:
    reading = read_reply(reply)
    thinking, text, answer = reading.thinking, reading.text, None
    if style == "free":
        answer = read_answer(text, question)
    elif (found := formed(text, style)) is not None:
        thinking, text, answer = found.chain, found.answer, read_answer(found.answer, question)
    return Trace(
        id=identity(question.id, str(draw), model.author, prompt.ref.digest, thinking, text),
        question=question,
        draw=draw,
        prompt=prompt.ref,
        author=model.author,
        thinking=thinking,
        text=text,
        answer=answer,
        finish=reading.finish,
        closed=reading.closed,
    )
