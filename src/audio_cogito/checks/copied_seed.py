"""Whether a question is one of its own, and no copy of a seed question that the annotator was shown.

Seeds are examples of depth, form and viewpoint (Audio-Cogito, section 2.1.1). Nearness is ROUGE-L (Lin 2004) over
words, the F-measure with precision and recall alike, as in Self-Instruct, which drops from 0.7 on.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Annotated, NamedTuple

import msgspec

from audio_cogito.audio import Sounds
from audio_cogito.checks import CheckInfo
from audio_cogito.messages import Model
from audio_cogito.prompts import Prompt
from audio_cogito.seeds import Seed
from audio_cogito.types import Finding, Question, Record, Verdict

INFO = CheckInfo(takes="question", summary="a question that is no copy of a seed its annotator was shown")
WORD = re.compile(r"[^\W_\u3041-\u30ff\u3400-\u9fff]+|[\u3041-\u30ff\u3400-\u9fff]")
"""A word; in Chinese and Japanese, which write none, a character."""

Words = tuple[str, ...]


class Settings(Record, omit_defaults=False):
    threshold: Annotated[float, msgspec.Meta(gt=0, le=1)] = 0.7
    """ROUGE-L (0 to 1) from which on a question is a copy."""


class Shown(NamedTuple):
    """A seed question, taken apart once."""

    text: str
    words: Words
    vocabulary: frozenset[str]


def prepare(settings: Settings, *, sounds: Sounds, pool: tuple[Seed, ...]) -> dict[str, Shown]:
    return {seed.id: Shown(seed.text, words(seed.text), frozenset(words(seed.text))) for seed in pool}


async def check(
    question: Question,
    *,
    models: Mapping[str, Model],
    prompts: Mapping[str, Prompt],
    settings: Settings,
    prepared: Mapping[str, Shown],
) -> Verdict:
    shown = [prepared[id_] for id_ in question.seeds if id_ in prepared]
    if len(shown) < len(question.seeds):
        reason = f"{len(question.seeds) - len(shown)} of the seeds shown are not in the run's pool"
        return Verdict(check="copied_seed", outcome="unscored", reason=reason)
    findings = tuple(_copies(question.text, shown, settings.threshold))
    if not findings:
        return Verdict(check="copied_seed", outcome="pass")
    return Verdict(check="copied_seed", outcome="fail", reason="copied_seed", findings=findings)


def _copies(text: str, shown: list[Shown], threshold: float) -> Iterator[Finding]:
    asked = words(text)
    vocabulary = frozenset(asked)
    for seed in shown:
        # What both can have in common is the shorter one at most; that alone rules out many, and costs nothing.
        if 2 * min(len(asked), len(seed.words)) < threshold * (len(asked) + len(seed.words)):
            continue
        # Every word that the seed lacks is missing from what both have in common: most seeds are out by that alone.
        at_most = 2 * (len(asked) - len(vocabulary - seed.vocabulary))
        if at_most < threshold * (len(asked) + len(seed.words)):
            continue
        nearness = rouge_l(asked, seed.words)
        if nearness >= threshold:
            detail = f"ROUGE-L {nearness:.2f} to the seed {seed.text!r}"
            yield Finding(kind="copied_seed", quote=text, detail=detail)


def words(text: str) -> Words:
    return tuple(WORD.findall(text.casefold()))


def rouge_l(one: Words, other: Words) -> float:
    """The longest common subsequence, as the harmonic mean of its shares of both."""
    common = longest_common_subsequence(one, other)
    return 2 * common / (len(one) + len(other)) if common else 0.0


def longest_common_subsequence(one: Words, other: Words) -> int:
    """Its length, a whole row of the table at a time in the bits of one integer (Hyyrö 2004)."""
    places: defaultdict[str, int] = defaultdict(int)
    for at, word in enumerate(one):
        places[word] |= 1 << at
    everything = (1 << len(one)) - 1
    row = everything
    for word in other:
        matched = row & places.get(word, 0)
        row = (row + matched | row - matched) & everything
    return len(one) - row.bit_count()
