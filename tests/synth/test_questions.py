"""Every key is true of the score and every wrong choice false; the key cannot be found without listening."""

from __future__ import annotations

import sys
from collections import Counter
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from audio_cogito.synth.asking import Asked
from audio_cogito.synth.composing import compose
from audio_cogito.synth.library import KINDS, clashes
from audio_cogito.synth.measures import LOUDER_DB
from audio_cogito.synth.pairs import pair_questions
from audio_cogito.synth.palette import vocabulary
from audio_cogito.synth.questions import chosen, questions
from audio_cogito.synth.scenes import Room, Scene
from audio_cogito.synth.settings import DIALS
from audio_cogito.synth.wordings import CONCLUSIONS, QUESTIONS

sys.path.insert(0, str(Path(__file__).parent))
from synth.truth import is_true

MEDIUM = DIALS["medium"]
DIALLED = st.sampled_from(sorted(DIALS))
SEEDS = st.integers(0, 10**6)


def asked_of(count: int, dial: str = "medium") -> list[tuple[Scene, Asked]]:
    known = vocabulary(DIALS[dial])
    scenes = [compose(DIALS[dial], 11, i) for i in range(count)]
    return [(scene, asked) for scene in scenes for asked in questions(scene, vocabulary=known)]


@settings(max_examples=300, deadline=None)
@given(dial=DIALLED, seed=SEEDS)
@example(dial="hard", seed=2646)
def test_key_is_true_and_every_wrong_choice_false(dial: str, seed: int) -> None:
    scene = compose(DIALS[dial], seed, seed % 7)
    for asked in questions(scene, vocabulary=vocabulary(DIALS[dial])):
        assert asked.answer in asked.choices
        assert len(set(asked.choices)) == len(asked.choices) >= 2
        assert {d.text for d in asked.distractors} == set(asked.choices) - {asked.answer}
        for choice in asked.choices:
            assert is_true(asked, choice, scene) == (choice == asked.answer), (asked, choice)


@settings(max_examples=300, deadline=None)
@given(dial=DIALLED, seed=SEEDS)
def test_questions_about_two_recordings_have_true_keys(dial: str, seed: int) -> None:
    one, other = compose(DIALS[dial], seed, 0), compose(DIALS[dial], seed, 1)
    for asked in pair_questions(one, other, vocabulary=vocabulary(DIALS[dial])):
        assert asked.other == other.index
        for choice in asked.choices:
            assert is_true(asked, choice, one, other) == (choice == asked.answer), (asked, choice)


@pytest.mark.long
def test_every_skill_is_asked_with_all_its_wordings() -> None:
    found: dict[str, set[str]] = {}
    for dial in DIALS:
        for _, asked in asked_of(500, dial):
            said = asked.text
            for template in QUESTIONS[asked.skill]:
                if template.format(x=asked.x, y=asked.y, n=asked.n) == said:
                    found.setdefault(asked.skill, set()).add(template)
    for index in range(0, 3000, 2):
        one, other = compose(DIALS["easy"], 1, index), compose(DIALS["easy"], 1, index + 1)
        for asked in pair_questions(one, other):
            for template in QUESTIONS[asked.skill]:
                if template.format(x=asked.x, y=asked.y) == asked.text:
                    found.setdefault(asked.skill, set()).add(template)
    assert {skill: len(texts) for skill, texts in found.items()} == {skill: len(t) for skill, t in QUESTIONS.items()}
    assert set(CONCLUSIONS) == set(QUESTIONS)


def test_key_stands_at_every_place_equally_often() -> None:
    places: dict[int, Counter[int]] = {}
    for _, asked in asked_of(600):
        places.setdefault(len(asked.choices), Counter())[asked.choices.index(asked.answer)] += 1
    for choices, counts in places.items():
        total = counts.total()
        spread = 4 * (total / choices) ** 0.5
        assert all(abs(counts[i] - total / choices) < spread + 0.01 * total for i in range(choices)), (choices, counts)


@pytest.mark.long
def test_list_that_is_most_like_the_others_is_no_more_often_the_key() -> None:
    right = total = 0.0
    for _, asked in asked_of(1500, "medium"):
        if asked.skill != "order":
            continue
        lists = [choice.split(", then ") for choice in asked.choices]
        unlike = [sum(a != b for other in lists for a, b in zip(one, other, strict=True)) for one in lists]
        most = [choice for choice, far in zip(asked.choices, unlike, strict=True) if far == min(unlike)]
        right += (asked.answer in most) / len(most)
        total += 1
    assert total > 100
    assert right / total < 0.25 + 3 * (0.25 * 0.75 / total) ** 0.5


@pytest.mark.long
@pytest.mark.parametrize(("skill", "most"), [("present", 0.56), ("count", 0.5), ("pitch", 0.45), ("background", 0.4)])
def test_answers_that_are_chosen_come_about_equally_often(skill: str, most: float) -> None:
    known, answers = vocabulary(MEDIUM), Counter[str]()
    for i in range(2500):
        answers.update(a.answer for a in chosen(compose(MEDIUM, 2, i), 3, vocabulary=known) if a.skill == skill)
    assert answers.total() > 150
    assert max(answers.values()) / answers.total() < most, answers


@pytest.mark.long
def test_who_knows_all_statistics_but_hears_nothing_fares_hardly_better_than_chance() -> None:
    """A guesser that has learnt, of other scenes, which answer goes with which skill and choices, and each family."""
    known = vocabulary(MEDIUM)

    def posed(seeds: range) -> list[Asked]:
        return [a for i in seeds for a in chosen(compose(MEDIUM, 3, i), 3, vocabulary=known)]

    def signs(asked: Asked, choice: str) -> tuple[object, ...]:
        families = Counter(known.family(one) for one in asked.choices)
        numeric = choice if choice not in KINDS else families[known.family(choice)]
        return asked.skill, numeric, tuple(sorted(asked.choices)) if choice not in KINDS else len(asked.choices)

    seen, right = Counter[object](), Counter[object]()
    for asked in posed(range(3000)):
        for choice in asked.choices:
            seen[signs(asked, choice)] += 1
            right[signs(asked, choice)] += choice == asked.answer
    hits, chance, tests = 0, 0.0, posed(range(3000, 4000))
    for asked in tests:
        best = max(asked.choices, key=lambda c: (right[signs(asked, c)] + 1) / (seen[signs(asked, c)] + 4))
        hits += best == asked.answer
        chance += 1 / len(asked.choices)
    print(f"blind {hits / len(tests):.3f}, chance {chance / len(tests):.3f}")
    assert hits / len(tests) < chance / len(tests) + 0.08


def test_questions_that_are_chosen_train_different_skills() -> None:
    for i in range(200):
        scene = compose(MEDIUM, 2, i)
        skills = [asked.skill for asked in chosen(scene, 4, vocabulary=vocabulary(MEDIUM))]
        assert 1 <= len(skills) == len(set(skills)) <= 4


def test_what_cannot_be_heard_for_certain_is_not_asked() -> None:
    for scene, asked in asked_of(500, "hard"):
        names = {event.kind: event for event in scene.events}
        if asked.skill in ("pause", "length"):
            assert KINDS[asked.x or ""].lasting
            assert scene.room is None
        if asked.skill == "louder":
            assert abs(names[asked.x or ""].level_db - names[asked.y or ""].level_db) >= LOUDER_DB
        if asked.skill == "count":
            same = [event for event in scene.events if event.kind == asked.x]
            assert all(b.start - a.end > 0.25 for a, b in pairwise(same))
        if asked.skill not in ("background", "order") and asked.type == "choice":
            wrong = [choice for choice in asked.choices if choice in KINDS and choice not in names]
            assert not any(clashes(scene.background, KINDS[name]) for name in wrong)


def test_hall_forbids_questions_about_ends() -> None:
    for i in range(100):
        scene = compose(MEDIUM, 4, i)
        ringing = msgspec.structs.replace(scene, room=Room(seconds=0.6, below_db=6, random_seed=0))
        skills = {asked.skill for asked in questions(ringing)}
        assert not skills & {"pause", "length", "longest", "stops_first"}


def test_wrong_choices_are_near_the_truth() -> None:
    """Right sounds at another place, a sound of the same family, a count one off."""
    confusions = Counter(d.confusion for _, asked in asked_of(300) for d in asked.distractors)
    for confusion in ("is there, at another place", "a sound of the same family", "one off", "two sounds exchanged"):
        assert confusions[confusion] > 50
    for _, asked in asked_of(200):
        if asked.skill in ("count", "total", "different", "at_once"):
            assert {abs(int(c) - int(asked.answer)) for c in asked.choices} & {1}
