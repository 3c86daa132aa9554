"""What is said of the exams that are there, in tables; arms and seeds that are not there yet are left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import fmean

import msgspec

from audio_cogito.demo.evidence import Settings
from audio_cogito.demo.evidence.arms import ARMS, MAIN, Arm
from audio_cogito.demo.evidence.bootstrap import Effect, effect
from audio_cogito.demo.evidence.steps import BASE, Evidence, Exam, name_of
from audio_cogito.errors import SetupError
from audio_cogito.store import write_whole
from audio_cogito.types import Record

MAJORITY = 4
"""Sampled runs whose most frequent answer is taken."""
Marks = Callable[[Exam], Sequence[bool]]
MEASURES: tuple[tuple[str, Marks], ...] = (("answers", lambda exam: exam.right), ("lists", lambda exam: exam.listed))


class ArmResult(Record):
    """An arm over the random seeds that it was run with."""

    name: str
    title: str
    truth: str
    random_seeds: tuple[int, ...]
    rows: tuple[int, ...]
    steps: tuple[int, ...]
    over_base: dict[str, Effect]
    """By measure: the arm minus the base."""
    over_main: dict[str, Effect]
    """The arm minus the main one, of the same seeds; empty for the main one itself."""


class SampledResult(Record):
    """Shares in percent of one model, beside its greedy exam."""

    name: str
    runs: int
    greedy: float
    sampled: float
    majority: float | None
    lists_greedy: float
    lists_sampled: float


class Result(Record):
    settings: Settings
    base_seconds: float
    arms: tuple[ArmResult, ...]
    sampled: tuple[SampledResult, ...]
    skills: dict[str, tuple[int, float, float]]
    """By type of question: how many, and percent right before and after, mean over the main seeds."""
    seconds: float
    """Of processor time in all teaching and exams."""


def write(evidence: Evidence) -> str:
    found = result(evidence)
    write_whole(evidence.folder / "result.json", msgspec.json.format(msgspec.json.encode(found), indent=1) + b"\n")
    said = text(found)
    write_whole(evidence.folder / "tables.md", said.encode())
    return said


# --- counted ----------------------------------------------------------------------------------------------------------


def result(evidence: Evidence) -> Result:
    """Raises SetupError where there is nothing to compare yet."""
    exams = _Exams(evidence)
    base = exams.of(BASE)
    if base is None or exams.of(name_of(0, MAIN)) is None:
        raise SetupError(f"{evidence.folder} holds no two exams yet")
    arms = tuple(found for arm in ARMS if (found := _arm(arm, exams, base)) is not None)
    return Result(
        settings=evidence.settings,
        base_seconds=base.seconds,
        arms=arms,
        sampled=tuple(one for name in (BASE, name_of(0, MAIN)) if (one := _sampled(name, exams)) is not None),
        skills=_skills(evidence, exams, base),
        seconds=round(sum(one.seconds for one in exams.all()), 1),
    )


class _Exams:
    """Those that are there, read once."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence, self._known = evidence, dict[Path, Exam]()

    def of(self, name: str, run: int | None = None) -> Exam | None:
        path = self._evidence.exam_of(name, run)
        if path not in self._known:
            if not path.exists():
                return None
            self._known[path] = msgspec.json.decode(path.read_bytes(), type=Exam)
        return self._known[path]

    def by_seed(self, arm: str) -> dict[int, Exam]:
        seeds = range(self._evidence.settings.random_seeds)
        return {seed: exam for seed in seeds if (exam := self.of(name_of(seed, arm))) is not None}

    def runs(self, name: str) -> list[Exam]:
        return [one for run in range(self._evidence.settings.sampled) if (one := self.of(name, run)) is not None]

    def all(self) -> Iterator[Exam]:
        for path in sorted((self._evidence.folder / "exams").glob("*.json")):
            yield msgspec.json.decode(path.read_bytes(), type=Exam)


def _arm(arm: Arm, exams: _Exams, base: Exam) -> ArmResult | None:
    own, main = exams.by_seed(arm.name), exams.by_seed(MAIN)
    if not own:
        return None
    both = [seed for seed in own if seed in main and arm.name != MAIN]
    return ArmResult(
        name=arm.name,
        title=arm.title,
        truth=arm.truth,
        random_seeds=tuple(own),
        rows=tuple(exam.rows for exam in own.values()),
        steps=tuple(exam.steps for exam in own.values()),
        over_base={
            measure: effect([marks(base)] * len(own), [marks(exam) for exam in own.values()])
            for measure, marks in MEASURES
        },
        over_main={
            measure: effect([marks(main[seed]) for seed in both], [marks(own[seed]) for seed in both])
            for measure, marks in MEASURES
            if both
        },
    )


def _sampled(name: str, exams: _Exams) -> SampledResult | None:
    greedy, runs = exams.of(name), exams.runs(name)
    if greedy is None or not runs:
        return None
    return SampledResult(
        name=name,
        runs=len(runs),
        greedy=_percent(greedy.right),
        sampled=fmean(_percent(one.right) for one in runs),
        majority=_percent(majority(runs[:MAJORITY])) if len(runs) >= MAJORITY else None,
        lists_greedy=_percent(greedy.listed),
        lists_sampled=fmean(_percent(one.listed) for one in runs),
    )


def majority(runs: Sequence[Exam]) -> list[bool]:
    """Whether the most frequent answer is right; of equally frequent ones that of the earliest run. None is none."""
    right = []
    for place in range(len(runs[0].answers)):
        said = [one.answers[place] for one in runs if one.answers[place] is not None]
        most = Counter(said).most_common(1)
        right.append(bool(most) and any(one.right[place] for one in runs if one.answers[place] == most[0][0]))
    return right


def _skills(evidence: Evidence, exams: _Exams, base: Exam) -> dict[str, tuple[int, float, float]]:
    by_skill: dict[str, list[int]] = {}
    for place, item in enumerate(evidence.items("held-out")):
        by_skill.setdefault(item.asked.skill, []).append(place)
    taught = list(exams.by_seed(MAIN).values())
    return {
        skill: (
            len(places),
            _percent([base.right[place] for place in places]),
            fmean(_percent([one.right[place] for place in places]) for one in taught),
        )
        for skill, places in sorted(by_skill.items())
    }


def _percent(marks: Sequence[bool]) -> float:
    return 100 * sum(marks) / len(marks)


# --- said -------------------------------------------------------------------------------------------------------------


def text(found: Result) -> str:
    """The tables in Markdown."""
    parts = (_main(found), _arms(found), _sampling(found), _by_skill(found))
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def _main(found: Result) -> list[str]:
    main = found.arms[0]
    lines = _table("before", "after", "difference", "95 % interval", "seeds that gain", "by seed")
    for measure, one in main.over_base.items():
        gains = sum(difference > 0 for difference in one.by_seed)
        by_seed = ", ".join(f"{difference:+.1f}" for difference in one.by_seed)
        lines.append(
            f"| {NAMES[measure]} | {one.a:.1f} | {one.b:.1f} | {one.difference:+.1f} | {_interval(one)} "
            f"| {gains} of {len(one.by_seed)} | {by_seed} |"
        )
    return lines


NAMES = {"answers": "answers right, %", "lists": "event lists exact, %"}


def _arms(found: Result) -> list[str]:
    lines = _table("truth", "seeds", "rows", "steps", "answers", "over base", "over the first", "lists", "over base",
                   "over the first")  # fmt: skip
    for arm in found.arms:
        cells = [arm.truth, str(len(arm.random_seeds)), f"{fmean(arm.rows):.0f}", f"{fmean(arm.steps):.0f}"]
        for measure, one in arm.over_base.items():
            beside = arm.over_main.get(measure)
            cells += [f"{one.b:.1f}", _effect(one), _effect(beside) if beside else ""]
        lines.append(f"| {arm.title} | {' | '.join(cells)} |")
    return lines


def _sampling(found: Result) -> list[str]:
    if not found.sampled:
        return []
    lines = _table("greedy", "sampled", "runs", f"majority of {MAJORITY}", "lists, greedy", "lists, sampled")
    for one in found.sampled:
        vote = "" if one.majority is None else f"{one.majority:.1f}"
        lines.append(
            f"| {'base' if one.name == BASE else 'taught (first seed)'} | {one.greedy:.1f} | {one.sampled:.1f} "
            f"| {one.runs} | {vote} | {one.lists_greedy:.1f} | {one.lists_sampled:.1f} |"
        )
    return lines


def _by_skill(found: Result) -> list[str]:
    lines = _table("questions", "before", "after")
    for skill, (count, before, after) in found.skills.items():
        lines.append(f"| {skill} | {count} | {before:.0f} | {after:.0f} |")
    return lines


def _table(*headings: str) -> list[str]:
    return [f"| | {' | '.join(headings)} |", f"|---|{'--:|' * len(headings)}"]


def _effect(one: Effect) -> str:
    return f"{one.difference:+.1f} ({_interval(one)})"


def _interval(one: Effect) -> str:
    return f"{one.low:+.1f} to {one.high:+.1f}"
