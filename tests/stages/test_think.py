"""Think: the thinker is sent the sound and the question and nothing else, and every draw leaves a trace."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from audio_cogito import prompts
from audio_cogito.errors import CallFailed
from audio_cogito.ledger import Failure
from audio_cogito.messages import Sampling
from audio_cogito.models.scripted import Scripted
from audio_cogito.stages import think
from audio_cogito.stages.think import Settings
from audio_cogito.types import Distractor, Facts, Question, Statement, Trace
from made import make_clip, make_question

PROMPT = prompts.load("think")
QUESTION = make_question("a dog", "a cat", text="Which is nearest?")


async def thought(model: Scripted, question: Question = QUESTION, **settings: Any) -> list[Trace | Failure]:
    return await think.think(question, model=model, prompt=PROMPT, settings=Settings(**settings))


async def test_trace_holds_thinking_text_and_the_bare_answer() -> None:
    message = {"reasoning": "It barks.", "content": "The answer is **a dog**."}
    model = Scripted(lambda *_: {"message": message, "finish_reason": "stop"})
    (trace,) = await thought(model)
    assert isinstance(trace, Trace)
    assert (trace.thinking, trace.text, trace.answer) == ("It barks.", "The answer is **a dog**.", "a dog")
    assert trace.prompt == PROMPT.ref


async def test_request_holds_the_sound_and_the_rendered_question_alone() -> None:
    secret = "zanzibar"
    clip = make_clip(
        facts=Facts(captions=(Statement(text=secret, origin="human"),)), licence=secret, source_id=secret, group=secret
    )
    question = make_question(
        "a dog", "a cat", clips=(clip,), caption=secret, evidence=(secret,), skill=secret, author=secret,
        distractors=(Distractor(text="a cat", confusion=secret),),
    )  # fmt: skip
    model = Scripted(lambda *_: "a dog")
    await thought(model, question)
    body = json.loads(model.requests[0])
    text = "What is nearest?\nSelect one option from the provided choices:\na dog\na cat"
    content = [{"type": "audio", "clip": clip.id}, {"type": "text", "text": text}]
    assert body["messages"] == [{"role": "user", "content": content}]
    assert secret not in model.requests[0].decode()
    assert clip.recording.path not in model.requests[0].decode()


async def test_request_does_not_depend_on_which_choice_is_the_key() -> None:
    model = Scripted(lambda *_: "a dog")
    await thought(model, make_question("a dog", "a cat", answer="a dog"))
    await thought(model, make_question("a dog", "a cat", answer="a cat"))
    assert model.requests[0] == model.requests[1]


async def test_sampling_is_sent_as_the_recipe_says() -> None:
    model = Scripted(lambda *_: "a dog")
    await thought(model)
    body = json.loads(model.requests[0])
    sent = {key: value for key, value in body.items() if key not in ("model", "messages")}
    assert sent == {"max_tokens": 16384, "temperature": 0.6, "top_p": 0.95, "top_k": 20}


async def test_checkpoint_sampling_leaves_all_but_the_length_to_the_server() -> None:
    model = Scripted(lambda *_: "a dog")
    await thought(model, sampling="checkpoint")
    body = json.loads(model.requests[0])
    assert set(body) == {"model", "messages", "max_tokens"}


async def test_all_draws_come_together_in_order() -> None:
    model = Scripted(lambda asked, draw, attempt: ["a dog", "a cat", "a dog"][draw])
    traces = await thought(model, draws=3)
    assert [trace.draw for trace in traces if isinstance(trace, Trace)] == [0, 1, 2]
    assert [trace.answer for trace in traces if isinstance(trace, Trace)] == ["a dog", "a cat", "a dog"]
    assert len({trace.id for trace in traces if isinstance(trace, Trace)}) == 3


async def test_one_failed_draw_leaves_the_others() -> None:
    def script(asked: bytes, draw: int, attempt: int) -> str:
        if draw == 1:
            raise CallFailed("no_answer", "500")
        return "a dog"

    first, failure, third = await thought(Scripted(script), draws=3)
    assert isinstance(first, Trace)
    assert isinstance(third, Trace)
    assert failure == Failure(stage="think", subject=QUESTION.id, reason="no_answer", detail="draw 1: 500")


async def test_cut_or_unanswered_chain_is_a_trace_not_a_drop() -> None:
    message = {"reasoning": "and then and then", "content": None}
    model = Scripted(lambda *_: {"message": message, "finish_reason": "length"})
    (trace,) = await thought(model)
    assert isinstance(trace, Trace)
    assert (trace.answer, trace.finish, trace.closed) == (None, "length", False)


def test_greedy_with_more_than_one_draw_is_refused() -> None:
    with pytest.raises(ValueError, match="temperature"):
        Settings(draws=2, sampling=Sampling(temperature=0, max_tokens=100))
    with pytest.raises(msgspec.ValidationError, match="temperature"):
        msgspec.convert({"draws": 2, "sampling": {"temperature": 0, "max_tokens": 100}}, Settings)


OBSERVED = """<HEARD>
0 to 2 s: barking, close.
</HEARD>
<ANALYSIS>
Close means near.
</ANALYSIS>
<VERIFICATION>
Nothing else is heard.
</VERIFICATION>"""
CHAINED = """<PLANNING>Find the nearest.</PLANNING>
<CAPTION>A dog barks.</CAPTION>
<REASONING>It is loud and dry.</REASONING>
<SUMMARY>The dog.</SUMMARY>"""
SAID = {
    "observe": (OBSERVED, f"{OBSERVED}\n<ANSWER>\na dog\n</ANSWER>", "a dog"),
    "structured": (
        CHAINED,
        f"<THINK>\n{CHAINED}\n</THINK>\n<RESPONSE>It is close. The answer is a dog.</RESPONSE>",
        "It is close. The answer is a dog.",
    ),
}


async def styled(style: str, content: str, reasoning: str | None = None, finish: str = "stop") -> Trace:
    settings = msgspec.convert({"style": style}, Settings)
    model = Scripted(lambda *_: {"message": {"content": content, "reasoning": reasoning}, "finish_reason": finish})
    (trace,) = await think.think(QUESTION, model=model, prompt=prompts.load(settings.prompt), settings=settings)
    assert isinstance(trace, Trace)
    return trace


@pytest.mark.parametrize("style", SAID)
@pytest.mark.parametrize("reasoning", [None, "A dog, I think, or a cat."])
async def test_sections_become_the_thinking_and_the_answer_is_read_from_the_last(
    style: str, reasoning: str | None
) -> None:
    chain, content, last = SAID[style]
    trace = await styled(style, content, reasoning)
    assert (trace.thinking, trace.text, trace.answer) == (chain, last, "a dog")
    assert trace.prompt.name == style


@pytest.mark.parametrize("style", SAID)
async def test_chain_out_of_form_is_a_trace_without_an_answer(style: str) -> None:
    trace = await styled(style, "a dog", "It barks.")
    assert (trace.thinking, trace.text, trace.answer) == ("It barks.", "a dog", None)


@pytest.mark.parametrize("style", SAID)
async def test_cut_chain_is_out_of_form_and_said_to_be_cut(style: str) -> None:
    trace = await styled(style, SAID[style][1][:-3], finish="length")
    assert (trace.answer, trace.finish) == (None, "length")


async def test_style_sends_the_sound_and_what_is_rendered_alone() -> None:
    model = Scripted(lambda *_: "a dog")
    prompt = prompts.load("observe")
    await think.think(QUESTION, model=model, prompt=prompt, settings=Settings(style="observe"))
    (message,) = json.loads(model.requests[0])["messages"]
    assert [part.get("text") for part in message["content"]] == [None, think.render_question(QUESTION, prompt)]


def test_free_is_the_default_and_asks_with_the_prompt_that_it_always_asked_with() -> None:
    assert (Settings().style, Settings().prompt) == ("free", "think")
