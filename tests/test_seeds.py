"""The pool of seed questions, and which of them a clip is shown."""

from __future__ import annotations

import timeit
from collections import Counter
from hashlib import blake2b
from itertools import combinations
from pathlib import Path
from time import process_time

import numpy as np
import pytest

from audio_cogito import seeds
from audio_cogito.errors import SetupError
from audio_cogito.seeds import Draw, Seed
from audio_cogito.types import identity

GIVEN_AWAY = {"file", "caption", "metadata", "transcript", "label", "clip", "audio"}
"""Words of those who made the question; a listener hears a sound."""
ENTRY = """[[seed]]
text = {text!r}
skill = "echo"
difficulty = "easy"
form = "open"
language = "en"
provenance = "made for a test"
"""


def make_pool(count: int) -> tuple[Seed, ...]:
    return tuple(make_seed(f"Question {n}?") for n in range(count))


def make_seed(text: str) -> Seed:
    return Seed(
        domain="sound", text=text, skill="echo", difficulty="easy", form="open", language="en", provenance="a test"
    )


def write(folder: Path, name: str, *texts: str, extra: str = "") -> tuple[Path, ...]:
    path = folder / "seeds" / f"{name}.toml"
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(ENTRY.format(text=text) + extra for text in texts), "utf-8")
    return (folder,)


# --- the pool that comes with the program -----------------------------------------------------------------------------


def test_every_domain_has_sixteen_seeds_in_several_forms_and_difficulties() -> None:
    pool = seeds.load(())
    domains = Counter(seed.domain for seed in pool)
    assert set(domains) == {"mixed", "music", "sound", "speech"}
    assert min(domains.values()) >= 16
    for domain in domains:
        own = [seed for seed in pool if seed.domain == domain]
        assert len({seed.form for seed in own}) >= 4
        assert len({seed.skill for seed in own}) >= 8
        assert len({seed.difficulty for seed in own}) >= 2


def test_no_seed_speaks_of_what_a_listener_cannot_know() -> None:
    for seed in seeds.load(()):
        words = set(seed.text.casefold().replace(",", " ").replace("?", " ").replace(".", " ").split())
        assert words.isdisjoint(GIVEN_AWAY), seed.text


def test_choices_go_with_the_form_that_has_them() -> None:
    for seed in seeds.load(()):
        assert bool(seed.options) == (seed.form == "choice"), seed.text
        assert len(set(seed.options)) == len(seed.options)


def test_no_two_seeds_share_most_of_their_words() -> None:
    words = [set(seed.text.casefold().split()) for seed in seeds.load(())]
    assert all(len(a & b) < 0.5 * len(a | b) for a, b in combinations(words, 2))


def test_seeds_say_that_a_machine_drafted_them_and_no_expert_has_reviewed_them() -> None:
    assert {(seed.provenance, seed.reviewed) for seed in seeds.load(())} == {
        ("drafted by machine for this project", ())
    }


# --- reading a pool ---------------------------------------------------------------------------------------------------


def test_id_follows_from_the_text_alone() -> None:
    assert make_seed("Which is nearer?").id == identity("Which is nearer?")


def test_users_file_adds_to_the_pool(tmp_path: Path) -> None:
    pool = seeds.load(write(tmp_path, "bats", "Does the bat near its prey?"))
    assert len(pool) == len(seeds.load(())) + 1
    assert [seed.text for seed in pool if seed.domain == "bats"] == ["Does the bat near its prey?"]


def test_users_file_of_the_same_name_stands_in(tmp_path: Path) -> None:
    pool = seeds.load(write(tmp_path, "music", "Which of the drums is muted?"))
    assert [seed.text for seed in pool if seed.domain == "music"] == ["Which of the drums is muted?"]


def test_seed_that_stands_twice_is_refused_with_both_places(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="'Who is it, by ear.' stands twice: in bats and birds"):
        seeds.load((*write(tmp_path, "bats", "Who is it, by ear?"), *write(tmp_path, "birds", "Who is it, by ear?")))


@pytest.mark.parametrize("extra", ["licence = 'free'\n", "options = 'yes'\n", "reviewed = 1\n"])
def test_entry_out_of_form_is_named_by_file_and_number(tmp_path: Path, extra: str) -> None:
    with pytest.raises(SetupError, match=r"bats\.toml, entry 1: "):
        seeds.load(write(tmp_path, "bats", "Who?", extra=extra))


@pytest.mark.parametrize("data", ["", "[[seed]", "seed = 1\n", "[[seeds]]\ntext = 'Who?'\n", "\n# \xff"])
def test_file_out_of_form_is_named(tmp_path: Path, data: str) -> None:
    write(tmp_path, "bats", "Who?")
    (tmp_path / "seeds" / "bats.toml").write_bytes(data.encode("latin-1"))
    with pytest.raises(SetupError, match=r"bats\.toml"):
        seeds.load((tmp_path,))


def test_pool_copied_as_lines_reads_back_the_same() -> None:
    pool = seeds.load(())
    lines = seeds.dumps(pool)
    assert lines.count(b"\n") == len(pool)
    assert seeds.loads(lines) == pool


@pytest.mark.parametrize("data", [b"{", b"{}\n", b"\xff\n", b'{"text": "Who?"}\n'])
def test_copy_that_was_broken_is_refused(data: bytes) -> None:
    with pytest.raises(SetupError, match="copy of the seed pool"):
        seeds.loads(data)


# --- drawing ----------------------------------------------------------------------------------------------------------


def test_hash_of_a_draw_is_as_documented() -> None:
    """splitmix64's finaliser in whole numbers, apart from the one under test."""
    pool = make_pool(40)

    def mixed(value: int) -> int:
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB % 2**64
        return value ^ (value >> 31)

    def digest(text: str) -> int:
        return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little")

    ranked = sorted(pool, key=lambda seed: mixed(digest("7\nclip-a") ^ digest(seed.id)))
    assert Draw(pool, 7).draw("clip-a", 5) == tuple(ranked[:5])


def test_draw_stays_what_it_was() -> None:
    drawn = Draw(make_pool(40), 7).draw("clip-a", 5)
    assert [seed.text for seed in drawn] == [f"Question {n}?" for n in (11, 0, 30, 19, 15)]


def test_order_of_the_pool_does_not_change_a_draw() -> None:
    pool = make_pool(50)
    assert Draw(pool, 1).draw("a", 4) == Draw(pool[::-1], 1).draw("a", 4)


def test_smaller_draw_is_the_head_of_a_larger_one() -> None:
    draw = Draw(make_pool(50), 1)
    assert draw.draw("a", 3) == draw.draw("a", 7)[:3]


def test_draw_depends_on_clip_and_random_seed() -> None:
    pool = make_pool(500)
    assert len({Draw(pool, n).draw(clip, 3) for n in range(5) for clip in "abcde"}) == 25


def test_no_more_is_drawn_than_there_is() -> None:
    assert Draw(make_pool(3), 1).draw("a", 0) == ()
    assert Draw((), 1).draw("a", 3) == ()
    assert sorted(seed.text for seed in Draw(make_pool(3), 1).draw("a", 9)) == [f"Question {n}?" for n in range(3)]


def test_one_more_seed_changes_few_draws() -> None:
    """Of 3 seeds drawn from 501, the new one is expected in 3 of 501 clips; it pushes out one seed where it is."""
    pool, clips = make_pool(501), [f"clip {n}" for n in range(4000)]
    before, after = Draw(pool[:500], 1), Draw(pool, 1)
    changed = [set(after.draw(clip, 3)) - set(before.draw(clip, 3)) for clip in clips]
    assert all(new <= {pool[500]} for new in changed)
    assert 4 < sum(map(len, changed)) < 1.5 * len(clips) * 3 / 501 + 8


def test_every_seed_is_drawn_as_often_as_any_other() -> None:
    draw = Draw(make_pool(100), 1)
    counts = Counter(seed.id for n in range(5000) for seed in draw.draw(f"clip {n}", 2))
    frequencies = np.array(list(counts.values()))
    assert len(counts) == 100
    assert float(((frequencies - 100) ** 2 / 100).sum()) < 148.2  # chi-square, 99 degrees of freedom, p = 0.001


def test_draw_from_500_takes_less_than_30_microseconds() -> None:
    draw = Draw(make_pool(500), 1)
    assert min(timeit.repeat(lambda: draw.draw("a", 3), number=500, repeat=5, timer=process_time)) / 500 < 30e-6
