"""`seeds lint`: questions in other words are found by what the words mean, in the pool and in benchmarks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from audio_cogito.errors import SetupError
from audio_cogito.seeds import likeness, load
from audio_cogito.seeds.benchmarks import Benchmark
from audio_cogito.seeds.embedding import read, shipped
from audio_cogito.seeds.lint import lint
from audio_cogito.seeds.pool import Placed, as_toml
from made import make_seed
from road import cogito_here

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
    rows = read(vectors, [ONE])([ONE, "Quanta rerum novarum", "the the the"])
    assert np.linalg.norm(rows, axis=1).tolist() == pytest.approx([1, 0, 0])
    assert np.linalg.norm(read(vectors, [ONE, OTHER])([ONE, OTHER]), axis=1).tolist() == pytest.approx([1, 1])


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
    plain = cogito_here("seeds", "lint", str(mine))
    by_meaning = cogito_here("seeds", "lint", str(mine), "--vectors", str(vectors), "--same", "0.9")
    assert "by words and by WordLlama's embedding" in plain.stderr
    assert "by words and by vectors.txt" in by_meaning.stderr
    assert ": meaning: " in by_meaning.stdout
    assert by_meaning.returncode == 2
    gone = cogito_here("seeds", "lint", str(mine), "--vectors", str(tmp_path / "none.txt"))
    assert (gone.returncode, len(gone.stderr.strip().splitlines())) == (2, 1)


REWORDED = {
    "Which layer suffers most from the recording?": "What part of the mix does the recording quality hurt the most?",
    "How many bars of music fit between two calls?": (
        "Between one call and the next, how many measures does the music play?"
    ),
    "What is being prepared while the radio plays?": "With the radio on, what is somebody making ready?",
    "What turns the farewell from light to sad?": "What makes the goodbye change from cheerful to sorrowful?",
    "How does the mix change when the refrain arrives, and which part pays for it?": (
        "When the chorus comes in, what happens to the balance and which part loses out?"
    ),
    "Put these in the order in which they return: the riff, the verse tune, the break, the held chord.": (
        "Order the riff, the melody of the verse, the break and the sustained chord by when they come back."
    ),
    "The loud passages sound flat and grating while the quiet ones are clean. What happened?": (
        "Why are the soft sections clear but the loud ones harsh and squashed?"
    ),
    "Which season does the choir of animals point to?": "From the chorus of animals, what time of year is it?",
    "Is this a living person, a synthetic voice, an imitation of a machine, or a voice that was altered afterwards?": (
        "Was this spoken by a real human, made by a computer, a person imitating a robot, or edited later?"
    ),
    "Does the voice go up at the end, although nothing is being asked?": (
        "Is there a rising pitch at the end of a sentence that isn't a question?"
    ),
    "Line up the four utterances from the most to the least composed.": (
        "Rank the four statements by how calm the speaker sounds, calmest first."
    ),
    "What does the laughter after the refusal achieve?": "After saying no, what effect does laughing have?",
    "Is the beat grouped in twos, threes, fives or sevens, and which instrument gives it away?": (
        "What is the meter, two, three, five or seven, and which instrument reveals it?"
    ),
    "Whose mood is set by the song?": "Which person's mood does the song shape?",
    "How does the speaker's feeling change from the first sentence to the last?": (
        "From the opening sentence to the closing one, how do the speaker's emotions shift?"
    ),
    "Through what does the muffled sound reach us, and at what moment is that barrier opened?": (
        "What is the dull sound coming through, and when does that obstacle get opened?"
    ),
}
"""Seeds of the pool, each in other words, written before anything was measured on them."""


def first(rows: np.ndarray[tuple[int, int], np.dtype[np.float32]], texts: list[str]) -> int:
    """For how many of the rewordings, at the end of the rows, the seed they are of is the nearest of all."""
    seeds = rows[: len(texts)]
    nearest = (rows[len(texts) :] @ seeds.T).argmax(axis=1).tolist()
    return sum(texts[at] == seed for at, seed in zip(nearest, REWORDED, strict=True))


def test_shipped_embedding_finds_more_of_the_pool_in_other_words_than_words_do() -> None:
    meanings = shipped()
    assert meanings is not None
    texts = [seed.text for seed in load(()) if seed.language == "en"]
    whole = [*texts, *REWORDED.values()]
    assert first(meanings(whole), texts) >= 10
    assert first(likeness.vectors(whole), texts) <= 8


def test_shipped_embedding_knows_no_other_script_than_its_own() -> None:
    meanings = shipped()
    assert meanings is not None
    assert np.linalg.norm(meanings(["这是怎样的一天", ONE]), axis=1).tolist() == pytest.approx([0, 1])


def test_question_of_a_benchmark_in_nearly_its_words_is_a_fault_by_the_shipped_embedding() -> None:
    against = [Benchmark(name="test", questions=("Why did everyone laugh?",))]
    near = placed("At what does everybody laugh, and why?", 1)
    faults = lint([near], balanced=False, against=against, meanings=shipped())
    assert [fault.rule for fault in faults] == ["meaning"]
