"""The evidence: arms choose what they say, seeds and items are both resampled, and what is done is not done again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from audio_cogito import demo, nano
from audio_cogito.demo import domain
from audio_cogito.demo.evidence import Settings, arms, bootstrap, own_list, questions, tables
from audio_cogito.demo.evidence.__main__ import read
from audio_cogito.demo.evidence.arms import ARMS, MAIN
from audio_cogito.demo.evidence.questions import Chain, Item
from audio_cogito.demo.evidence.steps import BASE, Evidence, Exam, arm_of, name_of, seed_of
from audio_cogito.errors import SetupError
from audio_cogito.messages import Sampling
from audio_cogito.nano.lessons import SKILLS
from audio_cogito.nano.schedule import Further
from audio_cogito.synth.composing import compose
from audio_cogito.synth.palette import vocabulary
from audio_cogito.synth.questions import chosen
from audio_cogito.types import Question

ROOT = Path(__file__).parents[1]
RECIPE = ROOT / "recipes/demo.toml"
TINY = Settings(held_out=4, random_seeds=2, arm_seeds=1, sampled=1, demo=demo.Settings(questions=6, draws=2, rate=1e-4))


def asked(count: int, seed: int = 5, dial: float = 1.0) -> list[Item]:
    """Questions of the demo's domain, without sounds."""
    making = domain.making(dial, random_seed=seed, questions=4, split="train")
    scenes = [compose(making, seed, index) for index in range(count)]
    return [
        Item(scene=scene, asked=one, sound=Path("none"))
        for scene in scenes
        for one in chosen(scene, 4, vocabulary=vocabulary(making), skills=making.skills)
    ]


def judged(item: Item, reply: str, **changes: Any) -> Chain:
    return questions.judged(questions.question(item), reply, ended=True, item=0, draw=0, **changes)


# --- what a chain is worth --------------------------------------------------------------------------------------------


def test_a_gold_chain_is_right_and_lists_all_and_a_spoilt_one_is_not() -> None:
    for item in asked(15):
        gold = arms.gold(item)
        assert (judged(item, gold).right, judged(item, gold).answered, judged(item, gold).listed) == (True,) * 3
        wrong = next(choice for choice in item.asked.choices if choice != item.asked.answer)
        other = judged(item, gold.rpartition("\n")[0] + f"\n{wrong}")
        assert (other.right, other.answered, other.listed) == (False, False, True)
        first = item.scene.events[0].kind
        absent = next(kind for kind in domain.library.SMALL if kind not in {e.kind for e in item.scene.events})
        assert not judged(item, gold.replace(first, absent, 1)).listed
        unclosed = judged(item, gold.partition("</think>")[0])
        assert (unclosed.answer, unclosed.right, unclosed.answered) == (None, False, False)


def test_the_demo_asks_only_what_the_model_was_taught() -> None:
    """And in rooms, where sounds ring on, not which is longest."""
    assert {item.asked.skill for item in asked(100, dial=0.0)} == set(SKILLS)
    assert {item.asked.skill for item in asked(150)} == set(SKILLS) - {"longest"}


# --- the model's own list ---------------------------------------------------------------------------------------------


def test_keys_from_a_true_list_are_the_keys_of_the_score() -> None:
    """So that `without metadata` differs in what was heard, not in how keys are read."""
    keyless = set()
    for item in asked(100):
        heard = own_list.read(arms.gold(item))
        assert heard is not None
        key = own_list.key(heard, item.asked)
        assert key in (item.asked.answer, None), (item.asked, heard)
        keyless |= {item.asked.skill} if key is None else set()
    assert keyless <= {"louder", "longest"}


def test_a_chain_that_agrees_with_its_own_wrong_list_passes_by_that_list_alone() -> None:
    items = [one for one in asked(60) if one.asked.skill == "first"]
    item, absent = next(
        (one, kind) for one in items for kind in one.asked.choices if kind not in {e.kind for e in one.scene.events}
    )
    wrong = arms.gold(item).replace(item.asked.answer, absent)
    heard = own_list.read(wrong)
    assert heard is not None
    assert own_list.key(heard, item.asked) == absent
    about = questions.question(item, known=heard.facts(item.scene.seconds), key=absent)
    by_itself = questions.judged(about, wrong, ended=True, item=0, draw=0)
    assert (by_itself.right, by_itself.answered, by_itself.listed) == (True, True, True)
    by_score = judged(item, wrong)
    assert (by_score.right, by_score.listed) == (False, False)


@pytest.mark.parametrize(
    "reply", ["", "I cannot tell.", "<think>\nBackground: rain.\n</think>\n\nrain", "a bell at 0.5"]
)
def test_what_lists_nothing_gives_no_key(reply: str) -> None:
    assert own_list.read(reply) is None


# --- arms -------------------------------------------------------------------------------------------------------------


def drawn(item: int, draw: int, *, answered: bool, listed: bool, reply: str = "") -> Chain:
    text = reply or f"<think>\nchain {draw}\n</think>\n\nyes"
    return Chain(
        item=item, draw=draw, reply=text, ended=True, answer="yes", right=answered, answered=answered, listed=listed
    )


CHAINS = [
    drawn(0, 0, answered=True, listed=True),
    drawn(0, 1, answered=True, listed=True),
    drawn(0, 2, answered=True, listed=False),
    drawn(1, 0, answered=True, listed=False),
    drawn(1, 1, answered=False, listed=True),
    drawn(2, 0, answered=False, listed=False),
    drawn(3, 0, answered=False, listed=False, reply="<think>\nthat never ends"),
]


@pytest.mark.parametrize(
    ("arm", "items"), [(MAIN, [0]), ("answers", [0, 1]), ("unverified", [0, 1, 2]), ("no-metadata", [0])]
)
def test_an_arm_teaches_what_its_checks_pass_one_row_a_question(arm: str, items: list[int]) -> None:
    found = arms.taught(arm, asked(1), CHAINS, 1)
    assert [row.item for row in found] == items
    assert len(arms.taught(arm, asked(1), CHAINS, 9)) > len(items)
    assert found == arms.taught(arm, asked(1), CHAINS[::-1], 1)


def test_matched_arms_have_as_many_rows_and_never_one_twice() -> None:
    rows = arms.taught("unverified", asked(1), CHAINS, 9)
    for seed in range(5):
        found = arms.matched(rows, 3, seed)
        assert len(found) == 3
        assert all(found.count(row) == 1 and row in rows for row in found)
    assert arms.matched(rows, 3, 0) != arms.matched(rows, 3, 1)
    assert len(arms.matched(rows, 100, 0)) == len(rows)


def test_every_arm_says_by_what_it_was_chosen() -> None:
    assert {arm.name for arm in ARMS if arm.truth == "oracle"} == {MAIN, "answers", "answers-all", "gold", "no-seeds"}
    assert next(arm for arm in ARMS if arm.name == "no-metadata").truth == "own list"
    assert all(arm_of(name_of(3, arm.name)) == arm and seed_of(name_of(3, arm.name)) == 3 for arm in ARMS)


# --- intervals --------------------------------------------------------------------------------------------------------


def test_the_interval_holds_the_spread_of_seeds_and_that_of_items() -> None:
    draw = np.random.default_rng(1)
    before = draw.random((1, 400)) < 0.5
    alike = np.repeat(draw.random((1, 400)) < 0.6, 6, axis=0)
    of_items = bootstrap.effect(np.repeat(before, 6, axis=0).tolist(), alike.tolist())
    one = bootstrap.effect(before.tolist(), alike[:1].tolist())
    assert of_items.low == pytest.approx(one.low, abs=0.6)
    assert of_items.high == pytest.approx(one.high, abs=0.6)
    none, all_ = np.zeros((6, 400), bool), np.zeros((6, 400), bool)
    all_[:3] = True
    of_seeds = bootstrap.effect(none.tolist(), all_.tolist())
    assert (of_seeds.difference, of_seeds.by_seed) == (50.0, (100.0,) * 3 + (0.0,) * 3)
    assert of_seeds.low < 17
    assert of_seeds.high > 83


def test_the_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    """Seeds and items both differ by chance; the truth is 0."""
    draw, held = np.random.default_rng(2), 0
    for _ in range(60):
        after = draw.random((8, 100)) < 0.5 + 0.03 * draw.standard_normal((8, 1))
        before = np.repeat(draw.random((1, 100)) < 0.5, 8, axis=0)
        low, high = bootstrap.interval((after.astype(float) - before) * 100)
        held += low <= 0 <= high
    assert 53 <= held <= 60


def test_a_difference_the_other_way_is_the_negative() -> None:
    draw = np.random.default_rng(3)
    a, b = (draw.random((2, 3, 100)) < 0.5).tolist()
    there, back = bootstrap.effect(a, b), bootstrap.effect(b, a)
    assert there.difference == -back.difference
    assert there.low == pytest.approx(-back.high, abs=0.5)
    with pytest.raises(ValueError, match="are not beside"):
        bootstrap.effect(a, b[:2])


def test_a_majority_is_of_readable_answers_and_the_earliest_wins_a_tie() -> None:
    def run(*answers: str | None) -> Exam:
        return Exam(answers=answers, right=tuple(one == "a" for one in answers), listed=(False,) * len(answers))

    runs = [run("a", None, "b", "b"), run("b", None, "a", None), run("a", None, "b", "a"), run("b", None, "b", None)]
    assert tables.majority(runs) == [True, False, False, False]


# --- steps ------------------------------------------------------------------------------------------------------------


class Scripted:
    """Stands in for a checkpoint: gold chains, of which every third is wrong."""

    def __init__(self, done: list[str], stop_after: int) -> None:
        self._done, self._stop_after = done, stop_after

    def chains(
        self,
        items: Sequence[Item],
        sampling: Sampling,
        *,
        draws: int = 1,
        random_seed: int = 0,
        about: Callable[[Item], Question] = questions.question,
    ) -> list[Chain]:
        if len(self._done) == self._stop_after:
            raise KeyboardInterrupt
        self._done.append(f"{len(items)} x {draws}")
        found = []
        for number, item in enumerate(items):
            for draw in range(draws):
                wrong = number % 3 == 2
                reply = arms.gold(item)
                reply = reply.rpartition("\n")[0] + "\nsomething else" if wrong else reply
                found.append(questions.judged(about(item), reply, ended=True, item=number, draw=draw))
        return found


def scripted(patch: pytest.MonkeyPatch, *, stop_after: int = -1) -> list[str]:
    done: list[str] = []

    def teach(_: Evidence, rows: Path, out: Path, teaching: Further) -> None:
        out.mkdir()
        (out / "taught").write_text(f"{teaching.random_seed} {len(rows.read_bytes().splitlines())}")
        done.append(f"teach {out.name}")

    patch.setattr(nano, "require", lambda: None)
    patch.setattr(Evidence, "_speaker", lambda *_: Scripted(done, stop_after))
    patch.setattr(Evidence, "_teach", teach)
    return done


def under_way(folder: Path, settings: Settings = TINY) -> Evidence:
    return Evidence(folder, settings, RECIPE, say=lambda _: None)


def test_what_was_stopped_goes_on_and_ends_as_if_it_had_not_been(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = scripted(monkeypatch)
    under_way(tmp_path / "whole").walk()
    parts: list[str] = []
    for stop_after in (1, 4, -1):
        done = scripted(monkeypatch, stop_after=stop_after)
        if stop_after > 0:
            with pytest.raises(KeyboardInterrupt):
                under_way(tmp_path / "parts").walk()
        else:
            under_way(tmp_path / "parts").walk()
        parts += done
    assert sorted(parts) == sorted(whole)
    again = scripted(monkeypatch)
    under_way(tmp_path / "parts").walk()
    assert again == []
    once, stopped = (tables.result(under_way(tmp_path / name)) for name in ("whole", "parts"))
    assert once.arms == stopped.arms
    for name in ("0-verified", "0-unverified"):
        assert (tmp_path / "parts/rows" / f"{name}.jsonl").stat().st_size > 100


def test_arms_of_a_seed_share_its_chains_and_their_number_of_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = scripted(monkeypatch)
    under_way(tmp_path).walk()
    assert done.count("6 x 2") == 3, "one drawing a seed, and one for the plain questions of the first"
    found = {arm.name: arm for arm in tables.result(under_way(tmp_path)).arms}
    assert found[MAIN].random_seeds == (0, 1)
    assert all(arm.random_seeds == (0,) for name, arm in found.items() if name != MAIN)
    assert found["unverified"].rows == found["answers"].rows == found[MAIN].rows[:1]
    assert found["unverified-all"].rows[0] > found[MAIN].rows[0]


def test_tables_of_a_part_say_only_what_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scripted(monkeypatch)
    one = under_way(tmp_path)
    with pytest.raises(SetupError, match="no two exams yet"):
        tables.result(one)
    one.examined(BASE)
    one.examined(name_of(0, MAIN))
    said = tables.write(one)
    assert "answer and events verified | oracle | 1 |" in said
    assert "nothing verified" not in said
    assert "sampled" not in said


def test_other_settings_are_refused_and_named(tmp_path: Path) -> None:
    under_way(tmp_path)
    with pytest.raises(SetupError, match="holds evidence with other settings"):
        under_way(tmp_path, msgspec.structs.replace(TINY, held_out=5))


@pytest.mark.parametrize(
    ("override", "fault"),
    [("held_uot=3", "held_out"), ("on=train", "on"), ("demo.rate=-1", "rate"), ("random_seeds=0", "random_seeds")],
)
def test_what_is_wrong_with_the_settings_is_said(override: str, fault: str) -> None:
    with pytest.raises(SetupError, match=fault) as error:
        read(ROOT / "recipes/evidence.toml", (override,))
    assert "\n" not in str(error.value)
    with pytest.raises(SetupError, match="there is no recipe gone"):
        read(Path("gone"))


def test_the_shipped_settings_teach_as_the_demo_does() -> None:
    settings = read(ROOT / "recipes/evidence.toml")
    assert (settings.random_seeds, settings.arm_seeds, settings.held_out) == (8, 3, 2000)
    own, usual = settings.demo, demo.Settings()
    assert (own.rate, own.batch, own.epochs, own.dial, own.draws) == (
        usual.rate, usual.batch, usual.epochs, usual.dial, usual.draws,
    )  # fmt: skip


def test_the_tables_in_docs_are_those_of_the_numbers_beside_them() -> None:
    numbers = msgspec.json.decode((ROOT / "docs/evidence.json").read_bytes(), type=tables.Result)
    assert tables.text(numbers) in (ROOT / "docs/evidence.md").read_text("utf-8")
    assert numbers.settings == read(ROOT / "recipes/evidence.toml")
