"""Decontamination: which clips and questions overlap with a benchmark, by which rule, and which rule could not run.

video        the recording's YouTube or Bilibili id is one that the benchmark hears, at the same time or another
sound        the decoded samples are equal to those of one of the benchmark's sounds
fingerprint  the clip shares seconds with one of the benchmark's sounds, whatever became of them on the way
question     the words are those of one of the benchmark's questions

A rule runs for the benchmarks whose part of the facts is there; for the others it says `not checked`, which is never 0.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, get_args

from audio_cogito.cleaning import videos
from audio_cogito.cleaning.known import Known
from audio_cogito.cleaning.likeness import Clips, Likeness
from audio_cogito.cleaning.questions import Questions, asked_of
from audio_cogito.hearing.fingerprint import SHORTEST
from audio_cogito.ledger import Drop, DropReason
from audio_cogito.types import Clip, Question, Record

Rule = Literal["video", "sound", "fingerprint", "question"]
RULES: tuple[Rule, ...] = get_args(Rule)
REASONS: dict[Rule, DropReason] = {
    "video": "benchmark_video",
    "sound": "benchmark_sound",
    "fingerprint": "benchmark_fingerprint",
    "question": "benchmark_question",
}
ABSENT: dict[Rule, str] = {
    "video": "no ids of its videos are known",
    "sound": "its sounds are not here",
    "fingerprint": "its sounds are not here",
    "question": "its questions are not here",
}
NO_PRINTS = "no fingerprints were taken"


class Hit(Record):
    """That something is a benchmark's, and how it is known."""

    rule: Rule
    benchmark: str
    detail: str


class Looked(Record, omit_defaults=False):
    """What came of one rule for one benchmark."""

    rule: Rule
    benchmark: str
    removed: int | None
    """Clips, or questions; None where the rule could not run."""
    why: str = ""
    """Why it could not run, or what it could not see."""

    @property
    def said(self) -> str:
        return "not checked" if self.removed is None else f"{self.removed:,}"


def questions_of(known: Sequence[Known]) -> tuple[Questions, dict[str, int]]:
    """The questions of all benchmarks that have some here, and how many of each are not told from its others.

    With `questions.overlaps` this is all it takes to hold rows that are to be trained on against benchmarks.
    """
    found = Questions()
    return found, {one.benchmark: found.add(one.benchmark, one.questions) for one in known if one.questions}


class Contamination:
    """The rules over what is known of benchmarks, and how much each removed."""

    def __init__(self, known: Sequence[Known], *, other_times: bool = True, likeness: Likeness | None = None) -> None:
        """`other_times`: whether another part of a benchmark's video is an overlap, too."""
        self.known = tuple(known)
        self._other_times, self._likeness = other_times, likeness
        self._videos: dict[str, list[tuple[str, videos.Heard]]] = {}
        for one in known:
            for video, heard in one.videos.items():
                self._videos.setdefault(video, []).append((one.benchmark, heard))
        self._questions, self._moulds = questions_of(known)
        self._sounds: dict[str, str] = {}
        self._heard: Counter[str] = Counter()
        self._brief: Counter[str] = Counter()
        """How many of each benchmark's sounds are too short to share what counts as one recording."""
        self._removed: Counter[tuple[Rule, str]] = Counter()
        self._clips = self._asked = 0
        """How many clips and questions were judged."""

    def hear(self, benchmark: str, clip: Clip) -> None:
        """One of a benchmark's sounds, decoded as clips are."""
        self._sounds[clip.id] = min(benchmark, self._sounds.get(clip.id, benchmark))
        self._heard[benchmark] += 1
        self._brief[benchmark] += clip.seconds < SHORTEST

    def of_clip(self, clip: Clip) -> Hit | None:
        """The first rule by which a clip is a benchmark's, but for fingerprints (`alike`)."""
        self._clips += 1
        if self._videos and (hit := self._of_video(clip)):
            return hit
        if clip.id in self._sounds:
            benchmark = self._sounds[clip.id]
            return Hit(rule="sound", benchmark=benchmark, detail=f"{benchmark} has a sound with the same samples")
        return None

    def alike(self, clips: Clips) -> Iterator[tuple[str, Hit]]:
        """The clips that share seconds with a benchmark's sound, by id; to be asked once all sounds were heard."""
        if self._likeness is None or not self._sounds:
            return
        for like in self._likeness.matches(sorted(self._sounds), clips):
            benchmark = self._sounds[like.sound]
            detail = f"{like.seconds:.1f} s are in common with {benchmark}'s sound {like.sound}"
            yield like.clip, Hit(rule="fingerprint", benchmark=benchmark, detail=detail)

    def _of_video(self, clip: Clip) -> Hit | None:
        for name in dict.fromkeys(videos.names(clip.recording)):
            for benchmark, heard in self._videos.get(videos.digest(name), ()):
                if (here := self._seen(clip, heard)) is not None:
                    times = " and ".join(f"{start:g} to {end:g} s" for start, end in heard) or "a part"
                    return Hit(rule="video", benchmark=benchmark, detail=f"{benchmark} hears {times} of {name}; {here}")
        return None

    def _seen(self, clip: Clip, heard: videos.Heard) -> str | None:
        """What of the video the clip is; None where that is another part, and other parts may stay."""
        start = clip.recording.source_time
        if start is None or not heard:
            return "this is a part of it"
        end = start + clip.seconds
        if any(begins < end and start < ends for begins, ends in heard):
            return f"this is {start:g} to {end:g} s, the same time"
        return f"this is {start:g} to {end:g} s, another time" if self._other_times else None

    def of_question(self, question: Question) -> Hit | None:
        self._asked += 1
        if not self._moulds or (found := self._questions.overlap(asked_of(question))) is None:
            return None
        return Hit(rule="question", benchmark=found.benchmark, detail=found.detail)

    def drop(self, stage: str, subject: str, hit: Hit) -> Drop:
        """The ledger's line for what is a benchmark's, counted."""
        self._removed[hit.rule, hit.benchmark] += 1
        return Drop(stage=stage, subject=subject, reason=REASONS[hit.rule], detail=hit.detail)

    def looked(self) -> Iterator[Looked]:
        """What every rule removed for every benchmark so far, or why it could not run."""
        for rule in RULES:
            for one in self.known:
                why = self._why_not(rule, one)
                removed = None if why else self._removed[rule, one.benchmark]
                yield Looked(rule=rule, benchmark=one.benchmark, removed=removed, why=why or self._unseen(rule, one))

    def _why_not(self, rule: Rule, one: Known) -> str:
        runs = {
            "video": bool(one.videos),
            "sound": bool(self._heard[one.benchmark]),
            "fingerprint": bool(self._heard[one.benchmark]),
            "question": bool(one.questions),
        }[rule]
        if rule == "fingerprint" and self._likeness is None:
            return NO_PRINTS
        if not runs:
            return ABSENT[rule]
        if rule == "fingerprint" and self._brief[one.benchmark] == self._heard[one.benchmark]:
            return f"its sounds are shorter than {SHORTEST:g} s"
        return "" if (self._asked if rule == "question" else self._clips) else "nothing was compared yet"

    def _unseen(self, rule: Rule, one: Known) -> str:
        """What a rule that ran could not see."""
        if rule == "question" and (left_out := self._moulds[one.benchmark]):
            return f"{left_out:,} of {len(one.questions):,} questions are not told from each other"
        if rule in ("sound", "fingerprint"):
            return "; ".join(self._unheard(rule, one))
        return ""

    def _unheard(self, rule: Rule, one: Known) -> Iterator[str]:
        heard, of = self._heard[one.benchmark], len(one.sounds)
        if heard < of:
            yield f"{of - heard:,} of {of:,} sounds could not be heard"
        if rule == "fingerprint" and (brief := self._brief[one.benchmark]):
            yield f"{brief:,} of {of:,} sounds are shorter than {SHORTEST:g} s"


def brought_forward(earlier: Iterable[Looked], now: Iterable[Looked], ran: Sequence[Rule]) -> Iterator[Looked]:
    """What is so of every rule: as counted now where it ran, else as an earlier invocation left it."""
    left = {(one.rule, one.benchmark): one for one in earlier}
    for one in now:
        yield one if one.rule in ran else left.get((one.rule, one.benchmark), one)


def asked_again(run: Iterable[Looked], export: Iterable[Looked]) -> Iterator[Looked]:
    """What a run removed, with the rule for questions as an export ran it where the run could not."""
    asked = {one.benchmark: one for one in export if one.rule == "question" and one.removed is not None}
    for one in run:
        again = asked.pop(one.benchmark, None) if one.rule == "question" else None
        yield again if again and one.removed is None else one
    yield from asked.values()


def lines(looked: Iterable[Looked]) -> Iterator[str]:
    """A line for each rule, as the funnel prints it."""
    found = list(looked)
    for rule in RULES:
        of_rule = [one for one in found if one.rule == rule]
        ran = [
            f"{one.benchmark} {one.said}{f' ({one.why})' if one.why else ''}"
            for one in of_rule
            if one.removed is not None
        ]
        absent = [one.benchmark for one in of_rule if one.removed is None]
        if absent:
            ran.append(f"not checked: {', '.join(absent)}")
        if of_rule:
            yield f"overlap with benchmarks by {rule}: {'; '.join(ran)}"
