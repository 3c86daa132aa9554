"""The job of reviewing a run's samples: what the page is shown of each, and what an edit of it may be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from audio_cogito.answers.claims import Timed, read_claims
from audio_cogito.audio import Sounds
from audio_cogito.checks import events
from audio_cogito.prompts import facts
from audio_cogito.review import opinions
from audio_cogito.review.decisions import REASONS, STANDS, Decision, SampleText, text_of
from audio_cogito.review.desk import Asked, Desk, Stood, amiss
from audio_cogito.review.figures import Beside, Checked
from audio_cogito.review.index import Index
from audio_cogito.run import Run
from audio_cogito.types import Clip, Distractor, Event, Record, Standing, Trace, Turn, Verdict

EVENTS = events.Settings(origins=("composed", "human", "tool", "seen"))


class HeardClip(Record, omit_defaults=False):
    """A sound of a sample, and what is known of it."""

    id: str
    name: str
    """Of its file, without the folders."""
    seconds: float
    source: str
    licence: str | None
    facts: tuple[str, ...]
    events: tuple[Event, ...]
    turns: tuple[Turn, ...]


class Draw(Record, omit_defaults=False):
    """Another chain for the same question."""

    subject: str
    answer: str | None
    checks: Standing | None
    said: str


class Sample(Record, omit_defaults=False):
    """A sample as the page shows it."""

    subject: str
    version: int
    double: bool
    decided: bool
    """Whether the person who asks has decided upon it."""
    text: SampleText
    """As it stands, after the edits that the person may see."""
    original: SampleText
    type: str
    skill: str | None
    difficulty: str | None
    domain: str | None
    language: str | None
    question_by: str
    chain_by: str
    sounds: tuple[HeardClip, ...]
    caption: str | None
    evidence: tuple[str, ...]
    distractors: tuple[Distractor, ...]
    answer: str | None
    right: bool | None
    pass_rate: float | None
    suspect_key: bool
    majority: str | None
    checks: Standing | None
    """Where it stands by the checks; None where that is kept back until the person has decided."""
    verdicts: tuple[Verdict, ...]
    standing: str
    claims: tuple[Timed, ...]
    """What the chain says of the sounds that are known, with times."""
    history: tuple[Decision, ...]
    draws: tuple[Draw, ...]


class SampleJob:
    """A run's samples."""

    kind: Literal["sample"] = "sample"
    reasons = REASONS
    vocabulary: Mapping[str, Sequence[str]] = {}

    def __init__(self, run: Run, *, hide_findings: bool = False) -> None:
        """Raises SetupError where the run has none."""
        record = run.record
        self.run, self.index, self.hide = run, Index(run), hide_findings
        self.title = run.folder.resolve().name
        self.sounds = Sounds(Path(record.recipe["store"]) / "audio")
        self._checked = Checked(self.index.entries)

    @property
    def subjects(self) -> dict[str, str]:
        """Queues say where a sample stands by the checks; where findings are kept back they would tell."""
        return {id_: "samples" if self.hide else entry.standing for id_, entry in self.index.entries.items()}

    def sound(self, clip: str) -> Path | None:
        """The file of a sound of this run; None for any other name."""
        return self.sounds.path(clip) if clip in self.index.clips else None

    def view(self, subject: str, who: str, desk: Desk) -> Sample:
        """Raises KeyError for an unknown subject."""
        trace, said = self.index.trace(subject), desk.visible(subject, who)
        question, text, hidden = trace.question, self.text(trace, said), self._hidden(said, who)
        return Sample(
            subject=subject,
            version=len(said),
            double=desk.double(subject),
            decided=any(decision.by == who for decision in said),
            text=text,
            original=text_of(trace),
            type=question.type,
            skill=question.skill,
            difficulty=question.difficulty,
            domain=question.domain or ", ".join(dict.fromkeys(d for c in question.clips for d in c.recording.domains)),
            language=question.language,
            question_by=question.author,
            chain_by=trace.author,
            sounds=tuple(map(_heard, question.clips)),
            caption=question.caption,
            evidence=question.evidence,
            distractors=question.distractors,
            answer=trace.answer,
            right=trace.right,
            pass_rate=trace.pass_rate,
            suspect_key=trace.suspect_key,
            majority=trace.majority,
            checks=None if hidden else opinions.standing_by_checks(trace),
            verdicts=() if hidden else tuple(v for v in trace.verdicts if not v.person),
            standing="" if hidden else standing(trace, said),
            claims=_claims(trace),
            history=tuple(said),
            draws=tuple(self._draw(other, who, desk) for other in self.index.draws(subject) if other.id != subject),
        )

    def subject(self, asked: Asked) -> str:
        return asked.subject

    def stood(self, asked: Asked, desk: Desk) -> Stood:
        trace, said = self.index.trace(asked.subject), desk.visible(asked.subject, asked.by)
        return Stood(standing(trace, said), self.text(trace, said) if asked.action == "edit" else None)

    def fault(self, asked: Asked, desk: Desk) -> str | None:
        """Why a decision cannot be taken; None where it can."""
        if asked.action == "add" or asked.seed_now is not None:
            return "seeds are not reviewed here"
        if asked.now is None:
            return amiss(asked, REASONS)
        try:
            opinions.edited(self.index.trace(asked.subject), _as_if_taken(asked))
        except ValueError as error:
            return str(error)
        return amiss(asked, REASONS)

    def taken(self, desk: Desk) -> None:
        """Nothing is to be done: builds and exports read the journal."""

    def beside(self, desk: Desk) -> tuple[Beside, ...]:
        """While findings are kept back, so is what would tell of them."""
        return () if self.hide else self._checked.beside(desk.said)

    def text(self, trace: Trace, said: Sequence[Decision]) -> SampleText:
        edits = [decision.now for decision in said if decision.now is not None]
        return edits[-1] if edits else text_of(trace)

    def _hidden(self, said: Sequence[Decision], who: str) -> bool:
        return self.hide and not any(decision.by == who for decision in said)

    def _draw(self, trace: Trace, who: str, desk: Desk) -> Draw:
        said = desk.visible(trace.id, who)
        checks = None if self._hidden(said, who) else opinions.standing_by_checks(trace)
        return Draw(subject=trace.id, answer=trace.answer, checks=checks, said=said[-1].action if said else "")


def standing(trace: Trace, said: Sequence[Decision]) -> str:
    """Where it stands with what was said of it, or else by the checks: an edit is accepted."""
    return STANDS[said[-1].action] if said else opinions.standing_by_checks(trace)


def _as_if_taken(asked: Asked) -> Decision:
    return Decision(
        number=0, subject=asked.subject, action="edit", by=asked.by, at="", version=0, key="", now=asked.now
    )


def _heard(clip: Clip) -> HeardClip:
    recording = clip.recording
    return HeardClip(
        id=clip.id,
        name=(recording.member or recording.path).rpartition("/")[2],
        seconds=clip.seconds,
        source=recording.source,
        licence=recording.licence,
        facts=tuple(facts.lines(recording.facts)),
        events=recording.facts.events,
        turns=recording.facts.own.turns,
    )


def _claims(trace: Trace) -> tuple[Timed, ...]:
    if len(trace.question.clips) != 1:
        return ()
    (clip,) = trace.question.clips
    known = clip.recording.facts.events
    return read_claims(trace.thinking, events.names(known, EVENTS)).timed if known else ()
