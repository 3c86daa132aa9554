"""MMAU-Pro's open questions: a judge that hears nothing scores an answer beside the reference, 1 to 5 in four ways and
over all (`evaluate_openended_with_qwen`, github.com/sonalkum/MMAUPro; its judge is Qwen2.5-7B-Instruct).

Each is asked once, at temperature 0.1 and 512 tokens. The score is OVERALL as written, but where it is missing or 3 the
mean of the four, as in the script. One departure: the script takes 3 for what it cannot find, and so gives half marks
to a reply that says nothing. Here such an answer is `unscored`, and so is one with a score beyond 1 to 5.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec
import numpy as np

from audio_cogito.benchmarks import Item, Measure
from audio_cogito.errors import CallFailed, Unreadable
from audio_cogito.grading.comparison import interval
from audio_cogito.grading.predictions import Prediction
from audio_cogito.grading.scores import Graded
from audio_cogito.messages import Model, Sampling
from audio_cogito.parsing import OPEN, content_of, read_reply
from audio_cogito.prompts import Prompt

PROMPT = "mmau_pro_open"
CATEGORY = "open"
"""Of the items that are judged, and the name of their measure."""
SAMPLING = Sampling(temperature=0.1, max_tokens=512)
WAYS = ("CORRECTNESS", "RELEVANCE", "COMPLETENESS", "CLARITY")
HIGHEST = 5
NEUTRAL = 3.0
"""An OVERALL that the script takes for missing."""


async def judged(graded: Graded, item: Item, prediction: Prediction | None, *, model: Model, prompt: Prompt) -> Graded:
    """One open item with its scores, the last over all. Others, and what is missing, stay as they are."""
    if item.groups.get("category") != CATEGORY or prediction is None or prediction.answer is None:
        return graded
    try:
        messages = prompt.messages((), question=item.text, reference=item.answer, said=prediction.answer)
        reply = await model(messages, SAMPLING, draw=0, attempt=0)
        content = content_of(reply)
        scores = read_scores(read_reply(reply).text if content.lstrip().startswith(OPEN) else content)
    except (CallFailed, Unreadable) as error:
        return msgspec.structs.replace(graded, reason=str(error), judge=model.author)
    except UnicodeEncodeError:
        reason = "the prediction holds characters that no request can carry"
        return msgspec.structs.replace(graded, reason=reason, judge=model.author)
    return msgspec.structs.replace(graded, outcome="scored", reason="", points=(scores,), judge=model.author)


def read_scores(content: str) -> tuple[float, ...]:
    """Those of the four scores that are there, and the one over all. Raises Unreadable."""
    four = [_found(rf"{way}:\s*(\d+)", content) for way in WAYS]
    overall = _found(r"OVERALL:\s*(\d+(?:\.\d+)?)", content)
    known = [one for one in four if one is not None]
    if overall is None or overall == NEUTRAL:
        overall = sum(known) / len(known) if len(known) == len(four) else None
    if overall is None or not all(1 <= one <= HIGHEST for one in (*known, overall)):
        raise Unreadable("the reply does not score the answer 1 to 5 in the form that was asked for")
    return (*known, overall)


def _found(pattern: str, content: str) -> float | None:
    match = re.search(pattern, content, re.IGNORECASE)
    return float(match[1]) if match else None


def measure(graded: Sequence[Graded]) -> Measure:
    """The mean over all, in percent of the highest, as the script weighs it."""
    found = [100 * one.points[0][-1] / HIGHEST for one in graded if one.points]
    if not found:
        return Measure(name=CATEGORY, value=None, note="open answers take a judge: --judge NAME@URL")
    low, high = interval(np.array(found, dtype=np.float64))
    asked = sum(one.judge is not None for one in graded)
    note = f"over {len(found):,} open answers, {asked - len(found):,} more with no readable score"
    return Measure(name=CATEGORY, value=sum(found) / len(found), note=note, low=low, high=high)
