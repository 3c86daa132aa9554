"""Questions that came with their recording, instead of construction: a composer's, a benchmark's, a lab's own.

They are taken word for word, choices in the order they were given in. A question about several recordings is asked
where all of them became clips of one split, and goes with the first of them that was removed, for the same reason. A
chain that came with a question goes along with it.
"""

from __future__ import annotations

import msgspec

from audio_cogito.ledger import Drop, DropReason, Failure
from audio_cogito.stages.construct import STAGE, distinct
from audio_cogito.types import Clip, Posed, Question, question_id


async def pose(clip: Clip) -> list[Question | Drop | Failure]:
    """One entry for each posed question. It is counted as construct, in whose place it stands.

    A clip that is only heard beside others comes with none.
    """
    if not clip.recording.posed:
        return [Drop(stage=STAGE, subject=clip.id, reason="nothing_to_ask", detail="it comes with no question")]
    return distinct([_question(clip, posed) for posed in clip.recording.posed])


def _question(clip: Clip, posed: Posed) -> Question | Drop | Failure:
    if gone := next((ref for ref in posed.beside if ref in clip.removed), None):
        detail = f"{gone} was removed ({clip.removed[gone].detail}), so this cannot be asked: {posed.text}"
        reason = msgspec.convert(clip.removed[gone].reason, DropReason)
        return Drop(stage=STAGE, subject=clip.id, reason=reason, detail=detail)
    if missing := [ref for ref in posed.beside if ref not in clip.beside]:
        detail = f"{missing[0]} did not become a clip, so this cannot be asked: {posed.text}"
        return Failure(stage=STAGE, subject=clip.id, reason="missing", detail=detail)
    clips = (clip.alone, *(clip.beside[ref] for ref in posed.beside))
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
