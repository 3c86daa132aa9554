"""Two runs side by side: the tests by hand, the intervals by simulation, and what must not be compared."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from audio_cogito.errors import SetupError
from audio_cogito.grading import agreement, comparison
from audio_cogito.grading.scores import Graded
from road import cogito_here


def graded(number: int, correct: Any = 1, rubric: float | None = None, **changes: Any) -> Graded:
    outcome = "missing" if correct is None else "scored"
    given = {"groups": {"modality": "sound" if number % 2 else "music"}, "said": f"{number}"} | changes
    return Graded(id=f"item {number}", correct=correct, rubric=rubric, outcome=outcome, **given)  # type: ignore[arg-type]


def run(correct: list[Any], **changes: Any) -> dict[str, Graded]:
    return {f"item {n}": graded(n, one, **changes) for n, one in enumerate(correct)}


def write(folder: Path, found: dict[str, Graded]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "graded.jsonl").write_bytes(msgspec.json.Encoder().encode_lines(list(found.values())))
    return folder


# --- the tests --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("only_a", "only_b", "p"),
    [(0, 0, 1.0), (1, 9, 22 / 1024), (9, 1, 22 / 1024), (5, 5, 1.0), (0, 6, 2 / 64), (400, 600, 2.7e-10)],
)
def test_mcnemar_is_the_exact_binomial_probability(only_a: int, only_b: int, p: float) -> None:
    assert comparison.mcnemar(only_a, only_b) == pytest.approx(p, rel=0.02)


def test_interval_is_that_of_resampled_items() -> None:
    rng = np.random.default_rng(1)
    differences = rng.choice([-100.0, 0.0, 0.0, 100.0, 100.0], size=200)
    picked = rng.integers(0, 200, size=(4000, 200))
    low, high = np.percentile(differences[picked].mean(axis=1), (2.5, 97.5))
    found = comparison.interval(differences)
    assert found == pytest.approx((low, high), abs=1.0)
    assert found == comparison.interval(differences)


def test_interval_covers_the_truth_as_often_as_it_says() -> None:
    rng, hits = np.random.default_rng(2), 0
    for _ in range(200):
        low, high = comparison.interval(rng.choice([-100.0, 0.0, 100.0], p=[0.1, 0.7, 0.2], size=300))
        hits += low <= 10.0 <= high
    assert 180 <= hits <= 199


def test_a_clear_difference_is_told_and_a_small_one_is_a_tie() -> None:
    a = run([0] * 40 + [1] * 60)
    clear, small = run([1] * 30 + [0] * 10 + [1] * 60), run([1] * 4 + [0] * 36 + [0] * 1 + [1] * 59)
    found = comparison.accuracy(comparison.paired(a, clear))
    assert found is not None
    assert (found.only_a, found.only_b, found.difference, found.verdict) == (0, 30, 30.0, "B is higher")
    found = comparison.accuracy(comparison.paired(a, small))
    assert found is not None
    assert (found.only_a, found.only_b, found.verdict) == (1, 4, "tie")
    found = comparison.accuracy(comparison.paired(clear, a))
    assert found is not None
    assert found.verdict == "A is higher"


def test_small_groups_are_marked() -> None:
    pairs = comparison.paired(run([0] * 20), run([1] * 20))
    found = comparison.accuracy(pairs)
    assert found is not None
    assert found.verdict == "too few to say"
    groups = {name: one.pairs for _, name, one in comparison.by_group(pairs, comparison.accuracy)}
    assert groups == {"music": 10, "sound": 10}


def test_items_that_one_run_left_out_are_in_no_pair() -> None:
    pairs = comparison.paired(run([1, None, 0]), run([1, 1, None]))
    found = comparison.accuracy(pairs)
    assert found is not None
    assert found.pairs == 1


def test_rubrics_of_different_judges_are_not_compared() -> None:
    a, b = run([1] * 40, rubric=0.4, judge="x@1"), run([1] * 40, rubric=0.8, judge="y@1")
    assert comparison.rubrics(comparison.paired(a, b)) is None
    same = run([1] * 40, rubric=0.8, judge="x@1")
    found = comparison.rubrics(comparison.paired(a, same))
    assert found is not None
    assert (found.difference, found.p, found.verdict) == (pytest.approx(40.0), None, "B is higher")


def test_runs_over_other_items_are_refused() -> None:
    with pytest.raises(SetupError, match="1 are in one of them alone"):
        comparison.paired(run([1, 1]), run([1, 1, 1]))


# --- agreement --------------------------------------------------------------------------------------------------------


def test_alpha_is_that_of_krippendorffs_example() -> None:
    """Computing Krippendorff's Alpha-Reliability (2011), A: two observers, ten units, binary; alpha is 0.095."""
    a = (0, 1, 0, 0, 0, 0, 0, 0, 1, 0)
    b = (1, 1, 1, 0, 0, 1, 0, 0, 0, 0)
    pairs = [(float(x), float(y)) for x, y in zip(a, b, strict=True)]
    assert agreement.alpha(pairs, agreement.nominal) == pytest.approx(0.095, abs=0.0005)
    assert agreement.alpha(pairs, agreement.interval) == pytest.approx(0.095, abs=0.0005)


def test_alpha_is_one_for_equal_ratings_and_has_no_value_for_one_rating() -> None:
    assert agreement.alpha([(0.0, 0.0), (1.0, 1.0)], agreement.interval) == 1.0
    assert agreement.alpha([(1.0, 1.0), (1.0, 1.0)], agreement.interval) is None


def test_alpha_of_chance_is_near_zero() -> None:
    rng = np.random.default_rng(3)
    pairs = [(float(a), float(b)) for a, b in rng.integers(0, 2, size=(4000, 2))]
    found = agreement.alpha(pairs, agreement.nominal)
    assert found is not None
    assert abs(found) < 0.05


def judged(judge: str, points: tuple[float, ...], count: int = 4) -> dict[str, Graded]:
    return {
        f"item {n}": graded(n, 1 if n else 0, 0.0 if n == 0 else sum(points) / len(points), judge=judge,
                            points=() if n == 0 else (points,) * 5)
        for n in range(count)
    }  # fmt: skip


def test_wrong_answers_are_no_agreement_and_criteria_are_told_apart() -> None:
    found = agreement.agreement(judged("x@1", (1, 1, 0, 0, 0)), judged("y@1", (1, 0, 1, 0, 0)))
    assert (found.items, found.exact, found.criteria) == (3, 1.0, 15)
    assert found.criteria_exact == pytest.approx(9 / 15)
    assert found.judges == ("x@1", "y@1")


@pytest.mark.parametrize(
    ("changes", "said"),
    [({"said": "other words"}, "different answers"), ({"judge": None, "rubric": None}, "no chain was scored")],
)
def test_what_is_not_two_judges_of_one_answer_is_refused(changes: dict[str, Any], said: str) -> None:
    a = judged("x@1", (1, 1, 0, 0, 0))
    b = {id_: msgspec.structs.replace(one, **changes) for id_, one in judged("y@1", (1, 1, 0, 0, 0)).items()}
    with pytest.raises(SetupError, match=said):
        agreement.agreement(a, b)


# --- the commands -----------------------------------------------------------------------------------------------------


def test_compare_prints_each_group_with_its_verdict(tmp_path: Path) -> None:
    a, b = run([0] * 40 + [1] * 60), run([1] * 30 + [0] * 10 + [1] * 60)
    done = cogito_here("compare", str(write(tmp_path / "a", a)), str(write(tmp_path / "b", b)))
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert any(line.startswith("Avg") and "+30.00" in line and "B is higher" in line for line in lines)
    assert any(line.startswith("modality: sound") for line in lines)


def test_runs_without_a_right_or_wrong_answer_are_said_not_to_be_compared(tmp_path: Path) -> None:
    translated = run([None, None])
    done = cogito_here("compare", str(write(tmp_path / "a", translated)), str(write(tmp_path / "b", translated)))
    assert done.returncode == 0, done.stderr
    assert "nothing is compared" in done.stdout


def test_agreement_prints_alpha_and_share(tmp_path: Path) -> None:
    a, b = judged("x@1", (1, 1, 0, 0, 0)), judged("y@1", (1, 0, 1, 0, 0))
    done = cogito_here("agreement", str(write(tmp_path / "a", a)), str(write(tmp_path / "b", b)))
    assert done.returncode == 0, done.stderr
    assert "has no value, since all ratings are one, 100.0% equal, over 3 right answers" in done.stdout
    assert "60.0% equal, over 15 criteria" in done.stdout


@pytest.mark.parametrize("command", ["compare", "agreement"])
@pytest.mark.parametrize(
    ("text", "said"), [(None, "holds no graded.jsonl"), ("", "holds no item"), ("{", "cannot be read"),
                       (json.dumps({"id": 1}), "cannot be read")],
)  # fmt: skip
def test_folder_that_is_no_scored_run_is_one_line(tmp_path: Path, command: str, text: str | None, said: str) -> None:
    good, bad = write(tmp_path / "a", run([1, 0])), tmp_path / "b"
    bad.mkdir()
    if text is not None:
        (bad / "graded.jsonl").write_text(text)
    done = cogito_here(command, str(good), str(bad))
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert said in done.stderr
