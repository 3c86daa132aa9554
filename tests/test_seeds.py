"""The pool of seed questions, and which of them a clip is shown."""

from __future__ import annotations

from collections import Counter
from hashlib import blake2b
from pathlib import Path

import numpy as np
import pytest

from audio_cogito import seeds
from audio_cogito.errors import SetupError
from audio_cogito.seeds import Draw, Seed, Settings
from audio_cogito.seeds.pool import DIFFICULTIES, as_toml, read
from audio_cogito.seeds.skills import LAYERS, SKILLS, layer_of
from audio_cogito.types import Distractor, identity
from made import make_seed
from paces import paces

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


def write(folder: Path, name: str, *texts: str, extra: str = "") -> tuple[Path, ...]:
    path = folder / "seeds" / f"{name}.toml"
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(ENTRY.format(text=text) + extra for text in texts), "utf-8")
    return (folder,)


# --- the pool that comes with the program -----------------------------------------------------------------------------


def test_pool_has_five_hundred_seeds_and_every_cell_of_the_vocabulary_two_or_more() -> None:
    pool = seeds.load(())
    assert len(pool) >= 500
    cells = Counter((seed.domain, seed.skill, seed.difficulty) for seed in pool)
    wanted = {(domain, skill, level) for domain, known in SKILLS.items() for skill in known for level in DIFFICULTIES}
    assert set(cells) == wanted
    assert min(cells.values()) >= 2
    assert max(cells.values()) <= 0.05 * len(pool)


def test_no_form_difficulty_or_domain_holds_more_than_two_fifths_of_the_pool_and_each_layer_a_tenth() -> None:
    pool = seeds.load(())
    for counted in (
        Counter(s.form for s in pool),
        Counter(s.difficulty for s in pool),
        Counter(s.domain for s in pool),
    ):
        assert max(counted.values()) < 0.4 * len(pool)
    layers = Counter(layer_of(seed.skill) for seed in pool)
    assert set(layers) == set(LAYERS)
    assert min(layers.values()) > 0.1 * len(pool)


def test_every_skill_has_one_layer() -> None:
    listed = [skill for skills in LAYERS.values() for skill in skills]
    assert len(listed) == len(set(listed))
    assert set(listed) == {skill for skills in SKILLS.values() for skill in skills}


def test_some_choices_in_every_domain_say_what_misleads() -> None:
    explained = Counter(seed.domain for seed in seeds.load(()) if seed.distractors)
    assert min(explained[domain] for domain in SKILLS) >= 4


def test_some_seeds_are_chinese() -> None:
    assert Counter(seed.language for seed in seeds.load(()))["zh"] >= 20


def test_seeds_say_that_a_machine_drafted_them_and_no_expert_has_reviewed_them() -> None:
    assert {(seed.provenance, seed.reviewed) for seed in seeds.load(())} == {
        ("drafted by machine for this project", ())
    }


# --- reading a pool ---------------------------------------------------------------------------------------------------


def test_readme_says_that_no_expert_has_reviewed_one_as_long_as_none_has() -> None:
    readme = (Path(__file__).parents[1] / "README.md").read_text()
    none = not any(seed.reviewed for seed in seeds.load(()))
    assert ("No seed question has been reviewed by an expert" in readme) == none


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


def test_choice_is_shown_with_its_options_and_what_misleads() -> None:
    traps = (Distractor(text="the cup", confusion="rings as long, but higher"),)
    seed = make_seed("What falls?", form="choice", options=("the cup", "the lid"), distractors=traps)
    assert seed.shown == 'What falls? (the cup / the lid) [what misleads: "the cup" rings as long, but higher]'
    assert make_seed("What falls?").shown == "What falls?"


def test_place_of_a_seed_is_the_line_of_its_heading(tmp_path: Path) -> None:
    write(tmp_path, "bats", "Who?", "Where?")
    first, second = read(tmp_path / "seeds" / "bats.toml")
    assert (first.where, second.where) == (f"{first.path}:1", f"{first.path}:8")


def test_place_of_a_seed_written_in_another_way_is_its_number(tmp_path: Path) -> None:
    path = tmp_path / "bats.toml"
    path.write_text("seed = [{" + ENTRY.format(text="Who?").partition("\n")[2].strip().replace("\n", ", ") + "}]")
    assert [placed.where for placed in read(path)] == [f"{path}, entry 1"]


def test_seed_written_as_toml_reads_back_the_same(tmp_path: Path) -> None:
    traps = (Distractor(text='the "cup"', confusion="rings\tas long\x7f"),)
    options = ('the "cup"', "the lid \\ 盖子")
    wild = make_seed("What falls?\n[[seed]]", form="choice", options=options, distractors=traps, reviewed=("A", "B"))
    path = tmp_path / "any.toml"
    path.write_text("\n".join(map(as_toml, (wild, *seeds.load(())))), "utf-8")
    assert tuple(placed.seed for placed in read(path)) == (wild, *seeds.load(()))


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


def test_only_seeds_in_the_languages_asked_for_are_drawn() -> None:
    pool = (*make_pool(9), make_seed("谁先开口？", language="zh"))
    assert {seed.language for seed in Draw(pool, 1).draw("a", 10)} == {"en"}
    assert {seed.language for seed in Draw(pool, 1, Settings(languages=("zh",))).draw("a", 10)} == {"zh"}
    assert len(Draw(pool, 1, Settings(languages=())).draw("a", 10)) == 10


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


def test_draw_from_500_costs_a_few_paces() -> None:
    draw = Draw(make_pool(500), 1)
    assert paces(lambda: draw.draw("a", 3)) < 3
