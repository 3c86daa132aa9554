"""Questions that came with their recording, instead of construction: a composer's, a benchmark's, a lab's own.

They are taken word for word, choices in the order they were given in. A question about several recordings is asked
where all of them became clips of one split. A chain that came with a question goes along with it.
"""

from __future__ import annotations

from collections.abc import Mapping

from audio_cogito.ledger import Drop, Failure
from audio_cogito.stages.construct import STAGE, distinct
from audio_cogito.types import Clip, Posed, Question, question_id


async def pose(clip: Clip) -> list[Question | Drop | Failure]:
    """One entry for each posed question. It is counted as construct, in whose place it stands.

    A clip that is only heard beside others comes with none.
    """
    if not clip.recording.posed:
        return [Drop(stage=STAGE, subject=clip.id, reason="nothing_to_ask", detail="it comes with no question")]
    alone = clip.alone
    return distinct([_question(alone, posed, clip.beside) for posed in clip.recording.posed])


def _question(clip: Clip, posed: Posed, others: Mapping[str, Clip]) -> Question | Drop | Failure:
    if missing := [ref for ref in posed.beside if ref not in others]:
        detail = f"{missing[0]} did not become a clip, so this cannot be asked: {posed.text}"
        return Failure(stage=STAGE, subject=clip.id, reason="missing", detail=detail)
    clips = (clip, *(others[ref] for ref in posed.beside))
    if len({one.split for one in clips}) > 1:
        named = ", ".join(sorted({one.split for one in clips}))
        return Drop(
            stage=STAGE, subject=clip.id, reason="splits_mixed", detail=f"its clips are in {named}: {posed.text}"
        )
    return Question(
        id=question_id(clips, posed.type, posed.text, posed.choices, posed.answer),
        clips=clips,
        type=posed.type,
        text=posed.text,
        answer=posed.answer,
        choices=posed.choices,
        task=posed.task,
        domain="+".join(clip.recording.domains) or None,
        skill=posed.skill,
        difficulty=posed.difficulty,
        language=posed.language,
        distractors=posed.distractors,
        author=posed.author,
        chain=posed.chain,
    )
