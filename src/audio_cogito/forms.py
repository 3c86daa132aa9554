"""Chains in sections: the forms that the thinker's styles ask for (`prompts/observe.md`, `prompts/structured.md`).

    observe      <HEARD> <ANALYSIS> <VERIFICATION>, then <ANSWER>
    structured   <THINK> around <PLANNING> <CAPTION> <REASONING> <SUMMARY>, then <RESPONSE>   (Audio-Reasoner, 3.2)

A text is in form when it holds every section once, in order, none empty, and nothing outside them. Nothing is mended: a
chain that lacks the end of a section is not in form.
"""

from __future__ import annotations

from typing import Literal

from audio_cogito.types import Record

Style = Literal["free", "observe", "structured"]
OBSERVE = ("HEARD", "ANALYSIS", "VERIFICATION", "ANSWER")
STRUCTURED = ("PLANNING", "CAPTION", "REASONING", "SUMMARY")
WHOLE = ("THINK", "RESPONSE")


class Formed(Record):
    """A text in form: the chain with its tags, as written, and what stands in the last section."""

    chain: str
    answer: str


def formed(text: str, style: Literal["observe", "structured"]) -> Formed | None:
    """The chain and the answer of a text in the form of a style; None for a text out of form."""
    if style == "structured":
        whole = sections(text, WHOLE)
        return Formed(chain=whole[0], answer=whole[1]) if whole and sections(whole[0], STRUCTURED) else None
    found = sections(text, OBSERVE)
    return Formed(chain=text[: text.index("<ANSWER>")].strip(), answer=found[-1]) if found else None


def sections(text: str, names: tuple[str, ...]) -> tuple[str, ...] | None:
    """What stands in each section, in order; None where the text is anything but these sections.

    `sections(trace.thinking, STRUCTURED)` gives the four parts of a structured chain.
    """
    found, rest = [], text
    for name in names:
        head, opened, inside = rest.partition(f"<{name}>")
        section, closed, rest = inside.partition(f"</{name}>")
        if head.strip() or not opened or not closed or not section.strip():
            return None
        found.append(section.strip())
    tags = [f"<{name}>" for name in names]
    stray = rest.strip() or any(tag in section for section in found for tag in tags)
    return None if stray else tuple(found)
