"""The nouns. Know these and you know the program.

A `Recording` becomes a `Clip`, a clip yields `Question`s, a question yields `Trace`s, and checks say `Verdict`s about
them: the paper's (A, Q, C, R) with its history. What is known of a sound is `Facts` (`facts.py`); what every record
shares stands in `record.py`. Absent is absent: nothing here is filled in with a default that means something.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from audio_cogito.facts import ATTRIBUTES, Attribute, Event, Facts, Origin, Statement, Turn
from audio_cogito.record import Record, identity

__all__ = ["ATTRIBUTES", "Attribute", "Event", "Facts", "Origin", "Record", "Statement", "Turn", "identity"]

Domain = Literal["sound", "speech", "music"]
AnswerType = Literal["choice", "yesno", "number", "order", "time", "translation", "open"]
Outcome = Literal["pass", "fail", "unscored"]
Standing = Literal["accepted", "rejected", "unscored"]


class Span(Record):
    """A part of a file, in seconds."""

    start: float
    end: float

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end:
            raise ValueError(f"a span needs 0 <= start < end, not {self.start} to {self.end}")


class Distractor(Record):
    """A wrong choice and the confusion it exploits."""

    text: str
    confusion: str


class Chain(Record):
    """Reasoning that a question came with, somebody else's. It enters the road at verify: no thinker writes it."""

    thinking: str
    text: str
    """What stands after the thinking."""
    author: str


class Posed(Record):
    """A question that a recording came with. It enters the road at think: no annotator writes it."""

    type: AnswerType
    text: str
    answer: str
    choices: tuple[str, ...] = ()
    task: str | None = None
    skill: str | None = None
    difficulty: str | None = None
    language: str | None = None
    distractors: tuple[Distractor, ...] = ()
    author: str = ""
    """Who or what wrote it."""
    beside: tuple[str, ...] = ()
    """The `ref`s of the recordings that are heard after this one, for a question about several."""
    chain: Chain | None = None


class Recording(Record):
    """What a source yields: where a sound lies and what is known of it. Nothing is decoded yet."""

    source: str
    path: str
    member: str | None = None
    span: Span | None = None
    source_id: str | None = None
    source_time: float | None = None
    """Seconds into the original work (for YouTube material, the start of the segment)."""
    group: str | None = None
    """What must not be torn apart by a split, across datasets: `youtube:ID`, a dialogue, an album."""
    split: str | None = None
    """As the source states it."""
    licence: str | None = None
    domains: tuple[Domain, ...] = ()
    facts: Facts = Facts()
    posed: tuple[Posed, ...] = ()
    """Its own questions. Only where there are none does an annotator write some."""

    @property
    def ref(self) -> str:
        """Names the place of the sound: path, member and span."""
        member = f"::{self.member}" if self.member else ""
        span = f"@{float(self.span.start)}-{float(self.span.end)}" if self.span else ""
        return f"{self.path}{member}{span}"


class Quality(Record):
    """What listeners would say of a recording of speech, as DNSMOS P.835 estimates it: 1 (bad) to 5 (excellent)."""

    signal: float
    """Of the voice alone."""
    background: float
    """How little the noise behind it disturbs."""
    overall: float


class Measurements(Record):
    """What collect measured. Levels are of what the models hear, the mono mix at 16 kHz, in dB of full scale.

    What is None was not measured, as in clips that an earlier version collected.
    """

    seconds: float
    sample_rate: int
    """Of the file, as `channels`."""
    channels: int
    peak_db: float
    rms_db: float
    silent: float
    """Share of 20 ms frames below -60 dB, 0 to 1."""
    clipped: float
    """Share of the file's samples that stand in a run of two or more at full scale, 0 to 1."""
    dc: float | None = None
    """Mean level: the part of full scale by which the sound lies beside zero, -1 to 1."""
    bandwidth_hz: float | None = None
    """The highest frequency within 60 dB of the strongest, at most 8,000; 0 where there is none but the mean level. A
    pure tone reads some 50 Hz too high, by the width of the window."""
    snr_db: float | None = None
    """An estimate: how far the loud 20 ms frames (95th percentile) stand above the quiet ones (10th). A sound without
    pauses, such as an organ or rain, has little of it and is not noisy for that."""
    not_numbers: int = 0
    """Samples of the file that are NaN or infinite."""
    speech: float | None = None
    """Share of its 32 ms windows that Silero VAD takes for speech, 0 to 1; measured where `collect.taggers` says so.
    Singing is some of it, and so is what birds and toys say now and then."""
    dnsmos: Quality | None = None
    """Measured where `collect.taggers` says so. It means something of speech alone."""


class Removed(Record):
    """Why a recording is not there for a question about several: what the ledger says of it."""

    reason: str
    detail: str


class Clip(Record):
    """A sound that the models can hear. `id` is the hash of its 16 kHz mono int16 samples under the pinned decoder."""

    id: str
    recording: Recording
    measurements: Measurements
    split: str = "train"
    beside: dict[str, Clip] = {}
    """The clips that its posed questions are also about, by the `ref` that they name; select finds them."""
    removed: dict[str, Removed] = {}
    """Those of them that a decision removed."""

    @property
    def seconds(self) -> float:
        return self.measurements.seconds

    @property
    def alone(self) -> Clip:
        """The clip without questions, as it stands in each of them."""
        recording = msgspec.structs.replace(self.recording, posed=())
        return msgspec.structs.replace(self, recording=recording, beside={}, removed={})


class Question(Record):
    """A question about one clip or several, with its key. `id` hashes what a listener is asked and what is right."""

    id: str
    clips: tuple[Clip, ...]
    type: AnswerType
    text: str
    answer: str
    choices: tuple[str, ...] = ()
    task: str | None = None
    domain: str | None = None
    skill: str | None = None
    difficulty: str | None = None
    language: str | None = None
    caption: str | None = None
    evidence: tuple[str, ...] = ()
    distractors: tuple[Distractor, ...] = ()
    author: str = ""
    """The model (name and revision) or person who wrote it."""
    seeds: tuple[str, ...] = ()
    """Ids of the seed questions that the annotator was shown."""
    chain: Chain | None = None
    """What it came with; its traces hold that as theirs, and their question without it."""


def question_id(clips: tuple[Clip, ...], type: AnswerType, text: str, choices: tuple[str, ...], answer: str) -> str:
    return identity(*(clip.id for clip in clips), type, text, *choices, answer)


class PromptRef(Record):
    """Which words were sent: a prompt's name and the digest of its file."""

    name: str
    digest: str


class Finding(Record):
    """One thing a check found, with the words it is about."""

    kind: str
    quote: str = ""
    detail: str = ""


class Verdict(Record):
    """What a check, or a person, says. `unscored` is the check's own failure and says nothing about the trace."""

    check: str
    outcome: Outcome
    reason: str = ""
    score: float | None = None
    findings: tuple[Finding, ...] = ()
    by: str | None = None
    """The model or person behind it; None for code."""
    person: bool = False
    advisory: bool = False
    """Tags without deciding."""
    at: str | None = None


class Trace(Record):
    """One draw of a thinker: the paper's (A, Q, C, R) with all that was said of it."""

    id: str
    question: Question
    draw: int
    prompt: PromptRef
    author: str
    thinking: str
    text: str
    """What stands after the thinking, as the model wrote it."""
    answer: str | None
    """None = no readable answer. Never guessed."""
    finish: str
    """Why the server stopped: `stop`, `length`, ...; `given` for a chain that came with its question."""
    closed: bool = True
    """Whether the thinking ended."""
    verdicts: tuple[Verdict, ...] = ()
    right: bool | None = None
    """Whether the answer is the key, whatever else the checks say; None = not known."""
    pass_rate: float | None = None
    """The share of right answers among the question's draws of which that is known, 0 to 1."""
    majority: str | None = None
    """What more than half of the question's draws answer, where there are three or more; None = nothing."""
    suspect_key: bool = False
    """The majority answers something else than the key: one of the two is wrong."""

    @property
    def standing(self) -> Standing:
        """The latest person's verdict decides, else every check that is not advisory must pass."""
        outcomes = [v.outcome for v in self.verdicts if v.person][-1:] or [
            v.outcome for v in self.verdicts if not v.advisory
        ]
        if "fail" in outcomes:
            return "rejected"
        return "accepted" if outcomes and "unscored" not in outcomes else "unscored"
