"""What an export's rows hold, counted one by one while they are written, for the card.

Memory does not grow with the rows: what is kept is a count for each source, skill, licence, author and hundred words.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from audio_cogito.exports import Sample
from audio_cogito.stages.think import GIVEN
from audio_cogito.types import Clip

NOT_STATED = "not stated"
BIN = 100
"""Words, the width of a bar of the histogram."""
SKILLS_KEPT = 500
"""Different skills counted for a source: they are a model's free words. Later ones count as `other`."""


@dataclass
class Heard:
    """What came of one source's sounds, each counted once."""

    sounds: int = 0
    seconds: float = 0.0


@dataclass
class Counted:
    """What an export's rows hold, counted one by one."""

    splits: Counter[str] = field(default_factory=Counter)
    sources: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Rows by domain and source."""
    skills: dict[tuple[str, str], Counter[str]] = field(default_factory=dict)
    heard: dict[str, Heard] = field(default_factory=dict)
    words: Counter[int] = field(default_factory=Counter)
    """Chains by hundreds of words."""
    words_sum: int = 0
    words_least: int = 0
    words_most: int = 0
    licences: Counter[str] = field(default_factory=Counter)
    authors: Counter[tuple[str, str]] = field(default_factory=Counter)
    checks: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Rows by check and outcome."""
    seen_by_a_person: int = 0
    posed: int = 0
    """Rows whose question came with its recording."""
    given: int = 0
    """Rows whose chain came with its question."""
    _last_clips: frozenset[str] = frozenset()

    @property
    def rows(self) -> int:
        return self.splits.total()

    def add(self, sample: Sample, split: str) -> None:
        trace, clips = sample.trace, sample.trace.question.clips
        self._count_words(len(trace.thinking.split()))
        self.splits[split] += 1
        self._count_sources(clips, trace.question.skill)
        self._count_seconds(clips)
        self.licences[" + ".join(sorted({clip.recording.licence or NOT_STATED for clip in clips}))] += 1
        self.authors[("questions", trace.question.author or NOT_STATED)] += 1
        self.authors[("chains", trace.author)] += 1
        self.posed += not trace.question.seeds and trace.question.caption is None
        self.given += trace.finish == GIVEN
        self.checks.update({(verdict.check, verdict.outcome) for verdict in trace.verdicts})
        self.seen_by_a_person += any(verdict.person for verdict in trace.verdicts)

    def _count_words(self, count: int) -> None:
        self.words_least = min(self.words_least, count) if self.rows else count
        self.words_most = max(self.words_most, count)
        self.words_sum += count
        self.words[count // BIN] += 1

    def _count_sources(self, clips: tuple[Clip, ...], skill: str | None) -> None:
        domains = dict.fromkeys(domain for clip in clips for domain in clip.recording.domains)
        place = (
            "+".join(domains) or NOT_STATED,
            " + ".join(sorted({clip.recording.source for clip in clips})),
        )
        self.sources[place] += 1
        counts, name = self.skills.setdefault(place, Counter()), " ".join((skill or NOT_STATED).lower().split())
        counts[name if name in counts or len(counts) < SKILLS_KEPT else "other"] += 1

    def _count_seconds(self, clips: tuple[Clip, ...]) -> None:
        # A clip's questions stand together (traces come in order of clip id), so one look back tells what is new.
        for clip in clips:
            if clip.id not in self._last_clips:
                heard = self.heard.setdefault(clip.recording.source, Heard())
                heard.sounds += 1
                heard.seconds += clip.seconds
        self._last_clips = frozenset(clip.id for clip in clips)
