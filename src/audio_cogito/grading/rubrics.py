"""MMAR-Rubrics: how much of the reference reasoning a chain shows, by a judge (Interspeech 2026 Audio Reasoning
Challenge, `code/evaluation_rubrics.py` of github.com/ddlBoJack/MMAR).

To the letter: a wrong answer has 0 and costs no call; else the judge reads the reference, the five criteria, the chain
and the answer (never the sound), five times over with the same request, at temperature 0 and seed 42 with no limit of
tokens. Each judgement is the share of criteria met; the lowest and highest are dropped and the middle three averaged.
A reply out of form is asked for again, 20 times in all. So a right answer may well have 0.

Where the official script leaves an item out, it is `unscored` here and says why: nothing defaults to a number.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec

from audio_cogito import runner
from audio_cogito.benchmarks import Criterion, Item
from audio_cogito.errors import CallFailed, Unreadable
from audio_cogito.grading.predictions import Prediction
from audio_cogito.grading.scores import Graded
from audio_cogito.messages import Message, Model, Reply, Sampling, Text
from audio_cogito.parsing import OPEN, content_of, read_reply
from audio_cogito.prompts import Prompt

PROMPT = "mmar_rubrics"
SAMPLING = Sampling(max_tokens=None, temperature=0.0)
BODY = {"seed": 42}
"""What the judge's requests hold beside."""
JUDGEMENTS = 5
DROPPED = 1
"""Judgements that are left out at either end."""
ATTEMPTS = 20
"""Askings for one judgement until it counts as not to be had. The official script waits a second between them."""
BEGIN, END = re.compile(r"\[\s*\{"), re.compile(r"\}\s*\]")


async def judge(
    graded: Sequence[Graded],
    items: Sequence[Item],
    predictions: Sequence[Prediction | None],
    *,
    model: Model,
    prompt: Prompt,
    on_item: Callable[[], None],
    each: Callable[..., Awaitable[Graded]] | None = None,
) -> list[Graded]:
    """Every graded item with its rubric score, or with what else `each` gives it, in order.

    Raises EndpointLost and SetupError, as the model does.
    """

    async def work(one: Graded, item: Item, prediction: Prediction | None) -> Graded:
        scored = await (each or judged)(one, item, prediction, model=model, prompt=prompt)
        on_item()
        return scored

    try:
        async with asyncio.TaskGroup() as group:
            works = [group.create_task(work(*one)) for one in zip(graded, items, predictions, strict=True)]
    except BaseExceptionGroup as errors:
        raise runner.gravest(errors) from None
    return [done.result() for done in works]


async def judged(graded: Graded, item: Item, prediction: Prediction | None, *, model: Model, prompt: Prompt) -> Graded:
    """One item with its rubric score. A wrong answer has 0; what is missing stays so."""
    if graded.correct is None or prediction is None:
        return graded
    if not graded.correct:
        return msgspec.structs.replace(graded, rubric=0.0, judge=model.author)
    if prediction.thinking is None:
        return _unscored(graded, "the prediction has no chain", model)
    try:
        messages = request(item, prediction, prompt)
        points = [await _judgement(model, messages, item.rubric, draw) for draw in range(JUDGEMENTS)]
    except (CallFailed, Unreadable) as error:
        return _unscored(graded, str(error), model)
    except UnicodeEncodeError:
        return _unscored(graded, "the prediction holds characters that no request can carry", model)
    score = trimmed_mean([share(one, item.rubric) for one in points])
    return msgspec.structs.replace(graded, rubric=score, points=tuple(points), judge=model.author)


def _unscored(graded: Graded, reason: str, model: Model) -> Graded:
    return msgspec.structs.replace(graded, outcome="unscored", reason=reason, judge=model.author)


def request(item: Item, prediction: Prediction, prompt: Prompt) -> tuple[Message, ...]:
    """The messages, bit for bit as published: every line of the whole loses what it is indented by, the chain's too."""
    text = prompt.text(
        "user",
        question=item.text,
        answer=item.answer,
        reasoning=item.reasoning,
        rubric=item.rubric,
        thinking_prediction=prediction.thinking,
        answer_prediction=prediction.answer,
    )
    lines = (line.lstrip() for line in text.strip().splitlines())
    return (
        Message(role="system", parts=(Text(text=prompt.text("system")),)),
        Message(role="user", parts=(Text(text="\n".join(lines)),)),
    )


async def _judgement(
    model: Model, messages: tuple[Message, ...], rubric: tuple[Criterion, ...], draw: int
) -> tuple[float, ...]:
    """The points of one judgement; raises Unreadable when no asking for it gave a valid one."""
    refusal = ""
    for attempt in range(ATTEMPTS):
        reply = await model(messages, SAMPLING, draw=draw, attempt=attempt)
        try:
            return read_judgement(_content(reply), rubric)
        except Unreadable as error:
            refusal = str(error)
    raise Unreadable(f"judgement {draw + 1}: {ATTEMPTS} replies out of form; the last: {refusal}")


def _content(reply: Reply) -> str:
    """The reply's content, all of it as the official script; but for thinking in tags, which its judge never wrote."""
    content = content_of(reply)
    return read_reply(reply).text if content.lstrip().startswith(OPEN) else content


def read_judgement(content: str, rubric: tuple[Criterion, ...]) -> tuple[float, ...]:
    """The points for each criterion, by position: a name has to be there but need not be the criterion's.

    The score must be a number that the criterion offers, so that 1.0 and true pass and 0.5 does not.
    """
    try:
        entries = json.loads(listed(content))
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"no JSON: {error}") from error
    if not isinstance(entries, list) or len(entries) != len(rubric):
        raise Unreadable(f"no list of {len(rubric)} scores")
    return tuple(_points(entry, criterion) for entry, criterion in zip(entries, rubric, strict=True))


def listed(content: str) -> str:
    r"""The list in a reply, or all of it: what the published `\[\s*\{.*\}\s*\]` finds, from the first beginning to the
    last end. That pattern takes hours over megabytes of a judge that repeats `[{`; this reads them once.
    """
    begin = BEGIN.search(content)
    ends = deque((end.end() for end in END.finditer(content, begin.end())), maxlen=1) if begin else ()
    return content[begin.start() : ends[0]] if begin and ends else content


def _points(entry: Any, criterion: Criterion) -> float:
    if not isinstance(entry, dict) or "name" not in entry or "score" not in entry:
        raise Unreadable("an entry without name or score")
    score = entry["score"]
    if not isinstance(score, int | float) or score not in criterion.choices:
        raise Unreadable(f"the score {str(score)[:40]!r} is none of {list(criterion.choices)}")
    return float(score)


def share(points: Sequence[float], rubric: tuple[Criterion, ...]) -> float:
    """One judgement as a score, 0 to 1."""
    return sum(points) / sum(max(criterion.choices) for criterion in rubric)


def trimmed_mean(scores: Sequence[float]) -> float:
    """The mean without the lowest and the highest."""
    middle = sorted(scores)[DROPPED:-DROPPED]
    return sum(middle) / len(middle)
