"""report.html: what the demo did on one page that holds everything it shows, sounds and pictures included."""

from __future__ import annotations

import re
from base64 import b64encode
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
import numpy as np

from audio_cogito import pages
from audio_cogito.audio import Sounds
from audio_cogito.demo import exams
from audio_cogito.demo.exams import Comparison
from audio_cogito.demo.loop import Demo
from audio_cogito.pages import lengths
from audio_cogito.stages import verify
from audio_cogito.synth import dataset
from audio_cogito.synth.chains import timeline
from audio_cogito.synth.pictures import legend, picture
from audio_cogito.synth.scenes import Scene
from audio_cogito.synth.wordings import QUESTIONS
from audio_cogito.types import Record, Trace, Verdict

FILE = "report.html"
ACCEPTED, REJECTED = 4, 4
"""Samples that are shown of each."""
MOST_REASONS = 14


class Sample(Record):
    """A chain to be read, its sound and picture in base64."""

    accepted: bool
    skill: str
    question: str
    choices: tuple[str, ...]
    chain: str
    answer: str
    key: str
    truth: str
    verdicts: tuple[tuple[str, str, str], ...]
    """Check, outcome and what it found."""
    sound: str
    picture: str
    seconds: float
    legend: tuple[tuple[str, str], ...]
    """Sounds in the picture, and their colours."""


class Round(Record):
    number: int
    funnel: tuple[tuple[str, int], ...]

    def share(self, count: int) -> float:
        """Percent of the longest bar."""
        return round(100 * count / max(1, *(n for _, n in self.funnel)), 1)


def _example(wording: str) -> str:
    """What such a question asks, without its sounds and what it offers."""
    return re.sub(r"[:,].*|\?$", "?", re.sub(r"\{\w+\}", "…", wording))


def page(demo: Demo, found: Comparison) -> str:
    counted = Counted()
    for number in demo.rounds:
        for trace in verify.traces(demo.run(f"round-{number}")):
            counted.add(trace)
    return pages.page(
        Path(__file__).with_name("page.html"),
        found=found,
        asked={skill: _example(QUESTIONS[skill][0]) for skill in found.skills.keys() & QUESTIONS.keys()},
        sentence=exams.sentence(found),
        said=exams.said,
        minutes=sum(demo.seconds.values()) / 60,
        rounds=[_round(number, demo) for number in demo.rounds],
        reasons=counted.reasons.most_common(MOST_REASONS),
        lengths=lengths.columns(counted.words),
        samples=list(_samples(demo)),
        settings=[(name, str(value)) for name, value in msgspec.structs.asdict(demo.settings).items()],
        steps=demo.seconds,
    )


class Counted:
    """What is counted over the chains of all rounds."""

    def __init__(self) -> None:
        self.reasons: Counter[str] = Counter()
        self.words: dict[bool, Counter[int]] = {True: Counter(), False: Counter()}

    def add(self, trace: Trace) -> None:
        self.words[trace.standing == "accepted"][len(trace.thinking.split())] += 1
        for verdict in trace.verdicts:
            if verdict.outcome != "pass":
                self.reasons.update({f"{verdict.check}: {kind}" for kind in _kinds(verdict)})


def _kinds(verdict: Verdict) -> Iterable[str]:
    return [finding.kind.replace("_", " ") for finding in verdict.findings] or [verdict.reason or verdict.outcome]


def _round(number: int, demo: Demo) -> Round:
    stages = demo.run(f"round-{number}").record.stages
    verified = stages["verify"]
    return Round(
        number=number,
        funnel=(
            ("scenes composed", stages["collect"].made),
            ("questions asked", stages["construct"].kept),
            ("chains drawn", stages["think"].kept),
            ("right answers", sum(verified.right.values())),
            ("accepted", verified.standings.get("accepted", 0)),
            ("taught", len(demo.rows(number).read_bytes().splitlines())),
        ),
    )


# --- samples ----------------------------------------------------------------------------------------------------------


def _samples(demo: Demo) -> Iterator[Sample]:
    """Of the last round: accepted chains and rejected ones, each about another scene and of another skill."""
    number = demo.rounds[-1]
    run, sounds = demo.run(f"round-{number}"), Sounds(demo.folder / "store" / "audio")
    chosen = list(_chosen(verify.traces(run)))
    wanted = {trace.question.clips[0].recording.source_id for trace in chosen}
    scenes = {one.scene.id: one.scene for one in dataset.composed(demo.scenes(f"round-{number}"))
              if one.scene.id in wanted}  # fmt: skip
    for trace in chosen:
        yield _sample(trace, scenes[trace.question.clips[0].recording.source_id or ""], sounds)


def _chosen(traces: Iterable[Trace]) -> Iterator[Trace]:
    left = {True: ACCEPTED, False: REJECTED}
    seen: set[object] = set()
    for trace in traces:
        accepted = trace.standing == "accepted"
        marks = {(accepted, trace.question.skill), trace.question.clips[0].id}
        if left[accepted] and not marks & seen and trace.thinking:
            left[accepted] -= 1
            seen |= marks
            yield trace


def _sample(trace: Trace, scene: Scene, sounds: Sounds) -> Sample:
    question = trace.question
    clip = question.clips[0].id
    samples = sounds.samples(clip).astype(np.float32) / np.float32(32768)
    return Sample(
        accepted=trace.standing == "accepted",
        skill=question.skill or "",
        question=question.text,
        choices=question.choices,
        chain=trace.thinking,
        answer=trace.answer or trace.text or "nothing",
        key=question.answer,
        truth=timeline(scene),
        verdicts=tuple((one.check, one.outcome, ", ".join(sorted(set(_details(one))))) for one in trace.verdicts),
        sound=b64encode(sounds.flac(clip)).decode(),
        picture=b64encode(picture(scene, samples)).decode(),
        seconds=scene.seconds,
        legend=legend(scene),
    )


def _details(verdict: Verdict) -> Iterable[str]:
    kinds = _kinds(verdict) if verdict.outcome == "fail" else [verdict.reason]
    return [kind for kind in kinds if kind]
