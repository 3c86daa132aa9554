"""The judge of Audio-Reasoner (appendix A.3): is all of it completely correct, <True> or <False>?

It hears the clip and reads the annotator's caption, question, key, chain and answer, analyses, and ends with one word.
That is cheap and coarse: nothing says what is wrong. `checks/judge` is the one to use; this one is for comparison.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from audio_cogito.checks import CheckInfo
from audio_cogito.errors import CallFailed, Unreadable
from audio_cogito.messages import Model, Sampling
from audio_cogito.models.ask import Asking, ask
from audio_cogito.parsing import Reading
from audio_cogito.prompts import Prompt, facts
from audio_cogito.types import Record, Trace, Verdict

INFO = CheckInfo(takes="trace", summary="a model that hears the clip calls everything about the trace correct")
SAID = re.compile(r"<(True|False)>")


class Settings(Record, omit_defaults=False):
    model: str = "auditor"
    prompt: str = "judge_simple"
    facts: bool = True
    """Show the judge what is known of the clip, and the annotator's caption."""
    asking: Asking = Asking(sampling=Sampling(temperature=0.0, max_tokens=2048))


async def check(
    trace: Trace, *, models: Mapping[str, Model], prompts: Mapping[str, Prompt], settings: Settings
) -> Verdict:
    model, question = models[settings.model], trace.question
    messages = prompts[settings.prompt].messages(
        question.clips,
        caption=question.caption if settings.facts else None,
        facts=[line for clip in question.clips for line in facts.lines(clip.recording.facts)] if settings.facts else [],
        question=question.text,
        choices=question.choices,
        key=question.answer,
        thinking=trace.thinking,
        answer=trace.answer or trace.text,
    )
    try:
        correct = await ask(model, messages, settings.asking, _read)
    except (Unreadable, CallFailed) as error:
        return Verdict(check="judge_simple", outcome="unscored", reason=str(error), by=model.author)
    return Verdict(check="judge_simple", outcome="pass" if correct else "fail", by=model.author)


def _read(reading: Reading) -> bool:
    """What the reply's end says. Neither word, or both, is unreadable."""
    said = set(SAID.findall(reading.text))
    if reading.finish == "length" or len(said) != 1:
        raise Unreadable("neither <True> nor <False> alone" if reading.finish != "length" else "cut at max_tokens")
    return said == {"True"}
