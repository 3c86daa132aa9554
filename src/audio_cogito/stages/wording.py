"""The user's words in an exported row, held to those that were sent.

A row holds what the thinker was sent, word for word: a prompt that was edited since makes no row, for nobody saw it. A
thinker that was shown the answer (`think.answer_shown`) was sent what no row may hold. Its rows ask the same question
with the prompt of the style instead, which nobody was sent either; so that nobody can take them for more, that prompt
must be the one that the run recorded, the provenance of each row names the prompt that was sent, and the card says so.
Answer and caption cannot get into a row: `render_question` is not handed them, and a prompt that wants them is refused.
"""

from __future__ import annotations

from dataclasses import dataclass

from audio_cogito.errors import SetupError
from audio_cogito.prompts import Prompt
from audio_cogito.run import RunRecord
from audio_cogito.stages.think import render_question
from audio_cogito.types import PromptRef, Trace


@dataclass(frozen=True)
class Wording:
    """The prompt that words rows, and the one that their traces must be drawn with."""

    prompt: Prompt
    drawn_with: PromptRef

    def words(self, trace: Trace, *, instruct: bool = True) -> str:
        """Raises SetupError for a trace that was drawn with another prompt."""
        if trace.prompt != self.drawn_with:
            raise SetupError(
                f"the prompt {_told(self.drawn_with)} is not the one that trace {trace.id} was drawn with, "
                f"{_told(trace.prompt)}: put that one back, or build the run again"
            )
        return render_question(trace.question, self.prompt, instruct=instruct)


def worded(record: RunRecord, prompt: Prompt, drawn_with: PromptRef | None) -> Wording:
    """`drawn_with` where it is another prompt than the rows'. Raises SetupError where the run knew other words."""
    if drawn_with in (None, prompt.ref):
        return Wording(prompt, prompt.ref)
    if prompt.ref not in record.prompts:
        raise SetupError(
            f"the prompt {_told(prompt.ref)}, which words the rows, is not the one that the run was built with: "
            "put that one back, or build the run again"
        )
    return Wording(prompt, drawn_with)


def _told(prompt: PromptRef) -> str:
    return f"{prompt.name!r} ({prompt.digest[:12]})"
