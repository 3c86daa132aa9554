"""The marks that part a chain from its answer in a row for training, and what must therefore not stand in a text.

`think` is the paper's form, `<think> chain </think> answer`. `audio-reasoner` is Audio-Reasoner's (appendix A.2): four
named parts in `<THINK>`, then `<RESPONSE>`. It is for structured chains alone; a free chain is never cut into parts.
"""

from __future__ import annotations

import re
from typing import Literal

from audio_cogito.forms import STRUCTURED, sections
from audio_cogito.parsing import CLOSE, OPEN
from audio_cogito.types import Trace

Tags = Literal["think", "audio-reasoner"]

AUDIO = "<audio>"
RESERVED = (OPEN, CLOSE, AUDIO)
"""What a text must not hold: a trainer would read it as a mark."""
RESERVED_PARTS = tuple(f"<{slash}{name}>" for name in ("THINK", *STRUCTURED, "RESPONSE") for slash in ("", "/"))
NO_PARTS = f"no {', '.join(STRUCTURED)} in this order"

_BODY = "".join(rf"<{name}>\n.+?\n</{name}>\n" for name in STRUCTURED)
_REASONER = re.compile(rf"<THINK>\n{_BODY}</THINK>\n<RESPONSE>\n.+\n</RESPONSE>", re.DOTALL)


def reason_to_leave(trace: Trace, tags: Tags) -> str | None:
    """Why a trace cannot be written with these tags; None where it can."""
    answer, question = trace.answer or "", trace.question
    if any(tag in text for text in (trace.thinking, answer, question.text, *question.choices) for tag in RESERVED):
        return "a reserved tag within a text"
    if tags == "think":
        return None
    if sections(trace.thinking, STRUCTURED) is None:
        return NO_PARTS
    held = any(_holds(text, RESERVED_PARTS) for text in (answer, question.text, *question.choices))
    return "a reserved tag within a text" if held else None


def response(trace: Trace, tags: Tags) -> str:
    """What the model is to learn to say: the chain, then the bare answer (docs/decisions/004)."""
    if tags == "think":
        return f"{OPEN}\n{trace.thinking}\n{CLOSE}\n\n{trace.answer}"
    texts = sections(trace.thinking, STRUCTURED)
    if texts is None:
        raise ValueError(f"trace {trace.id} has {NO_PARTS}")
    body = "".join(f"<{name}>\n{text}\n</{name}>\n" for name, text in zip(STRUCTURED, texts, strict=True))
    return f"<THINK>\n{body}</THINK>\n<RESPONSE>\n{trace.answer}\n</RESPONSE>"


def faults(said: str) -> list[str]:
    """What is wrong with a response as it was read back, in whichever of the two forms it begins."""
    if said.startswith("<THINK>"):
        counts = [f"{tag} stands {said.count(tag)} times" for tag in RESERVED_PARTS if said.count(tag) != 1]
        return counts or ([] if _REASONER.fullmatch(said) else ["the response is not four parts, then an answer"])
    found = [f"{tag} stands {said.count(tag)} times" for tag in (OPEN, CLOSE) if said.count(tag) != 1]
    if not said.startswith(OPEN) or not said.partition(CLOSE)[2].strip():
        found.append("the response is not reasoning in tags, then an answer")
    return found


def _holds(text: str, marks: tuple[str, ...]) -> bool:
    return any(mark in text.upper() for mark in marks)
