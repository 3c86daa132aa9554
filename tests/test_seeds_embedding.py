"""`seeds lint --vectors`: questions in other words are found by what the words mean, in the pool and in benchmarks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from audio_cogito.errors import SetupError
from audio_cogito.seeds.benchmarks import Benchmark
from audio_cogito.seeds.embedding import embedded, read
from audio_cogito.seeds.lint import lint
from audio_cogito.seeds.pool import Placed, as_toml
from made import make_seed
from road import cogito

ONE, OTHER = "Did the shouting bring about the crash?", "Was it the yelling that caused the collision?"
STRANGER = "Which instrument carries the melody after the pause?"
SAME = (("shouting", "yelling"), ("crash", "collision"), ("bring", "caused"))


def placed(text: str, entry: int) -> Placed:
    return Placed(seed=make_seed(text, skill="cause"), path=Path("mine.toml"), entry=entry, line=entry * 10)


@pytest.fixture
def vectors(tmp_path: Path) -> Path:
    """A vector a word, at random; the words of a pair have nearly the same one."""
    draw, found = np.random.default_rng(0), {}
    spoken = " ".join((ONE, OTHER, STRANGER)).lower().replace("?", "").split()
    for word in dict.fromkeys(spoken):
        twin = next((found[a] for a, b in SAME if word == b), None)
        found[word] = draw.standard_normal(50) if twin is None else twin + 0.1 * draw.standard_normal(50)
    path = tmp_path / "vectors.txt"
    lines = [f"{len(found)} 50", *(" ".join([word, *map(str, row)]) for word, row in found.items())]
    path.write_text("\n".join(lines) + "\n")
    return path


def rules(pool: list[Placed], path: Path, *, same: float = 0.9, **options: object) -> list[tuple[str, str]]:
    texts = [ONE, OTHER, STRANGER]
    faults = lint(pool, balanced=False, meanings=read(path, texts), same=same, **options)  # type: ignore[arg-type]
    return [(fault.where, fault.rule) for fault in faults]


def test_same_question_in_other_words_is_a_fault_at_the_later_seed(vectors: Path) -> None:
    pool = [placed(STRANGER, 1), placed(ONE, 2), placed(OTHER, 3)]
    assert rules(pool, vectors) == [("mine.toml:30", "meaning")]
    assert lint(pool, balanced=False) == []
    assert rules(pool, vectors, same=0.9999) == []


def test_benchmark_question_in_other_words_is_a_fault(vectors: Path) -> None:
    against = [Benchmark(name="test", questions=(STRANGER, OTHER))]
    assert rules([placed(ONE, 1)], vectors, against=against) == [("mine.toml:10", "meaning")]
    assert rules([placed(ONE, 1)], vectors, against=[Benchmark(name="test", questions=(STRANGER,))]) == []


def test_seeds_beside_are_compared_with_and_not_judged(vectors: Path) -> None:
    assert rules([placed(ONE, 1)], vectors, beside=[placed(OTHER, 2)]) == [("mine.toml:10", "meaning")]


def test_text_of_unknown_words_is_like_none(vectors: Path) -> None:
    rows = embedded([ONE, "Quanta rerum novarum", "the the the"], read(vectors, [ONE]))
    assert np.linalg.norm(rows, axis=1).tolist() == pytest.approx([1, 0, 0])
    assert np.linalg.norm(embedded([ONE, OTHER], read(vectors, [ONE, OTHER])), axis=1).tolist() == pytest.approx([1, 1])


@pytest.mark.parametrize("content", [None, "", "the quick brown", "the 1 2\ncrash 1 2 3", "\x00\xff"])
def test_file_that_holds_no_vectors_is_refused_in_a_line(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "v.txt"
    if content is not None:
        path.write_text(content, encoding="latin-1")
    with pytest.raises(SetupError, match=r"v\.txt") as refused:
        read(path, [ONE])
    assert "\n" not in str(refused.value)


def test_command_says_by_what_it_compared(vectors: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text("\n".join(as_toml(make_seed(text, skill="cause")) for text in (ONE, OTHER)))
    plain = cogito("seeds", "lint", str(mine))
    by_meaning = cogito("seeds", "lint", str(mine), "--vectors", str(vectors), "--same", "0.9")
    assert "by words and not by meaning" in plain.stderr
    assert "by words and by vectors.txt" in by_meaning.stderr
    assert "meaning" not in plain.stdout
    assert ": meaning: " in by_meaning.stdout
    assert by_meaning.returncode == 2
    gone = cogito("seeds", "lint", str(mine), "--vectors", str(tmp_path / "none.txt"))
    assert (gone.returncode, len(gone.stderr.strip().splitlines())) == (2, 1)
