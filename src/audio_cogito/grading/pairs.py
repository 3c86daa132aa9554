"""AIR-Bench chat: a judge that reads a description of the sound rates the reference and the model, 1 to 10 each
(`score_chat.py` and `cal_score.py` of github.com/OFA-Sys/AIR-Bench).

Each item is judged twice, the reference first and the model first, one asking each. A reply counts if it is two whole
numbers with one space between; any other, and one with a number above 10 (where the script stops), is left out of its
order's mean. A score is the mean of the two orders' means; mixed audio is the mean of its two groups, the average that
of the four.

The script draws each request's temperature, 1 or 2, without a seed, so that no run of it can be repeated. Here the same
draw is made by hash of SEED, item and order. Placeholders within a text are not filled in again, as the script would.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from audio_cogito.benchmarks import Item, Measure
from audio_cogito.errors import CallFailed, Unreadable
from audio_cogito.grading.predictions import Prediction
from audio_cogito.grading.scores import Graded
from audio_cogito.messages import Model, Sampling
from audio_cogito.parsing import OPEN, content_of, read_reply
from audio_cogito.prompts import Prompt
from audio_cogito.types import identity

PROMPT = "air_bench_chat"
SEED = 0
MAX_TOKENS = 1024
HIGHEST = 10
ORDERS = ("reference first", "model first")
SINGLE = {"Sound": "sound", "Music": "music", "Speech": "speech"}
MIXED = ("speech_and_sound", "speech_and_music")


async def judged(graded: Graded, item: Item, prediction: Prediction | None, *, model: Model, prompt: Prompt) -> Graded:
    """One item with its ratings, by order what the first and the second got; what is missing stays so."""
    if prediction is None or prediction.answer is None:
        return graded
    points: list[tuple[float, ...]] = []
    reasons = []
    for order, name in enumerate(ORDERS):
        try:
            points.append(await _pair(item, prediction.answer, order, model, prompt))
        except (CallFailed, Unreadable, UnicodeEncodeError) as error:
            points.append(())
            unsendable = isinstance(error, UnicodeError)
            reasons.append(f"{name}: {'characters that no request can carry' if unsendable else error}")
    return msgspec.structs.replace(
        graded,
        outcome="unscored" if reasons else "scored",
        reason="; ".join(reasons),
        points=tuple(points),
        judge=model.author,
    )


async def _pair(item: Item, answer: str, order: int, model: Model, prompt: Prompt) -> tuple[float, ...]:
    first, second = (item.answer, answer) if order == 0 else (answer, item.answer)
    messages = prompt.messages((), description=item.description, question=item.text, first=first, second=second)
    reply = await model(messages, sampling(item.id, order), draw=order, attempt=0)
    content = content_of(reply)
    return read_pair(read_reply(reply).text if content.lstrip().startswith(OPEN) else content)


def sampling(id_: str, order: int) -> Sampling:
    hot = identity("temperature", str(SEED), id_, str(order))[0] in "01234567"
    return Sampling(max_tokens=MAX_TOKENS, temperature=2.0 if hot else 1.0)


def read_pair(content: str) -> tuple[float, ...]:
    """The two ratings of a reply. Raises Unreadable."""
    parts = content.strip().replace("\n", "").split(" ")
    try:
        found = [int(part) for part in parts]
    except ValueError:
        found = []
    if len(found) != 2 or max(found) > HIGHEST:
        raise Unreadable("the reply is not two whole numbers of at most 10 with a space between")
    return tuple(map(float, found))


def measures(graded: Sequence[Graded]) -> tuple[Measure, ...]:
    """The columns of the published table, and what they are of; nothing where nobody judged."""
    if not any(one.points for one in graded):
        return ()
    kinds = (*SINGLE.values(), *MIXED)
    groups = {kind: _score([one for one in graded if one.groups["kind"] == kind]) for kind in kinds}
    columns = {heading: groups[name] for heading, name in SINGLE.items()}
    columns["Mixed"] = _mean([groups[name] for name in MIXED])
    return (
        *(Measure(name=heading, value=value) for heading, value in columns.items()),
        Measure(name="Average", value=_mean(list(columns.values())), note="of the four"),
        *(_order(graded, order) for order in range(len(ORDERS))),
        *(Measure(name=name, value=groups[name]) for name in MIXED),
    )


def _rated(graded: Sequence[Graded], order: int) -> list[tuple[float, float]]:
    """Of one order (model's, reference's) ratings."""
    pairs = [one.points[order] for one in graded if one.points and one.points[order]]
    return [(pair[1 - order], pair[order]) for pair in pairs]


def _score(graded: Sequence[Graded]) -> float | None:
    return _mean([_mean([model for model, _ in _rated(graded, order)]) for order in range(len(ORDERS))])


def _order(graded: Sequence[Graded], order: int) -> Measure:
    rated = _rated(graded, order)
    wins, asked = sum(model > reference for model, reference in rated), sum(bool(one.points) for one in graded)
    unread = f"{asked - len(rated):,} of {asked:,} replies out of form"
    note = f"mean over items; {unread}; the model is rated higher in {wins:,}"
    return Measure(name=ORDERS[order], value=_mean([model for model, _ in rated]), note=note)


def _mean(values: Sequence[float | None]) -> float | None:
    """None where there is none, or one of them is not known."""
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known and len(known) == len(values) else None
