"""Which chains an arm teaches. All arms of a random seed choose among the same questions and, but for one, the same
draws; `matched` arms teach as many rows as the main one, and so in as many steps."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Literal

from audio_cogito import tags
from audio_cogito.demo.evidence.questions import Chain, Item
from audio_cogito.nano.lessons import GRID
from audio_cogito.parsing import CLOSE, OPEN
from audio_cogito.synth.chains import chain
from audio_cogito.synth.scenes import draw_for
from audio_cogito.types import Record, identity

MAIN = "verified"
PLAIN = ("first", "last", "present")
"""The skills of `without seeds`, each in its plainest wording."""


class Arm(Record):
    """What is taught, in words, and by what it was chosen."""

    name: str
    title: str
    truth: Literal["oracle", "own list", "none"]
    """"oracle": the exact truth of composed scenes; "own list": what the base itself lists."""
    matched: bool = True


ARMS = (
    Arm(name=MAIN, title="answer and events verified", truth="oracle"),
    Arm(name="unverified", title="nothing verified", truth="none"),
    Arm(name="answers", title="answer verified", truth="oracle"),
    Arm(name="gold", title="gold chains of the score", truth="oracle"),
    Arm(name="no-metadata", title="without metadata: keys and events from the base's own list", truth="own list"),
    Arm(name="no-seeds", title="without seeds: three plain questions, answer and events verified", truth="oracle"),
    Arm(name="unverified-all", title="nothing verified, all rows", truth="none", matched=False),
    Arm(name="answers-all", title="answer verified, all rows", truth="oracle", matched=False),
)
FIRST_ARMS = ARMS[1:4]
"""Those that are run before more seeds of the main one."""


class Row(Record):
    """A question's number and the reply that is taught for it."""

    item: int
    reply: str


def taught(arm: str, items: Sequence[Item], chains: Iterable[Chain], per_question: int) -> list[Row]:
    """All that an arm might teach: at most `per_question` of a question, chosen by hash, in the questions' order."""
    if arm == "gold":
        return [Row(item=number, reply=gold(item)) for number, item in enumerate(items)]
    fits = FITS[arm]
    by_item: dict[int, list[str]] = {}
    for one in chains:
        if fits(one):
            by_item.setdefault(one.item, []).append(one.reply)
    return [
        Row(item=number, reply=reply)
        for number, replies in sorted(by_item.items())
        for reply in sorted(replies, key=lambda text: identity(str(number), text))[:per_question]
    ]


def _verified(one: Chain) -> bool:
    return one.answered and one.listed


FITS: dict[str, Callable[[Chain], bool]] = {
    MAIN: _verified,
    "no-metadata": _verified,
    "no-seeds": _verified,
    "answers": lambda one: one.answered,
    "answers-all": lambda one: one.answered,
    "unverified": lambda one: not tags.faults(one.reply),
    "unverified-all": lambda one: not tags.faults(one.reply),
}
"""Nothing verified is all that has the form of a row: a chain that never ends its thinking has none."""


def matched(rows: Sequence[Row], count: int, random_seed: int) -> list[Row]:
    """So many of the rows, in an order by chance; fewer where there are fewer."""
    order = draw_for(random_seed, 0, "matched").permutation(len(rows))
    return [rows[int(number)] for number in order[:count]]


def gold(item: Item) -> str:
    """The chain that the score itself writes, in the model's own form."""
    told = chain(item.scene, item.asked, grid=GRID)
    return f"{OPEN}\n{told.text}\n{CLOSE}\n\n{item.asked.answer}"
