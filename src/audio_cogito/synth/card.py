"""The card of a dataset of scenes: what was made, counted on what was written, and a few scenes in pictures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import msgspec
import soundfile

from audio_cogito import card
from audio_cogito.store import write_whole
from audio_cogito.synth import dataset
from audio_cogito.synth.chains import timeline
from audio_cogito.synth.dataset import Composed, Making
from audio_cogito.synth.pictures import picture

SHOWN = 4
"""Scenes in pictures."""
CARD = "README.md"


@dataclass
class Counted:
    """What a dataset holds, counted scene by scene."""

    scenes: int = 0
    seconds: float = 0.0
    questions: int = 0
    forms: Counter[str] = field(default_factory=Counter)
    splits: Counter[str] = field(default_factory=Counter)
    modalities: Counter[str] = field(default_factory=Counter)
    sounds: Counter[str] = field(default_factory=Counter)
    events: Counter[int] = field(default_factory=Counter)
    skills: Counter[str] = field(default_factory=Counter)
    answers: dict[str, Counter[str]] = field(default_factory=dict)
    """By skill."""
    words: Counter[str] = field(default_factory=Counter)
    """By whose words they are."""
    places: Counter[tuple[int, int]] = field(default_factory=Counter)
    """Of the key: among how many choices, and at which of them."""
    licences: Counter[str] = field(default_factory=Counter)

    def add(self, one: Composed) -> None:
        scene = one.scene
        self.scenes += 1
        self.seconds += scene.seconds
        self.questions += len(one.asked)
        self.forms[scene.form] += 1
        self.splits[scene.split] += 1
        self.modalities[scene.modality] += 1
        self.events[len(scene.events)] += 1
        self.sounds.update(event.kind for event in scene.events)
        self.licences[" + ".join(one.licences) or "CC0-1.0 (made by the library)"] += 1
        for asked in one.asked:
            self.skills[asked.skill] += 1
            self.words[asked.by or "the composer"] += 1
            self.answers.setdefault(asked.skill, Counter())[asked.answer] += 1
            self.places[len(asked.choices), asked.choices.index(asked.answer) + 1] += 1


def write(folder: Path, making: Making) -> Counted:
    """Write the card and its pictures; gives what was counted."""
    counted = Counted()
    for one in dataset.composed(folder):
        counted.add(one)
    shown = list(islice(dataset.composed(folder), SHOWN))
    for one in shown:
        samples = soundfile.read(folder / one.path, dtype="float32")[0]
        write_whole(folder / _picture(one), picture(one.scene, samples))
    write_whole(folder / CARD, "\n".join(_lines(counted, making, shown)).encode())
    return counted


def _picture(one: Composed) -> str:
    return f"pictures/{one.scene.index:07d}.png"


def _lines(counted: Counted, making: Making, shown: list[Composed]) -> Iterator[str]:
    yield "# Composed scenes\n"
    yield f"{counted.scenes:,} scenes, {counted.seconds / 3600:,.2f} hours, {counted.questions:,} questions,"
    yield "made by the composer of audio-cogito. Every event, time and answer is exact: the score decides, nobody was"
    yield "asked. All numbers below were counted on what was written. The library's sounds are synthetic.\n"
    for title, head, rows in _tables(counted):
        yield f"## {title}\n"
        yield card.table(head, rows) + "\n"
    yield "## Settings\n"
    yield "```json\n" + msgspec.json.format(msgspec.json.encode(making), indent=1).decode() + "\n```\n"
    yield "## Some of them\n"
    for one in shown:
        yield f"![scene {one.scene.id}]({_picture(one)})\n"
        yield f"{timeline(one.scene)}\n"
        for asked in one.asked:
            yield f"- {asked.text} {' / '.join(asked.choices)}: **{asked.answer}**"
        yield ""


Table = tuple[str, tuple[str, ...], Sequence[tuple[object, ...]]]


def _tables(counted: Counted) -> Iterator[Table]:
    skills = [
        (skill, count, _frequent(counted.answers[skill], count)) for skill, count in sorted(counted.skills.items())
    ]
    yield "Questions", ("skill", "questions", "most frequent answer"), skills
    places = [(of, place, count) for (of, place), count in sorted(counted.places.items())]
    yield "Words of the questions", ("whose", "questions"), sorted(counted.words.items())
    yield "Where the key stands", ("choices", "place", "questions"), places
    for title, counts in (("Splits", counted.splits), ("Forms", counted.forms), ("Modalities", counted.modalities),
                          ("Licences", counted.licences), ("Sounds", counted.sounds)):  # fmt: skip
        yield title, (title.lower(), "scenes" if title != "Sounds" else "times"), sorted(counts.items())
    yield "Events in a scene", ("events", "scenes"), sorted(counted.events.items())


def _frequent(answers: Counter[str], count: int) -> str:
    answer, times = answers.most_common(1)[0]
    return f"{answer}, {times / count:.0%}"
