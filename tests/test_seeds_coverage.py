"""What a pool covers: the table, the lines of shares, and the picture."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from pathlib import Path

from audio_cogito import seeds
from audio_cogito.seeds import coverage
from audio_cogito.seeds.lint import lint
from audio_cogito.seeds.pool import DIFFICULTIES, placed_in, read
from audio_cogito.seeds.skills import SKILLS
from made import make_seed
from road import cogito_here

SVG = "{http://www.w3.org/2000/svg}"
PICTURE = Path(__file__).parents[1] / "docs" / "seeds.svg"


def words(picture: str) -> list[str]:
    return [str(element.text) for element in ElementTree.fromstring(picture).iter(f"{SVG}text")]


def test_picture_has_a_cell_for_every_domain_skill_and_difficulty_with_its_count() -> None:
    pool = seeds.load(())
    picture = coverage.picture(pool)
    cells = [e for e in ElementTree.fromstring(picture).iter(f"{SVG}rect") if e.get("fill") != "white"]
    assert len(cells) == sum(map(len, SKILLS.values())) * len(DIFFICULTIES)
    assert sum(int(word) for word in words(picture) if word.isdigit()) == len(pool)


def test_picture_in_the_docs_is_that_of_the_pool() -> None:
    """`cogito seeds stats --picture docs/seeds.svg` draws it anew."""
    assert PICTURE.read_text("utf-8") == coverage.picture(seeds.load(()))


def test_docs_say_how_many_seeds_there_are_and_how_many_are_chinese() -> None:
    pool, docs = seeds.load(()), PICTURE.with_name("seeds.md").read_text("utf-8")
    assert f"Ours are {len(pool)}," in docs
    assert f"{sum(seed.language == 'zh' for seed in pool)} seeds are Chinese" in docs


def test_seed_written_in_the_docs_has_no_fault(tmp_path: Path) -> None:
    written = PICTURE.with_name("seeds.md").read_text("utf-8").partition("```toml\n")[2].partition("```")[0]
    path = tmp_path / "bats.toml"
    path.write_text(written)
    assert lint(tuple(read(path)), beside=placed_in(()), balanced=False) == []


def test_empty_cell_has_a_colour_of_its_own() -> None:
    assert coverage.picture([make_seed("Who?", skill="cause")]).count(coverage.EMPTY) == 16 * 3 - 1


def test_domain_and_skill_of_a_users_own_are_shown_and_hold_no_markup() -> None:
    pool = [make_seed("Who?", domain="<bats>", skill="a & b")]
    assert {"<bats> (1)", "a & b"} <= set(words(coverage.picture(pool)))


def test_command_counts_every_seed_once_and_says_that_none_is_reviewed(tmp_path: Path) -> None:
    picture = tmp_path / "made" / "cover.svg"
    ended = cogito_here("seeds", "stats", "--picture", str(picture))
    pool = seeds.load(())
    assert ended.returncode == 0, ended.stderr
    rows = [line.split() for line in ended.stdout.splitlines() if line.rstrip().split()[-1:] and " " * 3 in line]
    assert sum(int(row[-1]) for row in rows if row[-1].isdigit()) == len(pool)
    assert f"reviewed by an expert: 0 of {len(pool)}" in ended.stdout
    assert picture.read_text("utf-8") == coverage.picture(pool)
