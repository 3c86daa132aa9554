"""Evaluating a model: the build road entered at Question, then the benchmark's own grading.

A benchmark's items are recordings that come with their questions (`sources/benchmark.py`); think answers them, all
sounds kept whatever their level or length, and what it answers becomes predictions in the official form. So faults,
resuming, replies and the funnel are the build's.

Two steps are told apart. **Extraction** reads the bare choice from what the model wrote (`answers.read_answer`); where
it finds none, the text as written is the prediction, as in the official baseline. **Grading** is the published rule.

Here stand the recipe and the reading; `outcome` grades, `beside` holds a result beside others, `page` shows it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import msgspec

from audio_cogito import config, shards
from audio_cogito.benchmarks import LETTERS, BenchmarkInfo, Item, Metadata
from audio_cogito.config import Recipe
from audio_cogito.errors import SetupError
from audio_cogito.grading.predictions import LONGEST_THINKING, Prediction
from audio_cogito.grading.scores import Grader
from audio_cogito.run import Run
from audio_cogito.stages.collect import EVERY_SOUND
from audio_cogito.types import Record, Trace

Profile = Literal["challenge", "qwen", "official", "audio-reasoner"]
OFFICIAL: Profile = "official"
FOLDER = Path(__file__).parents[1] / "benchmarks/profiles"
PROFILES: dict[str, dict[str, Any]] = {
    "challenge": {
        "plugins": [str(FOLDER / "challenge")],
        "think": {"sampling": {"temperature": 0.0, "top_p": None, "top_k": None}},
    },
    "qwen": {"think": {"sampling": "checkpoint"}},
    OFFICIAL: {"think": {"sampling": "checkpoint"}},
    "audio-reasoner": {
        "plugins": [str(FOLDER / "audio-reasoner")],
        "think": {
            "style": "structured",
            "sampling": {"temperature": 0.0, "top_p": None, "top_k": None, "max_tokens": 2048},
        },
    },
}
"""`challenge`: the official baseline's system prompt and greedy decoding. `qwen`: no system prompt, and the sampling of
the checkpoint's own generation_config. Both may write 16,384 tokens; the baseline's example stops at 1,024. `official`:
the prompt that the benchmark itself publishes, where it does, and its rule over the text as written. `audio-reasoner`:
the system prompt, greedy decoding and 2,048 tokens of its inference script; a reply out of its form has no answer."""
BLIND: dict[str | None, tuple[dict[str, Any], dict[str, Any]]] = {
    None: ({}, {}),
    "silence": ({"sound": "silence"}, {}),
    "shuffled": ({"sound": "another's"}, {}),
    "text": ({}, {"sound": False}),
}
"""What the source and think are told so that the model does not hear what it is asked about."""


class Answered(Record):
    """What a model said to one item in one run of it."""

    item: str
    extracted: str | None
    written: str
    thinking: str
    truncated: bool
    """Cut at max_tokens, or its thinking never ended."""

    @property
    def prediction(self) -> Prediction:
        answer = self.written if self.extracted is None else self.extracted
        return Prediction(answer=answer, thinking=self.thinking)


class Submitted(Record, omit_defaults=False):
    """A line of the challenge's submission."""

    id: str
    thinking_prediction: str
    answer_prediction: str


def recipe(
    benchmark: str,
    *,
    data: Path,
    meta: Path,
    out: Path,
    store: Path,
    limit: int | None,
    draws: int,
    profile: str,
    model: dict[str, Any],
    think: dict[str, Any],
    blind: str | None = None,
    orders: int = 1,
    keyed: bool = True,
) -> Recipe:
    """The recipe of an evaluation. Raises SetupError, also for several runs of a greedy profile.

    Each order of the choices is a source of its own, so that all of them are one run's work. `keyed` is whether it is
    known what is right.
    """
    source = {"kind": "benchmark", "benchmark": benchmark, "path": str(data), "meta": str(meta), **BLIND[blind][0]}
    source |= {} if limit is None else {"limit": limit}
    if blind == "silence":
        source["silence"] = str(store / "silence")
    table: dict[str, Any] = {
        "run": str(out),
        "store": str(store),
        "sources": {f"{benchmark}-order-{order}": source | {"order": order} for order in range(orders)},
        "models": {"thinker": model},
        "collect": EVERY_SOUND,
        "select": {"duplicates": "keep", "decontaminate": False},
        "think": _laid(PROFILES[profile]["think"] | BLIND[blind][1] | {"draws": draws}, think),
        "verify": {"checks": ["complete", *(["string_match"] if keyed else [])], "all": True},
        "checks": {"complete": {"thinking_required": False}},
    }
    table |= {key: value for key, value in PROFILES[profile].items() if key != "think"}
    if profile == OFFICIAL:
        table["plugins"] = [str(_official_prompts(benchmark))]
    return config.resolve(table, folder=Path.cwd(), where=f"evaluate {benchmark}")


def _official_prompts(benchmark: str) -> Path:
    have = sorted(path.name for path in (FOLDER / OFFICIAL).iterdir())
    if benchmark not in have:
        raise SetupError(f"{benchmark} publishes no prompt of its own; profile official is for {' and '.join(have)}")
    return FOLDER / OFFICIAL / benchmark


def _laid(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """One table over another, tables in them likewise."""
    both = {key for key in below.keys() & above.keys() if isinstance(below[key], dict) and isinstance(above[key], dict)}
    return below | above | {key: _laid(below[key], above[key]) for key in both}


def answered(run: Run, recipe: Recipe) -> list[dict[str, Answered]]:
    """For each run of the model, what it said by item: every draw of the first order of the choices, then the next."""
    runs = [(source, draw) for source in recipe.sources for draw in range(recipe.think.draws)]
    found: dict[tuple[str, int], dict[str, Answered]] = {run: {} for run in runs}
    for _, traces in shards.inputs(run.stage("verify"), Trace):
        for trace in traces:
            one = _answered(trace)
            found[trace.question.clips[0].recording.source, trace.draw][one.item] = one
    return list(found.values())


def _answered(trace: Trace) -> Answered:
    return Answered(
        item=trace.question.clips[0].recording.source_id or "",
        extracted=trace.answer,
        written=trace.text,
        thinking=trace.thinking,
        truncated=trace.finish == "length" or not trace.closed,
    )


def official(said: dict[str, Answered], metadata: Metadata, info: BenchmarkInfo) -> dict[str, Answered]:
    """The answers in the form that the benchmark's rule reads: for some the letter of the choice that was read."""
    if not info.letters:
        return said
    items = {item.id: item for item in metadata.items}
    return {id_: msgspec.structs.replace(one, extracted=_letter(one, items[id_])) for id_, one in said.items()}


def _letter(one: Answered, item: Item) -> str | None:
    return None if one.extracted is None else LETTERS[item.choices.index(one.extracted)]


class Reading(Record):
    """What has to be known before a number is believed: how many answers were cut, and what extraction did."""

    answers: int
    truncated: int
    unread: int | None
    """Answers in which extraction found none; None where the profile grades texts as written."""
    too_long: int
    """Chains that a submission must not hold whole."""
    as_written: float | None
    """Avg of the texts as written, without extraction, in percent; None where there are no choices to read, or the rule
    says nothing of any."""


def reading(metadata: Metadata, answers: Sequence[Answered], grader: Grader, *, extracts: bool = True) -> Reading:
    items = {item.id: item for item in metadata.items}
    told = [grader(items[one.item])(one.written) for one in answers if items[one.item].choices]
    known = [right for right in told if right is not None] if extracts and not metadata.hidden else []
    return Reading(
        answers=len(answers),
        truncated=sum(one.truncated for one in answers),
        unread=sum(one.extracted is None for one in answers) if extracts else None,
        too_long=sum(len(one.thinking) >= LONGEST_THINKING for one in answers),
        as_written=100 * sum(known) / len(known) if known else None,
    )


def told(found: Reading) -> list[str]:
    if not found.answers:
        return ["no item was answered"]
    without = "" if found.as_written is None else f". Without extraction Avg were {found.as_written:.2f}"
    lines = [f"truncated: {_of(found.truncated, found.answers)}, cut at max_tokens or in endless thinking"]
    if found.unread is None:
        lines.append("extraction: none, every text is graded as written")
    else:
        none = f"no answer found in {_of(found.unread, found.answers)}"
        lines.append(f"extraction: {none}; there the text as written is graded{without}")
    if found.too_long:
        cut = f"{found.too_long:,} chains are cut at {LONGEST_THINKING - 1:,} characters"
        lines.append(f"submission: {cut}; a judge reads all")
    return lines


def _of(count: int, all_: int) -> str:
    return f"{count:,} of {all_:,} ({count / all_:.1%})"


def submission(answers: Sequence[Answered]) -> Iterator[Submitted]:
    """The challenge's submission. A chain that is too long for it is cut at its end; the judge here reads all of it."""
    for one in answers:
        yield Submitted(
            id=one.item,
            thinking_prediction=one.thinking[: LONGEST_THINKING - 1],
            answer_prediction=one.prediction.answer or "",
        )


def encoded(submitted: Iterator[Submitted]) -> bytes:
    return msgspec.json.Encoder().encode_lines(submitted)
